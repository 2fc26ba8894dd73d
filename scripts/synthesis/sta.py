"""Runs OpenSTA and reads what it says: paths, slacks, the FO4 delay of a library."""
import dataclasses
import re
import shutil
import subprocess

CONSTRAINTS = "constraints/gca_head.sdc"
# What OpenSTA says where something is not as the script supposes.
COMPLAINT = re.compile(r"^(?:Warning|Error): .*", re.MULTILINE)
STAGES, STAGE = 12, 6  # inverters in the chain; the first of the two that are measured


class TimingError(Exception):
    """What went wrong, for the user."""


@dataclasses.dataclass
class Step:
    delay_ns: float
    pin: str
    cell: str

    @property
    def instance(self):
        """The path of the module's instance that holds the cell, empty for the top."""
        return "/".join(self.pin.split("/")[:-2])


@dataclasses.dataclass
class Path:
    start: str
    end: str
    slack_ns: float
    arrival_ns: float
    outside_ns: float  # what the constraints leave to the other side of the input and output
    steps: list  # from the launching flop's clock pin, or the input port, to the end

    @property
    def depth(self):
        """Cells, the launching flop among them."""
        return sum(1 for step in self.steps if "/" in step.pin and step.cell and step.delay_ns != 0.0)

    def least_period(self, clock_ns):
        """At which the path would just be met; what is outside is a share of the period."""
        return clock_ns - self.slack_ns / (1 - self.outside_ns / clock_ns)


def run(text, folder, name, allowed=None):
    """What OpenSTA said; anything it complains of is an error, but for what holds `allowed`."""
    script = folder / f"{name}.tcl"
    script.write_text(text + "\nexit\n")
    done = subprocess.run([shutil.which("sta") or "sta", "-no_splash", "-exit", str(script)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace")
    said = done.stdout + done.stderr
    (folder / f"{name}.log").write_text(said)
    complaints = [line for line in COMPLAINT.findall(said) if not allowed or allowed not in line]
    if done.returncode != 0 or complaints:
        raise TimingError(f"OpenSTA: {complaints[0] if complaints else f'exit code {done.returncode}'} "
                          f"(all of it: {folder / f'{name}.log'})")
    return said


def sections(said):
    """{name: text} between lines `== NAME`."""
    parts = re.split(r"^== (.*)\n", said, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def latch_slack(block, slack, clock_ns):
    """Of a path that ends in a latch: until it closes. OpenSTA tells that until it opens, and none if that is late."""
    borrow = [re.search(rf"^{word} time borrow\s+([\d.]+)", block, re.MULTILINE) for word in ("max", "actual")]
    # One that comes before the latch opens is half a cycle early, less a setup time: nothing depends on how much.
    return slack + (float(borrow[0][1]) - float(borrow[1][1]) if all(borrow) else clock_ns / 2)


def read_paths(text, clock_ns):
    """The paths of report_checks in its full format, the worst first."""
    paths = []
    for block in re.split(r"(?=^Startpoint: )", text, flags=re.MULTILINE)[1:]:
        start, end = (re.search(rf"^{word}: (\S+)", block, re.MULTILINE)[1] for word in ("Startpoint", "Endpoint"))
        slack = re.search(r"^\s*(-?[\d.]+)\s+slack", block, re.MULTILINE)
        arrival = re.search(r"^\s*(-?[\d.]+)\s+data arrival time", block, re.MULTILINE)
        if not slack or not arrival:
            continue
        steps = [Step(float(delay), pin, cell) for delay, pin, cell in re.findall(
            r"^\s*(-?[\d.]+)\s+-?[\d.]+\s+[v^]\s+(\S+) \((\S+)\)$", block.split("data arrival time")[0], re.MULTILINE)]
        # A flop on the falling edge leaves half a cycle inside.
        edges = [float(time) for time in re.findall(r"^\s*[\d.]+\s+([\d.]+)\s+clock \S+ \((?:rise|fall) edge\)", block,
                                                    re.MULTILINE)]
        is_latch = re.search(r"^Endpoint: [^\n]*\n?[^\n]*level-sensitive latch", block, re.MULTILINE)
        outside = clock_ns - (edges[-1] - edges[0]) if len(edges) > 1 and not is_latch else 0.0
        outside += sum(abs(float(delay)) for delay in re.findall(
            r"^\s*(-?[\d.]+)\s+-?[\d.]+\s+(?:[v^] )?(?:input|output) external delay", block, re.MULTILINE))
        late = latch_slack(block, float(slack[1]), clock_ns) if is_latch else float(slack[1])
        paths.append(Path(start, end, late, float(arrival[1]), outside, steps))
    return sorted(paths, key=lambda path: path.slack_ns)


def read_endpoints(text):
    """{endpoint: slack} of report_checks -format end."""
    lines = re.findall(r"^(\S+) \(\S+\)\s+\S+\s+\S+\s+(-?[\d.]+) \(", text, re.MULTILINE)
    return {name: float(slack) for name, slack in lines}


def chain(library):
    """Verilog of inverters in a row, each with three more of them as a load."""
    cell = library.inverter
    pin, out = cell.inputs[0], cell.outputs[0]
    lines = [f"  {cell.name} i{i} (.{pin}(w{i}), .{out}(w{i + 1}));" for i in range(STAGES)]
    lines += [f"  {cell.name} l{i}_{k} (.{pin}(w{i}), .{out}());" for i in range(1, STAGES + 1) for k in range(3)]
    wires = ", ".join(f"w{i}" for i in range(1, STAGES + 1))
    last = f"  {cell.name} last (.{pin}(w{STAGES}), .{out}(b));"
    return "\n".join(["module chain (a, b);", "  input a;", "  output b;", f"  wire {wires};", "  wire w0;",
                      f"  {cell.name} first (.{pin}(a), .{out}(w0));", *lines, last, "endmodule", ""])


@dataclasses.dataclass
class Fo4:
    delay_ns: float
    slew_ns: float


def fo4(library, folder):
    """Of the library's smallest inverter, with the slew that such a chain settles to; average of rise and fall."""
    (folder / "fo4.v").write_text(chain(library))
    library.write(folder / "fo4.lib", [library.inverter.name])
    said = run(f"""read_liberty {{{folder}/fo4.lib}}
read_verilog {{{folder}/fo4.v}}
link_design chain
create_clock -name virtual -period 1000
set_input_delay 0 -clock virtual [get_ports a]
set_output_delay 0 -clock virtual [get_ports b]
puts "== paths"
report_checks -rise_from [get_ports a] -fields slew -digits 6
report_checks -fall_from [get_ports a] -fields slew -digits 6
""", folder, "fo4")
    delays, slews = [], []
    line = rf"^\s*([\d.]+)\s+([\d.]+)\s+[\d.]+ [v^] i(\d+)/{library.inverter.outputs[0]} "
    for edge in re.findall(line, said, re.MULTILINE):
        if int(edge[2]) in (STAGE, STAGE + 1):
            slews.append(float(edge[0]))
            delays.append(float(edge[1]))
    if len(delays) != 4:
        raise TimingError(f"the FO4 chain has {len(delays)} delays, not 4 (see {folder / 'fo4.log'})")
    return Fo4(sum(delays) / 4, sum(slews) / 4)


@dataclasses.dataclass
class Timing:
    clock_ns: float
    paths: list  # the worst of all, as many as were asked for
    by_kind: dict  # {kind: its worst path}
    by_module: dict  # {module of the netlist: its worst path, of those that end in it}
    endpoints: dict  # {endpoint: slack}
    unconstrained: list  # endpoints
    slow_pins: list  # pins beyond max_transition, those of ideal nets left out

    @property
    def all_paths(self):
        return [*self.paths, *self.by_kind.values(), *self.by_module.values()]

    @property
    def slack_ns(self):
        return min(self.endpoints.values())

    @property
    def period_ns(self):
        """The least clock period."""
        return max(path.least_period(self.clock_ns) for path in self.all_paths)


# Of a module alone: its ports change, and are looked at, at the clock's edges.
MODULE_CONSTRAINTS = """create_clock -name clk -period $clock_ns [get_ports clk_i]
foreach port [all_inputs] {
  set name [get_name $port]
  if {$name == "rst_ni"} { set_false_path -from $port } elseif {$name != "clk_i"} { set_input_delay 0 -clock clk $port }
}
set_output_delay 0 -clock clk [all_outputs]"""


def prologue(netlist, clock_ns, reference, sdc):
    """Reads everything. An input is driven by a buffer, an output drives four inverters; the clock's edges have the
    slew of the FO4 chain."""
    library, folder = netlist.library, netlist.folder
    used = {cell.type for name in netlist.order for cell in netlist.modules[name].cells.values()}
    drive = library.buffers[min(1, len(library.buffers) - 1)]
    library.write(folder / "timing.lib", [*used & set(library.cells), drive.name])
    return f"""read_liberty {{{folder}/timing.lib}}
read_verilog {{{netlist.verilog}}}
link_design {netlist.top}
set clock_ns {clock_ns:.6f}
{f"read_sdc {{{sdc}}}" if sdc else MODULE_CONSTRAINTS}
set_clock_transition {reference.slew_ns / library.time_ns:.6f} [all_clocks]
set_driving_cell -lib_cell {drive.name} [all_inputs]
set_load {4 * library.typical_load:.6f} [all_outputs]
set data_inputs {{}}
foreach port [all_inputs] {{ if {{[get_name $port] != "clk_i"}} {{ lappend data_inputs $port }} }}
"""


# The kinds of path by where they begin and end.
KINDS = {
    "register to register": ("[all_registers -clock_pins]", "[all_registers -data_pins]"),
    "input to register": ("$data_inputs", "[all_registers -data_pins]"),
    "register to output": ("[all_registers -clock_pins]", "[all_outputs]"),
    "input to output": ("$data_inputs", "[all_outputs]"),
}


def is_ideal(netlist, pin):
    """Whether the pin, INSTANCE/.../PIN, is of a clock, a set or a reset; a port is not."""
    *path, cell, name = ["", *pin.split("/")]
    if not cell:
        return False
    kind = netlist.modules[netlist.module_of(path[1:])].cells[cell].type
    return kind in netlist.library.cells and name in netlist.library.cells[kind].ideal_pins


def analyze(netlist, clock_ns, reference, sdc, paths=3):
    """Timing of a netlist at a clock period. reference: the library's Fo4. sdc: None for a module alone. paths: how
    many of the worst."""
    start = prologue(netlist, clock_ns, reference, sdc)
    latches = sum(netlist.counts[name] for name in netlist.order for cell in netlist.modules[name].cells.values()
                  if cell.type in netlist.library.cells and netlist.library.cells[cell.type].latch)
    # OpenSTA puts latches first whatever they have left: as many more paths are asked for.
    searches = "".join(f'puts "== {kind}"\nreport_checks -from {first} -to {last} -group_count {1 + latches} -digits 4\n'
                       for kind, (first, last) in KINDS.items())
    if latches:
        searches += ('puts "== latches"\nreport_checks -to [all_registers -level_sensitive -data_pins] '
                     f'-group_count {latches} -digits 4\n')
    said = sections(run(f"""{start}
{searches}
puts "== paths"
report_checks -group_count {paths + latches} -digits 4
puts "== endpoints"
report_checks -group_count 1000000 -format end -digits 4
puts "== slow"
report_check_types -max_transition -all_violators
puts "== unconstrained"
if {{[catch {{check_setup -verbose -unconstrained_endpoints}} problem]}} {{ puts $problem }}
""", netlist.folder, "timing", allowed="unconstrained endpoint"))
    endpoints = read_endpoints(said["endpoints"])
    for path in read_paths(said.get("latches", ""), clock_ns):
        endpoints[path.steps[-1].pin] = path.slack_ns
    worst = {}
    for end, slack in endpoints.items():
        module = netlist.module_of(end.split("/")[:-2])
        if module not in worst or slack < worst[module][1]:
            worst[module] = (end, slack)
    ends = "".join(f'puts "== {module}"\nreport_checks -to {{{end}}} -digits 4\n' for module, (end, _) in worst.items())
    ends = sections(run(start + ends, netlist.folder, "modules"))
    by_kind = {kind: found[0] for kind in KINDS if (found := read_paths(said[kind], clock_ns))}
    by_module = {module: found[0] for module, text in ends.items() if (found := read_paths(text, clock_ns))}
    return Timing(clock_ns, read_paths(said["paths"], clock_ns)[:paths], by_kind, by_module, endpoints,
                  re.findall(r"^  (\S+)$", said["unconstrained"], re.MULTILINE),
                  [pin for pin in re.findall(r"^(\S+)[ \t].*VIOLATED", said["slow"], re.MULTILINE)
                   if not is_ideal(netlist, pin)])
