"""A module as plain gates and flops (Yosys's JSON after techmap), its state cut open: combinational logic from inputs
and states to outputs and next states, as BLIF.

A state is what a flop or a latch holds. Cut open, it is an input; and what makes it are four outputs: the edge or level
at which it takes its data, the data, and when it is cleared and preset, whatever the clock does. A clock gate (an
instance of rtl/gca_clock_gate.sv) is cut open likewise: its clock is an input, what goes into it are outputs.
"""
import collections
import dataclasses
import json
import re

from synthesis import design

# Of two inputs and Y: the rows of the truth table that are 1.
TWO_INPUTS = {"$_AND_": ["11"], "$_NAND_": ["0-", "-0"], "$_OR_": ["1-", "-1"], "$_NOR_": ["00"],
              "$_XOR_": ["10", "01"], "$_XNOR_": ["11", "00"], "$_ANDNOT_": ["10"], "$_ORNOT_": ["1-", "-0"]}
# Polarities of clock or enable, then of reset and its value, or of set and reset.
STATES = re.compile(r"\$_(DFF|DLATCH)_([NP])(?:([NP])([01]))?_|\$_(DFFSR|DLATCHSR)_([NP])([NP])([NP])_")


CLOCK_GATE = "gca_clock_gate"


class LogicError(Exception):
    """What the module has that is not understood."""


@dataclasses.dataclass(frozen=True)
class Literal:
    """A bit of a module, or its complement. Bits "0" and "1" are constants."""
    bit: object
    inverted: bool = False

    def inverse(self, really=True):
        return Literal(self.bit, self.inverted != really)


ZERO = Literal("0")


@dataclasses.dataclass
class State:
    """`bit`: what holds it. The others as in the header; `data` does not matter while cleared or preset."""
    kind: str
    bit: object
    names: list
    when: Literal
    data: Literal
    clear: Literal
    preset: Literal

    def functions(self, inverted=False):
        """{name: Literal}; of a state that is kept inverted, those of what it stands for."""
        clear, preset = (self.preset, self.clear) if inverted else (self.clear, self.preset)
        return {"when": self.when, "data": self.data.inverse(inverted), "clear": clear, "preset": preset}


class Logic:
    """inputs, outputs: {name: bit}; names: {bit: its names, plain, an index behind}; states: {bit: State}; clock_gates:
    {name: pins}."""

    def __init__(self, path, module):
        data = json.loads(path.read_text())["modules"][module]
        self.names = collections.defaultdict(list)
        for name, entry in data["netnames"].items():
            is_bus = len(entry["bits"]) > 1
            for i, bit in enumerate(() if entry["hide_name"] else entry["bits"]):
                self.names[bit] += ([f"{design.plain(name)}[{i}]", design.plain(f"{name}_{i}_")] if is_bus
                                    else [design.plain(name)])
        self.inputs, self.outputs = {}, {}
        for name, port in data["ports"].items():
            ports = self.inputs if port["direction"] == "input" else self.outputs
            ports |= {f"{name}[{i}]": bit for i, bit in enumerate(port["bits"])}
        self.states, self.clock_gates, self.gates, self.driver = {}, {}, [], {}
        for name, cell in data["cells"].items():
            pins = {pin: bits[0] for pin, bits in cell["connections"].items()}
            found = STATES.fullmatch(cell["type"])
            if found:
                self.states[pins["Q"]] = self.state(found, pins)
            elif CLOCK_GATE in cell["type"]:
                self.clock_gates[design.plain(name)] = pins
            elif cell["type"] in TWO_INPUTS or cell["type"] in ("$_NOT_", "$_BUF_", "$_MUX_"):
                self.gates.append((cell["type"], pins))
                self.driver[pins["Y"]] = (cell["type"], pins)
            else:
                raise LogicError(f"cell type {cell['type']} is not understood")

    def state(self, found, pins):
        kind = "latch" if "LATCH" in found[0] else "flop"
        clear = preset = ZERO
        if found[5]:
            when = Literal(pins["C" if kind == "flop" else "E"]).inverse(found[6] == "N")
            clear, preset = (Literal(pins[pin]).inverse(found[i] == "N") for pin, i in (("R", 8), ("S", 7)))
        else:
            when = Literal(pins["C" if kind == "flop" else "E"]).inverse(found[2] == "N")
            if found[3]:
                reset = Literal(pins["R"]).inverse(found[3] == "N")
                clear, preset = (reset, ZERO) if found[4] == "0" else (ZERO, reset)
        return State(kind, pins["Q"], self.names[pins["Q"]], when, Literal(pins["D"]), clear, preset)

    def source(self, bit):
        """The Literal of the state, constant or input that the bit is, or its complement; else of itself."""
        literal = Literal(bit)
        while literal.bit in self.driver and self.driver[literal.bit][0] in ("$_NOT_", "$_BUF_"):
            kind, pins = self.driver[literal.bit]
            literal = Literal(pins["A"], literal.inverted != (kind == "$_NOT_"))
        return literal

    def values(self, given, wanted, ones):
        """[the values of the wanted Literals], many at a time: whole numbers whose bits are one case each. given: {bit:
        value} of inputs and states; ones: all cases 1."""
        found = {"0": 0, "1": ones, "x": 0, "z": 0, **given}
        rest = [literal.bit for literal in wanted]
        while rest:
            bit = rest[-1]
            if bit in found or bit not in self.driver:
                found.setdefault(bit, 0)
                rest.pop()
                continue
            kind, pins = self.driver[bit]
            missing = [pins[pin] for pin in "ABS" if pin in pins and pins[pin] not in found]
            if missing:
                rest += missing
                continue
            a, b, s = (found[pins[pin]] if pin in pins else 0 for pin in "ABS")
            if kind == "$_MUX_":
                value = (a & ~s) | (b & s)
            elif kind in TWO_INPUTS:
                value = 0
                for row in TWO_INPUTS[kind]:
                    term = ones
                    for word, level in zip((a, b), row):
                        term &= {"1": word, "0": ~word, "-": ones}[level]
                    value |= term
            else:
                value = ~a if kind == "$_NOT_" else a
            found[bit] = value & ones
        return [found[literal.bit] ^ (ones if literal.inverted else 0) for literal in wanted]

    def write_blif(self, path, inputs, outputs, given):
        """inputs: names. outputs: {name: Literal}. given: {bit: the Literal of an input that it is}, for the states;
        a Literal's bit is here an input's name, or "0" or "1"."""
        with path.open("w") as out:
            out.write(f".model logic\n.inputs {' '.join(inputs)}\n.outputs {' '.join(outputs)}\n")

            def net(bit):
                return f"n{bit}"
            for constant in "01xz":
                out.write(f".names {net(constant)}\n{'1' if constant == '1' else ''}\n")

            def copy(source, literal, target):
                out.write(f".names {source} {target}\n{'0' if literal.inverted else '1'} 1\n")
            for name, bit in self.inputs.items():
                copy(name, Literal(bit), net(bit))
            for bit, literal in given.items():
                copy(net(literal.bit) if literal.bit in ("0", "1") else literal.bit, literal, net(bit))
            for kind, pins in self.gates:
                if kind == "$_MUX_":
                    names, rows = [net(pins[pin]) for pin in "ABSY"], ["1-0", "-11"]
                elif kind in TWO_INPUTS:
                    names, rows = [net(pins[pin]) for pin in "ABY"], TWO_INPUTS[kind]
                else:
                    names, rows = [net(pins[pin]) for pin in "AY"], ["0" if kind == "$_NOT_" else "1"]
                out.write(f".names {' '.join(names)}\n" + "".join(f"{row} 1\n" for row in rows))
            for name, literal in outputs.items():
                copy(net(literal.bit), literal, name)
            out.write(".end\n")
