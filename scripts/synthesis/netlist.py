"""From the RTL to a netlist of library cells: Yosys, its ABC, then buffers for nets that drive much.

    from synthesis import netlist
    from synthesis.liberty import Library
    result = netlist.synthesize("gca_head", {"Dim": 8, "TileTokens": 8, "Tiles": 2}, Library("osu018_stdcells.lib"), folder)
    result.verilog      # the netlist, the hierarchy of rtl/ kept
    result.statistics   # JSON: area, cells and flops of each module

In a netlist every name is a plain identifier (design.plain). Only the modules of rtl/ are in it, none of the library's cells:
those are the caller's to bring.
"""
import collections
import dataclasses
import json
import re
import shlex
import subprocess
from pathlib import Path

from synthesis import design, fanout

ROOT = Path(__file__).resolve().parent.parent.parent
# Modules that may hold a latch: the wrapper of a clock gate.
CLOCK_GATES = ("gca_clock_gate",)


class SynthesisError(Exception):
    """What went wrong, for the user."""


@dataclasses.dataclass
class Netlist:
    top: str
    parameters: dict
    library: object
    folder: Path
    modules: dict  # name: design.Module
    order: list  # names, each after those it uses
    counts: dict  # name: how often it is in the design
    verilog: Path
    statistics: Path
    modules_of: dict  # RTL name: the netlist's modules made from it


def sources(folder=ROOT / "rtl"):
    package = folder / "gca_pkg.sv"
    return [package, *(file for file in sorted(folder.glob("*.sv")) if file != package)]


def full_adder_map(library):
    """A map of Yosys's $fa to the library's full adder, where no input is constant; empty without such a cell."""
    if not library.full_adder:
        return ""
    cell, total, carry = library.full_adder
    a, b, c = cell.inputs
    return f"""module \\$fa (A, B, C, X, Y);
  parameter WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTMSK_C_ = 0;
  input [WIDTH-1:0] A, B, C;
  output [WIDTH-1:0] X, Y;
  localparam [WIDTH-1:0] Constant = _TECHMAP_CONSTMSK_A_ | _TECHMAP_CONSTMSK_B_ | _TECHMAP_CONSTMSK_C_;
  genvar i;
  generate for (i = 0; i < WIDTH; i = i + 1) begin : gen_bit
    if (Constant[i]) begin : gen_half
      assign Y[i] = A[i] ^ B[i] ^ C[i];
      assign X[i] = (A[i] & B[i]) | (A[i] & C[i]) | (B[i] & C[i]);
    end else begin : gen_full
      \\{cell.name} fa (.{a}(A[i]), .{b}(B[i]), .{c}(C[i]), .{carry}(X[i]), .{total}(Y[i]));
    end
  end endgenerate
endmodule
"""


def script(top, parameters, library, folder, delay_ps, flatten, rtl):
    changes = "".join(f" -chparam {name} {value}" for name, value in parameters.items())
    trimmed, quoted = shlex.quote(f"{folder}/cells.lib"), [shlex.quote(str(file)) for file in rtl]
    adders = f"techmap -map {shlex.quote(str(folder))}/full_adder.v" if library.full_adder else ""
    return f"""
read_verilog -sv {quoted[0]}
read_verilog -sv -defer {' '.join(quoted[1:])}
read_liberty -lib -ignore_miss_func {trimmed}
hierarchy -check -top {top}{changes}
proc
check -assert
{"flatten" if flatten else ""}
synth -run coarse:fine
alumacc
maccmap
{adders}
opt
synth -run fine:check
dfflibmap -liberty {trimmed}
opt
abc -liberty {trimmed} -constr {shlex.quote(f'{folder}/abc.constr')} -D {delay_ps}
opt_clean -purge
write_json {shlex.quote(f'{folder}/mapped.json')}
"""


def run_yosys(text, folder):
    (folder / "yosys.ys").write_text(text)
    done = subprocess.run(["yosys", "-q", "-l", str(folder / "yosys.log"), "-s", str(folder / "yosys.ys")],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line or "Assert" in line]
        raise SynthesisError(f"Yosys failed: {said[-1] if said else f'exit code {done.returncode}'} "
                             f"(all of it: {folder / 'yosys.log'})")


def statistics(modules, order, counts, library):
    """{module: area, cells, flops, latches of its own, its instances, and those sums with all below}."""
    result = {}
    for name in order:
        own = collections.Counter(cell.type for cell in modules[name].cells.values())
        parts = {kind: number for kind, number in own.items() if kind in modules}
        kinds = {kind: number for kind, number in own.items() if kind not in modules}
        unknown = sorted(set(kinds) - set(library.cells))
        if any("LATCH" in kind or "latch" in kind for kind in unknown):
            raise SynthesisError(f"{name}: the RTL makes a latch; only {', '.join(CLOCK_GATES)} may hold one")
        if unknown:
            raise SynthesisError(f"{name}: the library has no cell for {', '.join(unknown)}")
        entry = {"instances": counts[name], "parts": parts, "cells_by_type": kinds, "own": {
            "area_um2": sum(library.cells[kind].area * number for kind, number in kinds.items()),
            "cells": sum(kinds.values()),
            "flops": sum(number for kind, number in kinds.items() if library.cells[kind].flop),
            "latches": sum(number for kind, number in kinds.items()
                           if library.cells[kind].latch or library.cells[kind].clock_gate)}}
        entry["total"] = {key: value + sum(number * result[part]["total"][key] for part, number in parts.items())
                          for key, value in entry["own"].items()}
        if entry["own"]["latches"] and not any(name.startswith(gate) for gate in CLOCK_GATES):
            raise SynthesisError(f"{name}: {entry['own']['latches']} latches; only {', '.join(CLOCK_GATES)} may hold one")
        result[name] = entry
    return result


def synthesize(top, parameters, library, folder, *, delay_ps=None, flatten=False, rtl=None, buffers=True):
    """Writes netlist.v and statistics.json, and what Yosys read and said, under `folder`.

    parameters: of the top module. delay_ps: what ABC aims at; by default 30 FO4 of the library. rtl: the sources, the package
    first; by default all of rtl/."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    library.write_trimmed(folder / "cells.lib")
    (folder / "full_adder.v").write_text(full_adder_map(library))
    load_ff = 4 * library.typical_load * library.cap_pf * 1000
    (folder / "abc.constr").write_text(f"set_driving_cell {library.buffers[0].name}\nset_load {load_ff:.3f}\n")
    target = delay_ps or 30 * library.fo4_estimate * library.time_ns * 1000
    run_yosys(script(top, parameters, library, folder, round(target), flatten, rtl or sources()), folder)
    modules = design.read(folder / "mapped.json", top, library)
    order, counts = design.bottom_up(modules, top)
    if buffers:
        work = fanout.Buffering(library, modules, 4 * library.typical_load)
        work.run(order)
    design.write(modules, order, folder / "netlist.v")
    figures = statistics(modules, order, counts, library)
    (folder / "statistics.json").write_text(json.dumps(figures, indent=1) + "\n")
    made = collections.defaultdict(list)
    for name in order:
        made[re.sub(r"_\d+$", "", name)].append(name)
    return Netlist(top, parameters, library, folder, modules, order, counts, folder / "netlist.v",
                   folder / "statistics.json", dict(made))
