"""Gives the modules that may hold a latch, the wrappers of clock gates, cells of the library.

Such a module is a latch that is open while the clock is low and an AND. Where the library has an integrated clock gate, that
takes the place of all of it; else the latch becomes the library's, with an inverter where that is open at high.
"""
import dataclasses

from synthesis import design

MODULES = ("gca_clock_gate",)
LATCHES = {"$_DLATCH_N_": False, "$_DLATCH_P_": True}  # type: open at high


@dataclasses.dataclass(frozen=True)
class Gate:
    """Ports of a wrapper."""
    clock: str
    enable: str
    output: str


def integrated(library):
    """(cell, clock pin, enable pin, output pin, test pins) of the smallest gate that lets a rising edge through, or None."""
    found = []
    for name, cell in library.cells.items():
        if not cell.clock_gate.startswith("latch_posedge") or "obs" in cell.clock_gate or not library.usable(name):
            continue
        roles = {role: [pin for pin, group in cell.pins.items() if group.true(f"clock_gate_{role}_pin")]
                 for role in ("clock", "enable", "out", "test")}
        if all(len(roles[role]) == 1 for role in ("clock", "enable", "out")):
            found.append((len(roles["test"]), cell.area, name, cell, roles["clock"][0], roles["enable"][0], roles["out"][0],
                          roles["test"]))
    return min(found)[3:] if found else None


def plain_latch(library):
    """(cell, data pin, enable pin, output pin, open at high) of the smallest latch without set and reset, or None."""
    found = []
    for name, cell in library.cells.items():
        state = cell.latch
        if not state or cell.clock_gate or not {"data_in", "enable"} <= set(state.attributes) or len(cell.inputs) != 2:
            continue
        if cell.special or any(pattern.search(name) for pattern in library.dont_use):
            continue
        enable = state.attributes["enable"].strip("() ")
        pin, high = enable.strip("!'( "), not ("!" in enable or "'" in enable)
        outputs = [name for name in cell.outputs if cell.pins[name].attributes.get("function") == state.arguments[0]]
        if outputs and {pin, state.attributes["data_in"]} == set(cell.inputs):
            found.append((cell.area, len(cell.outputs), name, cell, state.attributes["data_in"], pin, outputs[0], high))
    return min(found)[3:] if found else None


def port_of(module, bit):
    return next((name for name, (direction, bits) in module.ports.items() if direction == "input" and bits == [bit]), None)


def place(module, library):
    """Maps the latch of a wrapper; returns its Gate. None: the module is no such wrapper, and is left as it is."""
    latches = [(name, cell) for name, cell in module.cells.items() if cell.type in LATCHES]
    outputs = [name for name, (direction, _) in module.ports.items() if direction == "output"]
    if len(latches) != 1 or len(outputs) != 1:
        return None
    name, latch = latches[0]
    inputs = {port_of(module, latch.pins["D"][0]): "enable"}
    clocks = [port for port, (direction, _) in module.ports.items() if direction == "input" and port not in inputs]
    if None in inputs or len(clocks) != 1 or latch.type != "$_DLATCH_N_":
        return None
    gate = Gate(clocks[0], next(iter(inputs)), outputs[0])
    whole, part = integrated(library), plain_latch(library)
    if whole:
        cell, clock, enable, out, test = whole
        pins = {clock: module.ports[gate.clock][1], enable: module.ports[gate.enable][1], out: module.ports[gate.output][1]}
        module.cells = {"gate": design.Instance(cell.name, pins | {pin: ["0"] for pin in test})}
        used = {bit for bits in pins.values() for bit in bits}
        module.wires = {}
        module.names = {bit: text for bit, text in module.names.items() if bit in used}
        return gate
    if not part:
        return None
    cell, data, enable, out, high = part
    bit = latch.pins["E"][0]
    if high:
        inverter = library.inverter
        bit = module.new_bit(module.free_name("open"))
        module.cells["invert"] = design.Instance(inverter.name, {inverter.inputs[0]: latch.pins["E"], inverter.outputs[0]: [bit]})
    module.cells[name] = design.Instance(cell.name, {data: latch.pins["D"], enable: [bit], out: latch.pins["Q"]})
    return gate
