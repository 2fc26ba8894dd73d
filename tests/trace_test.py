#!/usr/bin/python3
"""Waveforms: the analog signals by the equations of the specification, and the RTL's beside them.

    /usr/bin/python3 tests/trace_test.py PATH_TO_GCA [unittest's arguments]

Everything is read from the trace: codes, voltages, charges, pulses, counts, sums. Needs fst2vcd and numpy.
"""
import itertools
import subprocess
import sys
import unittest
from pathlib import Path

import numpy as np
from traced_run import GEOMETRIES, SUPPLY_V, TracedRun
from waveform.trace_reader import two_complement

GCA = None  # set in main
HEAD = "gca_head."
READOUT = HEAD + "gen_counters.u_readout."
CYCLE = 1000  # ps
LATE = CYCLE // 2  # the analog side runs half a clock late
CUBIC = (0.52136361, 13.61226063, -2.62044562, 46.05483778)
S_SAT, A_SAT = 40.0, 6.0  # of the tests below, so that some pulses are the longest
LONGEST = 15 * CYCLE
MODES = ("sequential", "pipelined")


def cell(volts):
    """The charge of cells for the longest pulse."""
    u = np.asarray(volts) - SUPPLY_V / 2
    return sum(c * u**i for i, c in enumerate(CUBIC))


class Token:
    """The clock edges at which a token enters its phases."""

    def __init__(self, trace, accepted):
        self.accepted = accepted
        self.score = self._after(trace, "ana_c2p1_integrate_o", accepted)
        self.mix = self._after(trace, "ana_c2p1_emit_o", self.score)
        self.emit = self._after(trace, "ana_c2p2_emit_o", self.mix)
        self.add = self._after(trace, "add", self.emit)
        self.summed = self._after(trace, "result_valid_o", self.add)

    @staticmethod
    def _after(trace, name, time):
        return next(rise for rise in trace.rises(HEAD + name) if rise > time)


def accepted(trace):
    return trace.edges_with(HEAD + "token_valid_i", HEAD + "token_ready_o")


def taken(trace):
    return trace.edges_with(HEAD + "result_valid_o", HEAD + "result_ready_i")


class TraceTest(unittest.TestCase):
    def setUp(self):
        self.run_ = None
        self.compared = 0

    def traced(self, geometry, *options, **settings):
        self.run_ = TracedRun(self, GCA, geometry, *options, **settings)
        return self.run_

    def tokens(self):
        """Those that the trace has as a whole: [(number, Token)]."""
        trace = self.run_.trace
        options = dict(zip(self.run_.options[::2], self.run_.options[1::2]))
        first = int(options["--trace-tokens"].split(":")[0])
        end = int(options["--trace-tokens"].split(":")[1])
        return [(first + i, Token(trace, edge)) for i, edge in enumerate(accepted(trace)[:end - first])]

    def same(self, expected, got, what, tolerance=0.0):
        self.compared += 1
        if expected is None or got is None or not abs(expected - got) <= tolerance:
            self.fail(f"{self.run_.name}: {what}: expected {expected}, got {got}\n{self.run_.keep()}")

    def value(self, stage, line, time, tile):
        return self.run_.trace.value(f"analog.tile_{tile}.{stage}.{line}", time)

    def points(self, stage, line, first, end, tile):
        return [(t, v) for t, v in self.run_.trace.changes(f"analog.tile_{tile}.{stage}.{line}") if first <= t < end]

    def pulses(self, stage, line, first, end, tile):
        return [pulse for pulse in self.run_.trace.pulses(f"analog.tile_{tile}.{stage}.{line}")
                if pulse[0] is not None and first <= pulse[0] < end]

    def tearDown(self):
        self.assertGreater(self.compared, 0)


# ---- which signals, which times --------------------------------------------------------------------------------------


class Selection(TraceTest):
    def analog_names(self):
        return {name for name in self.run_.trace.signals if name.startswith("analog.")}

    def expected_names(self, tiles, columns, outputs, rows):
        run = self.run_
        names = {f"analog.thresholds.{name}" for name in ("s3_comparator", "s3_longest_pulse", "s5_comparator",
                                                          "s5_longest_pulse")}
        k_stages = ("s2_charge", "s3_ramp", "s3_pulse", "s3_width_ns")
        v_stages = ("s4_charge", "s5_ramp", "s5_pulse", "s5_width_ns", "s5_negative")
        for tile in tiles:
            names |= {f"analog.tile_{tile}.{s}.{run.column(c)}" for s, c in itertools.product(k_stages, columns)}
            names |= {f"analog.tile_{tile}.{s}.{run.output(e)}" for s, e in itertools.product(v_stages, outputs)}
            names |= {f"analog.tile_{tile}.{s}.{run.column(c)}{run.row(r)}"
                      for s, c, r in itertools.product(("s0_key_v", "s0_value_v"), columns, rows)}
        return names

    def check(self, geometry, options, *expected):
        with self.subTest(geometry=geometry, options=options):
            self.traced(geometry, "--trace-tokens", "0:1", *options.split())
            self.assertEqual(self.analog_names(), self.expected_names(*expected))
            self.compared += 1

    def test_only_what_is_chosen(self):
        self.check("odd", "", [0], range(10), range(12), range(4))
        self.check("odd", "--trace-tiles 1:3 --trace-columns 0,9:12 --trace-rows 11", [1, 2], [0, 9], [0, 9, 10, 11],
                   [11])
        self.check("tiny", "--trace-tiles all --trace-columns none --trace-rows all", [0, 1], [], [], [])
        self.check("tiny", "--trace-tiles none", [], [], [], [])
        self.check("paper", "--trace-tiles 0,15 --trace-columns 63 --trace-rows none", [0, 15], [63], [63], [])

    def test_thresholds_are_those_of_the_configuration(self):
        self.traced("tiny", "--trace-tokens", "0:1", charge_to_pulse={"s_sat": 33.5, "a_sat": 12.25})
        for name, value in (("s3_comparator", 0), ("s3_longest_pulse", 33.5), ("s5_comparator", 0),
                            ("s5_longest_pulse", 12.25)):
            self.same(value, self.run_.trace.value(f"analog.thresholds.{name}", self.run_.trace.last), name)

    def test_tokens_are_a_part_of_the_whole_trace(self):
        for geometry, mode in itertools.product(GEOMETRIES, MODES):
            with self.subTest(geometry=geometry, mode=mode):
                options = ("--mode", mode, "--trace-columns", "0:8")
                whole = self.traced(geometry, *options, "--trace-tokens", "all", tokens=20).trace
                part = self.traced(geometry, *options, "--trace-tokens", "13:16", tokens=20).trace
                self.assertEqual(part.signals.keys(), whole.signals.keys())
                edges, results = accepted(whole), taken(whole)
                self.assertEqual(len(edges), 20)
                # From when the first token is at the ports to the edge that takes the last one's result.
                self.assertEqual([edge for edge in accepted(part) if edge <= edges[15]], edges[13:16])
                self.assertTrue(edges[12] < part.first < edges[13], (edges[12:14], part.first))
                self.same(results[15] + CYCLE // 2, part.last, "end, ps")
                self.same(results[15], taken(part)[-1], "last result taken, ps")
                times = sorted({time for signal in part.signals.values() for time in signal.times})
                self.assertGreater(len(times), 100)
                for name in part.signals:
                    for time in part.signal(name).times:
                        self.same(whole.value(name, time), part.value(name, time), f"{name} at {time} ps")
                    within = [time for time in whole.signal(name).times if part.first < time <= part.last]
                    self.assertEqual([part.value(name, t) for t in within], [whole.value(name, t) for t in within],
                                     name)

    def test_heads_one_after_the_other(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                run = self.traced("tiny", "--mode", mode, "--trace-head", "1:3", "--trace-tokens", "4:10",
                                  "--window", "5", heads=3, tokens=7)
                edges = accepted(run.trace)[:6]
                self.assertEqual([run.trace.before(HEAD + "new_sequence_i", edge) for edge in edges],
                                 [0, 0, 0, 1, 0, 0])
                self.assertEqual([run.trace.value(HEAD + "u_write_ctrl.col_q", edge) for edge in edges],
                                 [4, 0, 1, 0, 1, 2])
                width = run.trace.value(HEAD + "SumW", run.trace.last)
                results = taken(run.trace)[-6:]
                wanted = [(1, 4), (1, 5), (1, 6), (2, 0), (2, 1), (2, 2)]
                for (head, token), time in zip(wanted, results, strict=True):
                    for e in range(run.dim):
                        got = two_complement(run.trace.field(HEAD + "sum_o", e * width, width, time - 1), width)
                        self.same(int(run.counts[head][token][e]), got, f"head {head}, token {token}, sum {e}")

    def test_the_host_is_seen_to_offer_and_to_take(self):
        for geometry, mode, backpressure in itertools.product(("tiny", "odd"), MODES, ("none", "random")):
            with self.subTest(geometry=geometry, mode=mode, backpressure=backpressure):
                run = self.traced(geometry, "--mode", mode, "--backpressure", backpressure, "--trace-tokens", "all",
                                  tokens=25)
                self.same(25, len(accepted(run.trace)), "tokens accepted")
                self.same(25, len(taken(run.trace)), "results taken")

    def test_the_rtl_changes_at_clock_edges_only(self):
        run = self.traced("tiny", "--mode", "pipelined", "--trace-tokens", "0:6")
        for name in run.trace.signals:
            if name.endswith("_q") or name.startswith(HEAD + "ana_") and name.endswith("_o"):
                for time in run.trace.signal(name).times[1:]:
                    self.same(0, time % CYCLE, f"{name} changes at {time} ps, modulo a cycle")

    def test_no_trace_no_file(self):
        run = self.traced("tiny", "--trace-tokens", "0:1")
        before = sorted(run.folder.iterdir())
        (run.folder / "wave.fst").unlink()
        command = run.command(GCA, run.folder)
        del command[command.index("--trace"):]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(sorted(run.folder.iterdir()), [file for file in before if file.name != "wave.fst"])
        self.compared += 1


# ---- analog values ---------------------------------------------------------------------------------------------------


class Analog(TraceTest):
    """The cubic cell, voltage leakage; charges are compared within 1e-9, times to the picosecond."""

    def each_token(self, tiles, rows="all"):
        for geometry, mode in itertools.product(GEOMETRIES, MODES):
            tokens = {"tiny": "9:14", "odd": "27:31", "paper": "66:69"}[geometry]
            self.traced(geometry, "--mode", mode, "--trace-tokens", tokens, "--trace-tiles", tiles, "--trace-rows",
                        rows, tokens=70, seed=7, leakage={"decay_per_token": 1e-3},
                        charge_to_pulse={"s_sat": S_SAT, "a_sat": A_SAT})
            yield from self.tokens()

    def cells(self, stage, tile, column, time):
        run = self.run_
        return cell([self.value(stage, run.column(column) + run.row(row), time, tile) for row in range(run.dim)])

    def valid(self, tile, column, time):
        return self.run_.trace.field(HEAD + "ana_c2p1_valid_o", tile * self.run_.tile_tokens + column, 1, time)

    def widths(self, tile, token):
        """Of S3's pulses, ns, by column."""
        run = self.run_
        return [self.value("s3_width_ns", run.column(c), token.mix + LATE, tile) for c in range(run.tile_tokens)]

    def test_s2_charge_is_the_sum_of_the_currents_so_far(self):
        for number, token in self.each_token("0,1"):
            run = self.run_
            begin, end = token.score + LATE, token.mix + LATE
            codes = np.zeros(run.dim)
            for row in range(run.dim):
                pulse = [p for p in run.trace.pulses(HEAD + "ana_k_pulse_o", row) if p[0] == token.score]
                codes[row] = pulse[0][1] - pulse[0][0] if pulse else 0
            self.assertTrue(codes.any())
            for tile, column in itertools.product((0, 1), range(run.tile_tokens)):
                what = f"token {number}, sub-tile {tile}, column {column}"
                charges = self.cells("s0_key_v", tile, column, begin) / LONGEST
                points = self.points("s2_charge", run.column(column), begin, end, tile)
                self.same(begin, points[0][0], f"{what}: first point, ps")
                self.same(end - 1, points[-1][0], f"{what}: last point before the charge is used, ps")
                for time, charge in points:
                    expected = float(np.dot(np.minimum(time - begin, codes), charges))
                    self.same(expected, charge, f"{what}: S2 charge at {time} ps", 1e-9)
                rising = [time for time, _ in points if time <= begin + codes.max()]
                gap = max(b - a for a, b in zip(rising, rising[1:]))
                self.assertLessEqual(gap, CYCLE // 2, f"{run.name}: {what}: no point for {gap} ps")

    def test_s3_pulse_lasts_until_the_ramp_is_down(self):
        seen = {"none": 0, "partial": 0, "longest": 0, "invalid": 0}
        for number, token in self.each_token("0,1", "none"):
            run, begin = self.run_, token.mix + LATE
            for tile, column in itertools.product((0, 1), range(run.tile_tokens)):
                what, line = f"token {number}, sub-tile {tile}, column {column}", run.column(column)
                charge = self.value("s2_charge", line, begin, tile)
                valid = self.valid(tile, column, begin)
                width = max(0.0, min(charge / S_SAT, 1.0)) * 15 if valid else 0.0
                seen["invalid" if not valid else "none" if width == 0 else "longest" if width == 15 else "partial"] += 1
                self.same(width, self.value("s3_width_ns", line, begin, tile), f"{what}: S3 width, ns", 1e-9)
                self.check_pulse("s3", line, tile, begin, width, min(charge, S_SAT) if width else 0.0, S_SAT, what)
        self.assertGreater(min(seen.values()), 10, seen)

    def check_pulse(self, stage, line, tile, begin, width, top, full_scale, what):
        end = begin + round(self.value(f"{stage}_width_ns", line, begin, tile) * CYCLE)
        pulses = self.pulses(f"{stage}_pulse", line, begin, begin + LONGEST, tile)
        self.assertEqual(pulses, [(begin, end)] if end > begin else [], f"{self.run_.name}: {what}: {stage} pulse, ps")
        before, *ramp = self.points(f"{stage}_ramp", line, begin - 1, begin + LONGEST + 1, tile)
        self.assertEqual(before, (begin - 1, 0.0), f"{self.run_.name}: {what}: {stage} ramp, last point before it")
        for time, value in ramp:
            expected = max(0.0, top - full_scale / LONGEST * (time - begin)) if time < end else 0.0
            self.same(expected, value, f"{what}: {stage} ramp at {time} ps", 1e-9)
        if end > begin:
            self.same(0.0, top - full_scale / LONGEST * (end - begin), f"{what}: {stage} ramp when the pulse ends",
                      0.5001 * full_scale / LONGEST)
            self.assertIn(end, [time for time, _ in ramp], f"{self.run_.name}: {what}: {stage} ramp's last point")

    def test_s4_charge_bends_where_pulses_end(self):
        for number, token in self.each_token("0,1"):
            run = self.run_
            begin, end = token.mix + LATE, token.emit + LATE
            for tile in (0, 1):
                widths = np.array(self.widths(tile, token)) * CYCLE
                cells = np.array([self.cells("s0_value_v", tile, c, begin) for c in range(run.tile_tokens)]) / LONGEST
                bends = {begin + round(width) for width in widths if 0 < width < LONGEST}
                for e in range(run.dim):
                    what = f"token {number}, sub-tile {tile}, output {e}"
                    points = self.points("s4_charge", run.output(e), begin, end, tile)
                    for time, charge in points:
                        expected = float(np.dot(np.minimum(time - begin, widths), cells[:, e]))
                        # A bend's point stands at its time's nearest picosecond.
                        rounding = 0.5 * np.abs(cells[:, e]).max() if time in bends else 0.0
                        self.same(expected, charge, f"{what}: S4 charge at {time} ps", 1e-9 + rounding)
                    self.same(begin, points[0][0], f"{what}: first point, ps")
                    self.same(end - 1, points[-1][0], f"{what}: last point before the charge is used, ps")
                    self.assertLessEqual(bends, {time for time, _ in points}, f"{run.name}: {what}: bends' points, ps")
                    final = float(np.dot(widths, cells[:, e]))
                    self.same(final, self.value("s4_charge", run.output(e), end, tile), f"{what}: S4 charge", 1e-9)

    def test_s5_pulse_is_as_long_as_the_charge_is_large(self):
        seen = {"negative": 0, "positive": 0, "longest": 0}
        for number, token in self.each_token("0,1", "none"):
            run, begin = self.run_, token.emit + LATE
            for tile, e in itertools.product((0, 1), range(run.dim)):
                what, line = f"token {number}, sub-tile {tile}, output {e}", run.output(e)
                charge = self.value("s4_charge", line, begin, tile)
                width = min(abs(charge) / A_SAT, 1.0) * 15
                self.same(width, self.value("s5_width_ns", line, begin, tile), f"{what}: S5 width, ns", 1e-9)
                self.same(int(charge < 0), self.value("s5_negative", line, begin, tile), f"{what}: S5 sign")
                seen["longest" if width == 15 else "negative" if charge < 0 else "positive"] += 1
                self.check_pulse("s5", line, tile, begin, width, min(abs(charge), A_SAT), A_SAT, what)
        self.assertGreater(min(seen.values()), 10, seen)

    def test_counts_are_the_clock_edges_that_see_the_pulse_and_sums_their_sums(self):
        for number, token in self.each_token("all", "none"):
            run, trace = self.run_, self.run_.trace
            count_w, sum_w = (trace.value(name, trace.last) for name in (READOUT + "CountW", HEAD + "SumW"))
            edges = range(token.emit + CYCLE, token.emit + LATE + LONGEST + CYCLE, CYCLE)
            for e in range(run.dim):
                total = 0
                for tile in range(run.tiles):
                    what, line = f"token {number}, sub-tile {tile}, output {e}", run.output(e)
                    pulse = f"analog.tile_{tile}.s5_pulse.{line}"
                    seen = sum(trace.before(pulse, edge) for edge in edges)
                    sampled = sum(trace.field(HEAD + "ana_pulse_i", tile * run.dim + e, 1, edge - 1) for edge in edges)
                    self.same(seen, sampled, f"{what}: samples at the pin ana_pulse_i")
                    count = sum(trace.field(READOUT + "count", (tile * count_w + bit) * run.dim + e, 1, token.add) << bit
                                for bit in range(count_w))
                    self.same(seen, count, f"{what}: count of S6")
                    negative = self.value("s5_negative", line, token.emit + LATE, tile)
                    sign = trace.field(READOUT + "sign", tile * run.dim + e, 1, token.add)
                    self.same(negative, sign, f"{what}: sign flop") if seen else None
                    total += -seen if negative else seen
                got = two_complement(trace.field(HEAD + "sum_o", e * sum_w, sum_w, token.summed), sum_w)
                self.same(total, got, f"token {number}: sum of output {e}")
                self.same(total, int(run.counts[0][number][e]), f"token {number}: result of output {e}")


class Cells(TraceTest):
    """Stored voltages, from the codes at the host's pins."""

    def check(self, decay, form):
        for geometry, mode in itertools.product(GEOMETRIES, MODES):
            with self.subTest(geometry=geometry, mode=mode, form=form):
                run = self.traced(geometry, "--mode", mode, "--trace-tokens", "0:7", "--trace-tiles", "0",
                                  "--trace-rows", "all", "--window", "5", tokens=9,
                                  leakage={"form": form, "decay_per_token": decay})
                width = run.trace.value(HEAD + "StoreW", run.trace.last)
                tokens = self.tokens()
                kept = decay if form == "voltage" else 0.0
                for (number, token), (earlier, writer) in itertools.product(tokens, tokens):
                    age = number - earlier
                    if 0 <= age < 5:
                        for array, pins, time in (("s0_key_v", "key_i", token.score + LATE),
                                                  ("s0_value_v", "value_i", token.mix + LATE)):
                            for row in range(run.dim):
                                code = run.trace.field(HEAD + pins, row * width, width, writer.accepted - 1)
                                u = (code * SUPPLY_V / 7 - SUPPLY_V / 2) * np.exp(-age * kept)
                                got = self.value(array, run.column(earlier % 5) + run.row(row), time, 0)
                                self.same(SUPPLY_V / 2 + u, got,
                                          f"token {number}, {array} of token {earlier}, row {row}, V", 1e-12)

    def test_voltages_leak_with_age(self):
        self.check(0.03, "voltage")

    def test_without_leakage_they_stay(self):
        self.check(0.03, "off")

    def test_in_the_product_form_the_charge_leaks_alone(self):
        self.check(0.03, "product")

    def test_written_when_the_write_line_falls_silent(self):
        """A column is at zero after its discharge and at the code's level after its write, half a clock before the line
        falls: the line acts half a clock late and the models take a column over at its last cycle."""
        run = self.traced("tiny", "--trace-tokens", "0:3", "--trace-rows", "all", leakage={"form": "off"})
        for stage, array in (("s0_key_v", "k"), ("s0_value_v", "v")):
            for number, token in self.tokens():
                begin = token.accepted if array == "k" else token.score
                discharged = next(t for t in run.trace.falls(f"{HEAD}{array}_discharge") if t > begin)
                written = next(t for t in run.trace.falls(f"{HEAD}{array}_write") if t > begin)
                name = f"analog.tile_0.{stage}.c{number}r0"
                self.same(0.0, run.trace.value(name, discharged - LATE), f"{name} when discharged, V", 1e-12)
                self.same(0.0, run.trace.value(name, written - LATE - 1), f"{name} before it is written, V", 1e-12)
                later = run.trace.value(name, written)
                self.same(later, run.trace.value(name, written - LATE), f"{name} when written, V", 1e-12)


if __name__ == "__main__":
    GCA = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
