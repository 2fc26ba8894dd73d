#!/usr/bin/python3
"""The schedule in traces, and the timing diagrams of rtl/ against fresh ones.

    /usr/bin/python3 tests/timing_diagram_test.py PATH_TO_GCA [unittest's arguments]

The expected edges follow from the constants in rtl/gca_pkg.sv and the level counts alone.
"""
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from traced_run import GEOMETRIES, Trace, TracedRun
from waveform import schedule

GCA = None  # set in main
ROOT = Path(__file__).resolve().parent.parent
CYCLE_PS = 1000
HEAD = "gca_head."


class Expected:
    """A token's edges in cycles after its acceptance; the head's latency and interval."""

    def __init__(self, query_levels, out_levels):
        text = (ROOT / "rtl/gca_pkg.sv").read_text()
        discharge, write, stages = (int(re.search(rf"localparam int unsigned {name} = (\d+);", text)[1])
                                    for name in ("DischargeCycles", "WriteCycles", "SyncStages"))
        load = discharge + write
        score, mix, emit = max(query_levels - 1, load), query_levels - 1, out_levels - 1
        scored, mixed = load + score, load + score + mix
        counted = mixed + emit + stages
        self.edges = {
            "accepted": [0],
            "k_discharge": [0, discharge],
            "k_write": [discharge, load],
            "v_discharge": [load, load + discharge],
            "v_write": [load + discharge, load + load],
            "c2p1_integrate": [load, scored],
            "c2p1_emit": [scored, mixed],
            "c2p2_integrate": [scored, mixed],
            "c2p2_emit": [mixed, mixed + emit],
            "count_en": [mixed + stages, counted],
            "count_first": [mixed + stages, mixed + stages + 1],
            "add": [counted, counted + 1],
            "sum": [counted + 1, counted + 2],
            "result_valid": [counted + 2, counted + 3],
        }
        self.latency = counted + 3
        self.interval = max(load + score, mix + max(score, emit))
        self.load = load
        # Held at zero outside of these cycles.
        self.c2p1_free, self.c2p2_free = [load, mixed], [scored, mixed + emit]

    def token(self, accepted):
        return {control: [(accepted + cycle) * CYCLE_PS for cycle in cycles] for control, cycles in self.edges.items()}


def differences(expected, got):
    """A line for each edge that differs, by control."""
    lines = []
    for control in sorted(expected.keys() | got.keys()):
        a, b = expected.get(control, []), got.get(control, [])
        for word, i in (("begins", 0), ("ends", 1)):
            x, y = (edges[i] if i < len(edges) else None for edges in (a, b))
            if x != y:
                lines.append(f"{control} {word}: expected {x} ps, got {y} ps")
    return lines


class Schedule(unittest.TestCase):
    """Edges measured in traces are those of the constants."""

    def run_of(self, geometry, *options):
        run = TracedRun(self, GCA, geometry, *options)
        levels = [run.trace.value(HEAD + name, run.trace.last) for name in ("QueryLevels", "OutLevels")]
        return run, Expected(*levels)

    def check_tokens(self, run, tokens, distance, expected):
        for i, token in enumerate(tokens):
            lines = differences(expected.token(i * distance), token)
            if lines:
                self.fail(f"{run.name}: token {i}: {'; '.join(lines)}\n{run.keep()}")

    def test_sequential(self):
        for geometry in GEOMETRIES:
            with self.subTest(geometry=geometry):
                run, expected = self.run_of(geometry, "--trace-tokens", "0:3", "--trace-tiles", "none")
                tokens = schedule.measure(run.trace)
                self.assertEqual(len(tokens), 3)
                self.check_tokens(run, tokens, expected.latency, expected)
                begin = schedule.accepted(run.trace)[0]
                for name, (first, end) in (("c2p1", expected.c2p1_free), ("c2p2", expected.c2p2_free)):
                    signal = f"{HEAD}ana_{name}_reset_o"
                    free = [min(time for time in times if time > begin)
                            for times in (run.trace.falls(signal), run.trace.rises(signal))]
                    self.assertEqual(free, [begin + first * CYCLE_PS, begin + end * CYCLE_PS],
                                     f"{run.name}: {name} is free of its reset, ps")

    def test_pipelined(self):
        for geometry in GEOMETRIES:
            with self.subTest(geometry=geometry):
                run, expected = self.run_of(geometry, "--mode", "pipelined", "--trace-tokens", "0:5", "--trace-tiles",
                                            "none")
                tokens = schedule.measure(run.trace)
                self.assertEqual(len(tokens), 5)
                self.check_tokens(run, tokens, expected.interval, expected)

    def test_pulses_of_the_query_are_as_many_cycles_as_their_codes(self):
        compared = 0
        for geometry in GEOMETRIES:
            run, expected = self.run_of(geometry, "--mode", "pipelined", "--trace-tokens", "0:3", "--trace-tiles",
                                        "none")
            width = run.trace.value(HEAD + "QueryW", run.trace.last)
            for token, edge in enumerate(schedule.accepted(run.trace)[:3]):
                start = edge + expected.load * CYCLE_PS
                for row in range(run.dim):
                    code = run.trace.field(HEAD + "query_i", row * width, width, edge - 1)
                    pulses = [pulse for pulse in run.trace.pulses(HEAD + "ana_k_pulse_o", row)
                              if start <= pulse[0] < start + expected.interval * CYCLE_PS]
                    self.assertEqual(pulses, [(start, start + code * CYCLE_PS)] if code else [],
                                     f"{run.name}: token {token}, row {row}, code {code}")
                    compared += 1
        self.assertGreater(compared, 0)


class Diagrams(unittest.TestCase):
    """The committed diagrams are those of this schedule."""

    def fresh(self, options):
        with tempfile.TemporaryDirectory(prefix="gca_diagram_") as folder:
            subprocess.run([GCA, "run", "--check", "never", *options.split(), "--trace", f"{folder}/a.fst"], check=True,
                           stdout=subprocess.DEVNULL)
            return Trace(f"{folder}/a.fst")

    def check(self, file, what, drawn, fresh):
        lines = differences(fresh, drawn)
        if lines:
            self.fail(f"rtl/{file}: {what}: {'; '.join(lines)}\nto draw it again: scripts/timing_diagram")

    def check_tokens(self, file, options):
        trace = self.fresh(options)
        drawn, tokens = schedule.embedded(ROOT / "rtl" / file), schedule.measure(trace)
        self.assertEqual(drawn["command"], f"gca run {options}", f"rtl/{file}: run scripts/timing_diagram")
        self.assertGreater(len(tokens), 0)
        self.assertEqual(len(drawn["tokens"]), len(tokens), f"rtl/{file}: tokens; run scripts/timing_diagram")
        for i, (a, b) in enumerate(zip(drawn["tokens"], tokens)):
            self.check(file, f"token {i}", a, b)
        return drawn, trace

    def test_one_token(self):
        drawn, trace = self.check_tokens(*schedule.ONE_TOKEN)
        self.check(schedule.ONE_TOKEN[0], "pulses", drawn["pulses"], schedule.measure_pulses(trace))

    def test_pipelined(self):
        self.check_tokens(*schedule.PIPELINED)

    def test_they_can_be_drawn_again(self):
        with tempfile.TemporaryDirectory(prefix="gca_diagram_") as folder:
            done = subprocess.run([ROOT / "scripts/timing_diagram", "--gca", GCA, "--output", folder], text=True,
                                  capture_output=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            for file, _ in (schedule.ONE_TOKEN, schedule.PIPELINED):
                # Not the bytes: those follow the version of matplotlib.
                self.assertEqual(schedule.embedded(Path(folder) / file), schedule.embedded(ROOT / "rtl" / file))

    def test_no_date_and_no_path(self):
        for file, _ in (schedule.ONE_TOKEN, schedule.PIPELINED):
            text = (ROOT / "rtl" / file).read_text()
            self.assertNotIn("dc:date", text)
            self.assertNotIn("/home/", text)
            self.assertNotIn("/tmp/", text)


if __name__ == "__main__":
    GCA = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
