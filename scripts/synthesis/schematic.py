"""Draws a module of rtl/ as SVG: its operators, before mapping (Yosys show, Graphviz)."""
import subprocess

from synthesis import netlist


class SchematicError(Exception):
    """What went wrong, for the user."""


def draw(module, parameters, folder):
    """The path of the drawing of a module, with the parameters that it has in gca_head."""
    folder.mkdir(parents=True, exist_ok=True)
    quoted = [str(file) for file in netlist.sources()]
    changes = "".join(f" -chparam {name} {value}" for name, value in parameters.items())
    pick = "" if module == "gca_head" else netlist.pick(module)
    netlist.run_yosys(f"""
read_verilog -sv {quoted[0]}
read_verilog -sv -defer {' '.join(quoted[1:])}
hierarchy -check -top gca_head{changes}
{pick}
proc
opt
opt_clean -purge
show -format dot -prefix {folder}/{module} -width -colors 3 -notitle {module}
""", folder, module)
    drawing = folder / f"{module}.svg"
    done = subprocess.run(["dot", "-Tsvg", "-o", str(drawing), str(folder / f"{module}.dot")], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace", timeout=600, check=False)
    if done.returncode != 0 or not drawing.exists():
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise SchematicError(f"Graphviz failed on {module}: {said[-1]}")
    return drawing
