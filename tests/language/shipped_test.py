#!/usr/bin/python3
"""The model that ships: its figures are those of its training, and RTL and functional engine write the same with it.

    /usr/bin/python3 tests/language/shipped_test.py PATH_TO_GCA [unittest's arguments]
"""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

GCA = None  # set in main
MODELS = Path(__file__).resolve().parent.parent.parent / "sim/data/austen"
TEXT = MODELS / "held-out.txt"


def run(*arguments):
    done = subprocess.run([GCA, *map(str, arguments)], capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done


def perplexity(*arguments):
    return json.loads(run("eval", "--text", TEXT, "--json", *arguments).stdout)["perplexity"]


class ShippedModel(unittest.TestCase):
    def test_the_engine_finds_what_the_training_found(self):
        table = json.loads((MODELS / "perplexity.json").read_text())
        self.assertEqual([row["model"] for row in table["models"]],
                         ["softmax", "linear", "cubic-unadapted", "cubic-adapted", "cubic"])
        self.assertEqual(TEXT.stat().st_size, table["windows"] * table["bytes_a_window"])
        for row in table["models"][::2]:  # each file of weights; the others differ in scalers, see below
            found = perplexity("--model", MODELS / f"{row['model']}.json")
            self.assertAlmostEqual(found / row["perplexity"], 1, delta=2e-4, msg=row["model"])

    def test_each_step_does_what_it_is_for(self):
        found = {row["model"]: row["perplexity"] for row in json.loads((MODELS / "perplexity.json").read_text())["models"]}
        self.assertLess(found["softmax"], 4.5)
        self.assertLess(found["cubic-adapted"], found["cubic-unadapted"])
        self.assertLess(found["cubic"], found["cubic-adapted"])
        self.assertLess(found["cubic"], 1.05 * found["softmax"])

    def test_the_programs_own_adaptation_does_as_well(self):
        trained = json.loads((MODELS / "cubic-adapted.json").read_text())["gca"]["scalers"]
        path = Path(os.environ.get("TMPDIR", "/tmp")) / f"gca_adapted_{os.getpid()}.json"
        self.addCleanup(path.unlink)
        run("adapt", "--model", MODELS / "linear.json", "--text", MODELS / "samples.txt", "--samples", 16, "--set",
            "cell.model=cubic", "--output", path)
        mine = json.loads(path.read_text())["gca"]["scalers"]
        for name, layers in trained.items():
            for layer, heads in enumerate(layers):
                for head, number in enumerate(heads):
                    self.assertAlmostEqual(mine[name][layer][head], number, delta=2e-3 * max(1, abs(number)),
                                           msg=f"{name}, layer {layer}, head {head}")

    def test_rtl_and_functional_engine_write_the_same(self):
        command = ("generate", "--prompt", "The evening", "--tokens", 140, "--seed", 3)  # the window wraps
        rtl, functional = (run(*command, "--engine", engine) for engine in ("rtl", "functional"))
        self.assertEqual(rtl.stdout, functional.stdout)
        self.assertEqual(len(rtl.stdout), len("The evening") + 140 + 1)
        self.assertIn(b"hardware, rtl, cubic cell", rtl.stderr)
        self.assertIn(b"260 ns a token", rtl.stderr)
        energies = [result.stderr.decode().split("attention's energy")[1].split("\n")[0] for result in (rtl, functional)]
        self.assertEqual(energies[0], energies[1])
        self.assertIn("8 heads of 4.", energies[0])

    def test_rtl_and_functional_engine_are_as_good(self):
        self.assertEqual(perplexity("--limit", 300, "--engine", "rtl"), perplexity("--limit", 300))

    def test_files_are_small_and_say_how_they_were_made(self):
        self.assertLess(sum(path.stat().st_size for path in MODELS.iterdir()), 20e6)
        table = json.loads((MODELS / "perplexity.json").read_text())
        self.assertIn(f"--seed {table['seed']} ", table["command"])
        self.assertIn(table["command"], (MODELS / "README.md").read_text().replace("\\\n  ", ""))


if __name__ == "__main__":
    GCA = os.path.abspath(sys.argv.pop(1))
    unittest.main()
