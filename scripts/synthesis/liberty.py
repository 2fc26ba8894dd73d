"""Reads a Liberty file as far as a synthesis flow needs it, and finds cells by what they do, never by their names.

A cell is parsed when it is first asked for: of a large library most never are. Cells that a plain standard-cell flow
must leave alone are left out: dont_use, isolation, level shifters, cells on a second supply, tri-states, scan flops,
pads, and cells whose area is 0 (a gap of the library, not a free cell).
"""
import dataclasses
import functools
import gzip
import itertools
import re
from pathlib import Path


class LibertyError(Exception):
    """One line for the user."""


STATEMENT = re.compile(r'"[^"]*"|(?P<close>\})|(?P<name>[A-Za-z_]\w*)\s*(?:\((?P<arguments>(?:"[^"]*"|[^()"])*)\)\s*'
                       r'(?P<open>\{)?|:\s*(?P<value>"[^"]*"|[^;\n{}]+))')
OPERATORS = re.compile(r"\s*([A-Za-z_]\w*|[01]|[()!'^*&+|])")
SPECIAL = ("dont_use", "is_isolation_cell", "is_level_shifter", "always_on", "is_macro_cell", "pad_cell",
           "retention_cell", "power_gating_cell")
# Cells of known libraries that no attribute tells apart from buffers: probe points.
NOT_GATES = (r"^sky130_\w+__probec?_",)
DELAYS = ("combinational", "rising_edge", "falling_edge")  # of timing groups: not setup and the like


@dataclasses.dataclass
class Group:
    kind: str
    arguments: list
    attributes: dict = dataclasses.field(default_factory=dict)
    groups: list = dataclasses.field(default_factory=list)

    def all(self, *kinds):
        return [group for group in self.groups if group.kind in kinds]

    def number(self, name, default=None):
        try:
            return float(self.attributes[name])
        except (KeyError, ValueError):
            return default

    def true(self, name):
        return self.attributes.get(name, "").lower() == "true"


def unquoted(text):
    return text.strip().strip('"').strip()


def parse(text):
    """The first group of the text, with all inside it."""
    top = Group("", [])
    stack = [top]
    for found in STATEMENT.finditer(text):
        if found["close"]:
            stack.pop()
            if len(stack) == 1:
                break
        elif found["open"]:
            group = Group(found["name"], [unquoted(part) for part in found["arguments"].split(",")])
            stack[-1].groups.append(group)
            stack.append(group)
        elif found["value"] is not None:
            stack[-1].attributes[found["name"]] = unquoted(found["value"])
        elif found["arguments"] is not None:
            stack[-1].attributes[found["name"]] = found["arguments"]
    return top.groups[0]


def numbers(text):
    return [float(word) for word in re.split(r'[",\s\\]+', text) if word]


class Table:
    """A table of one or two variables, or a constant; linear between its points and beyond them, as OpenSTA has it."""

    def __init__(self, group, templates):
        template = templates.get(group.arguments[0])
        self.variables, self.points = [], []
        for i in (1, 2):
            given = group.attributes.get(f"index_{i}") or (template and template.attributes.get(f"index_{i}"))
            variable = template and template.attributes.get(f"variable_{i}")
            if given and variable:
                self.variables.append(variable)
                self.points.append(numbers(given))
        self.values = numbers(group.attributes["values"])

    def at(self, load, slew):
        """The value at an output load and an input slew, in the library's units."""
        where = [load if "capacitance" in variable else slew for variable in self.variables]
        spans = []
        for value, points in zip(where, self.points):
            if len(points) == 1:
                spans.append([(0, 1.0)])
                continue
            i = min(max(sum(point <= value for point in points) - 1, 0), len(points) - 2)
            part = (value - points[i]) / (points[i + 1] - points[i])
            spans.append([(i, 1.0 - part), (i + 1, part)])
        total = 0.0
        for corner in itertools.product(*spans):
            index, weight = 0, 1.0
            for (i, part), points in zip(corner, self.points):
                index, weight = index * len(points) + i, weight * part
            total += weight * self.values[index]
        return total


def expression(text):
    """A function of a dict of pins' values, and the pins it reads. Precedence: NOT, XOR, AND (also by a space), OR."""
    tokens = OPERATORS.findall(text)
    pins = sorted({token for token in tokens if re.match(r"[A-Za-z_]", token)})

    def primary():
        token = tokens.pop(0)
        if token == "!":
            inner = primary()
            return lambda values: not inner(values)
        if token == "(":
            result = disjunction()
            tokens.pop(0)
        elif token in "01":
            result = functools.partial(lambda constant, values: constant, token == "1")
        else:
            result = functools.partial(lambda pin, values: values[pin], token)
        while tokens and tokens[0] == "'":
            tokens.pop(0)
            result = functools.partial(lambda inner, values: not inner(values), result)
        return result

    def parity():
        result = primary()
        while tokens and tokens[0] == "^":
            tokens.pop(0)
            result = functools.partial(lambda a, b, values: a(values) != b(values), result, primary())
        return result

    def conjunction():
        result = parity()
        while tokens and tokens[0] not in ")+|":
            if tokens[0] in "*&":
                tokens.pop(0)
            result = functools.partial(lambda a, b, values: a(values) and b(values), result, parity())
        return result

    def disjunction():
        result = conjunction()
        while tokens and tokens[0] in "+|":
            tokens.pop(0)
            result = functools.partial(lambda a, b, values: a(values) or b(values), result, conjunction())
        return result

    try:
        return disjunction(), pins
    except IndexError:
        raise LibertyError(f"a function can't be read: {text}") from None


def truth(text, pins):
    """The function's table as a number: bit i is its value where pin j has bit j of i. None: it reads other pins."""
    function, read = expression(text)
    if not set(read) <= set(pins):
        return None
    return sum(1 << i for i in range(1 << len(pins)) if function({pin: bool(i >> j & 1) for j, pin in enumerate(pins)}))


class Cell:
    def __init__(self, library, name, text):
        self.library, self.name, self.text = library, name, text

    @functools.cached_property
    def group(self):
        return parse(self.text)

    @functools.cached_property
    def area(self):
        """Of a latch that states none (OSU's): that of the smallest flop, which is no smaller."""
        area = self.group.number("area", 0.0)
        return area if area > 0 or not self.latch else self.library.least_flop_area

    @functools.cached_property
    def pins(self):
        return {group.arguments[0]: group for group in self.group.all("pin")}

    @functools.cached_property
    def inputs(self):
        return [name for name, pin in self.pins.items() if pin.attributes.get("direction") == "input"]

    @functools.cached_property
    def outputs(self):
        return [name for name, pin in self.pins.items() if pin.attributes.get("direction") == "output"]

    @functools.cached_property
    def flop(self):
        """The ff group, or None."""
        found = self.group.all("ff", "ff_bank")
        return found[0] if found else None

    @functools.cached_property
    def latch(self):
        found = self.group.all("latch", "latch_bank")
        return found[0] if found else None

    @functools.cached_property
    def clock_gate(self):
        """The kind of integrated clock gate, such as latch_posedge, or an empty text."""
        return self.group.attributes.get("clock_gating_integrated_cell", "")

    @functools.cached_property
    def sequential(self):
        return bool(self.flop or self.latch or self.clock_gate or self.group.all("statetable"))

    @functools.cached_property
    def ideal_pins(self):
        """Clock, set and reset pins: their nets are taken as ideal."""
        pins = {name for name in self.inputs if self.pins[name].true("clock")}
        for group in (self.flop, self.latch):
            for attribute in ("clocked_on", "enable", "clear", "preset"):
                if group and attribute in group.attributes:
                    pins |= set(expression(group.attributes[attribute])[1])
        return pins & set(self.inputs)

    @functools.cached_property
    def clock_pins(self):
        """Clock pins of a flop, a latch or a clock gate."""
        pins = {name for name in self.inputs if self.sequential and self.pins[name].true("clock")}
        for group, attribute in ((self.flop, "clocked_on"), (self.latch, "enable")):
            if group and attribute in group.attributes:
                pins |= set(expression(group.attributes[attribute])[1])
        return pins & set(self.inputs)

    def capacitance(self, pin):
        return self.pins[pin].number("capacitance", 0.0)

    @functools.cached_property
    def usable(self):
        """Whether the flow may place it."""
        if any(self.group.true(name) for name in SPECIAL) or self.area <= 0 or not self.outputs:
            return False
        if self.group.all("test_cell") or any(pin.attributes.get("direction") == "inout" for pin in self.pins.values()):
            return False
        power = [group for group in self.group.all("pg_pin") if group.attributes.get("pg_type") == "backup_power"]
        return not power and not any("three_state" in pin.attributes for pin in self.pins.values())

    @functools.cached_property
    def function(self):
        """Of a combinational cell: {output: truth table over `inputs`}; empty if one of them can't be told."""
        if self.sequential or len(self.inputs) > 6:
            return {}
        texts = {name: self.pins[name].attributes.get("function") for name in self.outputs}
        if not texts or any(text is None for text in texts.values()):
            return {}
        tables = {name: truth(text, self.inputs) for name, text in texts.items()}
        return {} if any(table is None for table in tables.values()) else tables

    @functools.cached_property
    def kin(self):
        """Equal for cells that differ in strength alone."""
        state = self.flop or self.latch
        return (tuple(sorted(self.inputs)), tuple(sorted(self.outputs)), self.clock_gate,
                tuple(sorted(state.attributes.items())) if state else None,
                tuple(state.arguments) if state else None,
                tuple(sorted((name, self.pins[name].attributes.get("function")) for name in self.outputs)))

    def tables(self, output, kinds):
        """Tables of these kinds in the output's timing groups, setup and the like left out."""
        return [Table(group, self.library.templates) for timing in self.pins[output].all("timing")
                if timing.attributes.get("timing_type", "combinational") in DELAYS for group in timing.all(*kinds)]

    @functools.lru_cache(maxsize=None)
    def resistance(self, output):
        """How much a load slows the output, in time by capacitance of the library's units: the worst arc and edge."""
        slew, load = self.library.typical_slew, self.library.typical_load
        slopes = [(table.at(4 * load, slew) - table.at(load, slew)) / (3 * load)
                  for table in self.tables(output, ("cell_rise", "cell_fall"))]
        return max(slopes, default=0.0)

    @functools.lru_cache(maxsize=None)
    def delay(self, output, load, slew):
        """The mean over the arcs and edges."""
        delays = [table.at(load, slew) for table in self.tables(output, ("cell_rise", "cell_fall"))]
        return sum(delays) / len(delays) if delays else 0.0


class Library:
    """cells: all of them by name. Units: `time_ns` and `cap_pf` are the library's units in ns and pF."""

    def __init__(self, path, dont_use=()):
        self.path = Path(path)
        try:
            raw = self.path.read_bytes()
            text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", "replace")
        except (OSError, EOFError, gzip.BadGzipFile) as error:
            reason = getattr(error, "strerror", None) or error
            raise LibertyError(f"{path}: can't be read: {reason}") from error
        self.text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        start = re.search(r'^\s*library\s*\(\s*"?([^")]*)"?\s*\)\s*\{', self.text)
        if not start:
            raise LibertyError(f"{path}: is no Liberty file: it must begin with library (NAME) {{")
        self.name = start[1].strip()
        self.dont_use = tuple(re.compile(pattern) for pattern in (*NOT_GATES, *dont_use))
        self.spans = {}
        header, end = [], 0
        for name, first, last in self._cells():
            self.spans[name] = (first, last)
            header.append(self.text[end:first])
            end = last
        header.append(self.text[end:])
        if not self.spans:
            raise LibertyError(f"{path}: holds no cell")
        self.cells = {name: Cell(self, name, self.text[first:last]) for name, (first, last) in self.spans.items()}
        self.header = parse("".join(header))
        self.templates = {group.arguments[0]: group for group in self.header.groups if group.kind.endswith("template")}
        self.time_ns = self._unit("time_unit", {"ns": 1.0, "ps": 1e-3, "us": 1e3})
        amount, unit = self.header.attributes.get("capacitive_load_unit", "1,pf").replace('"', "").split(",")
        self.cap_pf = float(amount) * {"pf": 1.0, "ff": 1e-3}[unit.strip().lower()]
        self.leakage_w = self._unit("leakage_power_unit", {"w": 1.0, "mw": 1e-3, "uw": 1e-6, "nw": 1e-9, "pw": 1e-12})
        self.voltage = self.header.number("nom_voltage", 0.0)
        self._find()

    def _unit(self, name, units):
        found = re.fullmatch(r"([\d.]+)\s*([a-zA-Z]+)", self.header.attributes.get(name, ""))
        if not found or found[2].lower() not in units:
            return units.get("ns", 1e-9)
        return float(found[1]) * units[found[2].lower()]

    def _cells(self):
        """(name, first, last) of each cell group."""
        braces = re.compile(r'[{}]')
        place = 0
        for found in re.finditer(r'\bcell\s*\(\s*"?([^")]+?)"?\s*\)\s*\{', self.text):
            if found.start() < place:
                continue
            depth, place = 1, found.end()
            while depth:
                brace = braces.search(self.text, place)
                if not brace:
                    raise LibertyError(f"{self.path}: cell {found[1]} does not end")
                depth += 1 if brace[0] == "{" else -1
                place = brace.end()
            yield found[1], found.start(), place

    def usable(self, name):
        return self.cells[name].usable and not any(pattern.search(name) for pattern in self.dont_use)

    def combinational(self, table, inputs):
        """Usable cells with one output of this function, in any order of the inputs, the smallest first."""
        found = [cell for cell in self.gates if len(cell.inputs) == inputs and list(cell.function.values()) == [table]]
        return sorted(found, key=lambda cell: (cell.area, sum(map(cell.capacitance, cell.inputs)), cell.name))

    def _find(self):
        self.gates = [cell for name, cell in self.cells.items() if self.usable(name) and cell.function]
        nand2, inverters = self.combinational(0b0111, 2), self.combinational(0b01, 1)
        if not nand2:
            raise LibertyError(f"{self.path}: holds no cell whose function is NAND of two inputs")
        if not inverters:
            raise LibertyError(f"{self.path}: holds no inverter")
        self.nand2, self.inverter = nand2[0], inverters[0]
        self.typical_load = self.inverter.capacitance(self.inverter.inputs[0])
        # The slew of a chain of such inverters, close enough for choosing cells.
        slew = 0.0
        transitions = self.inverter.tables(self.inverter.outputs[0], ("rise_transition", "fall_transition"))
        for _ in range(8):
            slew = sum(table.at(4 * self.typical_load, slew) for table in transitions) / len(transitions)
        self.typical_slew = slew
        self.fo4_estimate = self.inverter.delay(self.inverter.outputs[0], 4 * self.typical_load, slew)
        self.buffers = self._quick(self.combinational(0b10, 1))
        self.inverters = self._quick(inverters)
        if not self.buffers:
            raise LibertyError(f"{self.path}: holds no buffer")

    def _quick(self, cells):
        """Those that no other equals in strength at less area; delay cells are left out."""
        def resistance(cell):
            return cell.resistance(cell.outputs[0])

        def own(cell):
            return cell.delay(cell.outputs[0], self.typical_load, self.typical_slew)
        if not cells:
            return []
        quickest = min(map(own, cells))
        kept = []
        for cell in cells:
            if own(cell) <= 2 * quickest and not any(resistance(other) <= resistance(cell) for other in kept):
                kept.append(cell)
        return kept

    @functools.cached_property
    def full_adder(self):
        """(cell, inputs, sum, carry) of the smallest, or None."""
        found = []
        for cell in self.gates:
            roles = {table: name for name, table in cell.function.items()}
            if len(cell.inputs) == 3 and set(roles) == {0b10010110, 0b11101000}:
                found.append((cell.area, cell.name, cell, roles[0b10010110], roles[0b11101000]))
        return min(found)[2:] if found else None

    @functools.cached_property
    def least_flop_area(self):
        return min((cell.area for name, cell in self.cells.items() if cell.flop and self.usable(name)), default=0.0)

    @functools.cached_property
    def plain_latch(self):
        """(cell, data pin, enable pin, output pin, whether it is open at high) of the smallest without clear and preset, or
        None."""
        found = []
        for name, cell in self.cells.items():
            if cell.latch and len(cell.inputs) == 2 and len(cell.outputs) == 1 and self.usable(name):
                data, enable = (cell.latch.attributes.get(key, "") for key in ("data_in", "enable"))
                pin = next((pin for pin in cell.inputs if pin != data), None)
                if data in cell.inputs and truth(enable, [pin]) in (0b10, 0b01):
                    found.append((cell.area, name, cell, data, pin, cell.outputs[0], truth(enable, [pin]) == 0b10))
        return min(found)[2:] if found else None

    @functools.cached_property
    def clock_gate(self):
        """The smallest integrated clock gate of a latch and an AND, or None."""
        found = [(cell.area, cell.name, cell) for name, cell in self.cells.items()
                 if cell.clock_gate == "latch_posedge" and self.usable(name)]
        return min(found)[2] if found else None

    @functools.cached_property
    def for_clock_gates(self):
        """The cells that synthesis.clock_gate places."""
        return [self.clock_gate] if self.clock_gate else [self.plain_latch[0]] if self.plain_latch else []

    def variants(self, cell):
        """Cells of other strength that can take its place, itself among them, the smallest first."""
        return self._families[cell.kin] if self.usable(cell.name) else [cell]

    @functools.cached_property
    def _families(self):
        families = {}
        slow = {cell for table in (0b10, 0b01) for cell in self.combinational(table, 1)}
        slow -= {*self.buffers, *self.inverters}
        for name, cell in self.cells.items():
            if self.usable(name) and cell not in slow:
                families.setdefault(cell.kin, []).append(cell)
        return {kin: sorted(cells, key=lambda cell: cell.area) for kin, cells in families.items()}

    def write(self, path, names):
        """The library with these cells only, and without a default wire load: no figure has wires in it."""
        names = set(names)
        parts, place = [], 0
        for name, (first, last) in self.spans.items():
            if name not in names:
                parts.append(self.text[place:first])
                place = last
        path.write_text(re.sub(r"\bdefault_wire_load\s*:[^;\n]*;?", "", "".join([*parts, self.text[place:]])))

    def write_trimmed(self, path):
        """The library without the cells that synthesis must not place, for Yosys and ABC."""
        self.write(path, [cell.name for cells in self._families.values() for cell in cells
                          if cell.flop or cell in self.for_clock_gates or (cell.function and not cell.sequential)])
