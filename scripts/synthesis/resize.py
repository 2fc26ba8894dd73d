"""Stronger cells along the paths that fail by little, before a whole module is mapped for speed.

Works on modules: a cell of a module that is there sixteen times changes in all sixteen. A cell becomes the variant that
wins most: what it is itself quicker at its load, minus what its larger input slows its driver more.
"""
import math

from synthesis import design, fanout

PATHS = (400, 50, 5)  # failing endpoints that are looked at; fewer once that did not help
LEAST_GAIN = 0.02  # FO4


class Resizer:
    def __init__(self, netlist, port_load):
        self.netlist, self.library = netlist, netlist.library
        work = fanout.Buffering(netlist.library, netlist.modules, port_load)
        self.sinks, self.drivers, self.load = {}, {}, {}
        for name in netlist.order:
            sinks, drivers, ideal = work.gather(netlist.modules[name])
            loads = {bit: sum(sink.load for sink in found) for bit, found in sinks.items()}
            work.note_inputs(netlist.modules[name], loads, ideal)
            self.drivers[name], self.load[name] = drivers, loads

    def gain(self, module, name, variant):
        """In the library's time, of a cell's change to a variant; also the change of its inputs' loads."""
        cell = self.netlist.modules[module].cells[name]
        kind = self.library.cells[cell.type]
        slew, total = self.library.typical_slew, -math.inf
        for pin in kind.outputs:
            bits = cell.pins.get(pin)
            if bits and bits[0] not in design.CONSTANTS:
                load = self.load[module].get(bits[0], 0.0)
                load = round(load, 5)
                total = max(total, kind.delay(pin, load, slew) - variant.delay(pin, load, slew))
        for pin in kind.inputs:
            bits = cell.pins.get(pin)
            driver = bits and self.drivers[module].get(bits[0])
            if driver and pin not in kind.ideal_pins:
                strength = self.library.cells[self.netlist.modules[module].cells[driver[0]].type].resistance(driver[1])
                total -= strength * max(0.0, variant.capacitance(pin) - kind.capacitance(pin))
        return total

    def improve(self, module, name):
        """Whether the cell was changed."""
        cell = self.netlist.modules[module].cells[name]
        kind = self.library.cells[cell.type]
        best, most = None, LEAST_GAIN * self.library.fo4_estimate
        for variant in self.library.variants(kind):
            if variant.area <= 2 * kind.area and (gain := self.gain(module, name, variant)) > most:
                best, most = variant, gain
        if best is None:
            return False
        for pin in kind.inputs:
            for bit in cell.pins.get(pin, ()):
                if bit in self.load[module]:
                    self.load[module][bit] += best.capacitance(pin) - kind.capacitance(pin)
        cell.type = best.name
        return True


def snapshot(netlist):
    return {name: {cell: instance.type for cell, instance in module.cells.items()}
            for name, module in netlist.modules.items()}


def restore(netlist, types):
    for name, cells in types.items():
        for cell, kind in cells.items():
            netlist.modules[name].cells[cell].type = kind


def strengthen(netlist, paths, port_load):
    """Improves each cell of the failing paths once; how many were."""
    work = Resizer(netlist, port_load)
    seen, changed = set(), 0
    for path in paths:
        if path.slack_ns >= 0:
            continue
        for step in path.steps:
            parts = step.pin.split("/")
            if len(parts) < 2 or step.delay_ns == 0.0:
                continue
            place = (netlist.module_of(parts[:-2]), parts[-2])
            if place not in seen and place[1] in netlist.modules[place[0]].cells:
                seen.add(place)
                changed += work.improve(*place)
    return changed
