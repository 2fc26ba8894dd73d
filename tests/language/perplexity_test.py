#!/usr/bin/python3
"""scripts/perplexity: its tables on a few bytes of text, its picture, what it refuses.

    /usr/bin/python3 tests/language/perplexity_test.py PATH_TO_GCA [unittest's arguments]
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MODELS = ROOT / "sim/data/austen"
GCA = None  # set in main
LIMIT = 400


def run(*arguments):
    return subprocess.run([ROOT / "scripts/perplexity", "--gca", GCA, *map(str, arguments)], capture_output=True, text=True,
                          timeout=600, check=False)


def perplexity(*arguments):
    done = subprocess.run([GCA, "eval", "--text", MODELS / "held-out.txt", "--limit", str(LIMIT), "--json", *arguments],
                          capture_output=True, check=True)
    return json.loads(done.stdout)["perplexity"]


class Perplexity(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gca_perplexity_")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def refused(self, part, *arguments):
        done = run(*arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(part, done.stderr)

    def test_both_tables_and_the_picture(self):
        figures, picture = self.folder / "f.json", self.folder / "p.svg"
        done = run("--limit", LIMIT, "--json", figures, "--plot", picture)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(figures.read_text())
        stages, effects = found["stages"], found["effects"]
        for stage, options in (("softmax", ("--model", MODELS / "softmax.json")),
                               ("linear hardware", ("--model", MODELS / "linear.json")),
                               ("cubic, not adapted", ("--model", MODELS / "cubic-unadapted.json")),
                               ("cubic, adapted and fine-tuned", ())):
            self.assertEqual(stages[stage], perplexity(*options), stage)
        # The training's own adaptation: the same samples, another arithmetic.
        trained = perplexity("--model", MODELS / "cubic-adapted.json")
        self.assertAlmostEqual(stages["cubic, adapted"] / trained, 1, delta=0.01)
        by_name = {entry["effect"]: entry for entry in effects}
        self.assertEqual(by_name["leakage"]["perplexity"], stages["linear hardware"])
        self.assertEqual(effects[0]["perplexity"], stages["softmax"])
        self.assertEqual(effects[-1]["perplexity"], stages["cubic, adapted and fine-tuned"])
        # One effect alone, by the program's own options: everything else is off.
        linear = json.loads((MODELS / "linear.json").read_text())
        linear["gca"]["weights"] = str(MODELS / "linear.safetensors")
        linear["gca"]["scalers"]["output_a"] = [[2.0**20 * a for a in layer] for layer in linear["gca"]["scalers"]["output_a"]]
        path = self.folder / "window.json"
        path.write_text(json.dumps(linear))
        off = ("quantization.query_levels=0", "quantization.store_levels=0", "quantization.output=off", "leakage.form=off",
               f"charge_to_pulse.s_sat={80 * 1024}", f"charge_to_pulse.a_sat={40 * 1024}")
        window = perplexity("--model", path, *(word for key in off for word in ("--set", key)))
        self.assertAlmostEqual(by_name["window"]["alone"] / window, 1, delta=1e-6)
        svg = xml.fromstring(picture.read_text())
        self.assertTrue(svg.tag.endswith("svg"))

    def test_what_does_not_fit_is_refused_in_one_line(self):
        self.refused("--limit: 0: must be a whole number", "--limit", 0)
        self.refused("has no softmax.json", "--model", self.folder)
        self.refused("must end with .svg or .png", "--plot", self.folder / "p.pdf")
        self.refused("give one of the two", "--cells", "--plot", self.folder / "p.svg")
        self.refused("is no folder", "--json", self.folder / "none/f.json")

    def test_a_program_that_fails_is_told(self):
        done = subprocess.run([ROOT / "scripts/perplexity", "--gca", "/bin/false"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("\n"), 1)


if __name__ == "__main__":
    GCA = os.path.abspath(sys.argv.pop(1))
    unittest.main()
