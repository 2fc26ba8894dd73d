#!/usr/bin/python3
"""`gca run --engine board` against the Verilated board behind a pseudo-terminal, its line good and bad.

    tests/board_link_test.py GCA BOARD_SIM [unittest's options]
"""

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

GCA, BOARD_SIM = sys.argv[1:3]
DIM, TILE_TOKENS, TILES = 8, 8, 2
TIMEOUT_S = 300
CONFIG = """
[geometry]
dim = 8
tile_tokens = 8
tiles = 2
[charge_to_pulse]
s_sat = 10
a_sat = 5
"""
# The full scale of S3 is a whole number of what the view counts in, so it is exact; and no charge is a tie, where the
# models' doubles may fall to either side.
EXACT = """
[geometry]
dim = 8
tile_tokens = 8
tiles = 2
[cell]
model = "linear"
[leakage]
form = "off"
[charge_to_pulse]
s_sat = 8.271428571428571
a_sat = 3.7
"""


class Board:
    """The Verilated board; `port` is what a host opens."""

    def __init__(self, folder, *options):
        self.port = Path(folder) / "port"
        self.command = [BOARD_SIM, str(self.port), *options]
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        for _ in range(500):
            if self.port.is_symlink() or self.process.poll() is not None:
                break
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=TIMEOUT_S)


class BoardLink(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="gca_board_")))
        (cls.folder / "c.toml").write_text(CONFIG)
        (cls.folder / "exact.toml").write_text(EXACT)
        random = np.random.default_rng(1)
        cls.tokens = 40
        shape = (2, cls.tokens, DIM)
        np.savez(cls.folder / "i.npz", q=random.random(shape, dtype=np.float32),
                 k=(0.9 * random.random(shape)).astype(np.float32), v=(0.9 * random.random(shape)).astype(np.float32))
        with Board(cls.folder) as board:
            cls.good, cls.report = cls.run_board(board, "good.npz")

    @classmethod
    def run_board(cls, board, output, *options, config="c.toml", tokens="i.npz", code=0):
        """Counts and report of a run; its failure says how to do it again."""
        command = [GCA, "run", "--engine", "board", "--port", board.port, "--config", cls.folder / config, "--input",
                   cls.folder / tokens, "--output", cls.folder / output, "--report", cls.folder / "report.json",
                   "--check", "always", *(() if "--patience" in options else ("--patience", "60")), *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        if done.returncode != code:
            raise AssertionError(f"exit code {done.returncode}, expected {code}\n{done.stdout}{done.stderr}\nreplay: "
                                 f"{shlex.join(board.command)} & {shlex.join(map(str, command))}")
        if code != 0:
            return done.stderr, None
        with np.load(cls.folder / output) as result:
            return result["counts"], json.loads((cls.folder / "report.json").read_text())

    def functional(self, config):
        subprocess.run([GCA, "run", "--engine", "functional", "--config", self.folder / config, "--input",
                        self.folder / "i.npz", "--output", self.folder / "f.npz"], check=True, capture_output=True)
        with np.load(self.folder / "f.npz") as result:
            return result["counts"]

    def expect_same_results(self, *faults):
        with Board(self.folder, *faults) as board:
            counts, report = self.run_board(board, "bad.npz")
        np.testing.assert_array_equal(counts, self.good)
        return report["board"]

    def test_a_good_line_damages_nothing_and_agrees_with_the_reference(self):
        self.assertEqual(self.report["check"]["mismatches"], 0)
        self.assertLess(self.report["check"]["near_threshold"], 0.05 * self.good.size)
        self.assertGreater(np.count_nonzero(self.good), 0.5 * self.good.size)
        link = self.report["board"]
        for name in ("damaged_answers", "reopened", "sessions_lost", "wrong_crc"):
            self.assertEqual(link[name], 0, name)
        self.assertEqual(link["tokens"], 2 * self.tokens)

    def test_an_exact_configuration_equals_the_other_engines(self):
        with Board(self.folder) as board:
            counts, report = self.run_board(board, "exact.npz", config="exact.toml")
        self.assertEqual(report["board"]["margin"], 0.0)
        np.testing.assert_array_equal(counts, self.functional("exact.toml"))

    def test_a_window_and_status_counters_are_the_models(self):
        with Board(self.folder) as board:
            counts, report = self.run_board(board, "window.npz", "--window", "5", config="exact.toml")
        subprocess.run([GCA, "run", "--engine", "functional", "--config", self.folder / "exact.toml", "--input",
                        self.folder / "i.npz", "--window", "5", "--output", self.folder / "f.npz", "--report",
                        self.folder / "f.json"], check=True, capture_output=True)
        with np.load(self.folder / "f.npz") as result:
            np.testing.assert_array_equal(counts, result["counts"])
        self.assertEqual(report["full_counters"], json.loads((self.folder / "f.json").read_text())["full_counters"])

    def test_damaged_and_lost_bytes_change_no_result(self):
        for seed in (1, 2):
            link = self.expect_same_results("--flip", "0.003", "--drop", "0.003", "--seed", str(seed))
            self.assertGreater(link["repeats"], 0)
            self.assertGreater(link["wrong_crc"] + link["cut_short"], 0)
            self.assertGreater(link["repeated"] + link["damaged_answers"], 0)

    def test_a_cable_that_is_pulled_and_plugged_changes_no_result(self):
        link = self.expect_same_results("--pull-after", "2000")
        self.assertGreater(link["reopened"], 0)
        self.assertEqual(link["sessions_lost"], 0)

    def test_a_reset_in_mid_sequence_changes_no_result(self):
        self.assertEqual(self.expect_same_results("--reset-after", "2000")["sessions_lost"], 1)

    def test_a_power_cut_in_mid_sequence_changes_no_result(self):
        self.assertEqual(self.expect_same_results("--power-after", "3333")["sessions_lost"], 1)

    def test_all_of_it_at_once_changes_no_result(self):
        link = self.expect_same_results("--reset-after", "2000", "--pull-after", "2500", "--flip", "0.002", "--drop",
                                        "0.002", "--seed", "3")
        self.assertEqual(link["sessions_lost"], 1)

    def test_the_periphery_alone_runs_an_analog_side_at_its_pins(self):
        with np.load(self.folder / "i.npz") as tokens:  # fewer: the pins take their time
            np.savez(self.folder / "few.npz", **{name: tokens[name][:1, :20] for name in "qkv"})
        with Board(self.folder, "--top", "periphery") as board:
            counts, report = self.run_board(board, "few_out.npz", tokens="few.npz")
        np.testing.assert_array_equal(counts, self.good[:1, :20])
        self.assertEqual(report["board"]["sessions_lost"], 0)

    def test_a_board_that_falls_silent_ends_the_run_without_an_output(self):
        with Board(self.folder) as board:
            timer = subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -STOP {board.process.pid}"])
            try:
                random = np.random.default_rng(2)
                np.savez(self.folder / "big.npz", **{name: random.random((1, 4000, DIM)) * full
                                 for name, full in (("q", 1.0), ("k", 0.9), ("v", 0.9))})
                message, _ = self.run_board(board, "silent.npz", "--patience", "2", tokens="big.npz", code=1)
                self.assertRegex(message, r"^gca: \S+: given up after 2 s: [^\n]+\n$")
                self.assertFalse((self.folder / "silent.npz").exists())
            finally:
                timer.wait()
                board.process.send_signal(signal.SIGCONT)

    def refused(self, port, *options, config="c.toml", patience=1):
        line = ("--port", port, "--patience", str(patience)) if port else ()
        done = subprocess.run([GCA, "run", "--engine", "board", *line, "--config", self.folder / config, "--input",
                               self.folder / "i.npz", *options], capture_output=True, text=True, timeout=TIMEOUT_S)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_bad_input_is_refused_in_one_line(self):
        self.assertIn("--port", self.refused(None))
        self.assertIn("cannot open", self.refused(self.folder / "nothing"))
        self.assertIn("no serial line", self.refused("/dev/null"))
        self.assertIn("--baud is 12345", self.refused("/dev/null", "--baud", "12345"))
        self.assertIn("--mode", self.refused("/dev/null", "--mode", "pipelined"))
        self.assertIn("--trace", self.refused("/dev/null", "--trace", self.folder / "w.fst"))
        master, slave = pty.openpty()
        self.assertIn("no board answers", self.refused(os.ttyname(slave)))
        os.close(slave)
        os.close(master)
        (self.folder / "other.toml").write_text(CONFIG.replace("tiles = 2", "tiles = 3"))
        with Board(self.folder) as board:
            self.assertIn("geometry.tiles is 3", self.refused(board.port, config="other.toml", patience=60))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
