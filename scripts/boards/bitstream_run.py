"""A board's bitstream in the place of the board: unpacked to a netlist, Verilated, behind a pseudo-terminal, with the
program gca at the other end. For the iCE40, whose bitstreams icestorm can read."""
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from boards.devices import text
from boards.flow import ROOT, Failed, clocks_per_bit, run

CELLS = Path("/usr/share/yosys/ice40/cells_sim.v")
PATIENCE_S = 300


def make_netlist(design):
    """Writes netlist.v, of what is in the bitstream and nothing else."""
    folder = design.folder
    run(["iceunpack", design.bitstream, folder / "unpacked.asc"], folder / "unpack.log")
    # icebox_vlog knows no options of a pin.
    pins = (ROOT / f"constraints/{design.name}.pcf").read_text()
    (ROOT / folder / "pins.pcf").write_text(re.sub(r"-\S+ (yes|no) ", "", pins))
    run(["icebox_vlog", "-s", "-c", "-n", "gca_board", "-p", folder / "pins.pcf", folder / "unpacked.asc"],
        folder / "unpack.log", folder / "unpacked.v")
    ram = re.search(r"^module SB_RAM40_4K \(.*?^endmodule", CELLS.read_text(), re.M | re.S)[0]
    (ROOT / folder / "ram.v").write_text(re.sub(r"`ICE40_DEFAULT\w+(\([^)]*\))?", "", ram) + "\n")
    # Verilator does not take the declarations that icebox_vlog writes.
    script = (f"read_verilog {folder}/unpacked.v; read_verilog -lib {folder}/ram.v; hierarchy -check -top gca_board; "
              f"proc; opt_clean; check -assert; write_verilog -noattr {folder}/netlist.v")
    run(["yosys", "-q", "-p", script], folder / "unpack.log")


def build(design):
    """Returns the program board_sim with the netlist in it."""
    folder = design.folder
    program = folder / "simulation/board_sim"
    flags = f"-std=c++20 -I{ROOT} -DGCA_BOARD_SIM_CLOCKS_PER_BIT={clocks_per_bit(design.board, design.baud)}"
    run(["verilator", "--cc", "--exe", "--build", "-O3", "--x-assign", "fast", "--x-initial", "fast", "-Wno-fatal",
         "-Wno-lint", "--prefix", "Vgca_board", "--top-module", "gca_board", "-Mdir", program.parent, "-o", program.name,
         "-CFLAGS", flags, "-LDFLAGS", "-lfmt", "-MAKEFLAGS", "CXX=clang++ LINK=clang++ OPT_FAST=-O1 OPT_SLOW=-O0",
         folder / "netlist.v", folder / "ram.v", ROOT / "tests/board_sim.cpp",
         ROOT / "scripts/boards/board_netlist.cpp"],
        folder / "simulation.log")
    return program


def find_gca(build_it):
    """The program gca of the build directory."""
    environment = {**os.environ, "TARGET": "gca"}
    if build_it and subprocess.run([ROOT / "scripts/build"], env=environment, stdout=sys.stderr).returncode != 0:
        raise Failed("scripts/build: failed")
    return ROOT / os.environ.get("BUILD_DIR", "build") / "gca"


def write_input(design, tokens):
    """One sequence; full scales by which neither stage stays at 0 or at its end."""
    import numpy as np

    dim, tile_tokens, tiles = design.size
    folder = ROOT / design.folder
    random = np.random.default_rng(1)
    shape = (1, tokens, dim)
    np.savez(folder / "input.npz", q=random.random(shape, dtype=np.float32),
             k=(0.9 * random.random(shape)).astype(np.float32), v=(0.9 * random.random(shape)).astype(np.float32))
    (folder / "config.toml").write_text(
        f"[geometry]\ndim = {dim}\ntile_tokens = {tile_tokens}\ntiles = {tiles}\n\n"
        f"[charge_to_pulse]\ns_sat = {1.25 * dim}\na_sat = {0.625 * tile_tokens}\n")


def simulate(design, tokens, program):
    """Returns what `gca run --engine board` reports: every result compared with the reference."""
    print(f"fpga: unpacking {design.bitstream} and building it for simulation", file=sys.stderr)
    make_netlist(design)
    simulator = build(design)
    write_input(design, tokens)
    folder = design.folder
    port, report = ROOT / folder / "port", folder / "run.json"
    port.unlink(missing_ok=True)
    board = subprocess.Popen([ROOT / simulator, port], stdout=subprocess.DEVNULL)
    try:
        while not port.is_symlink() and board.poll() is None:
            time.sleep(0.05)
        print(f"fpga: {tokens} tokens of {text(design.size)} through it", file=sys.stderr)
        run([program, "run", "--engine", "board", "--port", port, "--baud", design.baud, "--patience", PATIENCE_S,
             "--config", folder / "config.toml", "--input", folder / "input.npz", "--output", folder / "output.npz",
             "--report", report, "--check", "always"], folder / "run.log")
    finally:
        board.send_signal(signal.SIGTERM)
        board.wait()
    result = json.loads((ROOT / report).read_text())
    return {"tokens": tokens, "outputs": tokens * design.size[0], "near_threshold": result["check"]["near_threshold"],
            "mismatches": result["check"]["mismatches"]}
