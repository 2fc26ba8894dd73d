"""Writes a saved view of GTKWave (.gtkw) for a head's trace: signals by stage, analog ones as curves, numbers in their
radix, named markers. Sizes and widths are read from the trace, so that any head's trace can have one.

    view = View(trace, tile=0, rows=[0], columns=[0, 5], outputs=[3])
    view.host()
    view.scores()
    text = view.text(first_ps, last_ps, [("accept", 3000)], marker_ps)
"""
import math

HEAD = "gca_head."
READOUT = HEAD + "gen_counters.u_readout."

# Flags of a line in GTKWave's list; CURVE draws straight lines between points, STEPS holds a value until the next.
BITS, DECIMAL, SIGNED, COMMENT, STEPS, CURVE, TALLER = 0x28, 0x24, 0x420, 0x200, 0x8020, 0x10020, 0x20000
# GTKWave's numbers of colours, one for each kind of line.
CONTROL, NUMBER, CHARGE, RAMP, PULSE = 4, 0, 2, 3, 0

# Pixels.
WIDTH, NAMES_WIDTH, ROW_HEIGHT, BARS_HEIGHT = 1800, 290, 17, 130
PIXELS_A_FRAME = 200  # zoom z shows so many pixels for 2^-z of the trace's units, picoseconds here


class ViewError(Exception):
    """The trace does not show what the view needs. One line for the user."""


class View:
    def __init__(self, trace, tile=0, rows=(), columns=(), outputs=()):
        """The sub-tile, rows, columns and outputs are those that the stages below show."""
        self.trace = trace
        self.tile = tile
        self.rows = rows
        self.columns = columns
        self.outputs = outputs
        self.lines = []

    # ---- lines of the list -------------------------------------------------------------------------------------------

    def comment(self, text):
        self.lines += [f"@{COMMENT:x}", f"-{text}"]

    def _line(self, flags, color, text):
        self.lines += [f"@{flags:x}", f"[color] {color}", text]

    def _full_name(self, name):
        """With its range, as GTKWave wants it."""
        if name not in self.trace.signals:
            raise ViewError(f"{self.trace.path}: no signal {name}")
        signal = self.trace.signal(name)
        return name if signal.width == 1 or signal.real else f"{name}[{signal.width - 1}:0]"

    def bit(self, name, shown=None, color=CONTROL):
        self._line(BITS, color, f"+{{{shown or name.split('.')[-1]}}} {self._full_name(name)}")

    def number(self, name, shown=None, flags=DECIMAL):
        self._line(flags, NUMBER, f"+{{{shown or name.split('.')[-1]}}} {self._full_name(name)}")

    def bits_of(self, name, bits, shown, flags=DECIMAL, color=NUMBER):
        """Some bits of a vector, the highest first, as one number."""
        width = self.trace.signal(name).width
        picked = " ".join(f"({width - 1 - bit}){self._full_name(name)}" for bit in bits)
        self._line(flags, color, f"{'#' if len(bits) > 1 else '+'}{{{shown}}} {picked}")

    def field(self, name, index, width, shown, flags=DECIMAL):
        self.bits_of(name, range((index + 1) * width - 1, index * width - 1, -1), shown, flags)

    def curve(self, name, shown, color, height, flags=CURVE):
        self._line(flags, color, f"+{{{shown}}} {self._full_name(name)}")
        self.lines += [f"@{TALLER:x}"] + ["-"] * (height - 1)

    def parameter(self, name):
        return self.trace.value(HEAD + name, self.trace.last)

    def analog(self, stage, line):
        return f"analog.tile_{self.tile}.{stage}.{line}"

    def column(self, index):
        return f"c{index:0{len(str(self.parameter('TileTokens') - 1))}}"

    def output(self, index):
        return f"e{index:0{len(str(self.parameter('Dim') - 1))}}"

    def cell(self, column, row):
        return f"{self.column(column)}r{row:0{len(str(self.parameter('Dim') - 1))}}"

    # ---- the stages --------------------------------------------------------------------------------------------------

    def clock(self):
        self.bit(HEAD + "clk_i")

    def host(self, *more):
        self.comment("S0 host")
        for name in ("token_valid_i", "token_ready_o", *more):
            (self.bit if self.trace.signal(HEAD + name).width == 1 else self.number)(HEAD + name)

    def sequencer(self):
        self.comment("sequencer")
        for name, shown in (("load_q", "load"), ("score_q", "score"), ("mix_q", "mix"), ("emit_q", "emit"),
                            ("partial_q", "partial sums wait")):
            self.bit(f"{HEAD}u_sequencer.{name}", shown)
        for name, shown in (("load_cnt_q", "load cycle"), ("spacing_q", "cycles until free"),
                            ("pending_q", "scored, not taken")):
            self.number(f"{HEAD}u_sequencer.{name}", shown)

    def ring(self, *more):
        self.comment("S0 ring of columns")
        for name, shown in (("tile_q", "sub-tile"), ("col_q", "column"), *more):
            (self.bit if self.trace.signal(f"{HEAD}u_write_ctrl.{name}").width == 1 else self.number)(
                f"{HEAD}u_write_ctrl.{name}", shown)

    def write(self, height=2):
        self.comment("S0 write")
        for array in "kv":
            self.bit(f"{HEAD}{array}_discharge", f"{array.upper()} discharge")
            self.bit(f"{HEAD}{array}_write", f"{array.upper()} write")
            self.cells(array, self.columns[:1], height)

    def cells(self, array, columns, height=2):
        stage = {"k": "s0_key_v", "v": "s0_value_v"}[array]
        for column in columns:
            for row in self.rows[:1]:
                cell = self.cell(column, row)
                self.curve(self.analog(stage, cell), f"{array.upper()} cell {cell}, V", CHARGE, height, STEPS)

    def column_bits(self, name, shown):
        """Of a vector with a bit for each column of all sub-tiles."""
        first = self.tile * self.parameter("TileTokens")
        for column in self.columns:
            self.bits_of(HEAD + name, [first + column], f"{shown} {self.column(column)}", BITS, CONTROL)

    def pwm(self):
        self.comment("S1 PWM")
        self.number(HEAD + "u_pwm_bank.phase_q", "phase")
        for row in self.rows:
            self.field(HEAD + "query", row, self.parameter("QueryW"), f"query code r{row}")
            self.bits_of(HEAD + "ana_k_pulse_o", [row], f"pulse r{row}", BITS, PULSE)

    def scores(self, height=2):
        self.comment("S2 K array")
        self.bit(HEAD + "ana_c2p1_integrate_o", "c2p1 integrate")
        for column in map(self.column, self.columns):
            self.curve(self.analog("s2_charge", column), f"charge {column}", CHARGE, height)

    def score_pulses(self, height=2):
        self.comment("S3 charge-to-pulse")
        self.bit(HEAD + "ana_c2p1_emit_o", "c2p1 emit")
        for column in map(self.column, self.columns):
            self.curve(self.analog("s3_ramp", column), f"ramp {column}", RAMP, height)
            self.bit(self.analog("s3_pulse", column), f"pulse {column}", PULSE)

    def mixes(self, height=3):
        self.comment("S4 V array")
        for output in map(self.output, self.outputs):
            self.curve(self.analog("s4_charge", output), f"charge {output}", CHARGE, height)

    def mix_pulses(self, height=2):
        self.comment("S5 signed charge-to-pulse")
        self.bit(HEAD + "ana_c2p2_emit_o", "c2p2 emit")
        for output in map(self.output, self.outputs):
            self.curve(self.analog("s5_ramp", output), f"ramp {output}", RAMP, height)
            self.bit(self.analog("s5_pulse", output), f"pulse {output}", PULSE)
            self.bit(self.analog("s5_negative", output), f"negative {output}", PULSE)

    def counts(self):
        self.comment("S6 readout")
        self.bit(HEAD + "count_en", "count enable")
        dim, width = self.parameter("Dim"), self.parameter("gen_counters.u_readout.CountW")
        readout = f"{READOUT}gen_tile[{self.tile}].u_readout."
        for index in self.outputs:
            output = self.output(index)
            self.bits_of(readout + "pulse_sync", [index], f"synchronised {output}", BITS, PULSE)
            first = self.tile * width * dim + index
            self.bits_of(READOUT + "count", [first + bit * dim for bit in reversed(range(width))], f"count {output}")
            self.bits_of(readout + "sign_i", [index], f"sign line {output}", BITS, PULSE)
            self.bits_of(readout + "sign_o", [index], f"sign flop {output}", BITS, PULSE)

    def sums(self):
        self.comment("S7 adders")
        self.bit(HEAD + "add")
        for index in self.outputs[:1]:
            channel = f"{READOUT}u_adder_bank.gen_channel[{index}]."
            groups, width = (self.parameter(f"gen_counters.u_readout.u_adder_bank.{name}") for name in ("Groups", "GroupW"))
            for group in range(groups):
                self.field(channel + "group_q", group, width, f"{self.output(index)}, group {group}")
            self.number(channel + "negative_q", f"{self.output(index)}, negative counts")
        self.bit(HEAD + "sum")

    def result(self):
        self.comment("S8 result")
        self.bit(HEAD + "result_valid_o")
        self.bit(HEAD + "result_ready_i")
        for index in self.outputs:
            self.field(HEAD + "sum_o", index, self.parameter("SumW"), f"sum {self.output(index)}", SIGNED)

    # ---- the file ----------------------------------------------------------------------------------------------------

    def text(self, first, last, markers, primary):
        """Shows the times from `first` to `last`, in picoseconds. Markers: (name, time) pairs, at most 26. Beside the
        names are the values at the time `primary`."""
        zoom = -math.log2((last - first) * PIXELS_A_FRAME / (WIDTH - NAMES_WIDTH - 50))
        rows = sum(line[0] not in "@[" for line in self.lines)
        height = BARS_HEIGHT + ROW_HEIGHT * rows
        times = [time for _, time in markers] + [-1] * (26 - len(markers))
        head = [f"[timestart] {first}", f"[size] {WIDTH} {height}", "[pos] -1 -1",
                f"*{zoom:.6f} {primary} {' '.join(map(str, times))}"]
        head += [f"[markername] {chr(ord('A') + i)}{name}" for i, (name, _) in enumerate(markers)]
        return "\n".join([*head, f"[signals_width] {NAMES_WIDTH}", "[sst_expanded] 0", *self.lines]) + "\n"
