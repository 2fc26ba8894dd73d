#!/usr/bin/env python3
"""Writes inputs with a name, each a known way to harm a reader, to FOLDER/TARGET/NAME. The inputs in corpus/ were found
by the fuzzer.

  make_cases.py FOLDER
"""
import io
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


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    targets = {"config": CONFIGS, "npz": ARCHIVES, "npz_member": MEMBERS, "checkpoint": CHECKPOINTS}
    for target, cases in targets.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in cases.items():
            (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


main()
