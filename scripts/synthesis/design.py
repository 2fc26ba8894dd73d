"""A mapped design: modules of library cells and of instances of other modules, read from Yosys's JSON, written as Verilog.

Names become plain identifiers (`plain`), so that no tool has to escape one: `gen_tile[3].u_readout` is gen_tile_3__u_readout.
Nets that have a name in the RTL keep it, as buses where all their bits are still there; other nets are n1, n2, ...; cells
are g1, g2, ... and flops are called after the net that they drive. A module that Yosys made for certain parameters gets its
RTL name back, with a number behind it if there are several.
"""
import collections
import dataclasses
import json
import re

CONSTANTS = {"0": "1'b0", "1": "1'b1", "x": "1'b0", "z": "1'b0"}


def plain(name):
    """The name as an identifier of the netlist."""
    text = re.sub(r"\W", "_", name)
    return text if re.match(r"[A-Za-z_]", text) else f"_{text}"


@dataclasses.dataclass
class Instance:
    type: str
    pins: dict  # pin: its bits, the lowest first; a bit is a number, or "0", "1", "x"


@dataclasses.dataclass
class Module:
    name: str
    ports: dict  # name: (direction, bits)
    cells: dict  # name: Instance
    names: dict  # bit: what it is called
    wires: dict  # name of a wire to declare: its width, 0 for a single bit
    aliases: list  # (name of an output port's bit, what it is assigned)

    def new_bit(self, name):
        bit = max(self.names, default=1) + 1 if not hasattr(self, "_next") else self._next
        self._next = bit + 1
        self.names[bit] = name
        self.wires[name] = 0
        return bit

    def free_name(self, stem):
        """A cell's and its net's: stem followed by a number."""
        counters = self.__dict__.setdefault("_counters", collections.Counter())
        while True:
            counters[stem] += 1
            name = f"{stem}{counters[stem]}"
            if name not in self.cells and name not in self.wires and name not in self.ports:
                return name


def rtl_name(name):
    """gca_status from \\$paramod$1ad14f\\gca_status or $paramod\\gca_status\\Dim=..."""
    if not name.startswith("$paramod"):
        return name.lstrip("\\")
    parts = name.split("\\")
    return parts[1]


def module_names(names, top):
    """{Yosys's name: the netlist's}."""
    result, seen = {}, collections.Counter()
    total = collections.Counter(rtl_name(name) for name in names)
    for name in sorted(names):
        base = rtl_name(name)
        seen[base] += 1
        result[name] = plain(base) if total[base] == 1 or base == top else f"{plain(base)}_{seen[base]}"
    return result


class Namer:
    """Names the nets and cells of one module of the JSON."""

    def __init__(self, ports):
        self.used = set(ports)
        self.counters = collections.Counter()

    def unique(self, name):
        result, number = name, 0
        while result in self.used:
            number += 1
            result = f"{name}_{number}"
        self.used.add(result)
        return result

    def numbered(self, stem):
        while True:
            self.counters[stem] += 1
            name = f"{stem}{self.counters[stem]}"
            if name not in self.used:
                self.used.add(name)
                return name


def indexed(name, width, i):
    return f"{name}[{i}]" if width else name


def name_nets(data, namer):
    """(names, wires, aliases) of a module."""
    names, wires, aliases = {}, {}, []
    for direction in ("input", "output"):
        for port, entry in data["ports"].items():
            if entry["direction"] != direction:
                continue
            for i, bit in enumerate(entry["bits"]):
                text = indexed(plain(port), len(entry["bits"]) > 1, i)
                if direction == "output" and (bit in CONSTANTS or bit in names):
                    aliases.append((text, CONSTANTS.get(bit) or names[bit]))
                elif bit not in CONSTANTS:
                    names[bit] = text
    public = [(name, entry["bits"]) for name, entry in data["netnames"].items()
              if not entry["hide_name"] and name not in data["ports"]]
    for name, bits in sorted(public, key=lambda entry: (not entry[0].endswith("_q"), len(entry[0]), entry[0])):
        fresh = [i for i, bit in enumerate(bits) if bit not in CONSTANTS and bit not in names]
        if not fresh or len({bits[i] for i in fresh}) < len(fresh):
            fresh = list({bits[i]: i for i in reversed(fresh)}.values())
        if len(fresh) == len(bits):
            wire = namer.unique(plain(name))
            wires[wire] = len(bits) if len(bits) > 1 else 0
            names |= {bit: indexed(wire, len(bits) > 1, i) for i, bit in enumerate(bits)}
        else:
            for i in fresh:
                wire = namer.unique(plain(f"{name}_{i}_"))
                wires[wire] = 0
                names[bits[i]] = wire
    for cell in data["cells"].values():
        for bits in cell["connections"].values():
            for bit in bits:
                if bit not in CONSTANTS and bit not in names:
                    names[bit] = namer.numbered("n")
                    wires[names[bit]] = 0
    return names, wires, aliases


def read(path, top, library):
    """{name: Module} from Yosys's JSON."""
    modules = {name: data for name, data in json.loads(path.read_text())["modules"].items()
               if not data["attributes"].get("blackbox") and name not in library.cells}
    called = module_names(modules, top)
    result = {}
    for name, data in modules.items():
        namer = Namer(map(plain, data["ports"]))
        names, wires, aliases = name_nets(data, namer)
        cells = {}
        for cell_name, cell in sorted(data["cells"].items()):
            kind = library.cells.get(cell["type"])
            if cell["type"] in modules:
                text = namer.unique(plain(cell_name))
            elif kind and kind.flop:
                bit = next(bit for pin in kind.outputs for bit in cell["connections"].get(pin, ()))
                text = namer.unique(f"{plain(names[bit]).rstrip('_')}_reg")
            else:
                text = namer.numbered("g")
            cells[text] = Instance(called.get(cell["type"], cell["type"]), cell["connections"])
        ports = {plain(port): (entry["direction"], entry["bits"]) for port, entry in data["ports"].items()}
        result[called[name]] = Module(called[name], ports, cells, names, wires, aliases)
    return result


def bottom_up(modules, top):
    """The modules that top uses, each after those that it uses, and how often each is there."""
    order, counts = [], collections.Counter()

    def visit(name):
        if name not in order:
            for cell in modules[name].cells.values():
                if cell.type in modules:
                    visit(cell.type)
            order.append(name)
    visit(top)
    counts[top] = 1
    for name in reversed(order):
        for cell in modules[name].cells.values():
            if cell.type in modules:
                counts[cell.type] += counts[name]
    return order, counts


def write_module(module, out):
    out.write(f"module {module.name} ({', '.join(module.ports)});\n")
    for port, (direction, bits) in module.ports.items():
        width = f"[{len(bits) - 1}:0] " if len(bits) > 1 else ""
        out.write(f"  {direction} {width}{port};\n")
    for wire, width in module.wires.items():
        out.write(f"  wire {f'[{width - 1}:0] ' if width else ''}{wire};\n")
    for name, source in module.aliases:
        out.write(f"  assign {name} = {source};\n")
    for name, cell in module.cells.items():
        pins = []
        for pin, bits in cell.pins.items():
            texts = [CONSTANTS[bit] if bit in CONSTANTS else module.names[bit] for bit in reversed(bits)]
            pins.append(f".{plain(pin)}({texts[0] if len(texts) == 1 else '{' + ', '.join(texts) + '}'})")
        out.write(f"  {cell.type} {name} ({', '.join(pins)});\n")
    out.write("endmodule\n")


def write(modules, order, path):
    with path.open("w") as out:
        out.write("// A netlist of library cells, made by scripts/synth.\n")
        for name in order:
            out.write("\n")
            write_module(modules[name], out)
