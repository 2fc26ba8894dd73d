"""Cells of a Liberty file as Verilog for simulation and proofs: zero delay, from the file's own words.

An output's `function`; flops (`ff`), latches (`latch`) and clock gates (`statetable`, `state_function`) with their
clears and presets. What such a model cannot say (three-state outputs, buses, an output without a function) is refused,
for cells that are asked for only.
"""
import dataclasses
import gzip
import re
from pathlib import Path

COMMENT = re.compile(r"/\*.*?\*/|\\\r?\n", re.DOTALL)
CELL = re.compile(r'\bcell\s*\(\s*"?([^"\s)]+)"?\s*\)\s*{')
TOKEN = re.compile(r'"([^"]*)"|([{}();:,])|([^\s{}();:,"]+)')
WORD = re.compile(r"\s*([A-Za-z_]\w*(?:\[\d+\])?|[01]|[()'!*&+|^])")


class LibertyError(Exception):
    """One line: the file or the cell, and what is wrong."""


@dataclasses.dataclass
class Group:
    """`kind (names) { attributes and groups }`."""
    kind: str
    names: list
    attributes: dict = dataclasses.field(default_factory=dict)
    groups: list = dataclasses.field(default_factory=list)

    def of(self, *kinds):
        return [group for group in self.groups if group.kind in kinds]


def text_of(path):
    """The file's text, unpacked, without comments and continued lines."""
    path = Path(path)
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise LibertyError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    text = COMMENT.sub(" ", data.decode(errors="replace"))
    if not re.search(r"\blibrary\s*\(", text):
        raise LibertyError(f"{path}: no Liberty file: has no library")
    return text


def parse_group(text, start):
    """The group whose head begins at `start`."""
    tokens = TOKEN.finditer(text, start)

    def following():
        found = next(tokens, None)
        if found is None:
            raise LibertyError("the Liberty file ends within a group")
        return (found[1], True) if found[1] is not None else (found[0], False)

    def names():
        found = []
        while (token := following()) != (")", False):
            if token != (",", False):
                found.append(token[0])
        return found

    def body(group):
        while True:
            name, quoted = following()
            if name == "}" and not quoted:
                return group
            if name == ";" and not quoted:
                continue
            mark = following()[0]
            if mark == ":":
                value = following()[0]
                while (token := following()) not in ((";", False), ("}", False)):
                    value += token[0]
                group.attributes[name] = value
                if token == ("}", False):
                    return group
            elif mark == "(":
                inner = names()
                mark = following()[0]
                if mark == "{":
                    group.groups.append(body(Group(name, inner)))
                else:
                    group.attributes[name] = ",".join(inner)
            else:
                raise LibertyError(f"not understood in the Liberty file: {name} {mark}")

    kind = following()[0]
    following()
    head = Group(kind, names())
    following()
    return body(head)


def read_cells(path, wanted):
    """{name: Group} of the wanted cells."""
    text = text_of(path)
    starts = {found[1]: found.start() for found in CELL.finditer(text)}
    missing = sorted(set(wanted) - set(starts))
    if missing:
        raise LibertyError(f"{path}: has no cell {missing[0]}")
    return {name: parse_group(text, starts[name]) for name in sorted(wanted)}


def expression(function):
    """A Liberty function in Verilog's operators, and the names in it."""
    words = WORD.findall(function)
    if "".join(words) != re.sub(r"\s", "", function):
        raise LibertyError(f"function \"{function}\" is not understood")
    names, at = set(), 0

    def peek():
        return words[at] if at < len(words) else ""

    def take():
        nonlocal at
        at += 1
        return words[at - 1] if at <= len(words) else ""

    def primary():
        word = take()
        if word == "!":
            text = f"~{primary()}"
            return f"({text})"
        if word == "(":
            text = any_of()
            if take() != ")":
                raise LibertyError(f"function \"{function}\" lacks a )")
        elif word in ("0", "1"):
            text = f"1'b{word}"
        elif re.match(r"[A-Za-z_]", word):
            names.add(word)
            text = word
        else:
            raise LibertyError(f"function \"{function}\" is not understood")
        while peek() == "'":
            take()
            text = f"(~{text})"
        return text

    def chain(operand, operators, sign, implied=False):
        parts = [operand()]
        while peek() in operators or (implied and re.match(r"[\w(!]", peek())):
            if peek() in operators:
                take()
            parts.append(operand())
        return parts[0] if len(parts) == 1 else f"({f' {sign} '.join(parts)})"

    def either():
        return chain(primary, ("^",), "^")

    def all_of():
        return chain(either, ("*", "&"), "&", implied=True)

    def any_of():
        return chain(all_of, ("+", "|"), "|")

    text = any_of()
    if at != len(words):
        raise LibertyError(f"function \"{function}\" is not understood")
    return text, names


def is_used(function):
    return bool(function and function.strip())


def edge(function):
    """(event, condition) of a control: `negedge R`, `~R` for "!R"."""
    text, names = expression(function)
    if text in names:
        return f"posedge {text}", text
    inverted = re.fullmatch(r"\(~(\w+)\)", text)
    if inverted:
        return f"negedge {inverted[1]}", f"~{inverted[1]}"
    raise LibertyError(f"\"{function}\" controls a flop: must be a pin or its complement")


def set_and_clear(name, group):
    """[(Liberty's expression, value)], the stronger first, and the value of the complement where both act (or None)."""
    attributes = group.attributes
    clear = [(attributes["clear"], 0)] if is_used(attributes.get("clear")) else []
    preset = [(attributes["preset"], 1)] if is_used(attributes.get("preset")) else []
    if not clear or not preset:
        return clear + preset, None
    both = (attributes.get("clear_preset_var1", "L").strip(), attributes.get("clear_preset_var2", "L").strip())
    if both[0] not in "LH" or both[1] not in "LH":
        raise LibertyError(f"cell {name}: clear_preset_var1 and var2 are {both[0]} and {both[1]}: must be L or H")
    return (clear + preset if both[0] == "L" else preset + clear), int(both[1] == "H")


def state_lines(name, group):
    """A flop's or latch's state and its complement."""
    state, complement = group.names
    controls, of_both = set_and_clear(name, group)
    attributes = group.attributes
    lines = [f"  reg {state};"]
    assign = "<=" if group.kind == "ff" else "="
    branches = [f"if ({expression(function)[0]}) {state} {assign} 1'b{value};" for function, value in controls]
    if group.kind == "ff":
        if is_used(attributes.get("clocked_on_also")):
            raise LibertyError(f"cell {name}: clocked_on_also is not understood")
        events = [edge(attributes["clocked_on"])[0]] + [edge(function)[0] for function, _ in controls]
        lines.append(f"  always @({' or '.join(events)})")
        branches.append(f"{state} <= {expression(attributes['next_state'])[0]};")
    else:
        lines.append("  always_latch")
        if is_used(attributes.get("enable")):
            branches.append(f"if ({expression(attributes['enable'])[0]}) "
                            f"{state} = {expression(attributes['data_in'])[0]};")
    lines.append("    " + "\n    else ".join(branches))
    inverse = f"~{state}"
    if of_both is not None:
        together = " & ".join(expression(function)[0] for function, _ in controls)
        inverse = f"({together}) ? 1'b{of_both} : {inverse}"
    lines.append(f"  wire {complement} = {inverse};")
    return lines


def table_lines(name, group):
    """The one node of a `statetable`, as a latch: rows `inputs : present state : next state`."""
    inputs, nodes = (names.split() for names in group.names)
    if len(nodes) != 1:
        raise LibertyError(f"cell {name}: its statetable has {len(nodes)} nodes: must be one")
    node = nodes[0]
    high, low = [], []
    for row in group.attributes["table"].split(","):
        if not row.strip():
            continue
        seen, present, coming = (part.split() for part in row.split(":"))
        if present != ["-"] or coming[0] not in "LHN":
            raise LibertyError(f"cell {name}: row \"{row.strip()}\" of its statetable is not understood")
        terms = [pin if level == "H" else f"~{pin}" for pin, level in zip(inputs, seen) if level != "-"]
        {"H": high, "L": low, "N": []}[coming[0]].append(f"({' & '.join(terms)})")
    return [f"  reg {node};", "  always_latch", f"    if ({' | '.join(high)}) {node} = 1'b1;",
            f"    else if ({' | '.join(low)}) {node} = 1'b0;"]


def verilog(name, cell):
    """The cell's module."""
    for kind in ("bus", "bundle", "ff_bank", "latch_bank"):
        if cell.of(kind):
            raise LibertyError(f"cell {name}: a {kind} is not understood")
    pins = {pin_name: pin for pin in cell.of("pin") for pin_name in pin.names}
    ports, lines = [], []
    for group in cell.of("ff", "latch"):
        lines += state_lines(name, group)
    for group in cell.of("statetable"):
        lines += table_lines(name, group)
    for pin_name, pin in pins.items():
        direction = pin.attributes.get("direction")
        if direction == "internal":
            continue
        if direction not in ("input", "output"):
            raise LibertyError(f"cell {name}: pin {pin_name} has direction {direction}: must be input or output")
        ports.append(f"{direction} {pin_name}")
        if direction == "output":
            if is_used(pin.attributes.get("three_state")):
                raise LibertyError(f"cell {name}: output {pin_name} is three-state: must be driven always")
            function = pin.attributes.get("function") or pin.attributes.get("state_function")
            if not is_used(function):
                raise LibertyError(f"cell {name}: output {pin_name} has no function")
            lines.append(f"  assign {pin_name} = {expression(function)[0]};")
    return "\n".join([f"module {name} ({', '.join(ports)});", *lines, "endmodule", ""])


def is_sequential(cell):
    return bool(cell.of("ff", "latch", "statetable"))


def models(path, wanted):
    """The Verilog of the wanted cells of the Liberty file."""
    return "\n".join(verilog(name, cell) for name, cell in read_cells(path, wanted).items())
