"""Gives every net a driver that is strong enough: a stronger variant of the cell, or a tree of buffers.

Synthesis works on one module at a time and knows neither what a port drives elsewhere nor how strong a flop must be; here
the load of a net is known over the hierarchy. A driver may carry what slows it by no more than `EFFORT` FO4 delays, and no
more than its max_capacitance; a module's input may present no more than a buffer may carry. Clock, set and reset nets are left
alone: they are ideal, and on a chip clock-tree synthesis makes them.
"""
import dataclasses
import math

from synthesis import design

EFFORT = 1.5  # FO4 delays that a load may add to its driver


@dataclasses.dataclass(frozen=True)
class Sink:
    """A pin of a cell, or a bit of an instance's or the module's own port."""
    cell: str  # empty: the module's own output port
    pin: str
    index: int
    load: float


class Buffering:
    """Works on all modules, each after those that it uses. Loads are in the library's unit."""

    def __init__(self, library, modules, port_load):
        self.library, self.modules, self.port_load = library, modules, port_load
        self.budget = EFFORT * library.fo4_estimate
        # Trees are built from the buffer that drives the most for its area, and weaker ones where these are enough.
        self.buffer = max(library.buffers, key=lambda cell: self.limit(cell, cell.outputs[0]) / cell.area)
        self.input_load = {}  # module: {port: [load of each bit]}
        self.ideal = {}  # module: ports whose nets are ideal
        self.added = {}
        self.resized = {}

    def limit(self, cell, pin):
        resistance = cell.resistance(pin)
        most = self.budget / resistance if resistance > 0 else math.inf
        return min(most, cell.pins[pin].number("max_capacitance", math.inf))

    def gather(self, module):
        """({bit: sinks}, {bit: (cell, pin)} of drivers, ideal bits)."""
        sinks, drivers, ideal = {}, {}, set()
        for name, cell in module.cells.items():
            kind = self.library.cells.get(cell.type)
            for pin, bits in cell.pins.items():
                for i, bit in enumerate(bits):
                    if bit in design.CONSTANTS:
                        continue
                    if kind and pin in kind.outputs:
                        drivers[bit] = (name, pin)
                    elif kind:
                        if pin in kind.ideal_pins:
                            ideal.add(bit)
                        sinks.setdefault(bit, []).append(Sink(name, pin, i, kind.capacitance(pin)))
                    elif self.modules[cell.type].ports[pin][0] == "input":
                        if pin in self.ideal[cell.type]:
                            ideal.add(bit)
                        sinks.setdefault(bit, []).append(Sink(name, pin, i, self.input_load[cell.type][pin][i]))
        for port, (direction, bits) in module.ports.items():
            if direction == "output":
                for i, bit in enumerate(bits):
                    if bit not in design.CONSTANTS:
                        sinks.setdefault(bit, []).append(Sink("", port, i, self.port_load))
        return sinks, drivers, ideal

    def connect(self, module, sink, bit):
        if sink.cell:
            bits = list(module.cells[sink.cell].pins[sink.pin])
            bits[sink.index] = bit
            module.cells[sink.cell].pins[sink.pin] = bits

    def tree(self, module, bit, sinks, limit):
        """Buffers between the net and its sinks, so that no more than `limit` is left on the net."""
        most = self.limit(self.buffer, self.buffer.outputs[0])
        fixed = [sink for sink in sinks if not sink.cell]  # the port itself keeps the net's name
        moving = [sink for sink in sinks if sink.cell]
        while sum(sink.load for sink in fixed + moving) > limit and len(moving) > 1:
            total = sum(sink.load for sink in moving)
            count = min(math.ceil(total / most), math.ceil(len(moving) / 2))
            # At the top of the tree only as many as bring the rest below the limit would unbalance it: all go down a level.
            share, groups, group, load = total / count, [], [], 0.0
            for sink in moving:
                if group and load + sink.load / 2 > share:
                    groups.append(group)
                    group, load = [], 0.0
                group.append(sink)
                load += sink.load
            groups.append(group)
            if len(groups) >= len(moving):
                break
            level = []
            for group in groups:
                load = sum(sink.load for sink in group)
                buffer = next((cell for cell in self.library.buffers if cell.area < self.buffer.area
                               and self.limit(cell, cell.outputs[0]) >= load), self.buffer)
                name = module.free_name("fanout_buffer")
                new = module.new_bit(f"{name}_net")
                module.cells[name] = design.Instance(buffer.name, {buffer.inputs[0]: [bit], buffer.outputs[0]: [new]})
                for sink in group:
                    self.connect(module, sink, new)
                level.append(Sink(name, buffer.inputs[0], 0, buffer.capacitance(buffer.inputs[0])))
            self.added[module.name] = self.added.get(module.name, 0) + len(groups)
            moving = level
        return sum(sink.load for sink in fixed + moving)

    def drive(self, module, bit, sinks, driver):
        """The load that is left on the net."""
        load = sum(sink.load for sink in sinks)
        if driver is None:
            limit = self.limit(self.buffer, self.buffer.outputs[0]) / 2
        else:
            name, pin = driver
            cell = self.library.cells[module.cells[name].type]
            limit = self.limit(cell, pin)
            if load > limit and len(cell.outputs) == 1:
                better = [other for other in self.library.variants(cell)
                          if self.limit(other, pin) > limit and other.area <= cell.area + 2 * self.buffer.area]
                if better:
                    chosen = next((other for other in better if self.limit(other, pin) >= load),
                                  max(better, key=lambda other: self.limit(other, pin)))
                    module.cells[name].type = chosen.name
                    limit = self.limit(chosen, pin)
                    self.resized[module.name] = self.resized.get(module.name, 0) + 1
        return self.tree(module, bit, sinks, limit) if load > limit else load

    def run(self, order):
        for name in order:
            module = self.modules[name]
            sinks, drivers, ideal = self.gather(module)
            loads = {}
            # Sinks first: a stronger cell loads its own driver more, which is then looked at again.
            for _ in range(2):
                sinks, drivers, ideal = self.gather(module)
                for bit, found in list(sinks.items()):
                    if bit not in ideal:
                        loads[bit] = self.drive(module, bit, found, drivers.get(bit))
            self.input_load[name] = {port: [loads.get(bit, 0.0) for bit in bits]
                                     for port, (direction, bits) in module.ports.items() if direction == "input"}
            self.ideal[name] = {port for port, (direction, bits) in module.ports.items()
                                if direction == "input" and any(bit in ideal for bit in bits)}
