"""Options that scripts/gates and scripts/equivalence share: what is synthesized, and where it goes."""
import argparse
import os
import re
import shutil
import subprocess
from pathlib import Path

from synthesis import flow, geometry
from synthesis.liberty import Library, LibertyError

ROOT = Path(__file__).resolve().parent.parent.parent
OSU018 = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")


class UsageError(Exception):
    """One line for the user."""


class Parser(argparse.ArgumentParser):
    def __init__(self, text, **more):
        introduction, _, rest = text.partition("\n\n")
        super().__init__(description=introduction, epilog=rest, allow_abbrev=False,
                         formatter_class=argparse.RawDescriptionHelpFormatter, **more)
        add = self.add_argument
        add("--config", metavar="NAME", default="paper",
            help=f"{', '.join(geometry.named())} or DIMxTILE_TOKENSxTILES[:QUERYxSTORExOUT] (default: paper)")
        add("--liberty", metavar="FILE", type=Path, default=OSU018, help="the cell library (default: OSU 0.18 um)")
        add("--dont-use", metavar="PATTERN", action="append", default=[],
            help="cells to leave alone: a regular expression on their names; may be repeated")
        add("--style", choices=geometry.STYLES, help="ReadoutStyle (default: the RTL's)")
        add("--clock-gates", choices=("0", "1"), help="ClockGates (default: the RTL's)")
        add("--clock-ns", metavar="X", type=float, help="the clock period to meet (default: as scripts/synth)")
        add("--build", metavar="DIR", type=Path, default=ROOT / os.environ.get("BUILD_DIR", "build"),
            help="the build directory (default: BUILD_DIR, or build)")

    def error(self, message):
        raise UsageError(f"{message} ({self.prog} --help lists the options)")


def count(name):
    """A type for add_argument."""
    def parse(text):
        if not text.isdecimal() or not 1 <= int(text) < 10**6:
            raise UsageError(f"{name} is {text}: must be a whole number from 1 to {10**6 - 1}")
        return int(text)
    return parse


def has_tools(tools, arguments):
    return all(map(shutil.which, tools)) and (arguments.liberty != OSU018 or OSU018.exists())


class Design:
    """What the options ask for; `parameters` are gca_head's."""

    def __init__(self, arguments):
        if arguments.clock_ns is not None and not 0.001 <= arguments.clock_ns <= 1e6:
            raise UsageError(f"--clock-ns is {arguments.clock_ns:g}: must be 0.001 to 1000000")
        try:
            self.size = geometry.read(arguments.config)
            self.library = Library(arguments.liberty, arguments.dont_use)
        except (geometry.GeometryError, LibertyError, re.error) as error:
            raise UsageError(str(error)) from None
        self.clock_ns = arguments.clock_ns
        self.parameters = self.size.parameters()
        parts = [self.size.name, self.library.name]
        if arguments.style:
            self.parameters["ReadoutStyle"] = geometry.STYLES[arguments.style]
            parts.append(arguments.style)
        if arguments.clock_gates:
            self.parameters["ClockGates"] = int(arguments.clock_gates)
            parts.append(f"gates{arguments.clock_gates}")
        # As the configuration of a run and CMake's lists of geometries call it.
        self.readout = (arguments.style or "counters") + ("-gated" if arguments.clock_gates == "1" else "")
        self.name = re.sub(r"[^\w.=-]", "_", "-".join(parts))

    def synthesize(self, folder):
        """The netlist that scripts/synth would report on."""
        return flow.synthesize(self.parameters, self.library, folder, clock_ns=self.clock_ns).netlist


def run_setup(group=None):
    subprocess.run([ROOT / "scripts/setup", *([group] if group else [])], check=True)
