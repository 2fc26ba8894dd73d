#!/usr/bin/python3
"""Writes sim/data/sample.npz, the input of a run that names no other: what the model that ships gives its heads.

q, k, v: float32, [4 heads, 1280 tokens, 64], in hardware range, after the model's scalers and the clamp: q 0..1; k and
v 0..0.9 V. Head L is head 1 of layer L of sim/data/austen/cubic.json: in every layer it gives more pulses than head 0.
The tokens are the first 1280 bytes of held-out.txt, which the model reads in five passages of its 256 positions. A run
takes them one after another as one sequence, so that the window of 1024 wraps: a token also sees up to four passages
before its own, which the model, whose window is 128, never did.

Values are rounded to thirds of a level (of q: 1/45; of k, v: 0.9/21 V), so that the file deflates well. The limits
between levels are limits between thirds, too, so the codes stay the same; that is checked.

  scripts/make_sample.py                  needs build/gca
  scripts/make_sample.py --gca PATH       another program
  scripts/make_sample.py --output FILE    another file

Exit code: 0 done, 2 bad option, or the program is not there or failed.
"""
import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
MODEL, TEXT = ROOT / "sim/data/austen/cubic.json", ROOT / "sim/data/austen/held-out.txt"
PASSAGES, HEAD_OF_LAYER = 5, 1
RANGES = {"q": (1.0, 15), "k": (0.9, 7), "v": (0.9, 7)}  # full scale, its code


class Failure(Exception):
    """One line for the user."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"make_sample.py: {message} (scripts/make_sample.py --help lists the options)\n")


def read_passage(gca, folder, text):
    """The projections of all heads, [layers * heads, bytes, dim], while the model reads one sequence."""
    (folder / "passage.txt").write_bytes(text)
    command = [gca, "eval", "--model", MODEL, "--text", folder / "passage.txt", "--projections", folder / "p.npz"]
    done = subprocess.run(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failure((done.stderr.strip().splitlines() or [f"{gca} failed"])[-1])
    return dict(np.load(folder / "p.npz"))


def rounded(values, full_scale, full_code):
    """To thirds of a level."""
    values = values.astype(float)
    thirds = (np.rint(values * (3 * full_code / full_scale)) * (full_scale / (3 * full_code))).astype(np.float32)
    changed = np.count_nonzero(codes(values, full_scale, full_code) != codes(thirds, full_scale, full_code))
    if changed:
        raise Failure(f"{changed} codes of {values.size} are others after rounding")
    return thirds


def codes(values, full_scale, full_code):
    return np.rint(values.astype(float) * (full_code / full_scale))


def make(gca):
    model = json.loads(MODEL.read_text())
    text, length = TEXT.read_bytes(), model["n_positions"]
    with tempfile.TemporaryDirectory(prefix="gca_sample_") as folder:
        passages = [read_passage(gca, Path(folder), text[i * length:(i + 1) * length]) for i in range(PASSAGES)]
    heads = slice(HEAD_OF_LAYER, None, model["n_head"])
    return {name: rounded(np.concatenate([passage[name][heads] for passage in passages], axis=1), *RANGES[name])
            for name in RANGES}


def write(path, arrays):
    """The same bytes for the same arrays (and version of zlib)."""
    part = path.with_name(path.name + ".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0))
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, member.getvalue(), compresslevel=9)
    part.replace(path)


def main():
    introduction, _, rest = __doc__.partition("\n\n")
    parser = Parser(prog="scripts/make_sample.py", description=introduction, epilog=rest, allow_abbrev=False,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gca", metavar="PATH", type=Path, default=ROOT / os.environ.get("BUILD_DIR", "build") / "gca",
                        help="the program (default: build/gca)")
    parser.add_argument("--output", metavar="FILE", type=Path, default=ROOT / "sim/data/sample.npz")
    given = parser.parse_args()
    if not given.output.parent.is_dir():
        parser.error(f"--output: {given.output}: no such folder")
    try:
        write(given.output, make(given.gca))
    except Failure as failure:
        print(f"make_sample.py: {failure}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"make_sample.py: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{given.output}: {given.output.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
