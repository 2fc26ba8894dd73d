"""Proves that modules of a netlist do what the RTL says, with every flop a cut (logic.py).

The states of both sides are paired by the names of their nets, which synthesis keeps; a state may be kept inverted.
Then outputs and next states are functions of inputs and states alone, and ABC's cec proves each pair of them equal, for
all inputs and all states. So from equal states both give equal outputs and go to equal states, for ever. What clocks,
clears and presets a state is compared like its data. Reset needs no premise: it is an input.

A clock gate (rtl/gca_clock_gate.sv) is cut open, too, and proved by itself: a library's cell holds its enable in a
latch where the RTL has a flop, so the two agree only where the enable comes from flops at the rising edge. That is
assumed.

An RTL state that the netlist lacks stays a free input of the RTL alone: nothing may depend on it. One that the netlist
has merged with another, or found constant, is proved to go on being so.
"""
import dataclasses
import json
import random
import re
import shlex
import subprocess
import threading
import time

from gate_level import cells
from gate_level.logic import CLOCK_GATE, Literal, Logic, LogicError
from synthesis import design, netlist

# To plain gates and flops, without optimising: a clean-up of what has no meaning, and Yosys's own gates for operators.
# Clock gates stay, but those that are only wires.
TO_GATES = f"""
setattr -mod -set keep_hierarchy 1 *{CLOCK_GATE}*
setattr -mod -unset keep_hierarchy *{CLOCK_GATE}*ClockGates=*{32 * '0'}
setattr -mod -unset keep_hierarchy A:top
flatten
techmap
dffunmap
simplemap
opt_clean
"""


CASES = 4096  # that tell states without names apart


class EquivalenceError(Exception):
    """Why there is no verdict, for the user."""


@dataclasses.dataclass
class Verdict:
    equal: bool
    states: int
    outputs: int
    seconds: float
    told: str


def yosys(folder, name, text, timeout_s):
    script = folder / f"{name}.ys"
    script.write_text(text)
    try:
        done = subprocess.run(["yosys", "-q", "-l", str(folder / f"{name}.log"), "-s", str(script)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise EquivalenceError(f"Yosys took longer than {timeout_s} s ({script})") from None
    if done.returncode != 0:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise EquivalenceError(f"Yosys: {said[-1] if said else f'exit code {done.returncode}'} ({script})")


class Rtl:
    """The RTL of a head, elaborated once; `logic` gives a module of it."""

    def __init__(self, parameters, folder, timeout_s=600):
        self.folder, self.timeout_s = folder, timeout_s
        folder.mkdir(parents=True, exist_ok=True)
        changes = "".join(f" -chparam {name} {value}" for name, value in parameters.items())
        package, *others = [shlex.quote(str(file)) for file in netlist.sources()]
        yosys(folder, "rtl", f"""
read_verilog -sv -DSYNTHESIS {package}
read_verilog -sv -DSYNTHESIS -defer {' '.join(others)}
hierarchy -check -top gca_head{changes}
proc
memory_map
write_rtlil {folder}/rtl.il
tee -o {folder}/modules.txt ls
""", timeout_s)
        found = re.findall(r"^  (\S+)$", (folder / "modules.txt").read_text(), re.MULTILINE)
        self.yosys_name = {plain: name for name, plain in design.module_names(found, "gca_head").items()}
        self.writing = {module: threading.Lock() for module in self.yosys_name}

    def logic(self, module):
        """May be called from several threads, for one module, too."""
        path = self.folder / f"rtl-{module}.json"
        with self.writing[module]:
            if not path.exists():
                yosys(self.folder, f"rtl-{module}", f"""
read_rtlil {self.folder}/rtl.il
hierarchy -top {self.yosys_name[module]}
{TO_GATES}
rename -top module_
attrmap -remove src -remove hdlname
write_json {path}
""", self.timeout_s)
        return Logic(path, "module_")


def write_netlist(made, module, folder, changed):
    folder.mkdir(parents=True, exist_ok=True)
    modules = made.modules | (changed or {})
    order, _ = design.bottom_up(modules, module)
    design.write(modules, order, folder / "netlist.v")
    cells.write(made.library, {cell.type for name in order for cell in modules[name].cells.values()} - set(modules),
                folder / "cells.v")


def netlist_logic(made, module, folder, changed=None, timeout_s=600):
    """made: synthesis.netlist.Netlist; changed: modules in place of some of its own. Files go to `folder`."""
    write_netlist(made, module, folder, changed)
    yosys(folder, "netlist", f"""
read_verilog {folder}/cells.v {folder}/netlist.v
hierarchy -check -top {module}
proc
{TO_GATES}
rename -top module_
attrmap -remove src -remove hdlname
write_json {folder}/netlist.json
""", timeout_s)
    return Logic(folder / "netlist.json", "module_")


class Names:
    """The nets of a netlist by the RTL's names, also where several of these became one net, or a constant."""

    def __init__(self, made):
        """made: synthesis.netlist.Netlist, as it was synthesized."""
        self.made = made
        data = json.loads((made.folder / "mapped.json").read_text())["modules"]
        called = design.module_names([name for name in data if not data[name]["attributes"].get("blackbox")], made.top)
        self.nets = {}  # module: {RTL name: the netlist's, or a constant}
        for yosys_name, module in called.items():
            names = made.modules[module].names if module in made.modules else {}
            nets = self.nets[module] = {}
            for name, entry in data[yosys_name]["netnames"].items():
                for i, bit in enumerate(() if entry["hide_name"] else entry["bits"]):
                    nets[indexed(design.plain(name), entry["bits"], i)] = names.get(bit, bit)

    def below(self, module, path=""):
        """{RTL name: the netlist's, or a constant}, of the module and all in it."""
        def full(name):
            return design.plain(f"{path}{name.split('[')[0]}") + "".join(name.partition("[")[1:])
        found = {full(name): net if net in design.CONSTANTS else full(net) for name, net in self.nets[module].items()}
        for name, cell in self.made.modules[module].cells.items():
            if cell.type in self.made.modules:
                found |= self.below(cell.type, f"{path}{name}.")
        return found


def indexed(name, bits, i):
    return f"{name}[{i}]" if len(bits) > 1 else name


def pair_states(rtl, gates, nets):
    """{the RTL's bit: the netlist's State, a constant's text, or None; and whether it is inverted}. nets: of Names."""
    named = {name: bit for bit, names in gates.names.items() for name in names}
    for name, net in nets.items():
        named.setdefault(name, named.get(net, net if net in ("0", "1") else None))
    pairs = {}
    for bit, state in rtl.states.items():
        found = next((named[name] for name in state.names if named.get(name) is not None), None)
        source = gates.source(found) if found is not None else None
        if source is None:
            pairs[bit] = (None, False)
        elif source.bit in gates.states:
            pairs[bit] = (gates.states[source.bit], source.inverted)
        elif source.bit in ("0", "1"):
            pairs[bit] = (source.bit, source.inverted)
        else:
            raise EquivalenceError(f"the netlist has logic where the RTL has the state {state.names[0]}")
    pair_nameless(rtl, gates, pairs)
    partners = {partner.bit for partner, _ in pairs.values() if hasattr(partner, "bit")}
    for bit, state in gates.states.items():
        if bit not in partners:
            raise EquivalenceError(f"the netlist has a state that the RTL has not: "
                                   f"{state.names[0] if state.names else 'without a name'}")
    return pairs


def pair_nameless(rtl, gates, pairs):
    """Adds to `pairs` states whose names synthesis has lost: those that get the same data in many random cases, where
    all others agree and these are 0. A wrong guess is found: ABC proves the pairs."""
    partners = {partner.bit for partner, _ in pairs.values() if hasattr(partner, "bit")}
    lost = [bit for bit, (partner, _) in pairs.items() if partner is None]
    nameless = [bit for bit in gates.states if bit not in partners]
    if not lost or not nameless:
        return
    draw, ones = random.Random(1), (1 << CASES) - 1
    of_rtl = {bit: draw.getrandbits(CASES) for bit in rtl.inputs.values()}
    of_gates = {gates.inputs[name]: of_rtl[bit] for name, bit in rtl.inputs.items()}
    for bit, (partner, inverted) in pairs.items():
        if hasattr(partner, "bit"):
            value = of_gates.setdefault(partner.bit, draw.getrandbits(CASES))
            of_rtl[bit] = value ^ (ones if inverted else 0)
    of_rtl |= dict.fromkeys(lost, 0)
    of_gates |= dict.fromkeys(nameless, 0)
    for name, pins in rtl.clock_gates.items():
        of_rtl[pins["clk_o"]] = of_gates[gates.clock_gates[name]["clk_o"]] = draw.getrandbits(CASES)
    theirs = gates.values(of_gates, [gates.states[bit].data for bit in nameless], ones)
    by_value = {value: bit for bit, value in zip(nameless, theirs)}
    for bit, value in zip(lost, rtl.values(of_rtl, [rtl.states[bit].data for bit in lost], ones)):
        if value in by_value:
            pairs[bit] = (gates.states[by_value[value]], False)


def write_problem(rtl, gates, nets, folder):
    """The two files for ABC; gives the number of states and of outputs."""
    for side, other in ((rtl, gates), (gates, rtl)):
        missing = {*side.inputs} - {*other.inputs} | {*side.outputs} - {*other.outputs}
        if missing:
            raise EquivalenceError(f"only one of the two has the port {min(missing)}")
    pairs = pair_states(rtl, gates, nets)
    if rtl.clock_gates.keys() != gates.clock_gates.keys():
        lonely = min(rtl.clock_gates.keys() ^ gates.clock_gates.keys())
        raise EquivalenceError(f"only one of the two has the clock gate {lonely}")
    given = {bit: Literal(f"state_{bit}") for bit in gates.states}
    of_rtl, outputs, gate_outputs = {}, {}, {}
    for name, pins in rtl.clock_gates.items():
        theirs = gates.clock_gates[name]
        of_rtl[pins["clk_o"]] = given[theirs["clk_o"]] = Literal(f"clock_{name}")
        outputs |= {f"{name}.{pin}": Literal(pins[pin]) for pin in ("clk_i", "enable_i")}
        gate_outputs |= {f"{name}.{pin}": Literal(theirs[pin]) for pin in ("clk_i", "enable_i")}
    inputs = [*rtl.inputs, *(literal.bit for literal in given.values())]
    for bit, (partner, inverted) in pairs.items():
        if partner is None:
            of_rtl[bit] = Literal(f"unread_{bit}")
            inputs.append(f"unread_{bit}")
            continue
        name = rtl.states[bit].names[0]
        functions = rtl.states[bit].functions()
        if isinstance(partner, str):  # a constant: neither data nor clear nor preset may change it
            value = Literal(partner, inverted)
            of_rtl[bit] = value
            theirs = {"data": value, "clear" if value in (Literal("1"), Literal("0", True)) else "preset": Literal("0")}
            functions = {kind: functions[kind] for kind in theirs}
        else:
            if partner.kind != rtl.states[bit].kind:
                raise EquivalenceError(f"{name}: a {rtl.states[bit].kind} in the RTL, a {partner.kind} in the netlist")
            of_rtl[bit] = Literal(f"state_{partner.bit}", inverted)
            theirs = partner.functions(inverted)
        outputs |= {f"{name}.{kind}": literal for kind, literal in functions.items()}
        gate_outputs |= {f"{name}.{kind}": literal for kind, literal in theirs.items()}
    outputs |= {f"{name}.out": Literal(bit) for name, bit in rtl.outputs.items()}
    gate_outputs |= {f"{name}.out": Literal(bit) for name, bit in gates.outputs.items()}
    rtl.write_blif(folder / "rtl.blif", inputs, outputs, of_rtl)
    gates.write_blif(folder / "netlist.blif", inputs, gate_outputs, given)
    return len(rtl.states), len(outputs)


def compare(option, folder, timeout_s):
    """The command of ABC's cec, and what it said."""
    command = ["yosys-abc", "-q", f"cec {option} -C 10000000 -T {timeout_s} {folder}/rtl.blif {folder}/netlist.blif"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=timeout_s + 60)
        said = done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        said = "no answer"
    (folder / "abc.txt").write_text(said)
    return command, said


def last_line(said):
    return (said.strip().splitlines() or [""])[-1]


def prove(rtl, gates, nets, folder, timeout_s=600):
    """The Verdict on two Logics; nets: of Names, for the module. Files go to `folder`."""
    start = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        states, outputs = write_problem(rtl, gates, nets, folder)
    except (EquivalenceError, LogicError) as error:
        return Verdict(False, len(rtl.states), 0, time.monotonic() - start, str(error))
    # Output by output: much faster where many operands are added. Only the other way names what differs.
    command, said = compare("-p", folder, timeout_s)
    equal = "Networks are equivalent" in said
    if "NOT EQUIVALENT" in said:
        _, said = compare("", folder, timeout_s)
    elif not equal:
        raise EquivalenceError(f"ABC has no verdict within {timeout_s} s ({shlex.join(command)}): {last_line(said)}")
    different = re.search(r"Verification failed for at least \d+ outputs?: *(.*)", said)
    told = "" if equal else different[1].strip() if different else last_line(said)
    return Verdict(equal, states, outputs, time.monotonic() - start, told)


# Both gates, with an enable that changes after the rising edge; from the first falling edge on they must agree.
CLOCK_GATES_CHECK = """module check (input clk_i, input enable_i);
  wire rtl_clk, netlist_clk;
  rtl_gate u_rtl (.clk_i(clk_i), .enable_i(enable_i), .clk_o(rtl_clk));
  netlist_gate u_netlist (.clk_i(clk_i), .enable_i(enable_i), .clk_o(netlist_clk));
  reg was_high = 1'b0, was_enabled, fell = 1'b0;
  always @($global_clock) begin
    was_high <= clk_i;
    was_enabled <= enable_i;
    fell <= fell || (was_high && !clk_i);
  end
  always @* begin
    if (!clk_i) assume (enable_i == was_enabled);
    if (fell) assert (rtl_clk == netlist_clk);
  end
endmodule
"""


def is_clock_gate(module):
    return re.fullmatch(rf"{CLOCK_GATE}(_\d+)?", module) is not None


def prove_clock_gate(rtl, made, module, folder, changed=None, timeout_s=600):
    """The Verdict on a clock gate, by ABC's pdr, in all clocks and for ever."""
    start = time.monotonic()
    write_netlist(made, module, folder, changed)
    (folder / "check.sv").write_text(CLOCK_GATES_CHECK)
    yosys(folder, "clock_gate", f"""
read_verilog {folder}/cells.v {folder}/netlist.v
rename {module} netlist_gate
read_rtlil {rtl.folder}/rtl.il
rename {rtl.yosys_name[module]} rtl_gate
read_verilog -sv -formal {folder}/check.sv
hierarchy -check -top check
proc
flatten
clk2fflogic
memory_map
techmap
simplemap
dffunmap
abc -g AND -fast
opt_clean
write_aiger -I -B -zinit -no-startoffset {folder}/check.aig
""", timeout_s)
    command = ["yosys-abc", "-q", f"read_aiger {folder}/check.aig; fold; strash; pdr -T {timeout_s}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          timeout=timeout_s + 60)
    (folder / "abc.txt").write_text(done.stdout + done.stderr)
    equal, different = "Property proved" in done.stdout, "was asserted in frame" in done.stdout
    if equal == different:
        raise EquivalenceError(f"ABC has no verdict ({shlex.join(command)})")
    return Verdict(equal, 1, 1, time.monotonic() - start, done.stdout.strip())
