#!/usr/bin/python3
"""scripts/synth: are its figures those of the parameters and of the library's tables, and does it say what is wrong?

    /usr/bin/python3 tests/synthesis_test.py [unittest's arguments]

Yosys and OpenSTA run on the configuration tiny and on single modules, with the OSU 0.18 um library.
"""
import csv
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from synthesis import clock_gate, design, fanout, flow, geometry, netlist, node, power, report, sta  # noqa: E402
from synthesis.liberty import Library, LibertyError, truth  # noqa: E402

OSU018 = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")
SLOW_NS = 12.0


def synth(*options):
    return subprocess.run([ROOT / "scripts/synth", *map(str, options)], capture_output=True, text=True, timeout=900)


def folder_of(test):
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    return Path(folder.name)


def table_of(cell, name):
    """(loads, slews, values) of the first table of this kind in a cell of the OSU library, read without the parser."""
    text = OSU018.read_text()
    text = text[text.index(f"cell ({cell})"):]
    text = text[text.index(f"{name}("):]
    rows = [[float(word) for word in row.split(",")] for row in re.findall(r'"([^"]*)"', text[:text.index("}")])]
    return rows[0], rows[1], rows[2:]


def at(table, load, slew):
    """Bilinear, for a point inside the table."""
    def place(points, value):
        i = max(k for k in range(len(points) - 1) if points[k] <= value)
        return i, (value - points[i]) / (points[i + 1] - points[i])
    loads, slews, values = table
    (i, u), (k, v) = place(loads, load), place(slews, slew)
    low, high = ((1 - v) * row[k] + v * row[k + 1] for row in values[i:i + 2])
    return (1 - u) * low + u * high


class Tiny(unittest.TestCase):
    """The whole head, once."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.done = synth("--config", "tiny", "--clock-ns", SLOW_NS, "--output", cls.folder, "--json",
                         cls.folder / "copy.json", "--netlist", cls.folder / "copy.v")
        if cls.done.returncode != 0:
            raise AssertionError(f"scripts/synth --config tiny --clock-ns {SLOW_NS}: {cls.done.stderr}")
        cls.report = json.loads((cls.folder / "report.json").read_text())
        cls.rows = {row["module"]: row for row in cls.report["modules"]}

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_each_module_of_the_head_is_told(self):
        modules = {file.stem for file in (ROOT / "rtl").glob("*.sv")} - {"gca_pkg"}
        told = {row["rtl"] for row in self.report["modules"]}
        self.assertLessEqual({"gca_head", "gca_sequencer", "gca_adder_bank", "gca_counter_bank"}, told)
        self.assertLessEqual(told, modules)
        for name in told:
            self.assertIn(f"| {name}", self.done.stdout)

    def test_flops_are_those_of_the_parameters(self):
        size = geometry.read("tiny")
        count_w, query_w, store_w = 4, 4, 3
        expected = {"gca_counter_bank": size.tiles * size.dim * count_w, "gca_sign_ff": size.tiles * size.dim,
                    "gca_synchronizer": size.tiles * size.dim * 2, "gca_code_regs": size.dim * (query_w + 2 * store_w)}
        self.assertEqual({name: self.rows[name]["flops"] for name in expected}, expected)

    def test_there_is_no_latch_and_nothing_unknown(self):
        self.assertEqual(self.report["area"]["latches"], 0)
        self.assertIn("Latches: none", self.done.stdout)

    def test_areas_are_sums_of_the_cells(self):
        library = Library(OSU018)
        types = re.findall(r"^  (\w+) \w+ \(\.", (self.folder / "netlist.v").read_text(), re.MULTILINE)
        alone = {name: [kind for kind in re.findall(r"^  (\w+) \w+ \(\.", text, re.MULTILINE) if kind in library.cells]
                 for name, text in re.findall(r"^module (\w+) (.*?)^endmodule", (self.folder / "netlist.v").read_text(),
                                              re.MULTILINE | re.DOTALL)}
        self.assertGreater(len(types), 1000)
        for name, kinds in alone.items():
            area = sum(library.cells[kind].area for kind in kinds) * self.rows[name]["instances"]
            self.assertAlmostEqual(self.rows[name]["area_um2"], area, places=3, msg=name)
        self.assertAlmostEqual(self.report["area"]["um2"], sum(row["area_um2"] for row in self.rows.values()), places=2)
        self.assertAlmostEqual(self.report["area"]["kge"], self.report["area"]["um2"] / 24 / 1000, places=3)

    def test_a_slow_clock_is_met_and_all_is_constrained(self):
        timing = self.report["timing"]
        self.assertTrue(timing["met"])
        self.assertGreater(timing["slack_ns"], 0)
        self.assertEqual(timing["clock_ns"], SLOW_NS)
        self.assertEqual(timing["unconstrained_elsewhere"], [])
        self.assertEqual(timing["unconstrained"], geometry.read("tiny").dim * geometry.read("tiny").tiles)
        self.assertEqual(timing["beyond_max_transition"], [])

    def test_the_scaled_period_has_the_same_fo4(self):
        data = self.report
        target = node.TARGET
        self.assertAlmostEqual(data["node"]["least_period_ns"] * 1000 / target.fo4_ps, data["timing"]["fo4"], delta=0.1)
        self.assertAlmostEqual(data["node"]["area_mm2"], data["area"]["kge"] * target.nand2_um2 / 1000, places=4)

    def test_the_files_are_as_the_options_say(self):
        self.assertEqual((self.folder / "copy.v").read_text(), (self.folder / "netlist.v").read_text())
        self.assertEqual(json.loads((self.folder / "copy.json").read_text()), self.report)
        self.assertEqual((self.folder / "report.md").read_text(), self.done.stdout.removesuffix("\n"))

    def test_nothing_drives_more_than_it_can(self):
        library = Library(OSU018)
        modules = design.read(self.folder / "mapped.json", "gca_head", library)
        order, _ = design.bottom_up(modules, "gca_head")
        work = fanout.Buffering(library, modules, 4 * library.typical_load)
        work.run(order)
        self.assertGreater(sum(work.added.values()), 0)
        most = work.limit(work.buffer, work.buffer.outputs[0])
        for name in order:
            for port, loads in work.input_load[name].items():
                if port not in work.ideal[name]:
                    self.assertLessEqual(max(loads), most, f"{name}.{port}")
            sinks, drivers, ideal = work.gather(modules[name])
            for bit, found in sinks.items():
                if bit not in ideal and bit in drivers and len(found) > 2:
                    cell, pin = drivers[bit]
                    limit = work.limit(library.cells[modules[name].cells[cell].type], pin)
                    load = sum(sink.load for sink in found)
                    self.assertLessEqual(load, limit * 1.001, f"{name}: {modules[name].names[bit]}")


class Modules(unittest.TestCase):
    def run_module(self, config, module, *options):
        folder = folder_of(self)
        done = synth("--config", config, "--module", module, "--output", folder, "--json", folder / "all.json", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((folder / "all.json").read_text())[0], done.stdout

    def test_sizes_that_are_no_power_of_two(self):
        for module, flops in (("gca_counter_bank", 12 * 4), ("gca_code_regs", 12 * 10)):
            data, _ = self.run_module("odd", module)
            self.assertEqual((data["area"]["flops"], data["area"]["latches"]), (flops, 0), module)

    def test_an_impossible_clock_is_told(self):
        data, said = self.run_module("tiny", "gca_counter_bank", "--clock-ns", "0.05")
        self.assertFalse(data["timing"]["met"])
        self.assertLess(data["timing"]["slack_ns"], 0)
        self.assertGreater(data["timing"]["least_period_ns"], 0.05)
        self.assertIn("**The clock is not met**", said)

    def test_level_counts_reach_the_module(self):
        data, _ = self.run_module("4x4x1:16x8x40", "gca_counter_bank")
        self.assertEqual(data["area"]["flops"], 4 * 6)

    def test_a_latch_is_refused(self):
        folder = folder_of(self)
        source = folder / "gca_head.sv"
        source.write_text("module gca_head (input wire a, input wire b, output logic y);\n"
                          "  always_latch if (a) y = b;\nendmodule\n")
        with self.assertRaisesRegex(netlist.SynthesisError, "gca_head: the RTL makes a latch"):
            netlist.synthesize("gca_head", {}, Library(OSU018), folder, rtl=[source])

    def test_a_clock_gate_is_a_latch_and_an_and_or_nothing(self):
        for config, gates in (("tiny", 1), ("tiny", 0)):
            data, said = self.run_module(config, "gca_sign_ff", "--clock-gates", str(gates))
            self.assertEqual((data["area"]["flops"], data["area"]["latches"]), (8, gates))
            self.assertEqual("gca_clock_gate" in {row["module"] for row in data["modules"]}, bool(gates))
            self.assertTrue(data["timing"]["met"], said)
    def test_an_integrated_clock_gate_takes_the_place_of_both(self):
        folder = folder_of(self)
        gate = """cell (GATE) { area : 77; clock_gating_integrated_cell : "latch_posedge";
          statetable("C E", "S") { table : "L L : - : L"; }
          pin(C) { direction : input; capacitance : 0.02; clock_gate_clock_pin : true; clock : true; }
          pin(E) { direction : input; capacitance : 0.01; clock_gate_enable_pin : true;
            timing() { related_pin : "C"; timing_type : setup_rising; rise_constraint(scalar) { values ("0.1"); }
              fall_constraint(scalar) { values ("0.1"); } } }
          pin(S) { direction : internal; internal_node : "S"; }
          pin(Q) { direction : output; capacitance : 0; clock_gate_out_pin : true; state_function : "C S";
            timing() { related_pin : "C"; cell_rise(scalar) { values ("0.2"); } cell_fall(scalar) { values ("0.2"); }
              rise_transition(scalar) { values ("0.1"); } fall_transition(scalar) { values ("0.1"); } } } }
        """
        text = OSU018.read_text()
        place = text.index("cell (AND2X1)")
        (folder / "with.lib").write_text(text[:place] + gate + text[place:])
        data, said = self.run_module("tiny", "gca_sign_ff", "--clock-gates", "1", "--liberty", folder / "with.lib")
        row = next(row for row in data["modules"] if row["module"] == "gca_clock_gate")
        self.assertEqual((row["cells"], row["area_um2"], data["area"]["latches"]), (1, 77.0, 1))
        self.assertTrue(data["timing"]["met"], said)

    def test_constraints_that_do_not_fit_are_an_error(self):
        folder = folder_of(self)
        library = Library(OSU018)
        made = netlist.synthesize("gca_head", geometry.read("1x1x1").parameters(), library, folder)
        broken = folder / "broken.sdc"
        broken.write_text(flow.SDC.read_text().replace("get_ports rst_ni", "get_ports rst_n"))
        with self.assertRaisesRegex(sta.TimingError, "rst_n"):
            sta.analyze(made, 10.0, sta.fo4(library, folder), broken)


class TheLibrary(unittest.TestCase):
    def test_gate_equivalent_and_fo4_are_those_of_the_tables(self):
        library = Library(OSU018)
        self.assertEqual((library.nand2.name, library.nand2.area, library.inverter.name), ("NAND2X1", 24.0, "INVX1"))
        pin = re.search(r"cell \(INVX1\).*?pin\(A\).*?capacitance : ([\d.]+)", OSU018.read_text(), re.DOTALL)
        load, slews = 4 * float(pin[1]), {"rise": 0.1, "fall": 0.1}
        tables = {name: table_of("INVX1", name) for name in ("cell_rise", "cell_fall", "rise_transition", "fall_transition")}
        for _ in range(50):
            slews = {"rise": at(tables["rise_transition"], load, slews["fall"]),
                     "fall": at(tables["fall_transition"], load, slews["rise"])}
        by_hand = (at(tables["cell_rise"], load, slews["fall"]) + at(tables["cell_fall"], load, slews["rise"])) / 2
        measured = sta.fo4(library, folder_of(self))
        self.assertAlmostEqual(measured.delay_ns, by_hand, delta=0.01 * by_hand)
        self.assertAlmostEqual(measured.delay_ns, 0.0992, delta=0.0005)

    def test_cells_are_found_by_function_not_by_name(self):
        folder = folder_of(self)
        names = re.findall(r"^cell \((\w+)\)", OSU018.read_text(), re.MULTILINE)
        number = {name: f"c{i}" for i, name in enumerate(sorted(names))}
        renamed = folder / "renamed.lib"
        renamed.write_text(re.sub(r"(?<=^cell \()\w+", lambda found: number[found[0]], OSU018.read_text(),
                                  flags=re.MULTILINE))
        library, usual = Library(renamed), Library(OSU018)
        for role in ("nand2", "inverter"):
            self.assertEqual(getattr(library, role).name, number[getattr(usual, role).name])
        self.assertEqual([cell.name for cell in library.buffers], [number[cell.name] for cell in usual.buffers])
        self.assertEqual(library.full_adder[0].name, number[usual.full_adder[0].name])
        parameters = geometry.read("tiny").parameters()
        made = netlist.Synthesis("gca_head", parameters, library, folder, module="gca_sign_ff").map()
        self.assertEqual(made.figures["gca_sign_ff"]["own"]["flops"], 8)

    def test_functions(self):
        tables = {"(!(A B))": 0b0111, "!A + !B": 0b0111, "A' | B'": 0b0111, "A ^ B": 0b0110, "A*!B": 0b0010,
                  "(A&B) | (!A&!B)": 0b1001, "!(A^B)'": 0b0110, "1": 0b1111}
        for text, table in tables.items():
            self.assertEqual(truth(text, ["A", "B"]), table, text)

    def test_what_is_no_library_is_refused(self):
        folder = folder_of(self)
        faults = {"": "no Liberty file", "library (a) {\n}\n": "holds no cell", "library (a) {\ncell (b) {\n": "does not end",
                  "library (a) {\ncell (b) { area : 1; }\n}": "NAND"}
        for text, said in faults.items():
            (folder / "a.lib").write_text(text)
            with self.assertRaisesRegex(LibertyError, said):
                Library(folder / "a.lib")


class Energy(unittest.TestCase):
    """A NAND, an inverter and a flop, with the toggles that a recording would give."""

    def setUp(self):
        self.library = Library(OSU018)
        bits = {"clk_i": 1, "a": 2, "b": 3, "n": 4, "m": 5, "q": 6}
        cells = {"g1": design.Instance("NAND2X1", {"A": [2], "B": [3], "Y": [4]}),
                 "g2": design.Instance("INVX1", {"A": [4], "Y": [5]}),
                 "f": design.Instance("DFFPOSX1", {"CLK": [1], "D": [5], "Q": [6]})}
        ports = {"clk_i": ("input", [1]), "a": ("input", [2]), "b": ("input", [3]), "q": ("output", [6])}
        module = design.Module("top", ports, cells, {bit: name for name, bit in bits.items()}, {"n": 0, "m": 0}, [])
        self.netlist = netlist.Netlist("top", {}, self.library, None, {"top": module}, ["top"], {"top": 1}, None, None, {})
        self.file = folder_of(self) / "activity"

    def spend(self, text):
        self.file.write_text(text)
        return power.spend(self.netlist, power.read_activity(self.file), 0.1, 10.0)

    def test_energy_is_that_of_the_tables(self):
        spent, covered = self.spend("# cycles 100 tokens 4\na 30 50\nb 10 50\nn 20 50\nm 20 50\nq 8 50\n")
        self.assertEqual(covered, 5 / 6)
        pins = {(cell, pin): self.library.cells[cell].capacitance(pin)
                for cell, pin in (("NAND2X1", "A"), ("NAND2X1", "B"), ("INVX1", "A"), ("DFFPOSX1", "D"), ("DFFPOSX1", "CLK"))}
        charge = 1.8 ** 2 / 2
        inputs = charge * (30 * pins["NAND2X1", "A"] + 10 * pins["NAND2X1", "B"])
        self.assertAlmostEqual(spent["(inputs)"]["nets"], inputs)
        self.assertAlmostEqual(spent["top"]["nets"], charge * 20 * (pins["INVX1", "A"] + pins["DFFPOSX1", "D"]))
        # CLK: 0.006865 and 0.11034 pJ at a slew of 0.06 ns, 0.006943 and 0.129769 at 0.24.
        clock = (0.006865 + 0.11034 + (0.1 - 0.06) / 0.18 * (0.006943 + 0.129769 - 0.006865 - 0.11034)) / 2
        self.assertAlmostEqual(spent["top"]["clock pins"], 200 * (clock + charge * pins["DFFPOSX1", "CLK"]))
        # A toggle at the NAND's output is caused by A three times of four.
        text = OSU018.read_text()
        nand = text[text.index("cell (NAND2X1)"):text.index("cell (NAND3X1)")]
        nand_pj = 0.0
        for pin, weight in (("A", 0.75), ("B", 0.25)):
            group = re.search(rf'internal_power\(\) \{{\s*related_pin : "{pin}";(.*?)\n    \}}', nand, re.DOTALL)[1]
            for edge in ("fall", "rise"):
                rows = [[float(word) for word in row.split(",")] for row in re.findall(
                    r'"([^"]*)"', group[group.index(f"{edge}_power"):].split("}")[0])]
                nand_pj += weight / 2 * at((rows[0], rows[1], rows[2:]), round(1000 * pins["INVX1", "A"], 1) / 1000, 0.1)
        energies = power.Energies(self.library, 0.1)
        inverter = energies.output_pin("INVX1", "Y", round(1000 * pins["DFFPOSX1", "D"], 1))["A"]
        data = (0.045424 + 0.08841 + (0.1 - 0.06) / 0.12 * (0.045977 + 0.087952 - 0.045424 - 0.08841)) / 2
        flop = energies.output_pin("DFFPOSX1", "Q", 0.0)["CLK"]
        self.assertAlmostEqual(spent["top"]["cells"], 20 * (nand_pj + inverter + data) + 8 * flop, places=9)
        leakage_w = (0.0787318 + 0.0443482 + 0.160725) * 1e-9
        self.assertAlmostEqual(spent["top"]["leakage"], leakage_w * 100 * 10e-9 * 1e12, delta=2e-4)

    def test_a_gated_clock_counts_the_cycles_of_its_enable(self):
        gate = design.Module("gca_clock_gate", {"c": ("input", [1]), "e": ("input", [2]), "o": ("output", [3])},
                             {"and": design.Instance("AND2X1", {"A": [1], "B": [2], "Y": [3]})}, {1: "c", 2: "e", 3: "o"}, {}, [],
                             clock_gate.Gate("c", "e", "o"))
        text = "a 30 {}\nb 10 50\nn 20 50\nm 20 50\nq 8 50\ngated 2 99\n"
        free, _ = self.spend("# cycles 100 tokens 4\n" + text.format(5))
        top = self.netlist.modules["top"]
        top.cells["f"].pins["CLK"] = [7]
        top.names[7] = "gated"
        top.cells["u_gate"] = design.Instance("gca_clock_gate", {"c": [1], "e": [2], "o": [7]})
        self.netlist.modules["gca_clock_gate"] = gate
        few, _ = self.spend("# cycles 100 tokens 4\n" + text.format(5))
        many, _ = self.spend("# cycles 100 tokens 4\n" + text.format(50))
        self.assertAlmostEqual(few["top"]["clock pins"], free["top"]["clock pins"] * 5 / 100)
        self.assertAlmostEqual(many["top"]["clock pins"], free["top"]["clock pins"] * 50 / 100)

    def test_levels_may_be_parted_by_slashes_and_begin_with_the_top(self):
        one, _ = self.spend("# cycles 100 tokens 4\na 30 50\nb 10 50\nn 20 50\nm 20 50\nq 8 50\n")
        other, _ = self.spend("# cycles 100 tokens 4\ntop/a 30 50\ntop/b 10 50\ntop.n 20 50\ntop.m 20 50\ntop.q 8 50\n")
        self.assertEqual(one, other)

    def test_a_file_that_is_none_or_of_another_netlist_is_refused(self):
        faults = {"": "first line", "# cycles 0 tokens 1\n": "first line", "# cycles 9 tokens 1\na b c\n": ":2: must be",
                  "# cycles 9 tokens 1\nx 1 1\n": "is it of this netlist"}
        for text, said in faults.items():
            with self.assertRaisesRegex(power.ActivityError, said):
                self.spend(text)


class BadUse(unittest.TestCase):
    def test_one_line_and_exit_code_2(self):
        folder = folder_of(self)
        (folder / "no.lib").write_text("nothing")
        faults = (("--config", "0x8x2", "dimension must be 1 to 4096, not 0"), ("--config", "huge", "--config is huge"),
                  ("--config", "8x8x2:1x8x16", "levels must be 2 to 256, not 1"), ("--clock-ns", "0", "--clock-ns is 0"),
                  ("--clock-ns", "nan", "--clock-ns is nan"), ("--module", "gca_none", "no module gca_none"),
                  ("--liberty", folder / "no.lib", "no Liberty file"), ("--liberty", folder / "none", "No such file"),
                  ("--activity", folder / "none", "No such file"), ("--style", "best", "--style"),
                  ("--dont-use", "(", "--dont-use is ("), ("--paths", "0", "--paths is 0"), ("--fast", "1", "--fast"))
        for option, value, said in faults:
            done = synth(option, value, "--output", folder / "out")
            self.assertEqual(done.returncode, 2, (option, value))
            self.assertEqual((done.stdout, len(done.stderr.splitlines())), ("", 1), done.stderr)
            self.assertIn(said, done.stderr)
        self.assertFalse((folder / "out").exists())


class Sweep(unittest.TestCase):
    def sweep(self, *options):
        return subprocess.run([ROOT / "scripts/sweep_area", *map(str, options)], capture_output=True, text=True, timeout=900)

    def test_points_differ_from_the_papers_in_one_size(self):
        done = self.sweep("--list", "--styles", "counters", "--dims", "32,64", "--tiles", "4,16", "--levels", "16,64")
        self.assertEqual(sorted(done.stdout.splitlines()), sorted(f"{size} counters" for size in (
            "64x64x16:16x8x16", "32x64x16:16x8x16", "64x64x4:16x8x16", "64x64x16:64x8x64")))
        done = self.sweep("--list", "--styles", "counters", "--dims", "32,64", "--tiles", "4,16", "--levels", "16,64", "--grid")
        self.assertEqual(len(done.stdout.splitlines()), 8)

    def test_a_point_is_run_once_and_written(self):
        folder = folder_of(self)
        options = ("--dims", 32, "--tiles", 1, "--levels", 8, "--tile-tokens", 2, "--styles", "counters", "--output", folder)
        for run in ("first", "second"):
            done = self.sweep(*options)
            self.assertEqual(done.returncode, 0, f"{run}: {done.stderr}")
            with (folder / "sweep.csv").open() as file:
                row, = csv.DictReader(file)
            self.assertEqual((row["dim"], row["tiles"], row["out_levels"], row["style"]), ("32", "1", "8", "counters"))
            self.assertGreater(float(row["kge"]), 0)
            self.assertIn("least clock period, FO4", (folder / "sweep.svg").read_text())
            kept, = (folder / "points").iterdir()
            made = made if run == "second" else kept.stat().st_mtime_ns
        self.assertEqual(kept.stat().st_mtime_ns, made)

    def test_bad_options(self):
        for option, value in (("--dims", "31"), ("--tiles", "x"), ("--levels", "8,65"), ("--styles", "best"), ("-j", "0")):
            done = self.sweep(option, value, "--list")
            self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, "", 1), done.stderr)
            self.assertIn(value.split(",")[-1], done.stderr)


class TheReport(unittest.TestCase):
    def test_the_paper_is_set_beside_the_figures(self):
        data = {"node": {"name": "28 nm class", "max_mhz": 500.0, "area_mm2": 0.05}, "area": {}, "timing": {"fo4": 90.9},
                "modules": [{"module": "gca_adder_bank", "share": 0.4}],
                "power": {"token_pj": 1000.0, "parts_pj": {"clock pins": 700.0},
                          "node": {"token_pj_low": 20.0, "token_pj_high": 40.0, "mw_low": 1.0, "mw_high": 2.0}}}
        text = report.paper_text(data)
        for words in ("10 % of the paper's head", "gca_adder_bank has 40 %", "the longest path has 91, 46 too many",
                      "100 to 200 times less", "70 % of what is here", "113.7 mW"):
            self.assertIn(words, text)


if __name__ == "__main__":
    unittest.main()
