"""Reads the waveform of a run (gca run --trace FILE.fst) through fst2vcd, which comes with GTKWave.

    trace = Trace("wave.fst")
    trace.value("gca_head.token_ready_o", 3250)            # a whole number; a real signal gives a float
    trace.field("gca_head.sum_o", 12, 9, 3250)             # bits 12*9 and up to 9 of them
    trace.rises("gca_head.ana_c2p1_emit_o")                # times
    trace.pulses("analog.tile_0.s3_pulse.c07")             # (rise, fall) pairs

Times are whole picoseconds. A value written at a time holds from that time on, that time included. A name is the
scopes from the outermost and the signal's own name, joined by dots, without its range:
"gca_head.gen_counters.u_readout.gen_tile[0].u_readout.count_o".
"""
import bisect
import re
import subprocess


class TraceError(Exception):
    """The file is no readable waveform. The message names it."""


class Signal:
    """values[i] holds from times[i] on. Neighbours differ, but for a real signal's: a straight line between two equal
    values is a point more for those who draw lines."""

    def __init__(self, width, real):
        self.width = width
        self.real = real
        self.times = []
        self.values = []


class Trace:
    def __init__(self, path):
        self.path = str(path)
        self.signals = {}  # name -> Signal; names of the same wire share one
        self.first = self.last = None
        with subprocess.Popen(["fst2vcd", self.path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as vcd:
            by_id = self._read_header(vcd.stdout)
            self._read_changes(vcd.stdout, by_id)
            complaint = vcd.stderr.read()
        if vcd.returncode != 0 or not self.signals:
            raise TraceError(f"{self.path}: fst2vcd can't read it{': ' if complaint else ''}{complaint.strip()}")

    def _read_header(self, lines):
        by_id = {}
        scopes = []
        for line in lines:
            words = line.split()
            if words[:1] == ["$scope"]:
                scopes.append(words[2])
            elif words[:1] == ["$upscope"]:
                scopes.pop()
            elif words[:1] == ["$var"]:
                kind, width, identifier, name = words[1:5]
                signal = by_id.setdefault(identifier, Signal(int(width), kind == "real"))
                self.signals[".".join([*scopes, name])] = signal
            elif words[:1] == ["$enddefinitions"]:
                break
        return by_id

    def _read_changes(self, lines, by_id):
        time = None
        for line in lines:
            kind = line[0]
            if kind == "#":
                time = int(line[1:])
                self.first = time if self.first is None else self.first
                self.last = time
            elif kind in "01xz":
                self._add(by_id[line[1:-1]], time, int(kind) if kind in "01" else None)
            elif kind == "b":
                bits, identifier = line[1:].split()
                self._add(by_id[identifier], time, int(bits, 2) if re.fullmatch("[01]+", bits) else None)
            elif kind == "r":
                number, identifier = line[1:].split()
                self._add(by_id[identifier], time, float(number))

    @staticmethod
    def _add(signal, time, value):
        if not signal.real and signal.values and signal.values[-1] == value:
            return
        signal.times.append(time)
        signal.values.append(value)

    def signal(self, name):
        if name not in self.signals:
            raise KeyError(f"{self.path} has no signal {name}")
        return self.signals[name]

    def numbers(self, pattern):
        """The numbers that the pattern's group has in the names that match it as a whole, sorted, each once."""
        return sorted({int(match[1]) for match in map(re.compile(pattern).fullmatch, self.signals) if match})

    def value(self, name, time):
        """The value at a time, None before the trace's first."""
        signal = self.signal(name)
        i = bisect.bisect_right(signal.times, time)
        return signal.values[i - 1] if i > 0 else None

    def before(self, name, time):
        """The value until just before a time: what a flop takes over at a rising clock edge."""
        return self.value(name, time - 1)

    def field(self, name, bit, width, time):
        value = self.value(name, time)
        return None if value is None else value >> bit & (1 << width) - 1

    def changes(self, name):
        """(time, value) pairs."""
        signal = self.signal(name)
        return list(zip(signal.times, signal.values))

    def _edges(self, name, value):
        """Of a signal of one bit."""
        changes = self.changes(name)
        return [time for (_, old), (time, new) in zip(changes, changes[1:]) if new == value and old is not None]

    def rises(self, name):
        """The times at which a one-bit signal rises within the trace."""
        return self._edges(name, 1)

    def falls(self, name):
        return self._edges(name, 0)

    def edges_with(self, *names, clock="gca_head.clk_i"):
        """The rising clock edges that find all of these one-bit signals high."""
        return [time for time in self.rises(clock) if all(self.before(name, time) == 1 for name in names)]

    def pulses(self, name, bit=0):
        """(rise, fall) of every time that a signal's bit is high; None for an end outside the trace."""
        pulses = []
        high = False
        for time, value in self.changes(name):
            was_high, high = high, value is not None and value >> bit & 1 == 1
            if high and not was_high:
                pulses.append((time if time > self.first else None, None))
            elif was_high and not high:
                pulses[-1] = (pulses[-1][0], time)
        return pulses


def two_complement(value, width):
    """The signed number in `width` bits."""
    return value - (1 << width) if value >> width - 1 else value
