"""The scenarios of scripts/wave: what each runs, and its view."""
from wave_view import HEAD, PULSE, View


class Scenario:
    def __init__(self, what, options, view):
        self.what = what
        self.options = options  # of gca run, beside --trace
        self.view = view        # trace -> text of the saved view


def tokens(trace):
    """The edges at which the host's tokens are accepted and their results taken."""
    return (trace.edges_with(HEAD + "token_valid_i", HEAD + "token_ready_o"),
            trace.edges_with(HEAD + "result_valid_o", HEAD + "result_ready_i"))


def numbered(times, first):
    return [(str(first + i), time) for i, time in enumerate(times)]


def whole_token(view, trace):
    """All stages of the trace's first token."""
    view.clock()
    view.host()
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
    accept = tokens(trace)[0][0]
    times = [accept] + [min(time for time in trace.rises(HEAD + name) if time > accept)
                        for name in ("ana_c2p1_integrate_o", "ana_c2p1_emit_o", "ana_c2p2_emit_o", "add")]
    taken = min(time for time in tokens(trace)[1] if time > accept)
    return view.text(accept - 2000, taken + 1500, list(zip(("accept", "score", "mix", "emit", "add"), times)),
                     times[3] - 1000)


def one_token(trace):
    return whole_token(View(trace, tile=13, rows=[0, 1], columns=[40, 13, 24], outputs=[0, 2]), trace)


def saturation(trace):
    return whole_token(View(trace, tile=3, rows=[0, 1], columns=[7, 0, 1], outputs=[0, 2]), trace)


def pipelined(trace):
    view = View(trace, tile=13, rows=[0], columns=[40, 13, 14], outputs=[0, 2])
    view.clock()
    view.host()
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
    accepted, taken = tokens(trace)
    return view.text(accepted[0] - 2000, accepted[4] + 8000, numbered(accepted, 871), accepted[2] + 14000)


def ring(view, trace, first):
    view.clock()
    view.host("new_sequence_i", "window_i")
    view.ring(("left_q", "columns left until the wrap"), ("full_q", "window full"))
    view.comment("S0 write lines and cells")
    view.column_bits("ana_k_write_o", "K write")
    view.cells("k", view.columns)
    view.comment("S2, S3 columns with a token")
    view.column_bits("ana_c2p1_valid_o", "valid")
    for column in map(view.column, view.columns):
        view.bit(view.analog("s3_pulse", column), f"pulse {column}", PULSE)
    view.mixes()
    view.result()
    accepted, taken = tokens(trace)
    return view.text(accepted[0] - 2000, taken[-1] + 1500, numbered(accepted[:-1], first), accepted[5] + 44000)


def ring_wrap(trace):
    return ring(View(trace, rows=[0], columns=range(6), outputs=[0, 1]), trace, 0)


def new_sequence(trace):
    return ring(View(trace, rows=[0], columns=range(6), outputs=[0, 1]), trace, 1277)


def back_pressure(trace):
    view = View(trace, rows=[0], columns=[0, 1], outputs=[0])
    view.clock()
    view.host()
    view.sequencer()
    view.write()
    view.scores()
    view.score_pulses()
    view.mixes()
    view.counts()
    view.sums()
    view.result()
    accepted, taken = tokens(trace)
    return view.text(accepted[0] - 2000, taken[-1] + 1500, numbered(accepted, 0), accepted[-1])


SCENARIOS = {
    "one-token": Scenario("one token through all stages, many tokens in the window",
                          "--trace-head 3 --trace-tokens 872:874 --trace-tiles 13", one_token),
    "pipelined": Scenario("three tokens in flight, one every 30 cycles",
                          "--mode pipelined --trace-head 3 --trace-tokens 871:876 --trace-tiles 13", pipelined),
    "ring-wrap": Scenario("a window of four: the fifth token takes the first one's column",
                          "--window 4 --trace-tokens 0:7", ring_wrap),
    "saturation": Scenario("pulses of S3 as long as they get, full counters",
                           "--trace-head 0 --trace-tokens 199:201 --trace-tiles 3", saturation),
    "back-pressure": Scenario("the host pauses at random; tokens wait between load and score",
                              "--mode pipelined --backpressure random --seed 1 --trace-tokens 0:6", back_pressure),
    "new-sequence": Scenario("the first tokens of a sequence after the last ones of another",
                             "--window 4 --trace-head 0:2 --trace-tokens 1277:1283", new_sequence),
}
