#!/usr/bin/env python3
"""Writes the golden .npz files of tests/npz_test.cpp with numpy. Run it by hand; the tests need no Python.

Value number i (C order) of every numeric array is 0.5 * i - 3 for floats and i - 3 for signed integers,
i for unsigned ones, unless stated otherwise.
"""
import io
import pathlib
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent


def floats(shape, dtype):
    return (0.5 * np.arange(np.prod(shape, dtype=int)) - 3).reshape(shape).astype(dtype)


def integers(shape, dtype):
    start = 0 if np.dtype(dtype).kind == "u" else -3
    return (np.arange(np.prod(shape, dtype=int)) + start).reshape(shape).astype(dtype)


def contents():
    spoiled = floats((2, 3, 4), "<f4")
    spoiled[1, 2, 3] = -np.inf
    spoiled[1, 0, 2] = np.nan
    return {
        "f4": floats((2, 3), "<f4"),
        "f8": floats((2, 3, 4), "<f8"),
        "f4_big": floats((2, 3), ">f4"),
        "f8_big": floats((2, 3, 4), ">f8"),
        "f4_fortran": np.asfortranarray(floats((2, 3, 4), "<f4")),
        "f8_big_fortran": np.asfortranarray(floats((3, 2), ">f8")),
        "scalar": np.float64(2.5),
        "one": floats((1,), "<f4"),
        "empty": np.zeros((0, 4), "<f4"),
        "empty_fortran": np.asfortranarray(np.zeros((4, 0, 2), "<f8")),
        "spoiled": spoiled,
        "i1": integers((5,), "i1"),
        "i2": integers((2, 4), "<i2"),
        "i2_big": integers((2, 4), ">i2"),
        "i4": integers((5,), "<i4"),
        "u1": integers((5,), "u1"),
        "u2": integers((5,), "<u2"),
        "u4": np.array([0, 2**32 - 1], "<u4"),
        # What must be refused, and not hinder the rest.
        "f2": np.zeros(2, "<f2"),
        "i8": np.zeros(2, "<i8"),
        "bool": np.zeros(2, "?"),
        "complex": np.zeros(2, "<c16"),
        "string": np.array(["cat", "dog"]),
        "bytes": np.array([b"cat"]),
        "object": np.array([{"a": 1}, None], dtype=object),
        "record": np.zeros(2, [("q", "<f4"), ("k", "<i2", (2,))]),
        "date": np.array(["2024-01-01"], "<M8[D]"),
        "schlüssel": floats((2,), "<f4"),
    }


def write_versions(path):
    with zipfile.ZipFile(path, "w") as archive:
        for version in (1, 2, 3):
            data = io.BytesIO()
            np.lib.format.write_array(data, floats((2, 3), "<f4"), version=(version, 0))
            archive.writestr(zipfile.ZipInfo(f"v{version}.npy"), data.getvalue())
        archive.writestr(zipfile.ZipInfo("readme.txt"), "no array")


np.savez(HERE / "stored.npz", **contents())
np.savez_compressed(HERE / "deflated.npz", **contents())
np.savez_compressed(HERE / "small.npz", q=floats((2, 3), "<f4"), k=integers((2, 2), "<i2"))
write_versions(HERE / "versions.npz")
