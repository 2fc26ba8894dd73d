"""What the timing diagrams show, measured in a trace: when each control of a token is high."""
import json
import re
import xml.etree.ElementTree as xml

HEAD = "gca_head."
# In the order in which a token meets them.
CONTROLS = {
    "k_discharge": "k_discharge",
    "k_write": "k_write",
    "v_discharge": "v_discharge",
    "v_write": "v_write",
    "c2p1_integrate": "ana_c2p1_integrate_o",
    "c2p1_emit": "ana_c2p1_emit_o",
    "c2p2_integrate": "ana_c2p2_integrate_o",
    "c2p2_emit": "ana_c2p2_emit_o",
    "count_en": "count_en",
    "count_first": "count_first",
    "add": "add",
    "sum": "sum",
    "result_valid": "result_valid_o",
}

# The diagrams' files and traces. No other token may be in flight when the trace's first one is accepted.
ONE_TOKEN = ("timing_one_token.svg", "--trace-head 3 --trace-tokens 827:828 --trace-tiles 12")
PIPELINED = ("timing_pipelined.svg", "--mode pipelined --trace-tokens 0:4 --trace-tiles none")
# Of the one token: what the diagram shows of the analog side.
TILE, ROWS, COLUMNS, OUTPUTS = 12, (0, 5, 7), ("c59", "c44"), ("e02", "e10")


def accepted(trace):
    """The clock edges at which the trace's tokens are accepted."""
    return trace.edges_with(HEAD + "token_valid_i", HEAD + "token_ready_o")


def measure(trace):
    """[token][control] = [rise, fall], in picoseconds from the first token's acceptance; "accepted" is one edge. A
    token of which something lies after the trace's end is left out."""
    edges = accepted(trace)
    pulses = {control: [pulse for pulse in trace.pulses(HEAD + name) if pulse[0] is not None and pulse[0] >= edges[0]]
              for control, name in CONTROLS.items()}
    tokens = []
    for i, edge in enumerate(edges):
        if all(i < len(list_) and list_[i][1] is not None for list_ in pulses.values()):
            token = {control: [time - edges[0] for time in list_[i]] for control, list_ in pulses.items()}
            tokens.append({"accepted": [edge - edges[0]], **token})
    return tokens


def measure_pulses(trace):
    """{name: [rise, fall]} of the first token's pulses of S1, S3 and S5 that the diagram shows."""
    begin = accepted(trace)[0]
    signals = [(f"s1_pulse_r{row}", HEAD + "ana_k_pulse_o", row) for row in ROWS]
    for stage, lines in (("s3_pulse", COLUMNS), ("s5_pulse", OUTPUTS)):
        signals += [(f"{stage}_{line}", f"analog.tile_{TILE}.{stage}.{line}", 0) for line in lines]
    return {shown: [time - begin for time in next(pulse for pulse in trace.pulses(name, bit) if pulse[0] >= begin)]
            for shown, name, bit in signals}


def embed(svg, edges):
    """The SVG file's text with the edges that it was drawn from."""
    data = f'<metadata id="edges">{json.dumps(edges)}</metadata>'
    return re.sub(r"(<svg [^>]*>)", lambda match: f"{match[1]}\n {data}", svg, count=1)


def embedded(file):
    for element in xml.parse(file).iter("{http://www.w3.org/2000/svg}metadata"):
        if element.get("id") == "edges":
            return json.loads(element.text)
    raise ValueError(f"{file}: no edges in it")
