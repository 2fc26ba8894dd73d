#!/usr/bin/python3
"""Models of cells from a Liberty file (scripts/gate_level/cells.py), and the check that finds a wrong one (check.py).

    /usr/bin/python3 tests/gate_cells_test.py [unittest's arguments]
"""
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from gate_level import cells, check  # noqa: E402
from synthesis.liberty import Library, LibertyError  # noqa: E402

OSU018 = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")
# What OSU's library has not: a clock gate with a test pin, a flop with a stronger preset, XOR before AND before OR.
OTHERS = """
  cell (GATE) {
    area : 2; clock_gating_integrated_cell : "latch_posedge_precontrol";
    statetable ("CK E SE", "ENL") {
      table : "L L L : - : L , L L H : - : H ,\\
               L H L : - : H , L H H : - : H , H - - : - : N";
    }
    pin (CK) { direction : input; clock : true; clock_gate_clock_pin : true; }
    pin (E) { direction : input; clock_gate_enable_pin : true; }
    pin (SE) { direction : input; clock_gate_test_pin : true; }
    pin (ENL) { direction : internal; internal_node : "ENL"; }
    pin (GCK) { direction : output; state_function : "(CK*ENL)"; clock_gate_out_pin : true; }
  }
  cell (FLOP) {
    area : 2;
    ff (IQ, IQN) {
      clocked_on : "CKN'"; next_state : "D * !S | I S"; clear : "R"; preset : "!SN";
      clear_preset_var1 : H; clear_preset_var2 : L;
    }
    pin (CKN) { direction : input; clock : true; }
    pin (D) { direction : input; } pin (I) { direction : input; } pin (S) { direction : input; }
    pin (R) { direction : input; } pin (SN) { direction : input; }
    pin (Q) { direction : output; function : "IQ"; }
  }
  cell (MIXED) {
    area : 1;
    pin (A) { direction : input; } pin (B) { direction : input; } pin (C) { direction : input; }
    pin (Y) { direction : output; function : "A B^C + !(A' B)"; }
  }
"""
CELL = "module {0} (input A, input B, input C, output Y);\n  assign Y = {1};\nendmodule\n"


class Cells(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def library(self, more):
        """OSU's with more cells."""
        text = OSU018.read_text()
        place = text.rindex("}")
        (self.folder / "more.lib").write_text(text[:place] + more + text[place:])
        return Library(self.folder / "more.lib")

    def check(self, library, names):
        cells.write(library, names, self.folder / "cells.v")
        check.cells(library, names, self.folder)

    def refused(self, library, name, *says):
        with self.assertRaises(LibertyError) as caught:
            self.check(library, [name])
        for word in (name, *says):
            self.assertIn(word, str(caught.exception))

    def test_every_cell_of_the_default_library(self):
        library = Library(OSU018)
        names = [name for name in library.cells if not name.startswith("TBUF")]
        self.assertEqual(len(names), 30)
        self.check(library, names)
        for name in ("TBUFX1", "TBUFX2"):
            self.refused(library, name, "output Y", "three-state")

    def test_what_other_libraries_have(self):
        library = self.library(OTHERS)
        self.check(library, ["GATE", "FLOP", "MIXED"])
        self.assertIn("assign Y = ((A & (B ^ C)) | (~((~A) & B)));", cells.model(library.cells["MIXED"]))
        self.assertIn("always @(negedge CKN or negedge SN or posedge R)", cells.model(library.cells["FLOP"]))

    def test_a_wrong_model_is_found(self):
        library = self.library(OTHERS)
        wrong = (("AOI21X1", "(A & B) | C", "(A | B) & C"), ("DFFPOSX1", "posedge CLK", "negedge CLK"),
                 ("DFFSR", "if ((~R)) P0002 <= 1'b0;", "if ((~R)) P0002 <= 1'b1;"),
                 ("GATE", "(CK & ENL)", "(CK | ENL)"),
                 ("FLOP", "negedge SN or posedge R", "negedge SN"), ("LATCH", "if (CLK)", "if (~CLK)"),
                 ("FAX1", "(A ^ B) ^ C", "(A ^ B) & C"))
        for name, found, put in wrong:
            with self.subTest(cell=name):
                text = cells.model(library.cells[name])
                self.assertEqual(text.count(found), 1, text)
                (self.folder / "cells.v").write_text(text.replace(found, put))
                with self.assertRaises(LibertyError) as caught:
                    check.cells(library, [name], self.folder)
                self.assertIn(f"cell {name}: its model is not", str(caught.exception))

    def test_what_is_not_understood_is_refused(self):
        pins = "pin (A) { direction : input; } pin (Y) { direction : output; %s }"
        for group, says in ((pins % "", "output Y has no function"),
                            ("bus (D) { }" + pins % 'function : "A";', "buses"),
                            (pins % 'function : "IQ";' + "latch (IQ, IQN) { enable : A; data_in : A; clear : A; }",
                             "neither clear nor preset"),
                            ("pin (Y) { direction : inout; }", "pin Y has direction inout")):
            with self.subTest(group=group):
                library = self.library(f"cell (ODD) {{ area : 1; {group} }}\n")
                with self.assertRaises(LibertyError) as caught:
                    cells.model(library.cells["ODD"])
                self.assertIn(says, str(caught.exception))
        for function in ("A +", "(A", "A)", "A $ B", "'A", "2", ""):
            with self.subTest(function=function), self.assertRaises(LibertyError):
                cells.verilog_of(function)


if __name__ == "__main__":
    unittest.main()
