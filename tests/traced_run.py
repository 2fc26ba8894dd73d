"""One `gca run --trace` for tests: its input and configuration, its trace and sums, and the line that replays it."""
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
from waveform.trace_reader import Trace  # noqa: E402

SUPPLY_V = 0.9
GEOMETRIES = {"tiny": (8, 8, 2), "odd": (12, 10, 3), "paper": (64, 64, 16)}


class TracedRun:
    """Attributes: dim, tile_tokens, tiles; name, for messages; trace; counts [heads][tokens][dim]."""

    def __init__(self, test, gca, geometry, *options, heads=1, tokens=6, seed=1, **sections):
        """`sections` of the configuration, such as leakage={"form": "off"}. The files live as long as the test."""
        self.dim, self.tile_tokens, self.tiles = GEOMETRIES[geometry]
        self.name = f"{geometry} {' '.join(options)}, seed {seed}"
        self.gca = gca
        self.options = options
        folder = tempfile.TemporaryDirectory(prefix="gca_trace_")
        test.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        sections["geometry"] = {"dim": self.dim, "tile_tokens": self.tile_tokens, "tiles": self.tiles}
        (self.folder / "config.toml").write_text("".join(
            f"[{section}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
            for section, keys in sections.items()))
        np.savez(self.folder / "input.npz", **self._input(seed, heads, tokens, self.dim))
        subprocess.run(self.command(gca, self.folder), check=True, stdout=subprocess.DEVNULL)
        self.trace = Trace(self.folder / "wave.fst")
        with np.load(self.folder / "output.npz") as output:
            self.counts = output["counts"]

    @staticmethod
    def _input(seed, heads, tokens, dim):
        """Weak and strong scores of both signs, some beyond the longest pulse; the same for outputs."""
        random = np.random.default_rng(seed)
        shape = (heads, tokens, dim)
        common = random.normal(0, 0.5 / np.sqrt(dim), (heads, 1, dim))
        q = np.clip(0.4 + 0.3 * random.normal(size=shape) + 3 * common, 0, 1)
        lean = random.choice([-1.0, 0.5, 2.5], (heads, tokens, 1))
        k = np.clip(SUPPLY_V / 2 + 0.15 * random.normal(size=shape) + 2 * lean * common, 0, SUPPLY_V)
        v = np.clip(SUPPLY_V / 2 + 0.3 * random.normal(size=shape), 0, SUPPLY_V)
        return {key: value.astype(np.float32) for key, value in (("q", q), ("k", k), ("v", v))}

    def command(self, gca, folder):
        return [str(gca), "run", "--check", "never", "--config", f"{folder}/config.toml", "--input",
                f"{folder}/input.npz", "--output", f"{folder}/output.npz", "--trace", f"{folder}/wave.fst",
                *self.options]

    def keep(self):
        """Copies the files out of the temporary folder; the line that runs this again."""
        kept = Path(tempfile.mkdtemp(prefix="gca_trace_failure_"))
        for file in self.folder.iterdir():
            shutil.copy(file, kept)
        return "replay: " + " ".join(self.command(self.gca, kept))

    def indexed(self, letter, index, size):
        """A line's or cell's name, as sim/analog_trace.h says."""
        return f"{letter}{index:0{len(str(size - 1))}}"

    def column(self, index):
        return self.indexed("c", index, self.tile_tokens)

    def output(self, index):
        return self.indexed("e", index, self.dim)

    def row(self, index):
        return self.indexed("r", index, self.dim)
