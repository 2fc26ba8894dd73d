#!/usr/bin/python3
"""The program as its users meet it: files in, files and messages out.

    /usr/bin/python3 tests/cli_test.py PATH_TO_GCA [unittest's arguments]

Needs numpy. The equations below are written from the specification alone; they share nothing with the program.
"""

import itertools
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

GCA = None  # set in main
SUPPLY_V = 0.9
OFFSET_V = 0.45
CUBIC = [0.52136361, 13.61226063, -2.62044562, 46.05483778]
LINEAR = [0.0, 19.3]
# dim, tokens a tile, tiles
BACKPRESSURES = ("none", "random", "consumer", "producer", "stop_and_go")
TINY = (8, 8, 2)
ODD = (12, 10, 3)
TILE = (64, 64, 1)
PAPER = (64, 64, 16)


def projections(heads, tokens, dim, seed=1, dtype=np.float32):
    """Inputs in hardware range that use it: strong and weak scores, some pulses that saturate."""
    random = np.random.default_rng(seed)
    shape = (heads, tokens, dim)
    common = random.normal(0, 0.12, (heads, 1, dim))
    q = np.clip(0.45 + 0.3 * random.normal(size=shape) + 2 * common, 0, 1)
    k = np.clip(OFFSET_V + 0.2 * random.normal(size=shape) + 1.5 * common, 0, SUPPLY_V - 1e-6)
    v = np.clip(OFFSET_V + 0.25 * random.normal(size=shape), 0, SUPPLY_V - 1e-6)
    return {"q": q.astype(dtype), "k": k.astype(dtype), "v": v.astype(dtype)}


class Expected:
    """One head by the equations of the specification, in double precision."""

    def __init__(self, q, k, v, geometry, window, query_levels=16, store_levels=8, output="counter", output_levels=16,
                 cell=CUBIC, s_sat=80.0, a_sat=40.0, leakage="voltage", decay=1.56e-4):
        dim, tile_tokens, tiles = geometry
        tokens = q.shape[0]
        x = self.quantised(q, 1.0, query_levels)
        key_u = self.quantised(k, SUPPLY_V, store_levels) - OFFSET_V
        value_u = self.quantised(v, SUPPLY_V, store_levels) - OFFSET_V
        self.s = np.zeros((tokens, tokens))
        self.phi = np.zeros((tokens, tokens))
        self.a = np.zeros((tokens, tiles, dim))
        for t in range(tokens):
            for j in range(max(0, t + 1 - window), t + 1):
                a = np.exp(-(t - j) * decay)
                of_u = a if leakage == "voltage" else 1.0
                of_charge = a if leakage == "product" else 1.0
                self.s[t, j] = of_charge * np.dot(x[t], self.cell(cell, of_u * key_u[j]))
                self.phi[t, j] = np.clip(self.s[t, j] / s_sat, 0, 1)
                tile = j % window // tile_tokens
                self.a[t, tile] += of_charge * self.phi[t, j] * self.cell(cell, of_u * value_u[j])
        raw = self.a / a_sat
        out = np.clip(raw, -1, 1)
        scale = {"counter": output_levels - 1, "mid-tread": (2 * output_levels - 1) / 2, "off": 1}[output]
        if output == "counter":
            steps = np.copysign(np.floor(np.abs(out) * scale + 0.5), out)
        else:
            steps = np.rint(out * scale) if output == "mid-tread" else out
        # Thresholds are half-way between whole steps, none of them beyond the clamp.
        near = (np.abs(np.abs(raw) * scale % 1 - 0.5) <= 1e-9) & (np.abs(raw) <= 1 + 1e-9)
        self.sums = steps.sum(axis=1)
        self.y = self.sums / scale
        self.certain = ~near.any(axis=1)
        self.saturated_pulses = int((self.s >= s_sat).sum())
        self.full_counters = int((np.abs(steps) == output_levels - 1).sum())

    @staticmethod
    def quantised(values, full_scale, levels):
        values = values.astype(np.float64)
        return values if levels == 0 else np.rint(values / full_scale * (levels - 1)) * full_scale / (levels - 1)

    @staticmethod
    def cell(coefficients, u):
        return sum(c * u**i for i, c in enumerate(coefficients))


class CliTest(unittest.TestCase):
    """A temporary folder, and ways to run the program in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gca_cli_")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.inputs = 0

    def gca(self, *arguments, code=0, timeout=60):
        done = subprocess.run([GCA, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, f"gca {arguments}\n{done.stdout}{done.stderr}")
        if code != 2:
            self.assertEqual(done.stderr, "")
        return done

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def input(self, arrays, save=np.savez):
        self.inputs += 1
        name = f"input{self.inputs}.npz"
        save(self.folder / name, **arrays)
        return name

    def config(self, geometry=TINY, **sections):
        """A configuration file, such as config(TINY, leakage={"form": "off"})."""
        text = "[geometry]\ndim = {}\ntile_tokens = {}\ntiles = {}\n".format(*geometry)
        for section, keys in sections.items():
            text += f"[{section}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        return self.write(f"config{len(list(self.folder.glob('*.toml')))}.toml", text)

    def load(self, name):
        with np.load(self.folder / name) as file:
            return {key: file[key] for key in file}

    def run_to(self, output, *arguments):
        """The arrays that a run writes."""
        self.gca("run", "--check", "never", "--output", output, *arguments)
        return self.load(output)

    def files(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}

    def refused(self, *arguments, says):
        """Exit code 2, one line that says all of `says`, no file made or changed. Returns the line."""
        before = self.files()
        done = subprocess.CompletedProcess([], 0, "", "")
        with self.subTest(arguments=arguments):
            done = self.gca(*arguments, code=2, timeout=20)
            self.assertEqual(done.stdout, "")
            self.assertEqual((len(done.stderr.splitlines()), done.stderr[-1:]), (1, "\n"), done.stderr)
            for word in says:
                self.assertIn(str(word), done.stderr)
            self.assertEqual(sorted(self.files()), sorted(before))
            self.assertEqual(self.files(), before)
        self.restore(before)
        return done.stderr

    def restore(self, files):
        """So that what one refusal leaves behind does not blame the next."""
        for path in [path for path in self.folder.iterdir() if path.is_file() and path.name not in files]:
            path.unlink()
        for name, data in files.items():
            (self.folder / name).write_bytes(data)

    def table(self, *arguments):
        """The rows of the table at a run's end: name to text; rows without a name are dropped."""
        return dict(re.findall(r"^  (\S.*?)  +(\S.*)$", self.gca("run", *arguments).stdout, re.MULTILINE))


class Inputs(CliTest):
    def setUp(self):
        super().setUp()
        self.conf = self.config(TINY)
        self.arrays = projections(3, 30, 8)
        self.expected = self.run_to("expected.npz", "--config", self.conf, "--input", self.input(self.arrays))

    def assert_same_result(self, arrays, save=np.savez):
        name = self.input(arrays, save)
        self.run_to("result.npz", "--config", self.conf, "--input", name)
        self.assertEqual((self.folder / "result.npz").read_bytes(), (self.folder / "expected.npz").read_bytes())

    def test_output_has_the_documented_arrays(self):
        self.assertEqual(list(self.expected), ["y", "counts"])
        self.assertEqual(self.expected["y"].shape, (3, 30, 8))
        self.assertEqual(self.expected["y"].dtype, np.float32)
        self.assertEqual(self.expected["counts"].shape, (3, 30, 8))
        self.assertEqual(self.expected["counts"].dtype, np.int16)
        self.assertTrue(self.expected["counts"].any())
        np.testing.assert_array_equal(self.expected["y"], (self.expected["counts"] / 15).astype(np.float32))

    def test_what_numpy_writes_loads(self):
        for dtype in (np.float32, np.float64, ">f4", ">f8"):
            for order in "CF":
                for save in (np.savez, np.savez_compressed):
                    with self.subTest(dtype=dtype, order=order, save=save.__name__):
                        self.assert_same_result(
                            {key: np.array(value, dtype, order=order) for key, value in self.arrays.items()}, save)

    def test_arrays_may_differ_in_dtype_and_layout(self):
        q, k, v = (self.arrays[key] for key in "qkv")
        self.assert_same_result({"v": np.asfortranarray(v), "k": k.astype(np.float64), "q": q})

    def test_views_load(self):
        wide = {key: np.repeat(value, 2, axis=2)[:, :, ::2] for key, value in self.arrays.items()}
        self.assert_same_result(wide)

    def test_other_keys_are_ignored(self):
        extra = {"a": np.arange(3), "y": np.zeros((3, 30, 8)), "text": np.array("hello"), "nan": np.array([np.nan]),
                 "Q": np.zeros(1), "anything": np.array([None], dtype=object), "flags": np.array([True])}
        self.assert_same_result({**extra, **self.arrays})

    def test_a_file_name_needs_no_suffix(self):
        source = self.input(self.arrays)
        (self.folder / source).rename(self.folder / "with space")
        result = self.run_to("out put", "--config", self.conf, "--input", "with space")
        np.testing.assert_array_equal(result["counts"], self.expected["counts"])

    def test_two_dimensional_input_is_one_head(self):
        for head in range(3):
            for order in "CF":
                name = self.input({key: np.array(value[head], order=order) for key, value in self.arrays.items()})
                result = self.run_to("one.npz", "--config", self.conf, "--input", name)
                self.assertEqual(result["y"].shape, (1, 30, 8))
                self.assertEqual(result["counts"].shape, (1, 30, 8))
                np.testing.assert_array_equal(result["counts"][0], self.expected["counts"][head])

    def test_heads_are_independent(self):
        order = [2, 0, 1]
        name = self.input({key: value[order] for key, value in self.arrays.items()})
        for threads in (1, 3):
            result = self.run_to("permuted.npz", "--config", self.conf, "--input", name, "--threads", threads)
            np.testing.assert_array_equal(result["counts"], self.expected["counts"][order])

    def test_counts_only_with_the_counter(self):
        name = self.input(self.arrays)
        for quantiser, engine in itertools.product(("off", "mid-tread"), ("functional", "reference")):
            conf = self.config(TINY, quantization={"output": quantiser})
            result = self.run_to("other.npz", "--config", conf, "--input", name, "--engine", engine)
            self.assertEqual(list(result), ["y"])
            self.assertEqual((result["y"].shape, result["y"].dtype), ((3, 30, 8), np.float32))

    def test_empty_and_one_token_sequences(self):
        for heads, tokens in ((3, 0), (0, 5), (0, 0), (1, 1), (3, 1)):
            name = self.input(projections(heads, tokens, 8))
            for engine, mode in (("rtl", "sequential"), ("rtl", "pipelined"), ("functional", "sequential"),
                                 ("reference", "sequential")):
                for check in ("always", "auto", "never"):
                    with self.subTest(heads=heads, tokens=tokens, engine=engine, mode=mode, check=check):
                        table = self.table("--config", self.conf, "--input", name, "--engine", engine, "--mode", mode,
                                           "--check", check, "--output", f"{engine}.npz", "--report", "report.json")
                        self.assertTrue(table["tokens"].startswith(str(heads * tokens)), table)
                        self.assertEqual(self.load(f"{engine}.npz")["y"].shape, (heads, tokens, 8))
                        self.assertEqual(self.load(f"{engine}.npz")["counts"].shape, (heads, tokens, 8))
            for other in ("functional", "reference"):
                self.gca("compare", "rtl.npz", f"{other}.npz")
        empty = self.input({key: np.zeros((0, 8)) for key in "qkv"})
        self.assertEqual(self.run_to("empty.npz", "--config", self.conf, "--input", empty)["y"].shape, (1, 0, 8))

    def test_values_out_of_range_are_clamped_and_counted(self):
        arrays = projections(3, 30, 8)
        clamped = {key: value.copy() for key, value in arrays.items()}
        for key, index, value, inside in (("q", (0, 0, 0), -0.5, 0), ("q", (2, 29, 7), 1.01, 1),
                                          ("k", (1, 3, 2), -9, 0), ("k", (1, 4, 2), 1e30, 0.9),
                                          ("v", (0, 5, 5), 0.91, 0.9)):
            arrays[key][index] = value
            clamped[key][index] = inside
        inside = self.run_to("a.npz", "--config", self.conf, "--input", self.input(clamped))
        table = self.table("--config", self.conf, "--input", self.input(arrays), "--report", "report.json", "--output",
                           "b.npz")
        np.testing.assert_array_equal(self.load("b.npz")["counts"], inside["counts"])
        self.assertTrue(table["clamped inputs"].startswith("5 "), table)
        self.assertEqual(json.loads((self.folder / "report.json").read_text())["clamped_inputs"], 5)

    def test_limits_of_the_range_are_not_clamped(self):
        for dtype in (np.float32, np.float64):
            ends = np.zeros((1, 2, 8), dtype)
            ends[:, 1] = 1
            name = self.input({"q": ends, "k": ends * dtype(0.9), "v": ends * dtype(0.9)})
            self.assertTrue(self.table("--config", self.conf, "--input", name)["clamped inputs"].startswith("0 "))

    def test_scalers(self):
        """One number or one a head; clamping comes after them."""
        a, b = [0.5, 1.0, 2.0], [0.125, 0.0, -0.25]
        hardware = {key: value.astype(np.float64) for key, value in self.arrays.items()}
        raw = {key: (value - np.reshape(b, (3, 1, 1))) / np.reshape(a, (3, 1, 1)) for key, value in hardware.items()}
        conf = self.config(TINY, scalers={f"{key}_{part}": values for key in "qkv" for part, values in
                                          (("a", a), ("b", b))} | {"output_a": [2.0, 3.0, -1.0], "output_b": 0.5})
        for engine in ("rtl", "functional", "reference"):
            result = self.run_to("scaled.npz", "--config", conf, "--input", self.input(raw), "--engine", engine)
            np.testing.assert_array_equal(result["counts"], self.expected["counts"])
            sums = self.expected["counts"] / 15
            np.testing.assert_array_equal(
                result["y"], (np.reshape([2.0, 3.0, -1.0], (3, 1, 1)) * sums + 0.5).astype(np.float32))
        table = self.table("--config", conf, "--input", self.input(raw), "--check", "always")
        self.assertTrue(table["against reference"].startswith("0 of"), table)

    def test_the_sample_is_the_default(self):
        result = self.run_to("sample.npz")
        heads, tokens, dim = result["counts"].shape
        self.assertGreaterEqual(heads, 2)
        self.assertGreater(tokens, 1024)
        self.assertEqual(dim, 64)
        self.assertTrue(result["counts"].any(axis=(1, 2)).all())
        other = self.run_to("functional.npz", "--engine", "functional")
        np.testing.assert_array_equal(result["counts"], other["counts"])


class Probe(CliTest):
    def check_probe(self, geometry, window, engine, heads=2, tokens=20, cell="cubic", coefficients=None, seed=1,
                    **equations):
        arrays = projections(heads, tokens, geometry[0], seed, np.float64)
        quantization = {key: equations[key] for key in ("query_levels", "store_levels", "output", "output_levels")
                        if key in equations}
        sections = {"quantization": quantization, "cell": {"model": cell},
                    "charge_to_pulse": {key: equations[key] for key in ("s_sat", "a_sat") if key in equations},
                    "leakage": {"form": equations["leakage"], "decay_per_token": equations["decay"]}}
        if coefficients:
            sections["cell"]["coefficients"] = coefficients
        conf = self.config(geometry, **sections)
        got = self.run_to("probe.npz", "--config", conf, "--input", self.input(arrays), "--engine", engine, "--probe",
                          "--window", window)
        counter = equations.get("output", "counter") == "counter"
        self.assertEqual(list(got), ["y", "counts", "s", "phi", "a"] if counter else ["y", "s", "phi", "a"])
        dim, _, tiles = geometry
        for key, shape in (("s", (heads, tokens, tokens)), ("phi", (heads, tokens, tokens)),
                           ("a", (heads, tokens, tiles, dim)), ("y", (heads, tokens, dim))):
            self.assertEqual((got[key].shape, got[key].dtype), (shape, np.float32), key)
        ages = np.arange(tokens)[:, None] - np.arange(tokens)[None, :]
        masked = (ages < 0) | (ages >= window)
        self.assertFalse(got["s"][:, masked].any())
        self.assertFalse(got["phi"][:, masked].any())
        for head in range(heads):
            want = Expected(arrays["q"][head], arrays["k"][head], arrays["v"][head], geometry, window,
                            cell=coefficients or {"cubic": CUBIC, "linear": LINEAR}[cell], **equations)
            for key in ("s", "phi", "a"):
                np.testing.assert_allclose(got[key][head], getattr(want, key), rtol=1e-5, atol=1e-9, err_msg=key)
            if equations.get("output") == "off":
                np.testing.assert_allclose(got["y"][head], want.y, rtol=1e-5, atol=1e-8)
                continue
            # A sum of whole steps is either right or wrong.
            np.testing.assert_array_equal(got["y"][head][want.certain], want.y.astype(np.float32)[want.certain])
            if counter:
                np.testing.assert_array_equal(got["counts"][head][want.certain], want.sums[want.certain])
            self.assertGreater(want.certain.mean(), 0.99)

    def test_equations(self):
        """Quantisation on and off, each form of leakage, both engines that have a probe."""
        levels = [{"query_levels": 0, "store_levels": 0, "output": "off"},
                  {"query_levels": 16, "store_levels": 8, "output": "counter"},
                  {"query_levels": 16, "store_levels": 8, "output": "mid-tread"},
                  {"query_levels": 0, "store_levels": 8, "output": "counter"},
                  {"query_levels": 9, "store_levels": 0, "output": "off", "output_levels": 7}]
        seed = 0
        for engine, leakage, quantisers in itertools.product(("functional", "reference"), ("off", "voltage", "product"),
                                                             levels):
            seed += 1
            with self.subTest(engine=engine, leakage=leakage, **quantisers):
                self.check_probe((5, 3, 4), 7, engine, leakage=leakage, decay=0.02, s_sat=8.0, a_sat=5.0, seed=seed,
                                 **quantisers)

    def test_geometries_and_windows(self):
        for geometry, window in ((TINY, 16), (TINY, 1), (ODD, 17), ((1, 1, 1), 1), ((3, 1, 9), 5), ((2, 40, 1), 40)):
            for off in (False, True):
                quantisers = {"query_levels": 0, "store_levels": 0, "output": "off"} if off else {}
                with self.subTest(geometry=geometry, window=window, off=off):
                    self.check_probe(geometry, window, "functional", leakage="voltage", decay=1.56e-4, s_sat=10.0,
                                     a_sat=4.0, tokens=24, **quantisers)

    def test_the_papers_head(self):
        for off in (False, True):
            quantisers = {"query_levels": 0, "store_levels": 0, "output": "off"} if off else {}
            self.check_probe(PAPER, 1024, "functional", leakage="voltage", decay=1.56e-4, tokens=70, heads=1,
                             **quantisers)

    def test_cells(self):
        for cell, coefficients in (("linear", None), ("polynomial", [0.25]), ("polynomial", [0.5, 2.0, -3.0, 7.0, 1.5]),
                                   ("polynomial", [0.0, 11.0, 4.0, 1.0, 0.5, 0.25, 0.125, 3.0])):
            for leakage in ("off", "voltage", "product"):
                for off in (False, True):
                    quantisers = {"query_levels": 0, "store_levels": 0, "output": "off"} if off else {}
                    with self.subTest(cell=cell, coefficients=coefficients, leakage=leakage, off=off):
                        self.check_probe((6, 4, 2), 8, "functional", cell=cell, coefficients=coefficients, s_sat=6.0,
                                         a_sat=3.0, leakage=leakage, decay=0.05, **quantisers)

    def test_probe_changes_no_result(self):
        conf, name = self.config(TINY), self.input(projections(2, 40, 8))
        for engine in ("functional", "reference"):
            plain = self.run_to("plain.npz", "--config", conf, "--input", name, "--engine", engine)
            probed = self.run_to("probed.npz", "--config", conf, "--input", name, "--engine", engine, "--probe")
            np.testing.assert_array_equal(plain["counts"], probed["counts"])
            np.testing.assert_array_equal(plain["y"], probed["y"])


class Engines(CliTest):
    """All three compute the same, to the bit, as `gca compare` sees it."""

    def agree(self, geometry, heads, tokens, windows, leakages=("voltage",), seed=1, arrays=None,
              pressures=BACKPRESSURES):
        name = self.input(arrays or projections(heads, tokens, geometry[0], seed))
        for leakage, window in itertools.product(leakages, windows):
            conf = self.config(geometry, leakage={"form": leakage, "decay_per_token": 0.01})
            common = ("--config", conf, "--input", name, "--window", window)
            self.run_to("functional.npz", *common, "--engine", "functional")
            self.run_to("reference.npz", *common, "--engine", "reference")
            self.gca("compare", "functional.npz", "reference.npz")
            for mode, pressure in itertools.product(("sequential", "pipelined"), pressures):
                with self.subTest(geometry=geometry, leakage=leakage, window=window, mode=mode, pressure=pressure):
                    result = self.run_to("rtl.npz", *common, "--mode", mode, "--backpressure", pressure, "--seed",
                                         seed + window)
                    self.assertTrue(result["counts"].any())
                    text = self.gca("compare", "rtl.npz", "functional.npz").stdout
                    self.assertIn("counts: equal", text)
                    self.assertIn("y: equal", text)

    def test_tiny(self):
        self.agree(TINY, 3, 60, (1, 5, 16), ("off", "voltage", "product"))

    def test_odd(self):
        self.agree(ODD, 3, 80, (11, 30), ("off", "voltage", "product"))

    def test_tile(self):
        self.agree(TILE, 2, 150, (33, 64))

    def test_paper(self):
        self.agree(PAPER, 2, 200, (65, 1000))

    def test_paper_with_a_window_that_wraps(self):
        self.agree(PAPER, 1, 1100, (1024,), pressures=("none", "stop_and_go"))

    def test_ties(self):
        """Inputs exactly between two levels: half to even, in each engine."""
        random = np.random.default_rng(3)
        shape = (2, 40, 8)
        self.agree(TINY, 2, 40, (16,), arrays={"q": (random.integers(0, 15, shape) + 0.5) / 15,
                                               "k": (random.integers(0, 7, shape) + 0.5) * 0.9 / 7,
                                               "v": (random.integers(0, 7, shape) + 0.5) * 0.9 / 7})

    def test_constant_inputs(self):
        for level in (0.0, 0.45, 0.9):
            same = np.full((1, 40, 8), level)
            ones = np.ones((1, 40, 8))
            name = self.input({"q": ones, "k": same, "v": same})
            conf = self.config(TINY)
            for engine in ("rtl", "functional", "reference"):
                self.run_to(f"{engine}.npz", "--config", conf, "--input", name, "--engine", engine)
            self.gca("compare", "rtl.npz", "functional.npz")
            self.gca("compare", "rtl.npz", "reference.npz")

    def test_a_run_checks_itself(self):
        conf, name = self.config(ODD), self.input(projections(2, 60, 12))
        for engine in ("rtl", "functional", "reference"):
            table = self.table("--config", conf, "--input", name, "--engine", engine, "--check", "always")
            self.assertEqual(table["against reference"], f"0 of {2 * 60 * 12} outputs differ")


class Compare(CliTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(5)
        self.arrays = {"y": random.normal(size=(2, 3, 4)).astype(np.float32),
                       "counts": random.integers(-240, 240, (2, 3, 4)).astype(np.int16)}
        np.savez(self.folder / "a.npz", **self.arrays)

    def compare(self, code=1, **arrays):
        np.savez(self.folder / "b.npz", **arrays)
        return self.gca("compare", "a.npz", "b.npz", code=code).stdout

    def test_equal(self):
        self.assertIn("counts: equal", self.compare(code=0, **self.arrays))

    def test_where_and_by_how_much(self):
        counts = self.arrays["counts"].copy()
        counts[0, 1, 2] += 3
        counts[1, 2, 3] -= 7
        text = self.compare(y=self.arrays["y"], counts=counts)
        self.assertIn("y: equal", text)
        self.assertIn("2 of 24", text)
        self.assertRegex(text, r"counts\[0, 1, 2\]")
        self.assertRegex(text, r"counts\[1, 2, 3\].*by 7")
        self.assertIn(str(counts[1, 2, 3]), text)

    def test_smallest_difference(self):
        y = self.arrays["y"].copy()
        y[1, 0, 0] = np.nextafter(y[1, 0, 0], np.float32(9))
        self.assertIn("y[1, 0, 0]", self.compare(y=y, counts=self.arrays["counts"]))

    def test_nan_is_the_largest_difference(self):
        y = self.arrays["y"].copy()
        y[0, 0, 0] += 5
        y[0, 1, 0] = np.nan
        y[1, 2, 3] += 1
        self.assertRegex(self.compare(y=y, counts=self.arrays["counts"]), r"largest y\[0, 1, 0\]")
        np.savez(self.folder / "a.npz", y=y)
        self.compare(code=0, y=y)

    def test_shapes_and_keys(self):
        narrow = {**self.arrays, "y": self.arrays["y"][:, :, :3]}
        self.assertIn("y: shapes differ: (2, 3, 4) and (2, 3, 3)", self.compare(**narrow))
        self.assertIn("counts: only in a.npz", self.compare(y=self.arrays["y"]))
        self.assertIn("z: only in b.npz", self.compare(**self.arrays, z=np.zeros(2)))

    def test_refusals(self):
        self.refused("compare", says=("A",))
        self.refused("compare", "a.npz", says=("B",))
        self.refused("compare", "a.npz", "no.npz", says=("no.npz",))
        self.refused("compare", self.write("text", "hello"), "a.npz", says=("text",))


class Determinism(CliTest):
    def test_same_seed_same_bytes(self):
        conf, name = self.config(TINY), self.input(projections(5, 40, 8))
        for engine, mode, pressure in (("rtl", "sequential", "none"), ("rtl", "pipelined", "random"),
                                       ("functional", "sequential", "none"), ("reference", "sequential", "none")):
            outputs = set()
            for threads in (1, 2, 3, 3):
                probe = () if engine == "rtl" else ("--probe",)
                self.run_to("out.npz", "--config", conf, "--input", name, "--engine", engine, "--mode", mode,
                            "--backpressure", pressure, "--seed", 7, "--threads", threads, *probe)
                outputs.add((self.folder / "out.npz").read_bytes())
            self.assertEqual(len(outputs), 1, engine)

    def test_any_seed_same_results(self):
        conf, name = self.config(ODD), self.input(projections(2, 50, 12))
        outputs = set()
        for seed, pressure in itertools.product((0, 1, 2, 12345, 2**64 - 1), BACKPRESSURES):
            self.run_to("out.npz", "--config", conf, "--input", name, "--seed", seed, "--backpressure", pressure)
            outputs.add((self.folder / "out.npz").read_bytes())
        self.assertEqual(len(outputs), 1)

    def test_same_seed_same_figures(self):
        """The host's pauses are the seed's, not those of the threads that happened to run."""
        conf, name = self.config(TINY), self.input(projections(4, 60, 8))
        for pressure in BACKPRESSURES:
            figures = set()
            for threads in (1, 2, 2, 2, 3):
                self.gca("run", "--config", conf, "--input", name, "--backpressure", pressure, "--seed", 3, "--threads",
                         threads, "--report", "r.json")
                report = json.loads((self.folder / "r.json").read_text())
                figures.add(json.dumps([report[key] for key in ("cycles", "latency_ns", "interval_ns")]))
            self.assertEqual(len(figures), 1, (pressure, figures))


class Config(CliTest):
    def test_printed_config_loads_and_prints_the_same(self):
        printed = self.gca("config").stdout
        self.write("printed.toml", printed)
        self.assertEqual(self.gca("config", "--config", "printed.toml").stdout, printed)
        self.assertEqual(self.gca("config", "--config", self.write("empty.toml", "")).stdout, printed)
        for section in ("geometry", "quantization", "cell", "charge_to_pulse", "leakage", "scalers"):
            self.assertIn(f"[{section}]\n", printed)
        for line in ("dim = 64", "tile_tokens = 64", "tiles = 16", "query_levels = 16", "store_levels = 8",
                     'output = "counter"', 'model = "cubic"', 's_sat = 80.0', "a_sat = 40.0", 'form = "voltage"',
                     "decay_per_token = 0.000156", "q_a = 1.0", "output_b = 0.0"):
            self.assertIn(f"\n{line}\n", printed)

    def test_changed_keys_print(self):
        conf = self.config(ODD, quantization={"query_levels": 0, "output": "mid-tread"},
                           cell={"model": "polynomial", "coefficients": [0.1, 2.5]},
                           leakage={"tau_s": 1, "step_s": 0.5},
                           scalers={"q_a": [1.5, 2.5], "output_b": 0.1})
        printed = self.gca("config", "--config", conf).stdout
        for line in ("dim = 12", "tiles = 3", "query_levels = 0", 'output = "mid-tread"', 'model = "polynomial"',
                     "coefficients = [0.1, 2.5]", "decay_per_token = 0.5", "q_a = [1.5, 2.5]", "output_b = 0.1"):
            self.assertIn(f"\n{line}\n", printed)
        self.write("printed.toml", printed)
        self.assertEqual(self.gca("config", "--config", "printed.toml").stdout, printed)

    def test_tau_and_step_are_a_decay(self):
        name = self.input(projections(1, 40, 8))
        decay = self.config(TINY, leakage={"decay_per_token": 0.03125})
        times = self.config(TINY, leakage={"tau_s": 64.0, "step_s": 2.0})
        a = self.run_to("a.npz", "--config", decay, "--input", name, "--engine", "functional", "--probe")
        b = self.run_to("b.npz", "--config", times, "--input", name, "--engine", "functional", "--probe")
        np.testing.assert_array_equal(a["s"], b["s"])

    def test_unknown_keys_are_refused_with_the_nearest(self):
        for text, unknown, nearest in (("[geometry]\ndimm = 8\n", "geometry.dimm", "geometry.dim"),
                                       ("[geometri]\ndim = 8\n", "geometri", "[geometry]"),
                                       ("[leakage]\ndecay = 1\n\n", "leakage.decay", "decay_per_token"),
                                       ("[quantization]\nquery = 1\n", "quantization.query", "query_levels"),
                                       ("[cell]\ns_sat = 1\n", "cell.s_sat", "charge_to_pulse.s_sat"),
                                       ("tiles = 2\n", "tiles", "geometry.tiles")):
            conf = self.write("bad.toml", text)
            self.refused("config", "--config", conf, says=("bad.toml", unknown, nearest))
            self.refused("run", "--config", conf, "--output", "out.npz", says=("bad.toml", unknown, nearest))

    def test_bad_values_are_refused(self):
        for section, key, value in (("geometry", "dim", "0"), ("geometry", "tiles", "-1"), ("geometry", "dim", "1.5"),
                                    ("quantization", "query_levels", "1"), ("quantization", "output", '"none"'),
                                    ("cell", "model", '"quartic"'), ("charge_to_pulse", "s_sat", "0"),
                                    ("charge_to_pulse", "a_sat", "nan"), ("leakage", "form", '"on"'),
                                    ("leakage", "decay_per_token", "-1"), ("scalers", "q_a", '"x"'),
                                    ("scalers", "k_b", "inf"), ("scalers", "v_a", "[]")):
            conf = self.write("bad.toml", f"[{section}]\n{key} = {value}\n")
            self.refused("config", "--config", conf, says=("bad.toml:2", f"{section}.{key}", "must"))
        self.refused("config", "--config", self.write("bad.toml", "dim 8\n"), says=("bad.toml:1", "TOML"))
        self.refused("config", "--config", "no.toml", says=("no.toml",))
        self.refused("config", "--config", ".", says=(".", "directory"))


class Refusals(CliTest):
    """Bad input: exit code 2, one line with the thing, its value and the limit, and nothing left behind."""

    def setUp(self):
        super().setUp()
        self.conf = self.config(TINY)
        self.good = self.input(projections(3, 20, 8))

    def refused_run(self, *arguments, says, input=None, config=None):
        output = () if "--output" in arguments else ("--output", "new.npz")
        return self.refused("run", "--config", config or self.conf, "--input", input or self.good, *output, *arguments,
                            says=says)

    def test_files(self):
        self.refused_run(input="missing.npz", says=("missing.npz", "No such file"))
        (self.folder / "sub").mkdir()
        self.refused_run(input="sub", says=("sub", "is a directory"))
        self.refused_run(input=self.write("text.npz", "hello"), says=("text.npz", "zip"))
        self.refused_run(input=self.write("nothing.npz", ""), says=("nothing.npz", "empty"))
        np.save(self.folder / "q.npy", np.zeros((3, 8)))
        self.refused_run(input="q.npy", says=("q.npy", ".npz"))
        data = (self.folder / self.good).read_bytes()
        (self.folder / "cut.npz").write_bytes(data[:len(data) // 2])
        self.refused_run(input="cut.npz", says=("cut.npz",))
        (self.folder / "flipped.npz").write_bytes(data[:400] + bytes([data[400] ^ 1]) + data[401:])
        self.refused_run(input="flipped.npz", says=("flipped.npz", "q"))

    def test_an_older_result_is_kept(self):
        self.write("old.npz", "an older result")
        bad = projections(3, 20, 8)
        bad["k"][1, 2, 3] = np.nan
        self.refused_run("--output", "old.npz", input=self.input(bad), says=("k[1, 2, 3]",))
        self.refused_run("--output", "old.npz", "--window", 17, says=("--window",))
        self.refused_run("--output", "old.npz", "--report", "missing/file", says=("missing/file",))

    def test_arrays(self):
        arrays = projections(3, 20, 8)
        for key in "qkv":
            without = {other: value for other, value in arrays.items() if other != key}
            self.refused_run(input=self.input(without), says=(f"'{key}'", "input"))
            upper = {**without, key.upper(): arrays[key]}
            self.refused_run(input=self.input(upper), says=(f"'{key}'", f"'{key.upper()}'"))
            for bad in (np.nan, np.inf, -np.inf):
                changed = {**arrays, key: arrays[key].copy()}
                changed[key][2, 13, 5] = bad
                self.refused_run(input=self.input(changed), says=(f"{key}[2, 13, 5]",))
                flat = {name: value[2] for name, value in changed.items()}
                self.refused_run(input=self.input(flat, np.savez_compressed), says=(f"{key}[13, 5]",))
            for dtype in (np.int32, np.int64, np.float16, np.complex64, bool, object, "U3"):
                self.refused_run(input=self.input({**arrays, key: np.ones((3, 20, 8), dtype)}),
                                 says=(key, "float32", "float64"))
        for index, bad in (((0, 0, 0), np.nan), ((2, 19, 7), np.nan)):
            changed = {**arrays, "v": np.asfortranarray(arrays["v"])}
            changed["v"][index] = bad
            self.refused_run(input=self.input(changed), says=("v[{}, {}, {}]".format(*index),))

    def test_only_known_dtypes_are_offered(self):
        """The message must not send a user from int64 to int32, which is refused as well."""
        arrays = {**projections(3, 20, 8), "q": np.ones((3, 20, 8), np.int64)}
        self.assertNotIn("int32", self.refused_run(input=self.input(arrays), says=("q", "float32", "float64")))

    def test_shapes(self):
        q, k, v = projections(3, 20, 8).values()
        self.refused_run(input=self.input(projections(3, 20, 9)), says=("9", "geometry.dim", "8"))
        self.refused_run(input=self.input({"q": q, "k": k[:, :19], "v": v}), says=("k", "(3, 19, 8)", "(3, 20, 8)"))
        self.refused_run(input=self.input({"q": q, "k": k, "v": v[:2]}), says=("v", "(2, 20, 8)", "(3, 20, 8)"))
        self.refused_run(input=self.input({"q": q, "k": k[0], "v": v}), says=("k", "(20, 8)", "(3, 20, 8)"))
        for shape in ((), (8,), (1, 3, 20, 8)):
            zeros = {key: np.zeros(shape) for key in "qkv"}
            self.refused_run(input=self.input(zeros), says=("q", "[heads, tokens, dim]", "[tokens, dim]"))

    def test_window(self):
        self.refused_run("--window", 17, says=("--window", "17", "16"))
        for window in (0, -1, "many", "1.5", "", 2**64):
            self.refused_run("--window", window, says=("--window", window, "1"))
        self.refused("run", "--window", 1025, says=("--window", "1025", "1024"))

    def test_threads_and_seed(self):
        for threads in (0, -1, "x", 10**6):
            self.refused_run("--threads", threads, says=("--threads", threads, "1"))
        for seed in ("x", "1.5", -1, 2**64, ""):
            self.refused_run("--seed", seed, says=("--seed", seed))

    def test_choices(self):
        for option, limit in (("--engine", ("rtl", "functional", "reference")), ("--mode", ("sequential", "pipelined")),
                              ("--backpressure", BACKPRESSURES), ("--check", ("auto", "always", "never"))):
            for word in ("spice", "", limit[0].upper()):
                self.refused_run(option, word, says=(option, word, *limit))

    def test_arguments(self):
        self.refused_run("--windwo", 3, says=("--windwo",))
        self.refused_run("more", says=("more",))
        self.refused("run", "--window", says=("--window",))
        self.refused(says=("subcommand",))
        self.refused("walk", says=("walk", "run"))
        self.refused("config", "more", says=("more",))
        for repeats in (0, -1, "x"):
            self.refused("bench", "--repeats", repeats, says=("--repeats", repeats, "1"))
        for seconds in (0, -1, "x", "nan", "inf"):
            self.refused("bench", "--seconds", seconds, says=("--seconds", seconds))

    def test_rtl_needs_a_built_geometry(self):
        name = self.input(projections(1, 5, 7))
        message = self.refused_run(input=name, config=self.config((7, 3, 2)), says=("7x3x2", "tiny", "8x8x2", "paper"))
        self.assertRegex(message, r"GCA_EXTRA_GEOMETRIES=\w+=7x3x2\b")
        self.run_to("new.npz", "--config", self.config((7, 3, 2)), "--input", name, "--engine", "functional")
        levels = self.config(TINY, quantization={"query_levels": 12, "store_levels": 5, "output_levels": 9})
        self.assertRegex(self.refused_run(config=levels, says=("12", "5", "9")), r"=\w+=8x8x2:12x5x9\b")

    def test_rtl_has_no_quantiser_off(self):
        for key, value in (("query_levels", 0), ("store_levels", 0), ("output", "off"), ("output", "mid-tread")):
            self.refused_run(config=self.config(TINY, quantization={key: value}),
                             says=(f"quantization.{key}", value, "rtl", "functional"))

    def test_options_of_another_engine(self):
        self.refused_run("--probe", says=("--probe", "rtl", "functional", "reference"))
        for engine in ("functional", "reference"):
            self.refused_run("--engine", engine, "--trace", "wave.fst", says=("--trace", "rtl"))

    def test_what_a_trace_shows_must_exist(self):
        for option, value, *says in (("--trace-tokens", "5:5", "A:B"), ("--trace-tokens", "x", "A:B"),
                                     ("--trace-tokens", "20:22", "19"), ("--trace-tokens", "0,4", "A:B"),
                                     ("--trace-head", "3", "2"), ("--trace-head", "-1"),
                                     ("--trace-head", "1:4", "2"), ("--trace-head", "2:2", "A:B"),
                                     ("--trace-head", "all", "A:B"), ("--trace-tiles", "2", "1"),
                                     ("--trace-tiles", "0:3", "1"),
                                     ("--trace-columns", "8", "7"), ("--trace-columns", "1,,2", "numbers"),
                                     ("--trace-rows", "7:9", "7"), ("--trace-rows", "99999999999999999999", "numbers")):
            with self.subTest(option=option, value=value):
                self.refused_run("--trace", "wave.fst", f"{option}={value}", says=(option, value, *says))

    def test_what_a_trace_shows_needs_a_trace(self):
        for option in ("--trace-tokens", "--trace-head", "--trace-tiles", "--trace-columns", "--trace-rows"):
            self.refused_run(option, "0", says=(option, "--trace"))

    def test_unwritable_files(self):
        (self.folder / "sub").mkdir()
        for option in ("--output", "--report", "--trace"):
            for path, reason in (("missing/file", "missing"), ("sub", "directory"), (self.good + "/file", self.good)):
                with self.subTest(option=option, path=path):
                    self.refused_run(option, path, says=(path, reason))

    def test_a_device_or_pipe_is_not_replaced(self):
        os.mkfifo(self.folder / "pipe")
        for option in ("--output", "--report"):
            with self.subTest(option=option):
                self.refused_run(option, "pipe", says=("pipe",))
                self.assertTrue((self.folder / "pipe").is_fifo())

    def test_scalers_of_the_wrong_length(self):
        for key in ("q_a", "k_b", "v_a", "output_a", "output_b"):
            conf = self.config(TINY, scalers={key: [1.0, 1.0]})
            self.refused_run(config=conf, says=(f"scalers.{key}", "2", "3"))

    def test_messages_are_one_line_whatever_the_names(self):
        shutil.copy(self.folder / self.good, self.folder / "a\nb.npz")
        self.refused("run", "--input", "a\nb.npz", says=("8", "64"))
        self.refused("run", "--input", "c\nd.npz", says=("No such file",))
        self.refused_run("--report", "no\nfolder/file", says=("folder/file",))
        self.refused_run("--engine", "a\nb", says=("--engine",))


class Reports(CliTest):
    def setUp(self):
        super().setUp()
        self.heads, self.tokens = 2, 40
        self.arrays = projections(self.heads, self.tokens, 8)
        self.name = self.input(self.arrays)
        self.sections = {"charge_to_pulse": {"s_sat": 20.0, "a_sat": 3.0}}
        self.conf = self.config(TINY, **self.sections)

    def report(self, *arguments):
        self.gca("run", "--config", self.conf, "--input", self.name, "--report", "r.json", *arguments)

        def refuse(word):
            raise ValueError(f"{word} is not JSON")

        return json.loads((self.folder / "r.json").read_text(), parse_constant=refuse)

    def test_json(self):
        want = [Expected(*(self.arrays[key][head] for key in "qkv"), TINY, 16, s_sat=20.0, a_sat=3.0)
                for head in range(self.heads)]
        saturated = sum(head.saturated_pulses for head in want)
        full = sum(head.full_counters for head in want)
        self.assertGreater(saturated, 0)
        self.assertGreater(full, 0)
        for engine, mode in (("rtl", "sequential"), ("rtl", "pipelined"), ("functional", ""), ("reference", "")):
            with self.subTest(engine=engine, mode=mode):
                modes = ("--mode", mode) if mode else ()
                report = self.report("--engine", engine, *modes, "--threads", 2, "--seed", 5, "--check", "always")
                for key, value in {"geometry": {"dim": 8, "tile_tokens": 8, "tiles": 2}, "window": 16, "engine": engine,
                                   "seed": 5, "threads": 2, "heads": 2, "tokens": 40, "clamped_inputs": 0,
                                   "saturated_pulses": saturated, "full_counters": full}.items():
                    self.assertEqual(report[key], value, key)
                self.assertGreater(report["head_tokens_per_s"], 0)
                self.assertGreater(report["wall_s"], 0)
                check = report["check"]
                self.assertIs(check["done"], True)
                self.assertEqual((check["outputs"], check["mismatches"]), (2 * 40 * 8, 0))
                self.assertEqual(check["largest_difference"], 0)
                self.assertTrue(0 < check["softmax_cosine"] < 1, check)
                self.assertTrue(0 < check["softmax_rms_relative"] < 1, check)
                if engine == "rtl":
                    interval = 65 if mode == "sequential" else 30
                    self.assertEqual(report["mode"], mode)
                    self.assertEqual(report["latency_ns"], {"min": 65, "max": 65})
                    self.assertEqual(report["interval_ns"], {"min": interval, "max": interval})
                    least = (self.tokens - 1) * interval + 65
                    self.assertGreaterEqual(report["cycles"], self.heads * least)
                    self.assertLessEqual(report["cycles"], self.heads * (least + 3))
                self.write("again.toml", report["config"])
                self.assertEqual(self.gca("config", "--config", "again.toml").stdout, report["config"])

    def test_back_pressure_shows(self):
        """A consumer that stalls makes tokens wait inside, a producer with gaps makes the head wait for tokens."""
        for pressure, waits_inside, waits_for_tokens in (("random", True, True), ("consumer", True, True),
                                                         ("producer", False, True), ("stop_and_go", True, True)):
            for mode, interval in (("sequential", 65), ("pipelined", 30)):
                with self.subTest(pressure=pressure, mode=mode):
                    report = self.report("--backpressure", pressure, "--mode", mode)
                    self.assertEqual(report["backpressure"], pressure)
                    latency = report["latency_ns"]
                    self.assertGreaterEqual(latency["min"], 65)
                    self.assertEqual(latency["max"] > 65, waits_inside, latency)
                    self.assertGreaterEqual(report["interval_ns"]["min"], interval)
                    self.assertEqual(report["interval_ns"]["max"] > 2 * interval, waits_for_tokens, report)

    def test_checks(self):
        self.assertEqual(self.report("--check", "never")["check"]["done"], False)
        self.assertEqual(self.report("--check", "always")["check"]["done"], True)
        self.assertIn(self.report()["check"]["done"], (False, True))
        never = self.table("--config", self.conf, "--input", self.name, "--check", "never")
        self.assertNotIn("against reference", never)
        self.assertNotIn("against softmax", never)
        # The functional engine is so much faster than the reference that a check never adds less than a fifth.
        auto = self.gca("run", "--engine", "functional").stdout
        self.assertRegex(auto, r"left out.*--check always")
        self.assertNotIn("against reference", auto)

    def test_table(self):
        for mode, interval in (("sequential", 65), ("pipelined", 30)):
            table = self.table("--config", self.conf, "--input", self.name, "--mode", mode, "--check", "always")
            self.assertTrue(table["tokens"].startswith("80 "), table)
            self.assertEqual(table["latency"], "65 ns")
            self.assertEqual(table["interval"], f"{interval} ns")
            self.assertRegex(table["speed"], r"^\d+ head-tokens/s")
            self.assertGreaterEqual(int(table["cycles"]), 2 * (39 * interval + 65))
            self.assertTrue(table["clamped inputs"].startswith("0 "), table)
            self.assertGreater(int(table["saturated pulses"].split()[0]), 0)
            self.assertGreater(int(table["full counters"].split()[0]), 0)
            self.assertEqual(table["against reference"], "0 of 640 outputs differ")
            self.assertIn("cosine", table["against softmax"])

    def test_silent_heads(self):
        """Queries of zero and keys that are all weak give no pulse: there is no direction to compare."""
        zeros = np.zeros((1, 5, 8))
        silent = self.input({"q": zeros, "k": zeros, "v": zeros})
        half = self.input({key: np.concatenate([self.arrays[key][:1, :5], zeros]) for key in "qkv"})
        for name in (silent, half):
            done = self.gca("run", "--config", self.conf, "--input", name, "--check", "always", "--report", "s.json")
            self.assertNotIn("nan", done.stdout.lower())
        # One silent head does not take the other one's figure away.
        check = json.loads((self.folder / "s.json").read_text())["check"]
        self.assertIsNotNone(check["softmax_cosine"])


class Traces(CliTest):
    def check_trace(self, path):
        data = path.read_bytes()
        self.assertEqual(data[:9], b"\0" + (329).to_bytes(8, "big"))  # FST's header block
        self.assertGreater(len(data), 5000)
        vcd = subprocess.run(["fst2vcd", str(path)], capture_output=True, text=True, check=True).stdout
        for name in ("clk_i", "token_valid_i", "result_valid_o", "ana_pulse_i", "analog"):
            self.assertIn(name, vcd)

    def test_trace(self):
        for geometry in (TINY, ODD):
            conf, name = self.config(geometry), self.input(projections(2, 20, geometry[0]))
            for mode in ("sequential", "pipelined"):
                common = ("--config", conf, "--input", name, "--mode", mode)
                self.run_to("plain.npz", *common)
                before = set(self.files())
                self.run_to("traced.npz", *common, "--trace", "wave.fst")
                self.assertEqual(set(self.files()) - before, {"traced.npz", "wave.fst"} - before)
                self.assertEqual((self.folder / "plain.npz").read_bytes(), (self.folder / "traced.npz").read_bytes())
                self.check_trace(self.folder / "wave.fst")

    def test_one_trace_on_any_number_of_threads(self):
        conf, name = self.config(TINY), self.input(projections(5, 20, 8))
        traces = []
        for threads in (1, 2, 5):
            self.gca("run", "--config", conf, "--input", name, "--threads", threads, "--trace", "wave.fst",
                     "--trace-head", 3, "--trace-tokens", "2:18")
            vcd = subprocess.run(["fst2vcd", str(self.folder / "wave.fst")], capture_output=True, text=True, check=True)
            traces.append(vcd.stdout.split("$timescale")[1])
        self.assertEqual(len(set(traces)), 1)

    def test_an_interrupted_run_leaves_a_readable_trace_and_nothing_else(self):
        conf, name = self.config(TINY), self.input(projections(1, 2_000_000, 8))
        for number in (signal.SIGINT, signal.SIGTERM):
            before = set(self.files())
            run = subprocess.Popen([GCA, "run", "--config", conf, "--input", name, "--output", "new.npz", "--trace",
                                    "wave.fst", "--trace-tokens", "all", "--trace-tiles", "none"], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            while not (self.folder / "wave.fst").exists():
                time.sleep(0.01)
            time.sleep(0.3)
            run.send_signal(number)
            _, message = run.communicate(timeout=20)
            self.assertEqual(run.returncode, 128 + number)
            self.assertEqual(message, "gca: interrupted\n")
            self.assertEqual(set(self.files()) - before, {"wave.fst"} - before)
            self.check_trace(self.folder / "wave.fst")
            (self.folder / "wave.fst").unlink()

    def test_report_is_that_of_an_untraced_run(self):
        conf, name = self.config(TINY), self.input(projections(2, 20, 8))
        figures = []
        for trace in ((), ("--trace", "wave.fst")):
            self.gca("run", "--config", conf, "--input", name, "--threads", 1, "--report", "r.json", *trace)
            report = json.loads((self.folder / "r.json").read_text())
            figures.append([report[key] for key in ("cycles", "latency_ns", "interval_ns", "full_counters")])
        self.assertEqual(*figures)


class Checkpoints(CliTest):
    """--checkpoint-at and --resume as a user meets them; tests/resume_test.cpp compares to the bit in all cases."""

    def setUp(self):
        super().setUp()
        self.conf = self.config(TINY)
        self.arrays = projections(3, 40, 8)
        self.name = self.input(self.arrays)
        self.common = ("--config", self.conf, "--input", self.name)

    def test_one_run_gives_the_results_and_the_checkpoint(self):
        plain = self.run_to("plain.npz", *self.common)
        before = set(self.files())
        done = self.gca("run", *self.common, "--check", "never", "--output", "whole.npz", "--checkpoint-at", 15, "state")
        self.assertIn("--resume state", done.stdout)
        self.assertEqual(set(self.files()) - before, {"whole.npz", "state"})
        np.testing.assert_array_equal(self.load("whole.npz")["y"], plain["y"])
        resumed = self.run_to("rest.npz", *self.common, "--resume", "state")
        self.assertEqual(list(resumed), ["y", "counts", "first_token"])
        self.assertEqual((resumed["first_token"].shape, int(resumed["first_token"])), ((), 15))
        for key in ("y", "counts"):
            self.assertEqual(resumed[key].shape, (3, 25, 8))
            np.testing.assert_array_equal(resumed[key], plain[key][:, 15:])
        self.gca("compare", "rest.npz", "rest.npz")

    def test_any_number_of_threads_gives_the_same_bytes(self):
        states, rests = set(), set()
        for threads in (1, 2, 3):
            self.gca("run", *self.common, "--backpressure", "random", "--threads", threads, "--checkpoint-at", 20, "state")
            states.add((self.folder / "state").read_bytes())
            self.run_to("rest.npz", *self.common, "--backpressure", "random", "--threads", threads, "--resume", "state")
            rests.add((self.folder / "rest.npz").read_bytes())
        self.assertEqual((len(states), len(rests)), (1, 1))

    def test_figures_are_those_of_the_whole_run(self):
        figures = ("cycles", "latency_ns", "interval_ns", "saturated_pulses", "full_counters", "tokens")
        common = (*self.common, "--backpressure", "stop_and_go", "--seed", 3)
        self.gca("run", *common, "--report", "whole.json", "--checkpoint-at", 20, "state")
        table = self.table(*common, "--report", "rest.json", "--resume", "state", "--check", "always")
        whole, rest = (json.loads((self.folder / name).read_text()) for name in ("whole.json", "rest.json"))
        self.assertEqual([whole[key] for key in figures], [rest[key] for key in figures])
        self.assertNotIn("first_token", whole)
        self.assertEqual(rest["first_token"], 20)
        self.assertTrue(0 < rest["cycles_after_checkpoint"] < rest["cycles"])
        self.assertEqual(table["tokens"], "120 (3 heads of 40, resumed at token 20)")
        self.assertEqual(table["cycles"], f"{rest['cycles']}, {rest['cycles_after_checkpoint']} of them after the checkpoint")
        self.assertEqual(table["against reference"], f"0 of {3 * 20 * 8} outputs differ")

    def test_the_host_may_be_another_one(self):
        whole = self.run_to("whole.npz", *self.common, "--checkpoint-at", 20, "state")
        for options, interval, latency in ((("--mode", "pipelined"), "30 to 65 ns", "65 ns"),
                                           (("--backpressure", "consumer"), r"65 to \d{2,4} ns", r"65 to \d{2,4} ns")):
            table = self.table(*self.common, *options, "--resume", "state", "--output", "rest.npz")
            self.assertRegex(table["interval"], interval)
            self.assertRegex(table["latency"], latency)
            np.testing.assert_array_equal(self.load("rest.npz")["counts"], whole["counts"][:, 20:])

    def test_the_last_token(self):
        self.gca("run", *self.common, "--checkpoint-at", 40, "state")
        for check in ("always", "auto", "never"):
            self.gca("run", *self.common, "--resume", "state", "--check", check, "--output", "rest.npz")
            self.assertEqual(self.load("rest.npz")["y"].shape, (3, 0, 8))
        longer = {key: np.concatenate([value, value], axis=1) for key, value in self.arrays.items()}
        name = self.input(longer)
        whole = self.run_to("whole.npz", "--config", self.conf, "--input", name)
        rest = self.run_to("rest.npz", "--config", self.conf, "--input", name, "--resume", "state")
        np.testing.assert_array_equal(rest["counts"], whole["counts"][:, 40:])

    def test_a_chain_of_checkpoints(self):
        whole = self.run_to("whole.npz", *self.common, "--checkpoint-at", 10, "state")
        self.gca("run", *self.common, "--resume", "state", "--checkpoint-at", 30, "state")
        rest = self.run_to("rest.npz", *self.common, "--resume", "state")
        self.assertEqual(int(rest["first_token"]), 30)
        np.testing.assert_array_equal(rest["counts"], whole["counts"][:, 30:])

    def test_a_trace_goes_on_at_its_time(self):
        """The RTL's signals, from the cycle in which the run is resumed."""
        for mode in ("sequential", "pipelined"):
            common = (*self.common, "--mode", mode, "--trace-head", 1, "--trace-tokens", "20:28", "--trace-tiles", "none")
            self.gca("run", *common, "--checkpoint-at", 20, "state", "--trace", "whole.fst")
            self.gca("run", *common, "--resume", "state", "--trace", "rest.fst")
            whole, rest = (self.changes(name) for name in ("whole.fst", "rest.fst"))
            start = min(times[0][0] for times in rest.values())
            self.assertGreater(start, 20 * 30 * 1000)
            self.assertGreater(len(rest), 100)
            for name, changes in rest.items():
                before = [value for time, value in whole[name] if time <= start][-1]
                self.assertEqual(changes[0], (start, before), name)
                self.assertEqual(changes[1:], [change for change in whole[name] if change[0] > start], name)
        self.refused("run", *self.common, "--resume", "state", "--trace", "x.fst", "--trace-tokens", "0:20",
                     says=("--trace-tokens", "0:20", "20"))

    def changes(self, name):
        """Of each signal of a trace: times and values."""
        vcd = subprocess.run(["fst2vcd", name], cwd=self.folder, capture_output=True, text=True, check=True).stdout
        header, body = vcd.split("$enddefinitions")
        names, scope, found, time = {}, [], {}, 0
        for words in map(str.split, header.splitlines()):
            if words[:1] == ["$scope"]:
                scope.append(words[2])
            elif words[:1] == ["$upscope"]:
                scope.pop()
            elif words[:1] == ["$var"]:
                names[words[3]] = ".".join([*scope, words[4]])
        for line in body.splitlines():
            if line[:1] == "#":
                time = int(line[1:])
            elif line[:1] in ("0", "1", "b", "r"):
                value, code = line.split() if " " in line else (line[0], line[1:])
                found.setdefault(names[code], []).append((time, value))
        return found

    def test_refusals(self):
        self.gca("run", *self.common, "--checkpoint-at", 10, "state")
        for tokens in (0, -1, "x", "1.5", 41, 2**64):
            self.refused("run", *self.common, "--checkpoint-at", tokens, "new", says=("--checkpoint-at", tokens, "1"))
        self.refused("run", *self.common, "--checkpoint-at", 5, says=("--checkpoint-at",))
        self.refused("run", *self.common, "--resume", "state", "--checkpoint-at", 10, "new",
                     says=("--checkpoint-at is 10", "11 to 40", "resumed"))
        self.refused("run", *self.common, "--resume", says=("--resume",))
        self.refused("run", *self.common, "--resume", "none", says=("none", "No such file"))
        self.refused("run", *self.common, "--resume", self.name, says=(self.name, "no checkpoint"))
        for engine in ("functional", "reference"):
            for option in (("--checkpoint-at", 5, "new"), ("--resume", "state")):
                self.refused("run", *self.common, "--engine", engine, *option, says=(option[0], "rtl"))
        for option in (("--checkpoint-at", 5, "new"), ("--resume", "state")):
            self.refused("run", *self.common, *option, "--trace", "w.fst", "--trace-head", "0:2",
                         says=("--trace-head is 0:2", "one head"))
        self.refused("run", *self.common, "--resume", "state", "--probe", "--output", "o.npz", says=("--probe", "rtl"))
        for option in ("--output", "--report", "--trace"):
            self.refused("run", *self.common, "--resume", "state", option, "state", says=("state", "resumed"))
        self.refused("run", *self.common, "--checkpoint-at", 5, self.name, says=(self.name, "input"))
        self.refused("run", *self.common, "--checkpoint-at", 5, "missing/file", says=("missing/file", "missing"))
        self.refused("run", *self.common, "--resume", "state", "--window", 5, "--output", "o.npz",
                     says=("state", "--window", "16", "5"))
        other = self.config(TINY, leakage={"decay_per_token": 1e-3})
        self.refused("run", "--config", other, "--input", self.name, "--resume", "state",
                     says=("state", "leakage.decay_per_token is 0.000156 in the checkpoint, 0.001 here"))
        other = self.input(projections(3, 40, 12))
        self.refused("run", "--config", self.config(ODD), "--input", other, "--resume", "state",
                     says=("state", "geometry.dim is 8", "12"))
        two_heads = self.input({key: value[:2] for key, value in self.arrays.items()})
        self.refused("run", "--config", self.conf, "--input", two_heads, "--resume", "state", says=("state", "3", "2"))
        changed = {key: value.copy() for key, value in self.arrays.items()}
        changed["k"][2, 9, 7] = 0.9 if changed["k"][2, 9, 7] < 0.45 else 0
        self.refused("run", "--config", self.conf, "--input", self.input(changed), "--resume", "state", "--output",
                     "o.npz", says=("state", "head 2", "first 11"))
        short = self.input({key: value[:, :5] for key, value in self.arrays.items()})
        self.refused("run", "--config", self.conf, "--input", short, "--resume", "state", says=("state", "11", "5"))
        data = (self.folder / "state").read_bytes()
        build = re.search(rb"[0-9a-f]{16}", data)
        for name, wrong, *says in (("cut", data[:-1], "cut short"), ("longer", data + b"x", "damaged"),
                                   ("flipped", data[:2000] + bytes([data[2000] ^ 1]) + data[2001:], "damaged", "CRC"),
                                   ("other", data.replace(build[0], bytes(16)), "damaged", "build")):
            (self.folder / name).write_bytes(wrong)
            self.refused("run", *self.common, "--resume", name, "--output", "o.npz", says=(name, *says))

    def test_an_older_checkpoint_is_kept(self):
        self.write("state", "older")
        bad = self.input({**self.arrays, "v": np.full((3, 40, 8), np.nan)})
        self.refused("run", "--config", self.conf, "--input", bad, "--checkpoint-at", 5, "state", says=("v[0, 0, 0]",))


class Explain(CliTest):
    """What it prints; that it is right is for explain_test.cpp and fault_test.cpp."""

    def setUp(self):
        super().setUp()
        self.arrays = projections(2, 40, 8)
        self.common = ("--config", self.config(TINY), "--input", self.input(self.arrays))

    def explain(self, *arguments):
        return json.loads(self.gca("explain", "--json", *self.common, *arguments).stdout)

    def test_json(self):
        result = self.run_to("result.npz", *self.common)
        expected = Expected(*(self.arrays[key][1] for key in "qkv"), TINY, window=16)
        for token, output in ((0, 0), (7, 7), (15, 1), (16, 2), (39, 3)):
            for engine in ("rtl", "functional"):
                with self.subTest(token=token, output=output, engine=engine):
                    told = self.explain("--head", 1, "--token", token, "--output", output, "--engine", engine)
                    self.assertEqual((told["head"], told["token"], told["output"]), (1, token, output))
                    self.assertEqual(told["engine"], engine)
                    self.assertEqual("cycles" in told, engine == "rtl")
                    self.assertIsNone(told["difference"])
                    self.assertEqual(told["sum"], result["counts"][1, token, output])
                    self.assertAlmostEqual(told["y"], result["y"][1, token, output], places=6)
                    self.assertEqual(sum(tile["count"] for tile in told["tiles"]), told["sum"])
                    self.assertEqual(sum(tile["columns"] for tile in told["tiles"]), min(token + 1, 16))
                    self.assertEqual(len(told["tiles"]) + told["unused_tiles"], 2)
                    for tile in told["tiles"]:
                        self.assertEqual(tile["columns"], tile["pulsed"] + tile["silent"])
                        self.assertAlmostEqual(tile["charge"], expected.a[token, tile["tile"], output], places=9)
                        self.assertAlmostEqual(tile["charge"], tile["reference"]["charge"], places=9)
                        parts = [part["charge"] for part in tile["contributions"]] + [tile["other_contributions"]]
                        self.assertAlmostEqual(sum(parts), tile["charge"], places=9)
                        for part in tile["contributions"]:
                            self.assertAlmostEqual(part["column_charge"], expected.s[token, part["token"]], places=9)
                            self.assertAlmostEqual(part["pulse_ns"], 15 * expected.phi[token, part["token"]], places=9)

    def test_cycles_are_those_of_a_run_on_one_thread(self):
        first = self.explain("--token", 3, "--output", 0)["cycles"]
        self.assertEqual(first["delivered"] - first["accepted"], 65)
        second = self.explain("--head", 1, "--token", 3, "--output", 0)["cycles"]
        self.assertEqual(second["accepted"] - first["accepted"], 40 * 65 + 1)
        pipelined = self.explain("--token", 3, "--output", 0, "--mode", "pipelined")["cycles"]
        self.assertEqual(first["accepted"] - pipelined["accepted"], 3 * 35)

    def test_text(self):
        text = self.gca("explain", *self.common, "--token", 20, "--output", 3, "--window", 12).stdout
        self.assertIn("head 0, token 20, output 3 (rtl, sequential, back-pressure none, window 12)\n", text)
        self.assertIn("tokens 9 to 20 in columns 9 to 11 and 0 to 8\n", text)
        self.assertIn("the same at every stage, for all 8 outputs of the token\n", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 120)
        alone = self.gca("explain", *self.common, "--token", 0, "--output", 3).stdout
        self.assertIn("token 0 in column 0\n", alone)
        self.assertIn("the other sub-tile holds no token that it sees\n", alone)

    def test_the_same_for_any_mode_and_pauses(self):
        told = self.explain("--token", 30, "--output", 5)
        for options in (("--mode", "pipelined"), ("--backpressure", "random"),
                        ("--mode", "pipelined", "--backpressure", "random", "--seed", 9)):
            self.assertEqual(self.explain("--token", 30, "--output", 5, *options)["tiles"], told["tiles"])

    def test_other_quantisers(self):
        for output, last in (("mid-tread", 16), ("off", 1)):
            conf = self.config(TINY, quantization={"output": output, "store_levels": 0, "query_levels": 0},
                               charge_to_pulse={"a_sat": 0.5})
            arguments = ("explain", "--config", conf, *self.common[2:], "--engine", "functional", "--token", 30,
                         "--output", 5)
            told = json.loads(self.gca(*arguments, "--json").stdout)
            self.assertIsNone(told["difference"])
            self.assertLessEqual(max(abs(tile["count"]) for tile in told["tiles"]), last)
            self.assertIn({"mid-tread": "steps", "off": "value"}[output], self.gca(*arguments).stdout)

    def test_refusals(self):
        one = ("--token", 1, "--output", 1)
        self.refused("explain", *self.common, "--output", 1, says=["--token is required"])
        self.refused("explain", *self.common, "--token", 1, says=["--output is required"])
        self.refused("explain", *self.common, "--token", 40, "--output", 1,
                     says=["--token is 40", "0 to 39", "40 tokens"])
        self.refused("explain", *self.common, "--token", 1, "--output", 8,
                     says=["--output is 8", "0 to 7", "8 outputs"])
        self.refused("explain", *self.common, *one, "--head", 2, says=["--head is 2", "0 to 1", "2 heads"])
        for bad in ("-1", "x", "1.5", ""):
            self.refused("explain", *self.common, "--token", bad, "--output", 1, says=["--token is " + bad])
        self.refused("explain", *self.common, *one, "--window", 17, says=["--window is 17", "1 to 16"])
        self.refused("explain", *self.common, *one, "--engine", "reference",
                     says=["--engine is reference", "functional|rtl"])
        self.refused("explain", "--config", self.config((5, 5, 5)), *one, says=["5x5x5", "not built"])
        self.refused("explain", *one, "--input", "missing.npz", says=["missing.npz"])
        empty = self.input(projections(2, 0, 8))
        self.refused("explain", *self.common[:2], "--input", empty, *one, says=["--token is 1", "no tokens"])


class Streams(CliTest):
    def stderr_on_terminal(self, *arguments):
        """What a run paints on the terminal that its stderr is."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([GCA, *map(str, arguments)], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=theirs,
                              stdin=subprocess.DEVNULL) as process:
            os.close(theirs)
            painted = b""
            while True:
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # the other side is closed
                    break
                if not piece:
                    break
                painted += piece
            self.assertEqual(process.wait(), 0)
        os.close(ours)
        return painted.decode()

    def test_progress_bar_on_a_terminal(self):
        painted = self.stderr_on_terminal("run", "--engine", "rtl", "--check", "never")
        self.assertRegex(painted, r"\[[= ]+\] +\d+ %")
        self.assertTrue(painted.endswith("\r\x1b[K"), painted[-20:])  # wiped: the table begins on a clean line
        self.assertNotIn("\n", painted)
        for share in re.findall(r"(\d+) %", painted):
            self.assertLessEqual(int(share), 100)

    def test_no_progress_bar_for_nothing(self):
        conf, name = self.config(TINY), self.input(projections(2, 0, 8))
        self.assertEqual(self.stderr_on_terminal("run", "--config", conf, "--input", name), "")

    def test_no_progress_bar_in_a_pipe(self):
        ours, theirs = pty.openpty()  # stdout alone on a terminal is no reason to paint into stderr's file
        done = subprocess.run([GCA, "run", "--check", "never"], cwd=self.folder, stdout=theirs, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=60)
        os.close(theirs)
        os.close(ours)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.gca("run", "--check", "never")  # nothing on stderr

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            for arguments in (("config",), ("run", "--check", "never")):
                done = subprocess.run([GCA, *arguments], cwd=self.folder, stdout=full, stderr=subprocess.PIPE,
                                      timeout=60)
                self.assertNotEqual(done.returncode, 0, arguments)

    def test_help_and_version(self):
        self.assertRegex(self.gca("--version").stdout, r"^gca \d+\.\d+\.\d+ \(build [0-9a-f]{16}\)\n$")
        for command in ((), ("run",), ("explain",), ("config",), ("compare",), ("bench",)):
            self.assertIn("Usage: gca", self.gca(*command, "--help").stdout)
        text = self.gca("run", "--help").stdout
        for option in ("engine", "config", "input", "output", "probe", "mode", "window", "threads", "seed",
                       "backpressure", "trace", "checkpoint-at", "resume", "report", "check"):
            self.assertIn(f"--{option} ", text)


class Bench(CliTest):
    def test_json(self):
        bench = json.loads(self.gca("bench", "--json", "--config", self.config(TINY), "--repeats", 1, "--seconds",
                                    0.01).stdout)
        names = {(row["name"], row["threads"]) for row in bench["engines"]}
        for engine in ("rtl, sequential", "rtl, pipelined", "functional", "reference"):
            self.assertIn((engine, 1), names)
        for row in bench["engines"]:
            self.assertGreater(row["median_head_tokens_per_s"], 0)

    def test_table(self):
        text = self.gca("bench", "--config", self.config(TINY), "--repeats", 1, "--seconds", 0.01).stdout
        for engine in ("rtl, sequential", "rtl, pipelined", "functional", "reference"):
            self.assertIn(engine, text)


def main():
    global GCA
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit(f"usage: {sys.argv[0]} PATH_TO_GCA [unittest's arguments]")
    GCA = str(Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=1)


if __name__ == "__main__":
    main()
