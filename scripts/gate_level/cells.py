"""Cells of a Liberty library as Verilog for simulation and proofs: zero delay, from the library's own words.

An output's `function`; flops (`ff`) with their clears and presets, latches (`latch`) and clock gates (`statetable`,
`state_function`). What such a model cannot say (three-state outputs, buses, an output without a function) is refused,
for cells that are asked for only. check.py holds each model against a second reading of the library.
"""
import re

from synthesis.liberty import LibertyError, unquoted

WORD = re.compile(r"\s*([A-Za-z_]\w*|[01]|[()'!*&+|^])")


class Function:
    """A Liberty function as Verilog, every operation in parentheses. Precedence: NOT, XOR, AND (or a space), OR."""

    def __init__(self, text):
        self.liberty = text
        self.words = WORD.findall(text)
        self.names = {word for word in self.words if re.match(r"[A-Za-z_]", word)}
        if "".join(self.words) != re.sub(r"\s", "", text):
            raise self.error()
        self.words.reverse()
        self.verilog = self.any_of()
        if self.words:
            raise self.error()

    def error(self):
        return LibertyError(f"function \"{self.liberty}\" is not understood")

    def primary(self):
        word = self.words.pop() if self.words else ""
        if word == "!":
            return f"(~{self.primary()})"
        if word == "(":
            text = self.any_of()
            if not self.words or self.words.pop() != ")":
                raise self.error()
        elif word in ("0", "1"):
            text = f"1'b{word}"
        elif word in self.names:
            text = word
        else:
            raise self.error()
        while self.words and self.words[-1] == "'":
            self.words.pop()
            text = f"(~{text})"
        return text

    def chain(self, operand, operators, sign, implied=False):
        parts = [operand()]
        while self.words and (self.words[-1] in operators or (implied and re.match(r"[\w(!]", self.words[-1]))):
            if self.words[-1] in operators:
                self.words.pop()
            parts.append(operand())
        return parts[0] if len(parts) == 1 else f"({f' {sign} '.join(parts)})"

    def any_of(self):
        return self.chain(self.all_of, "+|", "|")

    def all_of(self):
        return self.chain(self.odd_of, "*&", "&", implied=True)

    def odd_of(self):
        return self.chain(self.primary, "^", "^")


def verilog_of(text):
    return Function(text).verilog


def event(text):
    """The edge at which a control acts: `negedge R` for "!R"."""
    function = Function(text)
    if function.verilog in function.names:
        return f"posedge {function.verilog}"
    inverted = re.fullmatch(r"\(~(\w+)\)", function.verilog)
    if not inverted:
        raise LibertyError(f"\"{text}\" controls a flop: must be a pin or its complement")
    return f"negedge {inverted[1]}"


def controls(name, group):
    """[(clear or preset, value)], the stronger first."""
    present = [(group.attributes[kind], value) for kind, value in (("clear", 0), ("preset", 1))
               if group.attributes.get(kind)]
    of_both = group.attributes.get("clear_preset_var1", "L")
    if len(present) == 2 and of_both not in ("L", "H"):
        raise LibertyError(f"cell {name}: clear_preset_var1 is {of_both}: must be L or H")
    return present if of_both == "L" else present[::-1]


def state_lines(name, group):
    """A flop's or latch's state and its complement, which it stays where clear and preset act both."""
    state, complement = group.arguments
    present = controls(name, group)
    words = group.attributes
    branches = [f"if ({verilog_of(text)}) {state} <= 1'b{value};" for text, value in present]
    if group.kind == "ff":
        if words.get("clocked_on_also"):
            raise LibertyError(f"cell {name}: clocked_on_also is not understood")
        events = " or ".join(map(event, (words["clocked_on"], *(text for text, _ in present))))
        branches.append(f"{state} <= {verilog_of(words['next_state'])};")
    else:
        if present or not words.get("enable"):  # with which Yosys does not close its latch: nothing to compare with
            raise LibertyError(f"cell {name}: a latch must have an enable, and neither clear nor preset")
        events = "*"
        branches.append(f"if ({verilog_of(words['enable'])}) {state} = {verilog_of(words['data_in'])};")
    return [f"  reg {state};", f"  always @({events})", "    " + "\n    else ".join(branches),
            f"  wire {complement} = ~{state};"]


def table_lines(name, group):
    """The node of a `statetable`, as a latch. Its rows: inputs : present state : next state, N for no change."""
    inputs, nodes = (names.split() for names in group.arguments)
    rows = [row.replace("\\", " ").split(":") for row in unquoted(group.attributes["table"]).split(",")]
    terms = {"H": [], "L": [], "N": []}
    for row in rows:
        levels = [part.split() for part in row]
        if len(nodes) != 1 or len(levels) != 3 or levels[1] != ["-"] or levels[2][0] not in terms:
            raise LibertyError(f"cell {name}: its statetable is not understood")
        term = [{"H": pin, "L": f"~{pin}"}[level] for pin, level in zip(inputs, levels[0]) if level != "-"]
        terms[levels[2][0]].append(f"({' & '.join(term)})")
    return [f"  reg {nodes[0]};", "  always @(*)", f"    if ({' | '.join(terms['H'])}) {nodes[0]} = 1'b1;",
            f"    else if ({' | '.join(terms['L'])}) {nodes[0]} = 1'b0;"]


def model(cell):
    """The Verilog module of a cell of synthesis.liberty."""
    if cell.group.all("bus", "bundle", "ff_bank", "latch_bank"):
        raise LibertyError(f"cell {cell.name}: buses and banks are not understood")
    ports, lines = [], []
    for group in cell.group.all("ff", "latch"):
        lines += state_lines(cell.name, group)
    for group in cell.group.all("statetable"):
        lines += table_lines(cell.name, group)
    for name, pin in cell.pins.items():
        direction = pin.attributes.get("direction")
        if direction == "internal":
            continue
        if direction not in ("input", "output"):
            raise LibertyError(f"cell {cell.name}: pin {name} has direction {direction}: must be input or output")
        ports.append(f"{direction} {name}")
        if direction == "output":
            function = pin.attributes.get("function") or pin.attributes.get("state_function")
            if not function or "three_state" in pin.attributes:
                raise LibertyError(f"cell {cell.name}: output {name} has no function, or is three-state")
            lines.append(f"  assign {name} = {verilog_of(function)};")
    return "\n".join([f"module {cell.name} ({', '.join(ports)});", *lines, "endmodule", ""])


def used(netlist):
    """Names of the library's cells that the netlist's modules use."""
    kinds = {cell.type for name in netlist.order for cell in netlist.modules[name].cells.values()}
    return sorted(kinds - set(netlist.modules))


def write(library, names, path):
    path.write_text("// Models of cells, made from the Liberty file.\n\n"
                    + "\n".join(model(library.cells[name]) for name in sorted(names)))
