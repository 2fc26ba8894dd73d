"""The netlist for Verilator: as synthesized, but each net a variable of its own.

A simulator takes a bus as one variable: bits of it that depend on each other look like a loop, and each write is a
shift and a mask. So inner nets and the ports of modules below the top become single bits. Their names stay
(\\count_o[3] ), as in the netlist and in traces. The top keeps its ports.
"""
import re

from synthesis import design


def escaped(name):
    return name if re.fullmatch(r"\w+", name) else f"\\{name} "


def write_module(module, parts, is_top, out):
    """`parts`: the ports of the modules that may be instantiated here."""
    def text(bit):
        return design.CONSTANTS.get(bit) or escaped(module.names[bit])

    ports, declared, lines = [], set(), []
    for port, (direction, bits) in module.ports.items():
        names = [design.indexed(port, len(bits) > 1, i) for i in range(len(bits))]
        if is_top and len(bits) > 1:
            ports.append(f"{direction} [{len(bits) - 1}:0] {port}")
            for i, (name, bit) in enumerate(zip(names, bits)):
                if direction == "input":
                    lines.append(f"  wire {escaped(name)} = {port}[{i}];")
                else:
                    lines.append(f"  assign {port}[{i}] = {text(bit)};")
                    continue
                declared.add(name)
        else:
            ports += [f"{direction} {escaped(name)}" for name in names]
            declared.update(names)
            if direction == "output":
                lines += [f"  assign {escaped(name)} = {text(bit)};" for name, bit in zip(names, bits)
                          if module.names.get(bit) != name]
    out.write(f"module {module.name} (\n  {f',{chr(10)}  '.join(ports)});\n")
    nets = {name for name in module.names.values() if name not in declared}
    out.writelines(f"  wire {escaped(name)};\n" for name in sorted(nets))
    out.writelines(f"{line}\n" for line in lines)
    for name, cell in module.cells.items():
        pins = []
        for pin, bits in cell.pins.items():
            wide = cell.type in parts and len(parts[cell.type][pin][1]) > 1
            pins += [f".{escaped(design.indexed(pin, wide, i))}({text(bit)})" for i, bit in enumerate(bits)]
        # Verilator takes no line of more than 40000 words.
        separator = ",\n    " if cell.type in parts else ", "
        out.write(f"  {cell.type} {name} ({separator.join(pins)});\n")
    out.write("endmodule\n\n")


def write(netlist, path):
    parts = {name: module.ports for name, module in netlist.modules.items()}
    with path.open("w") as out:
        for name in netlist.order:
            write_module(netlist.modules[name], parts, name == netlist.top, out)
