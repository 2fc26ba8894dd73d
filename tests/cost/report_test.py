#!/usr/bin/python3
"""`gca report` as its user calls it: the numbers, the page, what it refuses.

    /usr/bin/python3 tests/cost/report_test.py PATH_TO_GCA [unittest's arguments]
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

GCA = None  # set in main
FEW = ("--limit", 600, "--threads", 1)


def run(*arguments):
    return subprocess.run([GCA, "report", *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False)


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="gca_report_")
        cls.folder = Path(cls.temporary.name)
        cls.page = cls.folder / "page.html"
        done = run(*FEW, "--output", cls.page, "--json", "--layers", 3)
        assert done.returncode == 0, done.stderr
        cls.numbers = json.loads(done.stdout)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def refused(self, part, *arguments):
        done = run(*arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(part, done.stderr)

    def test_the_papers_figures(self):
        paper = self.numbers["paper_pj"]
        for name, expected in (("key_array", 1120), ("value_array", 700), ("digital", 4000), ("dacs", 330), ("total", 6150)):
            self.assertAlmostEqual(paper[name], expected, places=6)
        self.assertEqual(self.numbers["latency_ns"], 65)
        self.assertEqual(self.numbers["interval_ns"], 30)
        self.assertAlmostEqual(self.numbers["area_mm2"]["total"], 0.5)
        ratios = {gpu["name"]: (gpu["faster"], gpu["less_energy"]) for gpu in self.numbers["gpus"]}
        for name, faster, less in (("Jetson Nano", 7000, 40000), ("RTX 4090", 300, 90000)):
            self.assertAlmostEqual(ratios[name][0] / faster, 1, delta=0.15)
            self.assertAlmostEqual(ratios[name][1] / less, 1, delta=0.15)

    def test_a_model_takes_less_where_columns_are_silent_or_empty(self):
        model, paper = self.numbers["model"]["energy_pj"], self.numbers["paper_pj"]
        self.assertLess(model["key_array"], paper["key_array"] * 128 / 1024)  # its window
        self.assertLess(model["value_array"], model["key_array"])
        self.assertAlmostEqual(model["digital"], 4000)
        self.assertTrue(0.3 < self.numbers["model"]["silent_columns"] < 1)

    def test_slower_hosts_cost_perplexity(self):
        points = self.numbers["model"]["retention"]
        decays = [point["decay"] for point in points]
        self.assertEqual(decays, sorted(decays))
        self.assertEqual(decays[0], 0)
        limit = self.numbers["model"]["slowest_token_s"] / 5e-3
        wanted = 1.05 * points[0]["perplexity"]
        below = max((point for point in points if point["decay"] < limit), key=lambda point: point["decay"])
        above = min((point for point in points if point["decay"] > limit), key=lambda point: point["decay"])
        self.assertLessEqual(below["perplexity"], wanted)
        self.assertGreater(above["perplexity"], wanted)
        self.assertLess(above["decay"] / below["decay"], 1.2)

    def test_the_page_is_whole_and_needs_nothing_else(self):
        text = self.page.read_text()
        plots = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
        self.assertEqual(len(plots), 5)
        for plot in plots:
            xml.fromstring(plot)
        self.assertIsNone(re.search(r"\b(src|href)\s*=|url\(|<script|@import", text))
        self.assertNotRegex(text, r"\bnan\b|\binf\b")
        for words in ("65 ns", "195 ns", "1120", "6150", "batch of 64", "7.39 nJ", "5 % worse"):
            self.assertIn(words, text)
        body = re.sub(r"<!DOCTYPE html>|<meta charset=\"utf-8\">", "", text)
        xml.fromstring(body)  # every tag is closed

    def test_another_head_and_cell(self):
        config = self.folder / "head.toml"
        config.write_text("[geometry]\ndim = 32\ntile_tokens = 32\ntiles = 4\n[quantization]\nquery_levels = 8\n"
                          "output_levels = 8\n")
        done = run(*FEW, "--json", "--config", config, "--tau", 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        numbers = json.loads(done.stdout)
        self.assertEqual(numbers["latency_ns"], 15 + 15 + 7 + 7 + 5)
        self.assertAlmostEqual(numbers["energy_pj"]["dacs"], 165)
        self.assertLess(numbers["energy_pj"]["digital"], 1000)
        self.assertAlmostEqual(numbers["paper_pj"]["total"], 6150)
        self.assertAlmostEqual(numbers["model"]["slowest_token_s"], 200 * self.numbers["model"]["slowest_token_s"])

    def test_bad_input_is_one_line(self):
        self.refused("--output is missing")
        self.refused("is a directory", "--output", self.folder)
        self.refused("--tau is 0: must be a number from", "--json", "--tau", 0)
        self.refused("none: is no file", "--json", "--text", self.folder / "none")
        self.refused("none: is no file", "--json", "--digital", self.folder / "none")
        self.refused("none: is no file", "--json", "--model", self.folder / "none")
        page = self.folder / "never.html"
        self.refused("none: is no file", "--output", page, "--text", self.folder / "none")
        self.assertFalse(page.exists())


if __name__ == "__main__":
    GCA = os.path.abspath(sys.argv.pop(1))
    unittest.main()
