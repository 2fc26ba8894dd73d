"""The scenarios of scripts/wave: with which options of `gca run` each is traced, and what its view shows."""
from .view import HEAD, PULSE, View, ViewError


class Scenario:
    def __init__(self, what, options, view):
        self.what = what
        self.options = options  # beside --trace
        self.view = view        # trace -> text of the view


def tokens(trace):
    """The edges at which tokens are accepted and results are taken."""
    return (trace.edges_with(HEAD + "token_valid_i", HEAD + "token_ready_o"),
            trace.edges_with(HEAD + "result_valid_o", HEAD + "result_ready_i"))


def all_stages(view, sequencer=False):
    view.clock()
    view.host()
    if sequencer:
        view.sequencer()
    view.ring()
    view.write()
    view.pwm()
    view.scores()
    view.score_pulses()
    view.mixes()
    view.mix_pulses()
    view.counts()
    view.sums()
    view.result()


def first_token(view, trace):
    """The text of a view, from the trace's first token's acceptance to its result."""
    accepted, taken = tokens(trace)
    if not accepted or taken[-1] < accepted[0]:
        raise ViewError(f"{trace.path}: no token from its acceptance to its result")
    begin = accepted[0]
    names = ("score", "mix", "emit", "add")
    controls = ("ana_c2p1_integrate_o", "ana_c2p1_emit_o", "ana_c2p2_emit_o", "add")
    times = [min(time for time in trace.rises(HEAD + control) if time > begin) for control in controls]
    end = min(time for time in taken if time > begin)
    return view.text(begin - 2000, end + 1500, [("accept", begin), *zip(names, times)], times[2] - 1000)


def one_token(trace):
    view = View(trace, tile=12, rows=[0, 1], columns=[59, 44, 35], outputs=[2, 10])
    all_stages(view)
    return first_token(view, trace)


def saturation(trace):
    view = View(trace, tile=10, rows=[0, 1], columns=[58, 40, 0], outputs=[3, 8])
    all_stages(view)
    view.comment("limits")
    for name, shown in (("s3_longest_pulse", "charge of S3's longest"), ("s5_longest_pulse", "charge of S5's longest")):
        view.number(f"analog.thresholds.{name}", shown)
    for stage, lines in (("s3_width_ns", map(view.column, view.columns)),
                         ("s5_width_ns", map(view.output, view.outputs))):
        for line in lines:
            view.number(view.analog(stage, line), f"pulse width {line}, ns")
    view.number(HEAD + "status_saturated_o", "full counters so far")
    return first_token(view, trace)


def pipelined(trace):
    view = View(trace, tile=12, rows=[0], columns=[59, 44, 32], outputs=[2])
    all_stages(view, sequencer=True)
    accepted, _ = tokens(trace)
    return view.text(accepted[0] - 2000, accepted[4] + 8000, numbered(accepted, 826), accepted[2] + 14000)


def back_pressure(trace):
    view = View(trace, rows=[0], columns=[0, 1], outputs=[0])
    all_stages(view, sequencer=True)
    accepted, taken = tokens(trace)
    return view.text(accepted[0] - 2000, taken[-1] + 1500, numbered(accepted, 0), accepted[4] + 60000)


def numbered(times, first):
    return [(str(first + i), time) for i, time in enumerate(times)]


def ring(trace, names):
    view = View(trace, rows=[0], columns=range(6), outputs=[0, 1])
    view.clock()
    view.host("new_sequence_i", "window_i")
    view.ring(("left_q", "columns to the wrap"), ("full_q", "window full"))
    view.comment("S0 write lines, cells")
    view.column_bits("ana_k_write_o", "K write")
    view.cells("k", view.columns)
    view.comment("S3 valid columns")
    view.column_bits("ana_c2p1_valid_o", "valid")
    for column in map(view.column, view.columns):
        view.bit(view.analog("s3_pulse", column), f"pulse {column}", PULSE)
    view.mixes()
    view.result()
    accepted, taken = tokens(trace)
    return view.text(accepted[0] - 2000, taken[-1] + 1500, list(zip(names, accepted)), accepted[4] + 44000)


def ring_wrap(trace):
    return ring(trace, ["0", "1", "2", "3", "4", "5", "6"])


def new_sequence(trace):
    return ring(trace, ["1277", "1278", "1279", "new 0", "1", "2"])


def any_trace(trace):
    """Of any head: the first sub-tile, rows, columns and outputs that it shows."""
    tiles = trace.numbers(r"analog\.tile_(\d+)\..*")
    columns = trace.numbers(r"analog\.tile_\d+\.s2_charge\.c(\d+)")
    outputs = trace.numbers(r"analog\.tile_\d+\.s4_charge\.e(\d+)")
    rows = trace.numbers(r"analog\.tile_\d+\.s0_key_v\.c\d+r(\d+)")
    view = View(trace, min(tiles, default=0), rows[:2], columns[:3], outputs[:2])
    all_stages(view, sequencer=True)
    return first_token(view, trace)


SCENARIOS = {
    "one-token": Scenario("one token through all stages, many tokens in the window",
                          "--trace-head 3 --trace-tokens 827:829 --trace-tiles 12", one_token),
    "pipelined": Scenario("three tokens in flight at once, one every 30 cycles",
                          "--mode pipelined --trace-head 3 --trace-tokens 826:831 --trace-tiles 12", pipelined),
    "ring-wrap": Scenario("a window of four: the fifth token takes the first one's column",
                          "--window 4 --trace-tokens 0:7", ring_wrap),
    "saturation": Scenario("charges beyond the longest pulse, full counters",
                           "--trace-head 1 --trace-tokens 698:700 --trace-tiles 10", saturation),
    "back-pressure": Scenario("the host pauses at random; a token waits between load and score",
                              "--mode pipelined --backpressure random --trace-tokens 0:6", back_pressure),
    "new-sequence": Scenario("the last tokens of a sequence, then the first ones of the next",
                             "--window 4 --trace-head 0:2 --trace-tokens 1277:1283", new_sequence),
}
