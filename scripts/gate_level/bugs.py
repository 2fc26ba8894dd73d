"""Seeded bugs of a netlist's module: small changes that make it do something else."""
import dataclasses
import random

from synthesis import design


def changed(module, cells):
    return dataclasses.replace(module, cells=module.cells | cells)


def other_gates(library, cell):
    """Cells of the library with the same pins and another function."""
    own = library.cells[cell.type]
    return [other for other in library.gates if own.function and set(other.function) == set(own.function)
            and other.inputs == own.inputs and other.function != own.function]


def gate(module, library, pick):
    """One gate is another one."""
    names = [name for name, cell in module.cells.items() if cell.type in library.cells]
    pick.shuffle(names)
    for name in names:
        cell = module.cells[name]
        if others := other_gates(library, cell):
            other = pick.choice(others).name
            return f"{name} is {other}, not {cell.type}", changed(module, {name: design.Instance(other, cell.pins)})
    return None


def flop(module, library, pick):
    """Two flops have each other's data."""
    names = [name for name, cell in module.cells.items()
             if cell.type in library.cells and library.cells[cell.type].flop and "D" in cell.pins]
    pick.shuffle(names)
    for first, second in zip(names, names[1:]):
        a, b = module.cells[first], module.cells[second]
        if a.pins["D"] != b.pins["D"]:
            return (f"{first} and {second} have each other's data",
                    changed(module, {first: design.Instance(a.type, a.pins | {"D": b.pins["D"]}),
                                     second: design.Instance(b.type, b.pins | {"D": a.pins["D"]})}))
    return None


def wire(module, library, pick):
    """Two wires to a part of the module are exchanged."""
    names = [name for name, cell in module.cells.items() if cell.type not in library.cells]
    pick.shuffle(names)
    for name in names:
        cell = module.cells[name]
        buses = [pin for pin, bits in cell.pins.items() if len(set(bits)) > 1]
        if buses:
            pin = pick.choice(buses)
            bits = list(cell.pins[pin])
            i, j = next((0, j) for j, bit in enumerate(bits) if bit != bits[0])
            bits[i], bits[j] = bits[j], bits[i]
            return (f"{name} has bits {i} and {j} of {pin} exchanged",
                    changed(module, {name: design.Instance(cell.type, cell.pins | {pin: bits})}))
    return None


def clock_gate(module, library, pick):
    """A clock gate has its enable and its clock exchanged."""
    for name, cell in module.cells.items():
        if cell.type in library.cells and library.cells[cell.type].clock_gate:
            first, second, *_ = library.cells[cell.type].inputs
            pins = cell.pins | {first: cell.pins[second], second: cell.pins[first]}
            gate = design.Instance(cell.type, pins)
            return f"{name} has {first} and {second} exchanged", changed(module, {name: gate})
    return None


def seed(module, library):
    """[(what, the changed module)]: one of each kind that the module has room for, always the same ones."""
    found = [make(module, library, random.Random(f"{module.name} {make.__name__}"))
             for make in (gate, flop, wire, clock_gate)]
    return [bug for bug in found if bug]
