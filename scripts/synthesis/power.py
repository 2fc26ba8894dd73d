"""Energy a token from the toggles of every net, by the Liberty's tables.

Computed here because OpenSTA 2.0.17 can't: set_power_activity -pins ends in an error there, and report_power knows no
groups of a hierarchical design. The sums are those of any tool without wires: for a net V^2/2 times its pins'
capacitance a toggle; for an output pin the mean of rise_power and fall_power at its load, over the inputs in the ratio
of their toggles; for an input pin the mean of its own tables; leakage for the time that passes. All slews are that of
the FO4 chain. A flop's clock pin rises and falls in every cycle unless its clock is gated: then in each cycle in which
the gate's enable is high.
"""
import collections
import dataclasses
import functools
import re

from synthesis import design, liberty, node

METHOD = """`clock pins`: what flops take at their clock pins, and these pins' capacitance. `cells`: what cells take
inside when they switch. `nets`: charging the pins that a net drives. Not in it: wires, the clock tree's own buffers,
glitches (a simulation by cycles has none; adders may glitch as much again). What inputs of the head drive is
`(inputs)`."""
PARTS = ("clock pins", "cells", "nets", "leakage")
LEAST_COVERED = 0.5  # of the nets: below, the file is of another netlist


class ActivityError(Exception):
    """One line for the user."""


@dataclasses.dataclass
class Activity:
    path: object
    cycles: int
    tokens: int
    nets: dict  # name: (toggles, cycles high)


def read_activity(path):
    """First line `# cycles N tokens M`, then lines NET TOGGLES HIGH_CYCLES; `.` or `/` parts the levels of a NET."""
    nets = {}
    with path.open() as file:
        head = re.fullmatch(r"#\s*cycles\s+(\d+)\s+tokens\s+(\d+)\s*", file.readline())
        if not head or int(head[1]) < 1 or int(head[2]) < 1:
            raise ActivityError(f"{path}: the first line must be: # cycles N tokens M, both from 1")
        cycles, tokens = int(head[1]), int(head[2])
        for number, line in enumerate(file, 2):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if len(words) != 3 or not words[1].isdigit() or not words[2].isdigit():
                raise ActivityError(f"{path}:{number}: must be NET TOGGLES HIGH_CYCLES")
            nets[words[0].replace("/", ".")] = int(words[1]), int(words[2])
    return Activity(path, cycles, tokens, nets)


class Flat:
    """The hierarchy dissolved: which cell drives which net, and what each net is called at each level."""

    def __init__(self, netlist):
        self.modules = netlist.modules
        self.names = []  # of each net, from all levels
        self.cells = []  # (module, type, {pin: net or None})
        self.gates = []  # (enable, output) of clock gates
        top = self.modules[netlist.top]
        ports = {bit: self._net() for _, bits in top.ports.values() for bit in bits if bit not in design.CONSTANTS}
        self.inputs = {ports[bit] for direction, bits in top.ports.values() if direction == "input" for bit in bits}
        self._visit(netlist.top, "", ports)

    def _net(self):
        self.names.append([])
        return len(self.names) - 1

    def _visit(self, name, prefix, nets):
        module = self.modules[name]
        for bit, text in module.names.items():
            if bit not in nets:
                nets[bit] = self._net()
            self.names[nets[bit]].append(prefix + text)
        if module.gate:
            enable, output = (module.ports[port][1][0] for port in (module.gate.enable, module.gate.output))
            self.gates.append((None if enable in design.CONSTANTS else nets[enable], nets[output]))
        for cell_name, cell in module.cells.items():
            if cell.type in self.modules:
                child = self.modules[cell.type]
                inner = {}
                for pin, bits in cell.pins.items():
                    for bit, own in zip(bits, child.ports[pin][1]):
                        if own not in design.CONSTANTS:
                            inner[own] = self._net() if bit in design.CONSTANTS else nets[bit]
                self._visit(cell.type, f"{prefix}{cell_name}.", inner)
            else:
                pins = {pin: None if bits[0] in design.CONSTANTS else nets[bits[0]]
                        for pin, bits in cell.pins.items() if bits}
                self.cells.append((name, cell.type, pins))


class Energies:
    """What one toggle costs, in pJ, from a cell's tables."""

    def __init__(self, library, slew):
        self.library, self.slew = library, slew
        self.unit = library.cap_pf  # energy: capacitance times voltage squared

    def tables(self, groups):
        """The mean of the tables; groups for several supplies add up."""
        supplies = collections.defaultdict(list)
        conditional = [group for group in groups if "when" in group.attributes]
        for group in conditional or groups:
            tables = group.all("rise_power", "fall_power", "power")
            supplies[group.attributes.get("related_pg_pin", "")].append(
                [liberty.Table(table, self.library.templates) for table in tables])
        return supplies

    def mean(self, groups, load):
        total = 0.0
        for found in self.tables(groups).values():
            values = [sum(table.at(load, self.slew) for table in tables) / len(tables) for tables in found if tables]
            total += sum(values) / len(values) if values else 0.0
        return total * self.unit

    @functools.lru_cache(maxsize=None)
    def input_pin(self, kind, pin):
        return self.mean(self.library.cells[kind].pins[pin].all("internal_power"), 0.0)

    @functools.lru_cache(maxsize=None)
    def output_pin(self, kind, pin, load):
        """{related pin: energy}; load in thousandths of the library's unit, so that equal ones are looked up once."""
        related = collections.defaultdict(list)
        for group in self.library.cells[kind].pins[pin].all("internal_power"):
            for name in group.attributes.get("related_pin", "").replace('"', "").split():
                related[name].append(group)
        return {name: self.mean(groups, load / 1000) for name, groups in related.items()}

    @functools.lru_cache(maxsize=None)
    def leakage_w(self, kind):
        cell = self.library.cells[kind].group
        states = [value for group in cell.all("leakage_power") if (value := group.number("value")) is not None]
        mean = sum(states) / len(states) if states else cell.number("cell_leakage_power", 0.0)
        return mean * self.library.leakage_w


def toggles_of(flat, activity, top, clock):
    """({net: toggles}, share of the nets that the file names)."""
    known, result, high = 0, [], []
    for net, names in enumerate(flat.names):
        found = next((activity.nets[text] for name in names for text in (name, f"{top}.{name}")
                      if text in activity.nets), None)
        known += found is not None
        result.append(2 * activity.cycles if net == clock else found[0] if found else 0)
        high.append(found[1] if found else 0)
    for enable, output in flat.gates:  # a recording by cycles does not see a clock's edges
        result[output] = 2 * high[enable] if enable is not None else 0
    if known < LEAST_COVERED * len(result):
        raise ActivityError(f"{activity.path}: names {known} of the netlist's {len(result)} nets: "
                            "is it of this netlist?")
    return result, known / len(result)


def spend(netlist, activity, slew, period_ns):
    """({module: {part: pJ in the whole recording}}, share of the nets that the activity covers)."""
    library, flat = netlist.library, Flat(netlist)
    energies = Energies(library, slew / library.time_ns)
    clock = next((net for net in flat.inputs if "clk_i" in flat.names[net]), None)
    toggles, covered = toggles_of(flat, activity, netlist.top, clock)
    load, driver = [0.0] * len(toggles), [None] * len(toggles)
    clocked = set()
    for module, kind, pins in flat.cells:
        cell = library.cells[kind]
        for pin, net in pins.items():
            if net is None:
                continue
            if pin in cell.outputs:
                driver[net] = module
            else:
                load[net] += cell.capacitance(pin)
                if pin in cell.clock_pins:
                    clocked.add(net)
    charge = library.cap_pf * library.voltage ** 2 / 2  # pJ a toggle and unit of capacitance
    spent = collections.defaultdict(lambda: dict.fromkeys(PARTS, 0.0))
    for net, module in enumerate(driver):
        if net not in clocked and load[net]:
            spent[module or "(inputs)"]["nets"] += charge * load[net] * toggles[net]
    for module, kind, pins in flat.cells:
        cell, row = library.cells[kind], spent[module]
        row["leakage"] += energies.leakage_w(kind) * activity.cycles * period_ns * 1e3
        for pin, net in pins.items():
            if net is None:
                continue
            if pin in cell.clock_pins:
                row["clock pins"] += (energies.input_pin(kind, pin) + charge * cell.capacitance(pin)) * toggles[net]
            elif pin in cell.outputs and toggles[net]:
                costs = energies.output_pin(kind, pin, round(load[net] * 1000, 1))
                weights = {name: toggles[pins[name]] if pins.get(name) is not None else 0 for name in costs}
                total = sum(weights.values())
                mean = (sum(costs[name] * weight for name, weight in weights.items()) / total if total
                        else sum(costs.values()) / len(costs) if costs else 0.0)
                row["cells"] += mean * toggles[net]
            elif pin not in cell.outputs:
                row["cells"] += energies.input_pin(kind, pin) * toggles[net]
    return spent, covered


def figures(result, activity, node_nm=None):
    """For the report: pJ a token of each module and part."""
    netlist, period = result.netlist, result.timing.clock_ns
    spent, covered = spend(netlist, activity, result.fo4.slew_ns, period)
    rows = []
    for module, parts in spent.items():
        parts = {part: value / activity.tokens for part, value in parts.items()}
        rows.append({"module": module, **parts, "pj": sum(parts.values())})
    rows.sort(key=lambda row: -row["pj"])
    sums = {part: sum(row[part] for row in rows) for part in PARTS}
    token = sum(sums.values())
    nanoseconds = activity.cycles / activity.tokens  # of a token on the scaled node, at 1 GHz
    nm = node_nm or node.guess(result.fo4.delay_ns)
    low, high = sorted(factor * token for factor in node.energy_factors(nm, netlist.library.voltage))
    return {"cycles": activity.cycles, "tokens": activity.tokens, "covered": covered, "period_ns": period,
            "token_pj": token, "mw": token / (nanoseconds * period), "parts_pj": sums, "modules": rows,
            "method": METHOD,
            "node": {"from_nm": nm, "token_pj_low": low, "token_pj_high": high, "mw_low": low / nanoseconds,
                     "mw_high": high / nanoseconds}}
