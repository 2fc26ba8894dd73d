#!/usr/bin/python3
"""scripts/fpga without its tools: what it refuses, how it judges and tells what nextpnr reports.

    tests/fpga_test.py [unittest's options]
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from boards import flow, table  # noqa: E402
from boards.devices import BOARDS, Refused, check_size  # noqa: E402

CELLS = {"SB_LUT4": 4000, "SB_RAM40_4K": 11}


def report(board_mhz=54.45, head_mhz=82.52, to_head=11.39, to_board=7.36):
    """As nextpnr-ice40 writes it."""
    board, head = "clk_i$SB_IO_IN_$glb_clk", "u_head.u_stepped.head_clk_q_$glb_clk"

    def path(start, end, *delays):
        return {"from": start, "to": end, "path": [{"delay": delay} for delay in delays]}

    return {"utilization": {"ICESTORM_LC": {"used": 5145, "available": 7680},
                            "ICESTORM_RAM": {"used": 11, "available": 32}},
            "fmax": {board: {"achieved": board_mhz}, head: {"achieved": head_mhz}},
            "critical_paths": [path(f"posedge {board}", f"posedge {board}", 9.0, 9.3),
                               path("<async>", f"posedge {board}", 400.0),
                               path(f"posedge {head}", "<async>", 400.0),
                               path(f"posedge {board}", f"posedge {head}", 0.5, to_head - 0.5),
                               path(f"posedge {head}", f"posedge {board}", to_board)]}


def summary(**changes):
    return table.summarize(flow.Design("hx8k", "board", (16, 16, 2), 115200), CELLS, report(**changes), "nextpnr")


class Refusals(unittest.TestCase):
    def refused(self, *arguments, path=None):
        environment = {**os.environ, **({"PATH": path} if path else {})}
        done = subprocess.run(["/usr/bin/python3", ROOT / "scripts/fpga", *arguments], capture_output=True, text=True,
                              env=environment)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_bad_arguments_are_refused_in_one_line(self):
        for arguments, words in ((["nexys"], "board is nexys: must be hx8k or ulx3s"), ([], "no board"),
                                 (["hx8k", "--top", "chip"], "--top is chip: must be board or periphery"),
                                 (["ulx3s", "--top", "periphery"], "--top is periphery: must be board"),
                                 (["hx8k", "--config", "16x16"], "--config is 16x16: must be DIM"),
                                 (["hx8k", "--config", "0x16x2"], "--config is 0x16x2: must be DIM"),
                                 (["hx8k", "--baud", "4000000"], "--baud is 4000000: must be 1200 to 3000000"),
                                 (["hx8k", "--simulate", "1001"], "--simulate is 1001: must be 1 to 1000"),
                                 (["ulx3s", "--simulate", "1"], "--simulate needs"), (["--bogus"], "--bogus"),
                                 (["hx8k", "--debian13"], "--debian13 is for place and route of ulx3s"),
                                 (["ulx3s", "--debian13", "--synthesis"], "--debian13 is for"),
                                 (["hx8k", "--readme"], "--readme goes with --table"),
                                 (["hx8k", "--all"], "--all takes no board")):
            with self.subTest(arguments):
                self.assertIn(words, self.refused(*arguments))

    def test_a_size_that_can_not_fit_is_refused_with_the_limit(self):
        for size, words in (("127x1x1", "dimension: 127, at most 126"), ("8x4097x2", "columns: 8194, at most 8192"),
                            ("1x1x2185", "sub-tiles: 2185, at most 2184"),
                            ("64x64x16", "logic cells of hx8k: 10496, at most 7680"),
                            ("64x64x8", "block RAM of hx8k: 270336, at most 131072")):
            with self.subTest(size):
                self.assertIn(words, self.refused("hx8k", "--config", size))
        with self.assertRaisesRegex(Refused, "33x16x2: 7681 logic cells: hx8k has 7680"):
            flow.Design("hx8k", "board", (33, 16, 2), 115200).check_use(BOARDS["hx8k"].logic, 7681)

    def test_the_usual_sizes_are_not_refused(self):
        for name, board in BOARDS.items():
            for top, size in board.usual.items():
                check_size(name, top, size)

    def test_a_missing_tool_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(Refused, "no-such-tool is not installed: scripts/setup fpga"):
                flow.run(["no-such-tool"], Path(folder) / "log")

    def test_a_tool_that_fails_is_told_by_its_own_line(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(flow.Failed, r"sh: ERROR: too bad \(.*log\)"):
                flow.run(["sh", "-c", "echo Info; echo ERROR: too bad; exit 3"], Path(folder) / "log")


class ToolsOfEcp5(unittest.TestCase):
    """Which nextpnr-ecp5 is taken; nothing is run or installed."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.installed, self.user, self.ran, self.exit_code = False, 0, [], 0
        for name, stand_in in (("ROOT", self.root), ("print", lambda *_, **__: None), ("install_yowasp", lambda: None),
                               ("subprocess.run", self.run_command), ("os.geteuid", lambda: self.user),
                               ("shutil.which", lambda tool: tool if self.installed else None)):
            patch = mock.patch(f"boards.flow.{name}", stand_in, create=name == "print")
            patch.start()
            self.addCleanup(patch.stop)

    def run_command(self, command):
        self.ran.append([Path(command[0]).name, *command[1:]])
        return mock.Mock(returncode=self.exit_code)

    def taken(self, **options):
        tools = flow.find_tools("ecp5", **options)
        return tools and [str(Path(word).name) for word in tools.nextpnr]

    def test_debian_13s_folder_is_taken_where_it_is(self):
        self.assertIsNone(self.taken())
        (self.root / "build/fpga/debian13").mkdir(parents=True)
        self.assertEqual(self.taken(), ["debian13", "nextpnr-ecp5"])
        self.assertEqual(self.ran, [])

    def test_debian_13s_folder_is_made_where_it_is_asked_for(self):
        self.assertEqual(self.taken(make_debian13=True), ["debian13", "nextpnr-ecp5"])
        self.assertEqual(self.ran, [["setup", "debian13"], ["debian13", "--install"]])

    def test_what_is_installed_comes_first(self):
        self.installed = True
        self.assertEqual(self.taken(make_debian13=True), ["nextpnr-ecp5"])
        self.assertEqual(self.ran, [])

    def test_without_root_the_folder_is_passed_by_and_none_is_made(self):
        self.user = 1000
        (self.root / "build/fpga/debian13").mkdir(parents=True)
        self.assertIsNone(self.taken())
        with self.assertRaisesRegex(Refused, "--debian13 needs root"):
            self.taken(make_debian13=True)
        self.assertEqual(self.ran, [])

    def test_packages_that_can_not_be_had_are_told(self):
        self.exit_code = 1
        with self.assertRaisesRegex(Refused, "scripts/setup debian13: packages are missing"):
            self.taken(make_debian13=True)


class Results(unittest.TestCase):
    def test_a_report_that_closes(self):
        result = summary()
        self.assertEqual(result["slow"], [])
        self.assertEqual(result["fmax_mhz"], {"board": 54.5, "head": 82.5})
        self.assertEqual(result["crossing_ns"], 11.4)
        self.assertIn("| 5145 of 7680 (67 %) | 11 of 32 (34 %) | - | 54.5 / 82.5 (needs 12) | 11.4 (at most 125) | 4533 "
                      "(129 at 115200 baud) |", table.row(result))

    def test_what_is_too_slow_is_told(self):
        for change, words in (({"board_mhz": 11.9}, "board's clock reaches 11.9 MHz: needs 12"),
                              ({"head_mhz": 11.9}, "head's clock reaches 11.9 MHz: needs 12"),
                              ({"to_head": 125.1}, "125.1 ns between the clocks: at most 125"),
                              ({"to_board": 125.1}, "125.1 ns between the clocks: at most 125")):
            with self.subTest(change):
                self.assertEqual(summary(**change)["slow"], [words])

    def test_without_place_and_route_the_line_says_so(self):
        result = table.summarize(flow.Design("hx8k", "board", (16, 16, 2), 115200), CELLS, None, "yosys")
        self.assertIn("not placed: figures of synthesis", table.row(result))
        self.assertEqual(result["logic"], {"used": 4000, "available": 7680})

    def test_the_periphery_takes_the_time_of_its_pins(self):
        # 278 bits out, 64 in, by fours: 86 groups.
        result = table.summarize(flow.Design("hx8k", "periphery", (16, 16, 2), 115200), CELLS, report(), "nextpnr")
        self.assertEqual(result["tokens_per_s"], round(12e6 / (65 * (16 * 86 + 31))))

    def test_the_readme_keeps_what_is_around_the_table(self):
        with tempfile.TemporaryDirectory() as folder:
            readme = Path(folder) / "README.md"
            readme.write_text(f"before\n{table.BEGIN}old\n{table.END}after\n")
            with mock.patch.object(table, "README", readme):
                table.write_readme("new\n")
            self.assertEqual(readme.read_text(), f"before\n{table.BEGIN}new\n{table.END}after\n")

    def test_the_readmes_table_is_as_the_script_writes_it(self):
        text = table.README.read_text()
        made = text[text.index(table.BEGIN) + len(table.BEGIN):text.index(table.END)]
        self.assertTrue(made.startswith(table.HEADER), made)
        for line in made.removeprefix(table.HEADER).splitlines():
            self.assertRegex(line, r"^\| \w+ \| \w+ \| \d+x\d+x\d+ (\| [^|]+ ){7}\|$")
            self.assertIn("nextpnr", line)


if __name__ == "__main__":
    unittest.main()
