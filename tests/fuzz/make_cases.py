#!/usr/bin/env python3
"""Writes inputs with a name, each a known way to harm a reader, to FOLDER/TARGET/NAME. The inputs in corpus/ were found
by the fuzzer.

  make_cases.py FOLDER
"""
import io
import json
import pathlib
import struct
import sys
import warnings
import zipfile
import zlib

warnings.filterwarnings("ignore", "Duplicate name")

# ---- configurations --------------------------------------------------------------------------------------------------

CONFIGS = {
    "empty": "",
    "byte-order-mark": b"\xef\xbb\xbf[geometry]\ndim = 8\n",
    "crlf": "[geometry]\r\ndim = 8\r\n[leakage]\r\nform = \"off\"\r\n",
    "carriage-returns": "[geometry]\rdim = 8\r",
    "utf-16": "[geometry]\ndim = 8\n".encode("utf-16"),
    "not-utf-8": b"[geometry]\ndim = 8 # \xff\xfe\x80\n",
    "not-utf-8-in-text": b"[cell]\nmodel = \"\xc3(\"\n",
    "not-ascii-key": "[géométrie]\ndim = 8\n",
    "nul": b"[geometry]\ndim = 8\0\n",
    "surrogate": "[cell]\nmodel = \"\\uD800\"\n",
    "quotes-open": "[cell]\nmodel = \"cubic\n",
    "three-quotes-open": "[cell]\nmodel = \"\"\"cubic\n",
    "deep-arrays": "[scalers]\nq_a = " + "[" * 3000,
    "deep-arrays-closed": "[scalers]\nq_a = " + "[" * 16 + "1" + "]" * 16,
    "deep-tables": "a = " + "{a=" * 1000,
    "deep-dotted-key": ".".join("a" * 2000) + " = 1\n",
    "deep-header": "[" + ".".join("a" * 2000) + "]\n",
    "long-key": "[geometry]\n" + "d" * 4000 + " = 8\n",
    "long-text": "[cell]\nmodel = \"" + "c" * 4000 + "\"\n",
    "long-whole-number": "[geometry]\ndim = " + "9" * 4000 + "\n",
    "long-number": "[charge_to_pulse]\ns_sat = 8." + "0" * 4000 + "1\n",
    "long-exponent": "[charge_to_pulse]\ns_sat = 8e" + "9" * 4000 + "\n",
    "many-keys": "".join(f"a{i} = 1\n" for i in range(1100)),
    "many-tables": "[a]\n[[b]]\n" * 600,
    "many-scalers": "[scalers]\nq_a = [" + "1.0, " * 1000 + "]\n",
    "nan": "[charge_to_pulse]\ns_sat = nan\n",
    "infinity": "[scalers]\nq_a = [1.0, -inf]\n",
    "denormal": "[leakage]\ndecay_per_token = 4.9e-324\n",
    "minus-zero": "[scalers]\nq_b = -0.0\n",
    "quotient-overflows": "[leakage]\ntau_s = 5e-324\nstep_s = 1e6\n",
    "whole-number-overflows": "[geometry]\ndim = 9223372036854775808\n",
    "hexadecimal": "[geometry]\ndim = 0x40\ntiles = 0b1\n",
    "twice": "[geometry]\ndim = 8\ndim = 8\n",
    "table-twice": "[geometry]\ndim = 8\n[geometry]\ntiles = 1\n",
    "table-is-a-number": "geometry = 8\n",
    "array-of-tables": "[[geometry]]\ndim = 8\n",
    "date": "[geometry]\ndim = 1979-05-27T07:32:00.999999-07:00\n",
    "assertion-of-the-parser": "[=]\n",
    "assertion-of-the-parser-2": "a = [}\n",
    "many-digits": "[charge_to_pulse]\ns_sat = 12.345678901234567\n[scalers]\nq_a = [0.1, 5e-324, -1e6]\n",
    "polynomial": "[cell]\nmodel = \"polynomial\"\ncoefficients = [0.1, 1, -2.5e3]\n",
    "heads-differ": "[scalers]\nq_a = [1.0, 2.0]\nk_b = [1.0, 2.0, 3.0]\n",
}

# ---- arrays ----------------------------------------------------------------------------------------------------------


def header(shape, descr="'<f4'", order="False"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def npy(text, values=b"", version=1, length=None):
    text = text.encode("latin1")
    length = len(text) if length is None else length
    size = struct.pack("<H" if version == 1 else "<I", length)
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + values


FLOATS = struct.pack("<8f", *(0.25 * i for i in range(8)))
TWO_TOKENS = npy(header("(2, 4)"), FLOATS)

# As tests/fuzz/npz_member.cpp reads them: how, KiB of zeros, the declared size where that is told, the member.
MEMBERS = {
    "plain": b"\0\0" + TWO_TOKENS,
    "deflated": b"\1\0" + TWO_TOKENS,
    "version-2": b"\0\0" + npy(header("(2, 4)"), FLOATS, version=2),
    "version-3": b"\0\0" + npy(header("(2, 4)"), FLOATS, version=3),
    "fortran": b"\0\0" + npy(header("(2, 2, 2)", order="True"), FLOATS),
    "big-endian": b"\0\0" + npy(header("(4,)", "'>f8'"), FLOATS),
    "scalar": b"\0\0" + npy(header("()"), FLOATS[:4]),
    "no-value": b"\0\0" + npy(header("(0, 4)")),
    "run": b"\x20\0" + TWO_TOKENS,
    "run-of-heads": b"\x20\0" + npy(header("(1, 2, 4)"), FLOATS),
    "run-not-finite": b"\x20\0" + npy(header("(2, 4)"), FLOATS[:-4] + struct.pack("<f", float("nan"))),
    "run-without-tokens": b"\x20\0" + npy(header("(1, 0, 4)")),
    "crc-wrong": b"\4\0" + TWO_TOKENS,
    "name-twice": b"\x08\0" + TWO_TOKENS,
    "encrypted": b"\x10\0" + TWO_TOKENS,
    "declared-4-gigabytes": b"\2\0" + struct.pack("<I", 0xFFFFFFFF) + TWO_TOKENS,
    "declared-4-gigabytes-deflated": b"\3\0" + struct.pack("<I", 0xFFFFFFFF) + TWO_TOKENS,
    "declared-none": b"\2\0" + struct.pack("<I", 0) + TWO_TOKENS,
    "shape-4-gigabytes": b"\0\0" + npy(header("(1073741824,)"), FLOATS),
    "shape-and-declared-4-gigabytes": b"\3\0" + struct.pack("<I", 10 + 70 + 4 * 1073741803)
                                      + npy(header("(1073741803,)").ljust(70), FLOATS),
    "shape-overflows": b"\0\0" + npy(header("(4294967296, 4294967296, 4)"), FLOATS),
    "shape-overflows-with-zero": b"\0\0" + npy(header("(0, 9223372036854775807, 9223372036854775807)")),
    "shape-negative": b"\0\0" + npy(header("(-1, 4)"), FLOATS),
    "shape-of-33": b"\0\0" + npy(header("(" + "1," * 33 + ")"), FLOATS[:4]),
    "shape-a-number": b"\0\0" + npy(header("(8)"), FLOATS),
    "dimension-too-long": b"\0\0" + npy(header("(" + "9" * 400 + ",)"), FLOATS),
    "bomb": b"\1\xff" + npy(header("(261120,)", "'|i1'")),
    "bomb-in-fortran-order": b"\1\xff" + npy(header("(256, 255, 4)", order="True", descr="'|u1'")),
    "bomb-above-the-limit": b"\x81\xff" + npy(header("(261120,)", "'|i1'")),
    "header-longer-than-the-member": b"\0\0" + npy(header("(2, 4)"), FLOATS, length=60000),
    "header-of-4-gigabytes": b"\0\0" + npy(header("(2, 4)"), FLOATS, version=2, length=0xFFFFFFFF),
    "header-open": b"\0\0" + npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4"),
    "header-of-brackets": b"\0\0" + npy("{'descr': " + "[" * 1000),
    "header-entry-twice": b"\0\0" + npy("{'shape': (1,), 'shape': (1,), 'descr': '<f4'}"),
    "object": b"\0\0" + npy(header("(1,)", "'|O'"), b"\x80\x04N."),
    "record": b"\0\0" + npy(header("(1,)", "[('q', '<f4'), ('k', '<i2', (2,))]"), FLOATS[:8]),
    "newline-in-dtype": b"\0\0" + npy(header("(1,)", "'<f\n4'"), FLOATS[:4]),
    "empty": b"\0\0",
}


def archive(members, method=zipfile.ZIP_STORED, comment=b""):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as file:
        file.comment = comment
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name), content, method)
    return data.getvalue()


def patched(data, signature, offset, value):
    """`value` in place of the bytes at `offset` of the last record that begins with `signature`."""
    at = data.rindex(signature) + offset
    return data[:at] + value + data[at + len(value):]


def streamed():
    """Sizes behind the member, as a writer to a pipe leaves them."""
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def tell(self):
            raise io.UnsupportedOperation

    data = Pipe()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("q.npy"), TWO_TOKENS)
    return data.getvalue()


def zip64():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        with file.open(zipfile.ZipInfo("q.npy"), "w", force_zip64=True) as member:
            member.write(TWO_TOKENS)
    return data.getvalue()


PLAIN = archive([("q.npy", TWO_TOKENS)])
DIRECTORY = b"PK\1\2"
END = b"PK\5\6"
BOMB = npy(header("(4194304,)", "'|i1'"), bytes(1 << 22))

ARCHIVES = {
    "plain": PLAIN,
    "deflated": archive([("q.npy", TWO_TOKENS)], zipfile.ZIP_DEFLATED),
    "bzip2": archive([("q.npy", TWO_TOKENS)], zipfile.ZIP_BZIP2),
    "lzma": archive([("q.npy", TWO_TOKENS)], zipfile.ZIP_LZMA),
    "streamed": streamed(),
    "zip64": zip64(),
    "zip64-beyond-the-end": patched(zip64(), DIRECTORY, 24, b"\xff" * 4),
    "bomb": archive([("q.npy", BOMB)], zipfile.ZIP_DEFLATED),
    "bomb-that-declares-little": patched(archive([("q.npy", BOMB)], zipfile.ZIP_DEFLATED), DIRECTORY, 24,
                                         struct.pack("<I", 1000)),
    "shape-4-gigabytes": archive([("q.npy", npy(header("(1024, 1024, 1024)"), bytes(800)))]),
    "declared-4-gigabytes": patched(PLAIN, DIRECTORY, 20, b"\xfe\xff\xff\xff" * 2),
    "many-members": archive([(f"{i}.npy", b"") for i in range(200)]),
    "name-twice": archive([("q.npy", TWO_TOKENS), ("q.npy", TWO_TOKENS)]),
    "names": archive([("a\nb.npy", TWO_TOKENS), (".npy", TWO_TOKENS), ("../../x.npy", TWO_TOKENS),
                      ("schlüssel.npy", TWO_TOKENS), ("n" * 2000 + ".npy", b"")]),
    "name-not-utf-8": PLAIN.replace(b"q.npy", b"\xff.npy"),
    "name-with-nul": PLAIN.replace(b"q.npy", b"q.np\0"),
    "overlapping": patched(archive([("a.npy", TWO_TOKENS), ("b.npy", TWO_TOKENS)]), DIRECTORY, 42, bytes(4)),
    "zip-in-zip": archive([("q.npy", PLAIN)]),
    "behind-other-bytes": b"#!/bin/sh\n" + PLAIN,
    "before-other-bytes": PLAIN + b"\0" * 100,
    "end-in-comment": archive([("q.npy", TWO_TOKENS)], comment=END + bytes(18)),
    "count-too-high": patched(PLAIN, END, 8, b"\xff\xff\xff\xff"),
    "count-zero": patched(PLAIN, END, 8, bytes(4)),
    "directory-beyond-the-end": patched(PLAIN, END, 16, b"\xf0\xff\xff\xff"),
    "local-header-beyond-the-end": patched(PLAIN, DIRECTORY, 42, b"\xf0\xff\xff\x7f"),
    "encrypted": patched(PLAIN, DIRECTORY, 8, b"\1\0"),
    "method-unknown": patched(PLAIN, DIRECTORY, 10, b"\x63\0"),
    "cut-in-half": PLAIN[:len(PLAIN) // 2],
    "end-only": END + bytes(18),
    "empty": b"",
    "bare-npy": TWO_TOKENS,
}

# ---- checkpoints: as tests/fuzz/checkpoint.cpp reads them ------------------------------------------------------------


def alter(kind, section, place, data):
    return struct.pack("<BBHB", kind, section, place, len(data)) + data


INSERT, ERASE, REPLACE, DECLARE, RENAME, SWAP, REPEAT, OVERWRITE = range(8)
BUILD, RUN, CONFIG, HEAD, HOST, ANALOG, RTL = range(7)
HUGE = b"\xff" * 8


def section(name, payload):
    begin = name.ljust(8, b"\0") + struct.pack("<Q", len(payload))
    return begin + struct.pack("<I", zlib.crc32(begin + payload)) + payload


CHECKPOINTS = {
    "good": b"\0",
    "file-empty": b"\1",
    "file-magic": b"\1gcastate",
    "file-of-another-format": b"\1gcastate\2\0\0\0",
    "file-of-another-build": b"\1gcastate\1\0\0\0" + section(b"build", struct.pack("<Q", 3) + b"a\nb"),
    "file-section-of-4-gigabytes": b"\1gcastate\1\0\0\0build\0\0\0" + struct.pack("<Q", 1 << 32),
    "text-of-any-length": b"\0" + alter(OVERWRITE, BUILD, 0, HUGE),
    "heads-many": b"\0" + alter(OVERWRITE, RUN, 8, HUGE),
    "window-huge": b"\0" + alter(OVERWRITE, RUN, 16, HUGE),
    "tokens-huge": b"\0" + alter(OVERWRITE, RUN, 0, HUGE),
    "tokens-none": b"\0" + alter(OVERWRITE, RUN, 0, bytes(8)),
    "keys-many": b"\0" + alter(OVERWRITE, CONFIG, 0, HUGE),
    "keys-none": b"\0" + alter(REPLACE, CONFIG, 0, bytes(8)),
    "accepted-huge": b"\0" + alter(OVERWRITE, HEAD, 0, HUGE),
    "digest-wrong": b"\0" + alter(OVERWRITE, HEAD, 8, bytes(4)),
    "host-empty": b"\0" + alter(REPLACE, HOST, 0, b""),
    "host-cycle-huge": b"\0" + alter(OVERWRITE, HOST, 0, HUGE),
    "host-idle-huge": b"\0" + alter(OVERWRITE, HOST, 16, HUGE),
    "analog-empty": b"\0" + alter(REPLACE, ANALOG, 0, b""),
    "analog-high": b"\0" + alter(OVERWRITE, ANALOG, 0, b"\xff" * 32),
    "flops-empty": b"\0" + alter(REPLACE, RTL, 0, b""),
    "flops-longer": b"\0" + alter(INSERT, RTL, 0, b"\0"),
    "flops-shorter": b"\0" + alter(ERASE, RTL, 0, b"\0"),
    "flops-shifted": b"\0" + alter(ERASE, RTL, 0, b"\0") + alter(INSERT, RTL, 65535, b"\0"),
    "sections-swapped": b"\0" + alter(SWAP, HOST, ANALOG, b""),
    "section-twice": b"\0" + alter(REPEAT, HEAD, 0, b""),
    "section-renamed": b"\0" + alter(RENAME, HEAD, 0, b"\xff" * 8),
    "section-declared-longer": b"\0" + alter(DECLARE, RTL, 65535, b""),
}
for place in range(0, 1024, 32):
    CHECKPOINTS[f"flops-high-{place}"] = b"\0" + alter(OVERWRITE, RTL, place, b"\xff" * 32)

# ---- language models -------------------------------------------------------------------------------------------------


def tensors(header, values=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + values


def tensor(dtype="F32", shape=(2, 3), begin=0, end=24):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


SIX = struct.pack("<6f", *range(6))
SAFETENSORS = {
    "f32": tensors({"a": tensor()}, SIX),
    "f16": tensors({"a": tensor("F16", (4,), 0, 8)}, struct.pack("<4e", 1, -2, 0.5, 3)),
    "bf16": tensors({"a": tensor("BF16", (1, 2, 2), 0, 8)}, bytes(8)),
    "two": tensors({"b": tensor("F16", (2,), 24, 28), "a": tensor()}, SIX + bytes(4)),
    "metadata": tensors({"__metadata__": {"format": "pt"}, "a": tensor()}, SIX),
    "scalar": tensors({"a": tensor(shape=(), end=4)}, SIX[:4]),
    "no-value": tensors({"a": tensor(shape=(0, 4), end=0)}),
    "no-value-f16": tensors({"a": tensor("F16", (0, 4), 0, 0)}),
    "not-finite": tensors({"a": tensor(shape=(1,), end=4)}, struct.pack("<f", float("nan"))),
    "f16-infinite": tensors({"a": tensor("F16", (1,), 0, 2)}, b"\0\x7c"),
    "other-dtype": tensors({"a": tensor("I64", (1,), 0, 8)}, bytes(8)),
    "dtype-a-number": tensors({"a": tensor(7)}, SIX),
    "cut": tensors({"a": tensor()}, SIX[:-1]),
    "longer": tensors({"a": tensor()}, SIX + b"\0"),
    "gap": tensors({"a": tensor(begin=4, end=28)}, SIX + bytes(4)),
    "overlap": tensors({"a": tensor(), "b": tensor(begin=12, end=36)}, SIX + bytes(12)),
    "backwards": tensors({"a": tensor(begin=24, end=0)}, SIX),
    "shape-overflows": tensors({"a": tensor(shape=(1 << 32, 1 << 32, 4))}, SIX),
    "shape-huge": tensors({"a": tensor(shape=(1 << 63,))}, SIX),
    "shape-negative": tensors({"a": tensor(shape=(-2, -3))}, SIX),
    "shape-of-words": tensors({"a": {"dtype": "F32", "shape": ["2"], "data_offsets": [0, 24]}}, SIX),
    "offsets-above-64-bits": tensors({"a": tensor(end=1 << 64)}, SIX),
    "offsets-fractions": tensors(b'{"a": {"dtype": "F32", "shape": [6], "data_offsets": [0, 24.0]}}', SIX),
    "offsets-negative": tensors({"a": tensor(begin=-24)}, SIX),
    "offsets-three": tensors({"a": {"dtype": "F32", "shape": [6], "data_offsets": [0, 24, 24]}}, SIX),
    "offsets-huge": tensors({"a": tensor(end=(1 << 64) - 1)}, SIX),
    "offsets-broken": tensors({"a": {"dtype": "F32", "shape": [6], "data_offsets": [0]}}, SIX),
    "header-longer-than-the-file": tensors({"a": tensor()}, SIX, length=1000),
    "header-of-16-exabytes": tensors({"a": tensor()}, SIX, length=(1 << 64) - 1),
    "header-empty": tensors(b""),
    "header-no-object": tensors(b"[1]"),
    "header-deep": tensors(b"[" * 3000),
    "header-not-utf-8": tensors(b'{"\xff": 1}'),
    "name-twice": tensors(b'{"a":' + json.dumps(tensor()).encode() + b',"a":' + json.dumps(tensor()).encode() + b"}", SIX),
    "name-of-control-characters": tensors({"a\n\x1b[31m": tensor(shape=(5,))}, SIX),
    "length-only": bytes(8),
    "empty": b"",
}


def byte_pairs(entries, merges, text, alone=False):
    entries, merges, text = (part if isinstance(part, bytes) else part.encode() for part in (entries, merges, text))
    return bytes([alone]) + struct.pack("<HH", len(entries), len(merges)) + entries + merges + text


BYTE_PAIRS = {
    "bytes": byte_pairs("", "#version: 0.2\n", "Any text, ünd more.\n"),
    "merges": byte_pairs('"th":256,"the":257,"\u0120the":258', "#version: 0.2\nt h\nth e\n\u0120 the\n", "the end of the"),
    "merges-out-of-order": byte_pairs('"th":256,"the":257', "th e\nt h\n", "thethe"),
    "no-utf-8": byte_pairs("", "", b"a\xff\xc3("),
    "long-word": byte_pairs('"aa":256,"aaaa":257', "a a\naa aa\n", "a" * 1500),
    "part-missing": byte_pairs('"th":256', "t h\nth e\n", "the"),
    "merge-of-one": byte_pairs('"th":256', "th\n", "the"),
    "merge-of-three": byte_pairs('"th":256', "t h e\n", "the"),
    "merge-twice": byte_pairs('"th":256', "t h\nt h\n", "the"),
    "carriage-returns": byte_pairs('"th":256', "t h\r\n", "the"),
    "id-twice": byte_pairs('"th":255', "t h\n", "the"),
    "id-missing": byte_pairs('"th":300', "t h\n", "the"),
    "id-huge": byte_pairs('"th":18446744073709551615', "t h\n", "the"),
    "id-negative": byte_pairs('"th":-1', "t h\n", "the"),
    "id-a-fraction": byte_pairs('"th":256.0', "t h\n", "the"),
    "name-twice": byte_pairs('"a":256', "", "a"),
    "name-empty": byte_pairs('"":256', "", "a"),
    "name-of-another-character": byte_pairs('"\u4e2d":256', "", "a"),
    "name-with-a-surrogate": byte_pairs('"\\ud800":256', "", "a"),
    "nested": byte_pairs('"th":{"a":1}', "", "a"),
    "bytes-missing": byte_pairs('{"a":0}', "", "a", alone=True),
    "no-object": byte_pairs("[]", "", "a", alone=True),
    "deep": byte_pairs("[" * 1500, "", "a", alone=True),
    "empty": b"",
}

MODEL = {"model_type": "gpt2", "n_layer": 2, "n_head": 2, "n_embd": 128, "n_positions": 64, "vocab_size": 256,
         "activation_function": "gelu_new", "gca": {
             "weights": "m.safetensors", "attention": "hardware", "window": 100,
             "head": {"cell": {"model": "linear"}, "leakage": {"form": "product", "decay_per_token": 0.001}},
             "scalers": {name: [[0.5, 0.25], [1.0, -3.5]] for name in
                         ("q_a", "q_b", "k_a", "k_b", "v_a", "v_b", "output_a", "output_b")}}}


def model(*place, value):
    """The model with another value at a place, or without it where the value is `...`."""
    document = json.loads(json.dumps(MODEL))
    at = document
    for key in place[:-1]:
        at = at[key]
    if value is ...:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    return json.dumps(document)


MODEL_FILES = {
    "good": json.dumps(MODEL),
    "softmax": model("gca", value={"weights": "m.safetensors"}),
    "no-gca": model("gca", value=...),
    "gca-null": model("gca", value=None),
    "gca-a-number": model("gca", value=3),
    "no-head": model("gca", "head", value=...),
    "head-null": model("gca", "head", value=None),
    "section-null": model("gca", "head", "cell", value=None),
    "section-unknown": model("gca", "head", "cells", value={}),
    "section-with-newline": model("gca", "head", "cell]\n[leakage", value={"form": "off"}),
    "key-with-newline": model("gca", "head", "cell", value={"model\n": "cubic"}),
    "value-with-newline": model("gca", "head", "cell", value={"model": "cubic\n"}),
    "value-nested": model("gca", "head", "cell", value={"model": {"a": [1]}}),
    "value-null": model("gca", "head", "cell", value={"model": None}),
    "value-deep": json.dumps(MODEL).replace('"linear"', "[" * 2000),
    "polynomial": model("gca", "head", "cell", value={"model": "polynomial", "coefficients": [0, 1e-3, -2.5]}),
    "geometry-of-another-dimension": model("gca", "head", "geometry", value={"dim": 8}),
    "geometry-huge": model("gca", "head", "geometry", value={"dim": 64, "tile_tokens": 1 << 40, "tiles": 1 << 40}),
    "window-zero": model("gca", "window", value=0),
    "window-huge": model("gca", "window", value=(1 << 64) - 1),
    "scalers-missing": model("gca", "scalers", value=...),
    "scalers-too-few": model("gca", "scalers", "q_a", value=[[1.0]]),
    "scalers-of-words": model("gca", "scalers", "q_a", value=[["a", "b"], ["c", "d"]]),
    "scaler-infinite": json.dumps(MODEL).replace("-3.5", "1e999"),
    "scaler-nan": json.dumps(MODEL).replace("-3.5", "NaN"),
    "layers-zero": model("n_layer", value=0),
    "layers-huge": model("n_layer", value=1 << 63),
    "layers-negative": model("n_layer", value=-2),
    "layers-a-fraction": model("n_layer", value=2.0),
    "heads-no-divisor": model("n_head", value=3),
    "epsilon-zero": model("layer_norm_epsilon", value=0),
    "epsilon-a-word": model("layer_norm_epsilon", value="small"),
    "other-activation": model("activation_function", value="relu"),
    "weights-a-number": model("gca", "weights", value=5),
    "weights-anywhere": model("gca", "weights", value="../../../../../../etc/passwd"),
    "weights-with-nul": model("gca", "weights", value="m\0.safetensors"),
    "weights-empty": model("gca", "weights", value=""),
    "not-utf-8": json.dumps(MODEL).encode().replace(b"m.safe", b"\xff.safe"),
    "key-twice": json.dumps(MODEL)[:-1] + ', "n_head": 1}',
    "cut": json.dumps(MODEL)[:200],
    "no-object": "[]",
    "empty": "",
}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    targets = {"config": CONFIGS, "npz": ARCHIVES, "npz_member": MEMBERS, "checkpoint": CHECKPOINTS,
               "safetensors": SAFETENSORS, "byte_pairs": BYTE_PAIRS, "model_file": MODEL_FILES}
    for target, cases in targets.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in cases.items():
            (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


main()
