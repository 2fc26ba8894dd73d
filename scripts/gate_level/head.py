"""A head at gate level, from the RTL to the library that `gca run --gate-head` loads; and a run's input for it."""
import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np

from gate_level import cells, check, scalar

ROOT = Path(__file__).resolve().parent.parent.parent
OF_NETLIST = ("rtl/*.sv", "constraints/*.sdc", "scripts/synthesis/*.py", "scripts/gate_level/c*.py",
              "scripts/gate_level/scalar.py")
OF_LIBRARY = ("sim/gates/*", "sim/*.h", "behavioral/*.h", "sim/extra_trace.cpp")
SAMPLE = ROOT / "sim/data/sample.npz"
SAMPLE_DIM = 64
SAMPLE_TILE_TOKENS = 64


class BuildError(Exception):
    """What failed, for the user."""


@dataclasses.dataclass
class Head:
    design: object  # gate_level.options.Design
    folder: Path
    library: Path  # gate_head.so
    fresh: bool  # built now, not earlier
    cells: int


def call(command, log):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", cwd=ROOT)
    log.write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        said = [line for line in log.read_text().splitlines() if "rror" in line]
        raise BuildError(f"{command[0]} failed: {said[0].strip() if said else f'exit code {done.returncode}'} "
                         f"(all of it: {log})")


def fingerprint(patterns, *parts):
    """Of all that something is made from: files of the repository, and other parts as texts."""
    digest = hashlib.sha256(json.dumps([str(part) for part in parts]).encode())
    for pattern in patterns:
        for file in sorted(ROOT.glob(pattern)):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def is_made(folder, mark):
    stamp = folder / "made_from"
    return stamp.is_file() and stamp.read_text() == mark


def fresh(folder, mark):
    """Whether the folder was made from something else; then it is empty now."""
    if is_made(folder, mark):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return True


def make_netlist(design, folder):
    made = design.synthesize(folder)
    used = cells.used(made)
    cells.write(design.library, used, folder / "cells.v")
    check.cells(design.library, used, folder)
    scalar.write(made, folder / "scalar.v")


def compile_head(design, folder, made, traced):
    size = design.size
    levels = f"{size.query_levels}x{size.store_levels}x{size.out_levels}"
    compilers = [f"-DCMAKE_{language}_COMPILER={os.environ.get(variable, usual)}"
                 for language, variable, usual in (("C", "CC", "clang"), ("CXX", "CXX", "clang++"))]
    call(["cmake", "-S", ROOT / "sim/gates", "-B", made, "-G", "Ninja", *compilers,
          f"-DGCA_NETLIST={folder.absolute()}/cells.v;{folder.absolute()}/scalar.v",
          f"-DGCA_GEOMETRY={size.dim}x{size.tile_tokens}x{size.tiles}:{levels}+{design.readout}",
          f"-DGCA_TRACED={'ON' if traced else 'OFF'}"], made / "configure.log")
    jobs = os.environ.get("JOBS") or str(len(os.sched_getaffinity(0)))
    call(["cmake", "--build", made, "--parallel", jobs], made / "build.log")


def build(design, folder, traced=False):
    """The head of gate_level.options.Design, made anew where anything has changed. folder: takes the netlist, and the
    builds with and without traced nets."""
    folder = Path(folder)
    mark = fingerprint(OF_NETLIST, design.parameters, design.clock_ns, design.library.dont_use,
                       hashlib.sha256(design.library.text.encode()).hexdigest())
    if fresh(folder, mark):
        make_netlist(design, folder)
        (folder / "made_from").write_text(mark)
    mark = fingerprint(OF_LIBRARY, mark)
    # Where there is one with nets to trace, it serves a run without a trace, too.
    made = folder / ("traced" if traced or is_made(folder / "traced", mark) else "plain")
    is_fresh = fresh(made, mark)
    if is_fresh:
        compile_head(design, folder, made, traced)
        (made / "made_from").write_text(mark)
    number = json.loads((folder / "statistics.json").read_text())["gca_head"]["total"]["cells"]
    return Head(design, folder, made / "gate_head.so", is_fresh, number)


def write_input(size, folder, heads=None, tokens=None, readout="counters"):
    """The built-in sample cut to the head's dimension (or repeated up to it), and a configuration in which its pulses
    are about as long as the paper's: the options of `gca run` for both.

    heads: so many sequences, by default the sample's; tokens: of each, by default the sample's."""
    sample = np.load(SAMPLE)
    arrays = {}
    for name in "qkv":
        array = np.resize(sample[name], (heads, *sample[name].shape[1:])) if heads else sample[name]
        features = np.arange(size.dim) % SAMPLE_DIM
        times = np.arange(tokens or array.shape[1]) % array.shape[1]
        arrays[name] = array[:, times][:, :, features]
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "input.npz", **arrays)
    (folder / "config.toml").write_text(f"""[geometry]
dim = {size.dim}
tile_tokens = {size.tile_tokens}
tiles = {size.tiles}
[hardware]
readout = "{readout}"
[quantization]
query_levels = {size.query_levels}
store_levels = {size.store_levels}
output_levels = {size.out_levels}
[charge_to_pulse]
s_sat = {80.0 * size.dim / SAMPLE_DIM}
a_sat = {40.0 * size.tile_tokens / SAMPLE_TILE_TOKENS}
""")
    return ["--input", str(folder / "input.npz"), "--config", str(folder / "config.toml")]
