#!/usr/bin/python3
"""scripts/mutate: does it make the mutants it says, name them stably, and judge them rightly?

    /usr/bin/python3 tests/mutation_test.py [unittest's arguments]
"""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from mutation import cpp_mutants, mutant, report, rtl_mutants, runner, survivors, verilog  # noqa: E402

MODULE = """\
module gca_small #(
    parameter int unsigned Levels = 4
) (
    input  wire logic       clk_i,
    input  wire logic       start_i,
    input  wire logic       stop_i,
    output logic      [1:0] count_o
);
  always_ff @(posedge clk_i) begin
    if (start_i && !stop_i) count_o <= count_o + 2'd1;
  end
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) Counts_A: assert (count_o < Levels);
`endif
endmodule
"""


def small(text=MODULE):
    """Text and mutants of a repository with this one module."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rtl").mkdir()
        (Path(folder) / "rtl/gca_small.sv").write_text(text)
        return rtl_mutants.mutants_of(folder)


def edits(text=MODULE):
    texts, mutants = small(text)
    return {one.apply(texts[one.file]).splitlines()[one.line(texts[one.file]) - 1].strip() for one in mutants}


class Mutants(unittest.TestCase):
    def test_are_those_of_every_statement_and_condition(self):
        self.assertEqual(edits(), {
            "always_ff @(negedge clk_i) begin",
            "if (start_i || !stop_i) count_o <= count_o + 2'd1;",
            "if (start_i && stop_i) count_o <= count_o + 2'd1;",
            "if (start_i ) count_o <= count_o + 2'd1;",
            "if (!stop_i) count_o <= count_o + 2'd1;",
            "if (stop_i && !stop_i) count_o <= count_o + 2'd1;",
            "if (start_i && !start_i) count_o <= count_o + 2'd1;",
            "if (1'b1) count_o <= count_o + 2'd1;",
            "if (1'b0) count_o <= count_o + 2'd1;",
            "if (start_i && !stop_i) count_o <= count_o - 2'd1;",
            "if (start_i && !stop_i) count_o <= count_o + 2'd0;",
            "if (start_i && !stop_i) count_o <= count_o + 2'd2;",
            "if (start_i && !stop_i) ;",
        })

    def test_keep_their_names_when_lines_are_added(self):
        before = {one.id for one in small()[1]}
        moved = MODULE.replace("  always_ff @(posedge clk_i) begin", "\n  // a comment\n  always_ff @(posedge clk_i) begin")
        self.assertEqual(before, {one.id for one in small(moved)[1]})

    def test_of_lines_that_are_alike_have_different_names(self):
        twice = MODULE.replace("if (start_i && !stop_i) count_o <= count_o + 2'd1;",
                               "if (start_i) count_o <= start_i;\n    if (start_i) count_o <= start_i;")
        _, mutants = small(twice)
        self.assertEqual(len(mutants), len({one.id for one in mutants}))
        self.assertEqual(len([one for one in mutants if one.operator == "removal"]), 2)

    def test_of_what_is_not_understood_are_refused_with_the_line(self):
        with self.assertRaisesRegex(verilog.NotUnderstood, r"rtl/gca_small\.sv: line 10: 'case'"):
            small(MODULE.replace("if (start_i && !stop_i)", "case (start_i) 1'b1:"))

    def test_leave_widths_alone(self):
        text = MODULE.replace("count_o + 2'd1", "count_o[start_i +: 3] + {2{stop_i}} + 5'(stop_i) + count_o[7:6]")
        changed = {digit for one in small(text)[1] for digit in re.findall(r"\d+", one.replacement)}
        self.assertFalse(changed & {"2", "4", "5", "6", "7", "8"}, changed)

    def test_of_every_module_and_model_are_there(self):
        rtl = {one.group for one in rtl_mutants.mutants_of(ROOT)[1]}
        self.assertEqual(rtl, {path.stem.removeprefix("gca_") for path in ROOT.glob("rtl/*.sv")})
        models = {one.group for one in cpp_mutants.mutants_of(ROOT)[1]}
        self.assertLessEqual({path.stem for path in ROOT.glob("behavioral/*.cpp")}, models)


class Schema(unittest.TestCase):
    def test_of_the_rtl_is_read_by_verilator(self):
        from mutation.rtl import Campaign
        with tempfile.TemporaryDirectory() as folder:
            for file, text in Campaign(ROOT, Path(folder), 1).schema().items():
                (Path(folder) / Path(file).name).write_text(text)
            done = subprocess.run(["verilator", "--lint-only", "-Wall", "--top-module", "gca_head", "-GDim=3",
                                   "-GTileTokens=3", "-GTiles=2", "-y", folder, f"{folder}/gca_pkg.sv",
                                   f"{folder}/gca_head.sv"], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_of_nested_places_keeps_the_original_last(self):
        text = "int f(int a) { return (a + 1) * 2; }\n"
        place = (text.index("(a + 1) * 2"), text.index(";"))
        inner = (text.index("1"), text.index("1") + 1)
        times = text.index("*")
        outer = mutant.Mutant("f", "f.cpp", times, times + 1, "/", "operator", place, True)
        one = mutant.Mutant("f", "f.cpp", *inner, "2", "constant", inner, True)
        self.assertTrue(cpp_mutants.schema(text, [(1, outer), (2, one)]).endswith(
            "return (gca_mutant_id == 1 ? ((a + 1) / 2) : ((a + (gca_mutant_id == 2 ? (2) : (1))) * 2)); }\n"))


class Sample(unittest.TestCase):
    def setUp(self):
        self.mutants = rtl_mutants.mutants_of(ROOT)[1]

    def test_has_its_size_and_something_of_every_module(self):
        for count in (5, 12, 100, 300):
            drawn = mutant.sample(self.mutants, count, 1)
            self.assertEqual(len({one.id for one in drawn}), count)
        self.assertEqual({one.group for one in drawn}, {one.group for one in self.mutants})

    def test_is_the_same_for_a_seed_and_part_of_a_larger_one(self):
        ids = [{one.id for one in mutant.sample(self.mutants, count, 1)} for count in (300, 300, 310)]
        self.assertEqual(ids[0], ids[1])
        self.assertLess(ids[0], ids[2])
        self.assertNotEqual(ids[0], {one.id for one in mutant.sample(self.mutants, 300, 2)})


class Judging(unittest.TestCase):
    """A shell script stands for the tests."""

    def judge(self, script, number=1):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "tests"
            program.write_text(f"#!/bin/sh\n[ $GCA_MUTANT = 0 ] && exit 0\n{script}\n")
            program.chmod(0o755)
            return runner.Runner(folder).judge(runner.gtest("module", program, "*"), number)

    def test_a_failing_test_kills_and_is_named(self):
        verdict = self.judge("echo '[ RUN      ] A.B'; echo '[  FAILED  ] A.B (3 ms)'; exit 1")
        self.assertEqual((verdict.killed_by, verdict.test), ("module", "A.B"))
        self.assertIn("GCA_MUTANT=1", verdict.replay)
        self.assertIn("--gtest_filter=A.B", verdict.replay)

    def test_a_crash_kills(self):
        verdict = self.judge("echo '[ RUN      ] A.B'; kill -SEGV $$")
        self.assertEqual((verdict.killed_by, verdict.test), ("module", "A.B"))

    def test_an_assertion_kills_under_its_own_name(self):
        verdict = self.judge("echo '[ RUN      ] A.B'; echo '[5] %Error: a.sv:7: Assertion failed in top.It_A: x'; exit 1")
        self.assertEqual((verdict.killed_by, verdict.test), ("assertion", "A.B: top.It_A"))

    def test_a_hang_kills(self):
        margin, runner.TIME_MARGIN_S = runner.TIME_MARGIN_S, 0.3
        try:
            self.assertEqual(self.judge("sleep 60").killed_by, "time-out")
        finally:
            runner.TIME_MARGIN_S = margin

    def test_what_passes_is_a_survivor(self):
        self.assertIsNone(self.judge("exit 0"))

    def test_tests_that_fail_without_a_mutant_are_no_judge(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(runner.BrokenBaseline):
            runner.Runner(folder).judge(runner.Stage("module", Path("/bin/false"), ()), 1)


class Survivors(unittest.TestCase):
    def setUp(self):
        self.texts, self.mutants = small()
        self.one = self.mutants[0]

    def report(self, entries, verdict, unused=()):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "list.toml"
            path.write_text("\n".join([entries, *unused]))
            told = report.Report(("module",), survivors.read(path), self.texts, 1)
        told.console.quiet = True
        told.add(self.one, verdict, True)
        return told

    def entry(self):
        return survivors.stub(self.one, self.texts[self.one.file]).replace('why = ""', 'why = "for a reason"')

    def test_that_are_not_in_the_list_are_told(self):
        self.assertEqual(self.report("", runner.Verdict()).unjudged(), [self.one])
        self.assertEqual(self.report(self.entry(), runner.Verdict()).unjudged(), [])

    def test_that_are_killed_now_are_stale(self):
        told = self.report(self.entry(), runner.Verdict("module", "A.B"))
        self.assertRegex("".join(told.stale(self.mutants)), "killed now, by module")

    def test_whose_mutant_is_gone_are_stale(self):
        gone = self.entry().replace(self.one.id, "small-00000000")
        self.assertRegex("".join(self.report(gone, runner.Verdict()).stale(self.mutants)), "no such mutant")

    def test_whose_edit_reads_otherwise_are_stale(self):
        other = self.entry().replace("mutant = '''", "mutant = '''x")
        self.assertRegex("".join(self.report(other, runner.Verdict()).stale(self.mutants)), "its mutant is")

    def test_without_an_argument_are_refused(self):
        with self.assertRaisesRegex(survivors.BadList, "must have id, mutant, verdict and why"):
            self.report(self.entry().replace("for a reason", ""), runner.Verdict())

    def test_of_the_list_exist(self):
        judged = survivors.read(ROOT / "tests/mutation/survivors.toml")
        rtl, models = rtl_mutants.mutants_of(ROOT), cpp_mutants.mutants_of(ROOT)
        told = report.Report((), judged, rtl[0] | models[0], 0)
        self.assertEqual(list(told.stale(rtl[1] + models[1])), [])


class Program(unittest.TestCase):
    def run_it(self, *arguments):
        return subprocess.run([ROOT / "scripts/mutate", *arguments], capture_output=True, text=True, check=False)

    def test_refuses_bad_options(self):
        for arguments, sentence in ((("--only", "x"), "--only is x: must be one of adder_bank"),
                                    (("--count", "none"), "--count is none: must be a number from 1"),
                                    (("--mutant", "x-1"), "--mutant is x-1: there is no such mutant"),
                                    (("--quick", "--models"), "--quick is for the RTL only"),
                                    (("--bad",), "unrecognized arguments: --bad")):
            done = self.run_it(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(f"mutate: {sentence}", done.stderr)

    def test_kills_a_dozen_mutants(self):
        done = self.run_it("--quick")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        results = json.loads((ROOT / "build/mutation/results-quick.json").read_text())
        self.assertEqual(len(results["mutants"]), 12)
        self.assertLessEqual({one["killed_by"] for one in results["mutants"]}, {"module", "assertion"})


if __name__ == "__main__":
    unittest.main()
