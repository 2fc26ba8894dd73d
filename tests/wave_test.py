#!/usr/bin/python3
"""scripts/wave and the saved views of GTKWave in sim/waves/.

    /usr/bin/python3 tests/wave_test.py PATH_TO_GCA [unittest's arguments]

A picture is tried where its packages are installed (scripts/setup wave).
"""
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from traced_run import TracedRun

GCA = None  # set in main
ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ["back-pressure", "new-sequence", "one-token", "pipelined", "ring-wrap", "saturation"]
STAGES = ["S0", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8"]


def script(name, *arguments, **options):
    return subprocess.run([ROOT / "scripts" / name, *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, **options)


class Views(unittest.TestCase):
    def test_saved_views_are_those_of_fresh_traces(self):
        """With them: every signal in a view exists in its scenario's trace, every marker stands at its event."""
        done = script("make_views", "--check", "--gca", GCA)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""),
                         "to make the views again: scripts/make_views")

    def test_views_hold_no_path_and_no_date(self):
        for name in SCENARIOS:
            text = (ROOT / f"sim/waves/{name}.gtkw").read_text()
            self.assertNotRegex(text, r"(?m)^\[(dumpfile|dumpfile_mtime|dumpfile_size|savefile)\]", name)
            self.assertNotRegex(text, r"/(home|root|tmp)/", name)

    def test_one_token_shows_every_stage_in_order(self):
        text = (ROOT / "sim/waves/one-token.gtkw").read_text()
        stages = re.findall(r"(?m)^-(S\d)", text)
        self.assertEqual(sorted(set(stages)), STAGES)
        self.assertEqual(stages, sorted(stages))

    def test_any_head_has_a_view(self):
        for geometry in ("tiny", "odd"):
            with self.subTest(geometry=geometry):
                run = TracedRun(self, GCA, geometry, "--trace-tokens", "2:4")
                done = script("make_views", "--of", run.folder / "wave.fst")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(f"analog.tile_0.s4_charge.{run.output(0)}", done.stdout)

    def test_what_is_no_trace_has_none(self):
        with tempfile.NamedTemporaryFile(suffix=".fst") as file:
            for path in (file.name, "missing.fst"):
                done = script("make_views", "--of", path)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertRegex(done.stderr, r"\Amake_views: .*\n\Z")


class Wave(unittest.TestCase):
    def test_list_names_every_scenario(self):
        done = script("wave", "--list")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], SCENARIOS)
        for line in done.stdout.splitlines():
            self.assertGreater(len(line.split()), 4, line)

    def test_help(self):
        done = script("wave", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("scripts/wave SCENARIO", done.stdout)

    def test_refusals_are_one_line(self):
        for arguments, says in ((["ring-rap"], ["ring-rap", *SCENARIOS]), (["../wave"], ["../wave"]),
                                (["--pgn"], ["--pgn"]), (["one-token", "pipelined"], ["pipelined"]),
                                (["missing.fst"], ["missing.fst"]), (["one-token", "--png"], ["--png"]),
                                (["one-token", "--png", "/nonexistent/a.png"], ["/nonexistent/a.png"])):
            with self.subTest(arguments=arguments):
                done = script("wave", *arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                for word in says:
                    self.assertIn(word, done.stderr)

    def test_picture(self):
        if script("setup", "wave", "--no-install").returncode != 0:
            self.skipTest("scripts/setup wave installs what this needs")
        run = TracedRun(self, GCA, "tiny", "--trace-tokens", "2:4")
        done = script("wave", "wave.fst", "--png", "a.png", cwd=run.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        data = (run.folder / "a.png").read_bytes()
        self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
        width, height = (int.from_bytes(data[i:i + 4], "big") for i in (16, 20))
        self.assertGreater(min(width, height), 1000)
        self.assertGreater(len(data), 40000, "an empty window?")


if __name__ == "__main__":
    GCA = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
