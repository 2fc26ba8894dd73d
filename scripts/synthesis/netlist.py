"""From the RTL to a netlist of library cells: Yosys, its ABC, then buffers for nets that drive much.

    from synthesis import netlist
    from synthesis.liberty import Library
    library = Library("osu018_stdcells.lib")
    result = netlist.synthesize("gca_head", {"Dim": 8, "TileTokens": 8, "Tiles": 2}, library, folder)
    result.verilog      # the netlist, the hierarchy of rtl/ kept
    result.statistics   # JSON: area, cells and flops of each module

In a netlist every name is a plain identifier (design.plain). Only the modules of rtl/ are in it, none of the library's
cells: those are the caller's to bring.
"""
import collections
import dataclasses
import json
import re
import shlex
import subprocess
from pathlib import Path

from synthesis import clock_gate, design, fanout

ROOT = Path(__file__).resolve().parent.parent.parent


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
    figures: dict  # what is in `statistics`

    def write(self):
        """The netlist and its statistics."""
        design.write(self.modules, self.order, self.verilog)
        self.figures = statistics(self.modules, self.order, self.counts, self.library)
        self.statistics.write_text(json.dumps(self.figures, indent=1) + "\n")

    def module_of(self, path):
        """The module of the instance at a path of names from the top."""
        module = self.top
        for name in path:
            module = self.modules[module].cells[name].type
        return module

    def rtl_of(self, module):
        """The name in rtl/ of a module of the netlist, which has a number behind it if there are several."""
        base = re.sub(r"_\d+$", "", module)
        return base if f"{base}_1" in self.modules else module


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


# How a module is mapped: for area; for speed; for speed, with its full adders dissolved.
SMALL, FAST, OPEN = 0, 1, 2
ABC = {
    "small": "strash; ifraig; scorr; dc2; strash; &get -n; &syn2; &dch -f; &nf -R 10 -F 20; &put",
    "fast": "strash; ifraig; scorr; dc2; strash; if -g -K 6; strash; dch -f; map -B 0.9 {D}; topo; buffer -c; topo; "
            "upsize {D}; dnsize {D}",
}


def full_adder_gates(library):
    """The library's full adder as gates that ABC sees: quicker, and larger."""
    if not library.full_adder:
        return ""
    cell, total, carry = library.full_adder
    a, b, c = cell.inputs
    return f"""module \\{cell.name} ({a}, {b}, {c}, {carry}, {total});
  input {a}, {b}, {c};
  output {carry}, {total};
  wire half = {a} ^ {b};
  assign {total} = half ^ {c};
  assign {carry} = ({a} & {b}) | (half & {c});
endmodule
"""


def pick(module):
    """Yosys commands that keep this module of an elaborated design, and its parts."""
    return f"""setattr -mod -unset top *
setattr -mod -set top 1 *{module} *{module}\\\\*
hierarchy
rename -top {module}"""


# A wrapper of a clock gate that is only a wire.
OPEN_GATES = f"""setattr -mod -set keep_hierarchy 1 *
setattr -mod -unset keep_hierarchy *{clock_gate.MODULE}*ClockGates=*{32 * '0'}
flatten
setattr -mod -unset keep_hierarchy *"""


def generic_script(top, parameters, library, folder, flatten, rtl, module):
    """To gates and the library's flops, before ABC. module: of those below `top`, the one to keep, with its parts."""
    changes = "".join(f" -chparam {name} {value}" for name, value in parameters.items())
    quoted = [shlex.quote(str(file)) for file in rtl]
    adders = f"techmap -map {shlex.quote(str(folder))}/full_adder.v" if library.full_adder else ""
    return f"""
read_verilog -sv {quoted[0]}
{f"read_verilog -sv -defer {' '.join(quoted[1:])}" if quoted[1:] else ""}
read_liberty -lib -ignore_miss_func {shlex.quote(f'{folder}/cells.lib')}
hierarchy -check -top {top}{changes}
{'' if module == top else pick(module)}
proc
check -assert
{"flatten" if flatten else OPEN_GATES}
synth -run coarse:fine
alumacc
maccmap
{adders}
opt
opt -fast -full
opt -undriven -fine
techmap
opt -fast
{"extract_fa -fa" if adders else ""}
{adders}
techmap
opt -fast
abc -fast
opt -fast
dfflibmap -liberty {shlex.quote(f'{folder}/cells.lib')}
opt
opt_clean -purge
write_ilang {shlex.quote(f'{folder}/generic.il')}
"""


def mapping_script(folder, delay_ps, level, chosen):
    """The gates of some modules of rtl/, or of all, to the library's."""
    pick_them = "" if not chosen else "\n".join([
        f"select -set chosen {' '.join(f'*{module} *{module}{chr(92)}{chr(92)}*' for module in chosen)}",
        "delete * @chosen %d"])
    open_adders = f"techmap -map {folder}/full_adder_gates.v\ntechmap\nopt" if level == OPEN else ""
    name = "small" if level == SMALL else "fast"
    return f"""
read_liberty -lib -ignore_miss_func {folder}/cells.lib
read_ilang {folder}/generic.il
{pick_them}
{open_adders}
abc -liberty {folder}/cells.lib -constr {folder}/abc.constr -D {delay_ps} -script {folder}/{name}.abc
opt_clean -purge
write_json {folder}/mapping.json
"""


def run_yosys(text, folder, name):
    (folder / f"{name}.ys").write_text(text)
    done = subprocess.run(["yosys", "-q", "-l", str(folder / f"{name}.log"), "-s", str(folder / f"{name}.ys")],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line or "Assert" in line]
        raise SynthesisError(f"Yosys failed: {said[-1] if said else f'exit code {done.returncode}'} "
                             f"(all of it: {folder / f'{name}.log'})")


def check(modules, order, library):
    """Notes the clock gates; refuses what is no cell of the library, and latches elsewhere."""
    for name in order:
        module = modules[name]
        if clock_gate.is_wrapper(name):
            module.gate = clock_gate.Gate()
        kinds = {cell.type for cell in module.cells.values()}
        unknown = sorted(kinds - set(library.cells) - set(modules))
        if any("LATCH" in kind for kind in unknown):
            raise SynthesisError(f"{name}: the RTL makes a latch; only {clock_gate.MODULE} may hold one, within a cell")
        if unknown:
            raise SynthesisError(f"{name}: the library has no cell for {', '.join(unknown)}")


def statistics(modules, order, counts, library):
    """{module: area, cells, flops, latches of its own, its instances, and those sums with all below}."""
    result = {}
    for name in order:
        own = collections.Counter(cell.type for cell in modules[name].cells.values())
        parts = {kind: number for kind, number in own.items() if kind in modules}
        kinds = {kind: number for kind, number in own.items() if kind not in modules}
        entry = {"instances": counts[name], "parts": parts, "cells_by_type": kinds, "own": {
            "area_um2": sum(library.cells[kind].area * number for kind, number in kinds.items()),
            "cells": sum(kinds.values()),
            "flops": sum(number for kind, number in kinds.items() if library.cells[kind].flop),
            "latches": sum(number for kind, number in kinds.items()
                           if library.cells[kind].latch or library.cells[kind].clock_gate)}}
        entry["total"] = {key: value + sum(number * result[part]["total"][key] for part, number in parts.items())
                          for key, value in entry["own"].items()}
        result[name] = entry
    return result


class Synthesis:
    """One design for one library; its generic part is done once, its mapping as often as timing asks for it.

    Writes what it does under `folder`. parameters: of `top`. module: synthesize just this one of those below `top`,
    with the parameters that it has there. rtl: the sources, the package first; by default all of rtl/."""

    def __init__(self, top, parameters, library, folder, *, module=None, flatten=False, rtl=None):
        self.top, self.parameters, self.library, self.folder = module or top, parameters, library, Path(folder)
        self.mapped = collections.defaultdict(dict)  # (module of rtl/, level): {Yosys's name: its JSON}
        self.folder.mkdir(parents=True, exist_ok=True)
        if re.search(r"[^\w./+=,-]", str(self.folder)):
            raise SynthesisError(f"{self.folder}: Yosys takes no such character in a folder's name")
        library.write_trimmed(self.folder / "cells.lib")
        (self.folder / "full_adder.v").write_text(full_adder_map(library))
        (self.folder / "full_adder_gates.v").write_text(full_adder_gates(library))
        load_ff = 4 * library.typical_load * library.cap_pf * 1000
        (self.folder / "abc.constr").write_text(f"set_driving_cell {library.buffers[0].name}\nset_load {load_ff:.3f}\n")
        for name, text in ABC.items():
            (self.folder / f"{name}.abc").write_text(text + "\n")
        rtl = list(rtl or sources())
        if library.for_clock_gates:
            (self.folder / "clock_gate.sv").write_text(clock_gate.source(library))
            rtl = [self.folder / "clock_gate.sv" if file.stem == clock_gate.MODULE else file for file in rtl]
        run_yosys(generic_script(top, parameters, library, self.folder, flatten, rtl, self.top), self.folder, "generic")

    def _map(self, delay_ps, level, chosen=()):
        """Maps these modules of rtl/, or all."""
        run_yosys(mapping_script(self.folder, delay_ps, level, chosen), self.folder, "mapping")
        for name, data in json.loads((self.folder / "mapping.json").read_text())["modules"].items():
            if design.is_own(name, data, self.library):
                self.mapped[design.rtl_name(name), level][name] = data

    def map(self, delay_ps=None, levels=None, effort=fanout.EFFORT):
        """The netlist. delay_ps: what ABC aims at within a module that is mapped for speed, in all calls the same; by
        default 30 FO4. levels: {module of rtl/: FAST or OPEN}; others are SMALL."""
        library, folder, levels = self.library, self.folder, levels or {}
        target = round(delay_ps or 30 * library.fo4_estimate * library.time_ns * 1000)
        if not self.mapped:
            self._map(target, SMALL)
        for level in (FAST, OPEN):
            chosen = [module for module, wanted in levels.items() if wanted == level and (module, level) not in self.mapped]
            if chosen:
                self._map(target, level, sorted(chosen))
        merged = {}
        for (module, level), found in self.mapped.items():
            if level == levels.get(module, SMALL):
                merged |= found
        (folder / "mapped.json").write_text(json.dumps({"modules": merged}))
        modules = design.read(folder / "mapped.json", self.top, library)
        order, counts = design.bottom_up(modules, self.top)
        check(modules, order, library)
        fanout.Buffering(library, modules, 4 * library.typical_load, effort).run(order)
        made = Netlist(self.top, self.parameters, library, folder, modules, order, counts, folder / "netlist.v",
                       folder / "statistics.json", {})
        made.write()
        return made


def synthesize(top, parameters, library, folder, *, flatten=False, rtl=None):
    """Writes netlist.v and statistics.json under `folder`: the smallest, whatever the clock."""
    return Synthesis(top, parameters, library, folder, flatten=flatten, rtl=rtl).map()
