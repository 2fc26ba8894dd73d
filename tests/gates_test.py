#!/usr/bin/python3
"""scripts/gates: the synthesized tiny head in the closed loop, its activity, and what is refused.

    /usr/bin/python3 tests/gates_test.py BUILD_DIRECTORY [unittest's arguments]
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from gate_level import activity, head  # noqa: E402
from synthesis import geometry  # noqa: E402
from waveform.trace_reader import Trace  # noqa: E402

BUILD = None  # set in main
NAME = "tiny-osu018_stdcells"
TOKENS, COLUMNS = 4, 16
# (state of the netlist's name and of the RTL's): a flop's output is one net in both
FLOPS = (("u_sequencer.load_q", "u_sequencer.load_q"), ("u_write_ctrl.col_q[0]", "u_write_ctrl.col_q"),
         ("gen_tile_1__u_readout.u_counter_bank.count_o[5]", "gen_tile[1].u_readout.u_counter_bank.count_o"))


def gates(*options):
    return subprocess.run([ROOT / "scripts/gates", "--no-build", "--build", BUILD, *map(str, options)],
                          capture_output=True, text=True)


def nets_of(netlist):
    """Every net of the netlist's Verilog, by its name with dots between the levels."""
    modules = {}
    for name, body in re.findall(r"^module (\w+) .*?;\n(.*?)^endmodule", netlist, re.MULTILINE | re.DOTALL):
        nets = re.findall(r"^  (?:input|output|wire) (?:\[(\d+):0\] )?(\w+);", body, re.MULTILINE)
        parts = re.findall(r"^  (\w+) (\w+) \(", body, re.MULTILINE)
        modules[name] = nets, parts

    def walk(module, path):
        nets, parts = modules[module]
        for width, net in nets:
            yield from ([f"{path}{net}[{i}]" for i in range(int(width) + 1)] if width else [f"{path}{net}"])
        for kind, instance in parts:
            if kind in modules:
                yield from walk(kind, f"{path}{instance}.")
    return set(walk("gca_head", ""))


class Gates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        # First: the runs of other tests use this build with its nets in traces.
        cls.recorded = gates("--config", "tiny", "--activity", cls.folder / "activity.txt", "--tokens", TOKENS)
        cls.library = BUILD / "gates" / NAME / "traced" / "gate_head.so"

    def setUp(self):
        self.assertEqual(self.recorded.returncode, 0, self.recorded.stdout + self.recorded.stderr)

    def read_activity(self):
        first, *lines = (self.folder / "activity.txt").read_text().splitlines()
        found = re.fullmatch(r"# cycles (\d+) tokens (\d+)", first)
        rows = [line.split() for line in lines]
        self.assertEqual(len({name for name, _, _ in rows}), len(rows), "a net is there twice")
        return int(found[1]), int(found[2]), {name: (int(toggles), int(high)) for name, toggles, high in rows}

    def test_the_netlist_replays_the_loop(self):
        done = gates("--config", "tiny")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("against rtl           every output pin the same at every edge\n"), 3)
        self.assertEqual(done.stdout.count("against reference     0 of 40960 outputs differ\n"), 3)
        self.assertEqual(len(re.findall(r"engine +gates, ", done.stdout)), 3)
        self.assertIn("as built before", done.stdout)

    def test_every_net_is_recorded(self):
        _, _, nets = self.read_activity()
        expected = nets_of((BUILD / "gates" / NAME / "netlist.v").read_text())
        self.assertGreater(len(expected), 3000)
        self.assertEqual(sorted(expected - nets.keys())[:5], [])
        self.assertEqual(sorted(nets.keys() - expected)[:5], [])

    def test_activity_is_that_of_the_rtl(self):
        """Ports and some flops, counted by another reader in a trace of the RTL."""
        cycles, tokens, nets = self.read_activity()
        self.assertEqual((cycles, tokens), (30 * TOKENS, TOKENS))
        self.assertEqual(nets["clk_i"], (2 * cycles, cycles // 2))
        self.assertEqual(nets["rst_ni"], (0, cycles))
        self.assertEqual(nets["result_valid_o"], (2 * TOKENS, TOKENS))
        self.assertEqual(nets["status_tokens_o[0]"][0], TOKENS)
        inputs = head.write_input(geometry.read("tiny"), self.folder, heads=1, tokens=COLUMNS + 4 + TOKENS + 2)
        trace = self.folder / "rtl.fst"
        subprocess.run([BUILD / "gca", "run", *inputs, "--mode", "pipelined", "--trace", trace, "--trace-tokens", "all",
                        "--trace-tiles", "none", "--trace-columns", "none", "--trace-rows", "none"], check=True,
                       stdout=subprocess.DEVNULL)
        rtl = Trace(trace)
        accepted = [time for time in rtl.rises("gca_head.clk_i")
                    if rtl.value("gca_head.token_valid_i", time - 1) and rtl.value("gca_head.token_ready_o", time - 1)]
        start, end = accepted[COLUMNS + 4], accepted[COLUMNS + 4 + TOKENS]
        names = [(name, name.partition("[")[0]) for name in nets if "." not in name]
        names = [pair for pair in names if re.search(r"_n?[io]$", pair[1])]
        self.assertGreater(len(names), 300)
        for name, rtl_name in (*names, *FLOPS):
            with self.subTest(net=name):
                signal = rtl.signals[f"gca_head.{rtl_name}"]
                bit = int(name.rpartition("[")[2].rstrip("]")) if "[" in name else 0
                before = [value for time, value in zip(signal.times, signal.values) if time < start]
                points = [(start, before[-1] >> bit & 1)] + [
                    (time, value >> bit & 1) for time, value in zip(signal.times, signal.values) if start <= time < end]
                points.append((end, points[-1][1]))
                toggles = sum(a[1] != b[1] for a, b in zip(points, points[1:]))
                high = sum((b[0] - a[0]) * a[1] for a, b in zip(points, points[1:])) / activity.CLOCK_PS
                self.assertEqual(nets[name], (toggles, round(high)))

    def test_a_trace_too_short_is_refused(self):
        names = {"a": ["clk_i"], "b": ["token_valid_i"], "c": ["token_ready_o"], "d": ["rst_ni"]}
        lines = ["#0\n", "1b\n", "1c\n", "1d\n"]
        lines += [line for t in range(1, 6) for line in (f"#{t}000\n", "1a\n", "0a\n")]
        self.assertEqual(activity.count(lines, names, 4)[0], 4)
        with self.assertRaisesRegex(activity.ActivityError, "4 tokens accepted after the first, not 5"):
            activity.count(lines, names, 5)

    def test_what_the_program_refuses(self):
        config = ["--config", BUILD / "gates" / NAME / "input/config.toml", "--input",
                  BUILD / "gates" / NAME / "input/input.npz"]
        other = self.folder / "other.so"
        data = self.library.read_bytes()
        place = re.search(rb"[0-9a-f]{64}\0", data).start()
        other.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1:])
        (self.folder / "text.so").write_text("hello")
        gate = ["--engine", "gates", "--gate-head"]
        for options, *says in ((gate[:2], "--gate-head", "scripts/gates"),
                               ([*gate[2:], self.library], "--gate-head", "--engine gates"),
                               (["--lockstep"], "--lockstep", "--engine gates"),
                               ([*gate, "missing.so"], "missing.so"),
                               ([*gate, self.folder / "text.so"], "text.so"),
                               ([*gate, "/lib/x86_64-linux-gnu/libz.so.1"], "scripts/gates"),
                               ([*gate, other], "other sources", "scripts/gates"),
                               ([*gate, self.library, "--resume", "state"], "--resume", "rtl"),
                               ([*gate, self.library, "--probe", "--output", "o.npz"], "--probe", "functional")):
            with self.subTest(options=options):
                done = subprocess.run([BUILD / "gca", "run", *config, *options], capture_output=True, text=True)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertRegex(done.stderr, r"\Agca: .*\n\Z")
                for word in says:
                    self.assertIn(word, done.stderr)
        done = subprocess.run([BUILD / "gca", "run", *gate, self.library], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("8x8x2", done.stderr)
        self.assertIn("64x64x16", done.stderr)

    def test_what_the_script_refuses(self):
        for options, *says in ((["--config", "huge"], "--config is huge", "tiny"),
                               (["--config", "8x8x0"], "sub-tiles", "0"), (["--liberty", "none.lib"], "none.lib"),
                               (["--tokens", "0"], "--tokens is 0", "1"), (["--clock-ns", "0"], "--clock-ns is 0"),
                               (["--warm-up", "3"], "--warm-up", "--activity"), (["--style", "x"], "--style"),
                               (["--activity", "a.txt", "--mode", "pipelined"], "--mode", "--activity"),
                               (["--activity", str(self.folder)], "is a directory")):
            with self.subTest(options=options):
                done = gates(*options)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertRegex(done.stderr, r"\Agates: .*\n\Z")
                for word in says:
                    self.assertIn(word, done.stderr)

    def test_an_error_in_a_run_is_told(self):
        done = gates("--config", "tiny", "--windwo", "3")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--windwo", done.stderr)


if __name__ == "__main__":
    BUILD = Path(os.path.abspath(sys.argv.pop(1)))
    unittest.main()
