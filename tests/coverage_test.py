#!/usr/bin/python3
"""scripts/coverage: does it miss nothing that is uncovered, and refuse waivers that waive nothing?

    /usr/bin/python3 tests/coverage_test.py [unittest's arguments]

Judges data made up here; measuring takes minutes and is left to scripts/coverage itself.
"""

import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from cover import lines, page, points  # noqa: E402

FILE = "rtl/a.sv"
SOURCE = "module a;\n  logic [3:0]  sum;\n  if (x) y = 1;\n  if (x) y = 1;\nendmodule\n"
WAIVER = {"file": FILE, "text": "logic [3:0] sum;", "kind": "toggle", "points": ["sum[2:3]"],
          "reason": "never above 3", "remove": "once it is wider"}
PLAN = {"S0": [{"feature": "sums", "cover": ["SumIsZero_C"]}]}


def toggle(bit, count):
    return {points.Point(FILE, 2, 16, "toggle", f"sum[{bit}]"): count}


def functional(name, count):
    return {points.Point("tests/coverage/a_cover.sv", 7, 1, "point", name): count}


class Judging(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "rtl").mkdir()
        (self.root / FILE).write_text(SOURCE)
        self.counts = {**toggle(0, 5), **toggle(1, 1), **toggle(2, 0), **toggle(3, 0), **functional("SumIsZero_C", 9)}

    def judge(self, *waivers, plan=PLAN):
        return points.judge(self.counts, waivers, plan, self.root)[1]

    def test_all_covered_or_waived_is_no_fault(self):
        self.assertEqual(self.judge(WAIVER), [])
        totals = points.totals(self.counts, points.apply([WAIVER], self.counts, self.root)[0])
        self.assertEqual(totals[""]["toggle"], {"points": 4, "covered": 2, "waived": 2})
        self.assertEqual(totals[""]["point"], {"points": 1, "covered": 1, "waived": 0})

    def test_each_uncovered_point_is_named(self):
        self.assertEqual(self.judge(), [f"{FILE}:2: toggle sum[2]: not covered", f"{FILE}:2: toggle sum[3]: not covered"])

    def test_a_waiver_of_a_covered_point_is_a_fault(self):
        self.assertEqual(self.judge({**WAIVER, "points": ["sum[1:3]"]}),
                         [f"{FILE}:2: unused waiver: toggle sum[1] is covered"])

    def test_a_waiver_of_no_point_is_a_fault(self):
        self.assertEqual(self.judge({**WAIVER, "points": ["sum[2:4]"]}),
                         [f"{FILE}:2: unused waiver: toggle sum[4] does not exist"])

    def test_a_point_is_waived_once(self):
        self.assertEqual(self.judge(WAIVER, {**WAIVER, "points": ["sum[3]"]}),
                         [f"{FILE}:2: unused waiver: toggle sum[3] is waived twice"])

    def test_a_waiver_goes_with_its_text_not_with_its_line(self):
        (self.root / FILE).write_text("\n" + SOURCE)
        self.assertEqual(self.judge(WAIVER)[:1], [f"{FILE}:3: unused waiver: toggle sum[2] does not exist"])

    def test_a_waiver_whose_text_is_gone_or_there_twice_is_a_fault(self):
        for text, number in (("logic [4:0] sum;", 0), ("if (x) y = 1;", 2)):
            self.assertEqual(self.judge({**WAIVER, "text": text}),
                             [f"waiver 1 ({FILE}: {text}): its text is on {number} lines of {FILE}: must be on one"])

    def test_a_waiver_must_say_everything(self):
        for key in points.TEXTS:
            self.assertIn(f"{key} is missing or empty", "\n".join(self.judge({**WAIVER, key: " "})))
        self.assertIn("points is missing or empty", self.judge({**WAIVER, "points": []})[0])
        self.assertIn("unknown key until", self.judge({**WAIVER, "until": "2030"})[0])

    def test_functional_points_are_never_waived(self):
        self.assertIn("kind is point: must be line, branch, toggle", self.judge({**WAIVER, "kind": "point"})[0])

    def test_a_point_without_a_feature_and_a_feature_without_its_point_are_faults(self):
        plan = {"S0": [{"feature": "sums", "cover": ["SumIsOne_C"]}]}
        self.assertEqual(self.judge(WAIVER, plan=plan), [
            "tests/coverage/a_cover.sv:7: point SumIsZero_C: no feature of the test plan names it",
            "feature sums: point SumIsOne_C was not measured"])

    def test_a_functional_point_that_was_not_reached_is_a_fault(self):
        self.counts.update(functional("SumIsZero_C", 0))
        self.assertEqual(self.judge(WAIVER), ["tests/coverage/a_cover.sv:7: point SumIsZero_C: not covered"])


class Reading(unittest.TestCase):
    def write(self, text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = Path(folder.name) / "a.dat"
        file.write_text(text)
        return file

    def test_sizes_and_instances_of_a_module_are_one_point(self):
        entry = "C '\1f\2" + str(ROOT / FILE) + "\1l\0022\1n\00216\1page\2v_toggle/{}\1o\2sum[0]' {}\n"
        found = points.read(self.write("# SystemC::Coverage-3\n" + entry.format("a__W4", 2) + entry.format("a__W8", 3)))
        self.assertEqual(dict(found), toggle(0, 5))

    def test_what_is_no_hardware_is_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "rtl").mkdir()
            (root / FILE).write_text("a\n  b\n`ifndef SYNTHESIS\n  c\n  d\n`endif\ne\n")
            counts = {points.Point(FILE, line, 1, "line", "block"): 0 for line in range(1, 8)}
            self.assertEqual([point.line for point in points.without_checks(counts, root)], [1, 2, 3, 6, 7])

    def test_a_file_without_points_is_refused(self):
        with self.assertRaises(points.Unusable):
            points.read(self.write("# SystemC::Coverage-3\n"))


class Pages(unittest.TestCase):
    def test_a_source_shows_its_uncovered_bits(self):
        file = "rtl/gca_pkg.sv"
        counts = {points.Point(file, 1, 1, "toggle", f"sum[{bit}]"): bit for bit in (0, 1)}
        with tempfile.TemporaryDirectory() as folder:
            page.make(folder, counts, {}, [], {}, points.totals(counts, {}))
            text = (Path(folder) / "rtl.gca_pkg.sv.html").read_text()
            self.assertIn('sum (2 bits) <span class="bad">0</span> <span class="bad">sum[0]</span>', text)
            self.assertIn('href="rtl.gca_pkg.sv.html"', (Path(folder) / "index.html").read_text())


class Lines(unittest.TestCase):
    def test_files_are_summed_whatever_way_their_names_are_written(self):
        def file(name, covered):
            return {"filename": name, "summary": {kind: {"count": 10, "covered": covered} for kind in lines.KINDS}}
        files = [file(f"{ROOT}/build-coverage-cpp/../sim/a.cpp", 7), file(f"{ROOT}/sim/b.cpp", 9)]
        table = lines.summarise(files)
        self.assertEqual(list(table), ["", "sim/a.cpp", "sim/b.cpp"])
        self.assertEqual(table[""]["lines"], {"count": 20, "covered": 16})
        with self.assertRaises(points.Unusable):
            lines.summarise([*files, file(f"{ROOT}/sim/a.cpp", 7)])

    def test_the_gate_is_95_per_cent_of_all_lines(self):
        for covered, faults in ((950, 0), (949, 1)):
            table = {"": {"lines": {"count": 1000, "covered": covered}}}
            self.assertEqual(len(list(lines.faults(table))), faults)


class Committed(unittest.TestCase):
    def test_the_waivers_are_well_formed(self):
        self.assertEqual(list(points.faults_of_form(points.read_waivers())), [])


if __name__ == "__main__":
    unittest.main()
