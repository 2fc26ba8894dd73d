"""Holds the cells' models (cells.py) against a second reading of the same Liberty library: Yosys's.

Each cell that a netlist uses is proved to be the same in both, for all inputs: outputs without a state by SAT, flops
and latches by induction. Yosys reads no clock gate; those are held against the words of their
`clock_gating_integrated_cell`.
"""
import re
import shlex
import subprocess

from synthesis.liberty import LibertyError

# Of a clock gate without a test pin, and with one: what the attribute means, by the roles of the pins.
CLOCK_GATES = {
    "latch_posedge": "always @(*) if (!{clock}) state = {enable};\n  assign {out} = {clock} & state;",
    "latch_posedge_precontrol": "always @(*) if (!{clock}) state = {enable} | {test};\n"
                                "  assign {out} = {clock} & state;",
    "latch_posedge_postcontrol": "always @(*) if (!{clock}) state = {enable};\n"
                                 "  assign {out} = {clock} & (state | {test});",
    "latch_negedge": "always @(*) if ({clock}) state = {enable};\n  assign {out} = {clock} | ~state;",
}


def clock_gate(cell):
    """The model that the kind of clock gate asks for."""
    kind = cell.clock_gate
    if kind not in CLOCK_GATES:
        raise LibertyError(f"cell {cell.name}: clock gate {kind} is not understood: must be {', '.join(CLOCK_GATES)}")
    roles = {role: name for name, pin in cell.pins.items() for role in ("clock", "enable", "test", "out")
             if pin.true(f"clock_gate_{role}_pin")}
    ports = [f"{cell.pins[name].attributes['direction']} {name}" for name in (*cell.inputs, *cell.outputs)]
    return (f"module {cell.name} ({', '.join(ports)});\n  reg state;\n  {CLOCK_GATES[kind].format(**roles)}\n"
            "endmodule\n")


def proof(cell):
    """Of one cell, \\gold_NAME as the library says and \\NAME as modelled."""
    name = cell.name
    if not cell.sequential:
        return f"miter -equiv -flatten gold_{name} {name} miter_{name}\nsat -verify -prove trigger 0 miter_{name}\n"
    # From equal states, every step of clock, clear and preset gives equal states and outputs.
    return f"""equiv_make gold_{name} {name} equiv_{name}
clk2fflogic equiv_{name}
equiv_induct -seq 1 equiv_{name}
equiv_status -assert equiv_{name}
"""


def cells(library, names, folder):
    """Raises LibertyError for the first cell whose model in folder/cells.v is not what Yosys reads."""
    gates = [name for name in names if library.cells[name].clock_gate]
    known = [name for name in names if name not in gates]
    (folder / "gold_gates.v").write_text("\n".join(clock_gate(library.cells[name]) for name in gates))
    (folder / "used.lib").write_text(f"library (used) {{\n{''.join(library.cells[name].text for name in known)}\n}}\n")
    quoted = shlex.quote(str(folder))
    text = f"""
read_liberty {quoted}/used.lib
read_verilog {quoted}/gold_gates.v
""" + "".join(f"rename {name} gold_{name}\n" for name in names) + f"""
read_verilog {quoted}/cells.v
proc
""" + "".join(f"log cell {name}\n{proof(library.cells[name])}" for name in (*known, *gates))
    (folder / "cells.ys").write_text(text)
    done = subprocess.run(["yosys", "-l", str(folder / "cells.log"), "-s", str(folder / "cells.ys")],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        reached = re.findall(r"^cell (\S+)$", done.stdout, re.MULTILINE)
        raise LibertyError(f"cell {reached[-1] if reached else '?'}: its model is not what Yosys reads in the library "
                           f"({folder}/cells.log)")
