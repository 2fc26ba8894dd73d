#!/usr/bin/python3
"""Writes sim/data/sample.npz, the input of a run that names no other.

q, k, v: float32, [4 heads, 1280 tokens, 64], in hardware range: q 0..1; k and v 0..0.9 V, centred near 0.45 V. 1280 tokens:
the window of 1024 wraps. The data are made up, with statistics like those of a language model's heads: neighbouring tokens
are alike, and a few keys draw much of the attention.

  head  attends to
  0     the recent tokens: the text's meaning drifts, and a query looks for its own
  1     a few strong keys, the first token among them, whatever the query: attention sinks
  2     nearly everything, weakly
  3     what followed earlier occurrences of the present token: an induction head. Tokens come from a small vocabulary, and
        tokens 640..1119 repeat 100..579

Queries are positive, and a cell at its middle voltage conducts: 0.52 of its input, the constant term of the cubic. A key
that holds 0.45 V everywhere thus scores a fifth of the range for a query of mean 0.5, and no key would be silent. As in
trained heads, a few dimensions therefore carry a bias: every query drives them, most keys are low in them, strong keys high.

Values are multiples of 1/64 (q) and 1/32 V (k, v), about four to a level of the hardware; deflated they take 0.9 MB.
The bytes depend on nothing but this script (and the version of zlib).

  scripts/make_sample.py             write the file
  scripts/make_sample.py --check     write nothing; print how the chip's equations answer to these data
"""
import argparse
import io
import pathlib
import zipfile

import numpy as np

SAMPLE = pathlib.Path(__file__).resolve().parent.parent / "sim/data/sample.npz"
SEED = 20250908
HEADS, TOKENS, DIM = 4, 1280, 64
SUPPLY_V, OFFSET_V = 0.9, 0.45
Q_GRID, KV_GRID = 64, 32  # steps to one unit
BIAS_DIM = 6  # the first dimensions carry a key's bias, the others its content
CONTENT_DIM = DIM - BIAS_DIM


# ---- data ------------------------------------------------------------------------------------------------------------


def drift(random, correlation_tokens, dim, share=1.0):
    """[TOKENS, dim] of unit variance. Neighbours correlate over some tokens; 1 - share is white."""
    keep = np.exp(-1.0 / correlation_tokens)
    noise = random.standard_normal((TOKENS, dim))
    slow = np.empty_like(noise)
    slow[0] = noise[0]
    for t in range(1, TOKENS):
        slow[t] = keep * slow[t - 1] + np.sqrt(1 - keep * keep) * noise[t]
    return np.sqrt(share) * slow + np.sqrt(1 - share) * random.standard_normal((TOKENS, dim))


def centred(x):
    """Without the mean over the dimensions, as after a layer normalisation."""
    return x - x.mean(axis=1, keepdims=True)


def head(random, query, key, key_bias, value, query_bias=0.8):
    """query: [TOKENS, content] in units of full scale; key, key_bias, value: distance from the middle in volts."""
    q = np.hstack((query_bias + 0.06 * random.standard_normal((TOKENS, BIAS_DIM)), query))
    k = np.hstack((key_bias[:, None] + 0.05 * random.standard_normal((TOKENS, BIAS_DIM)), key))
    return q, OFFSET_V + k, OFFSET_V + value


def local_head(random):
    meaning = centred(drift(random, 24, CONTENT_DIM, share=0.93))
    bias = -0.33 + 0.05 * random.standard_normal(TOKENS)
    value = 0.20 * drift(random, 20, DIM, share=0.7)
    return head(random, 0.50 + 0.34 * meaning, 0.34 * meaning, bias, value)


def strong_key_head(random):
    strong = random.uniform(size=TOKENS) < 0.08
    strength = np.where(strong, 0.05 + 0.45 * random.uniform(size=TOKENS), -0.30 + 0.05 * random.standard_normal(TOKENS))
    strength[0] = 0.45
    query = 0.45 + 0.24 * centred(drift(random, 30, CONTENT_DIM))
    key = 0.23 * centred(drift(random, 6, CONTENT_DIM))
    return head(random, query, key, strength, 0.30 * drift(random, 60, DIM, share=0.7), query_bias=0.95)


def diffuse_head(random):
    query = 0.34 + 0.12 * centred(drift(random, 20, CONTENT_DIM))
    key = 0.18 * centred(drift(random, 8, CONTENT_DIM))
    bias = -0.10 + 0.05 * drift(random, 50, 1)[:, 0]
    return head(random, query, key, bias, 0.18 * drift(random, 120, DIM, share=0.5), query_bias=0.6)


def induction_head(random):
    kinds = 40
    frequency = 1.0 / (2.0 + np.arange(kinds))
    token = random.choice(kinds, size=TOKENS, p=frequency / frequency.sum())
    token[640:1120] = token[100:580]
    meaning = centred(random.standard_normal((kinds, CONTENT_DIM)))[token]
    before = np.roll(meaning, 1, axis=0)
    noise = 0.35 * centred(drift(random, 10, CONTENT_DIM))
    bias = -0.33 + 0.04 * random.standard_normal(TOKENS)
    value_of_kind = random.standard_normal((kinds, DIM))[token]
    value = 0.25 * (0.7 * value_of_kind + 0.7 * drift(random, 60, DIM))
    return head(random, 0.50 + 0.30 * (meaning + noise), 0.30 * (before + noise), bias, value)


def make():
    makers = (local_head, strong_key_head, diffuse_head, induction_head)
    # RandomState: its numbers are the same in every version of numpy.
    heads = [make_head(np.random.RandomState(SEED + i)) for i, make_head in enumerate(makers)]
    arrays = {}
    for key, values in zip("qkv", zip(*heads)):
        full_scale, grid = (1.0, Q_GRID) if key == "q" else (SUPPLY_V, KV_GRID)
        steps = np.clip(np.rint(np.stack(values) * grid), 0, np.floor(full_scale * grid))
        arrays[key] = (steps / grid).astype(np.float32)
    return arrays


def write(path, arrays):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for key, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0))
            entry = zipfile.ZipInfo(f"{key}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, member.getvalue(), compresslevel=9)


# ---- the chip's equations --------------------------------------------------------------------------------------------

CUBIC = (0.52136361, 13.61226063, -2.62044562, 46.05483778)  # charge of a cell over u, at V_in = 0.9 V
TILE_TOKENS, TILES = 64, 16
S_SAT, A_SAT = 80.0, 40.0
DECAY_PER_TOKEN = 1.56e-4


def levels(x, full_scale, count):
    return np.rint(x / full_scale * (count - 1)) / (count - 1) * full_scale


def respond(q, k, v):
    """Widths phi of the pairs in the window, and counts [TOKENS, TILES, DIM] of one head, with leakage of the voltage."""
    window = TILE_TOKENS * TILES
    q = levels(q.astype(float), 1.0, 16)
    u_k = levels(k.astype(float), SUPPLY_V, 8) - OFFSET_V
    u_v = levels(v.astype(float), SUPPLY_V, 8) - OFFSET_V
    step = np.arange(TOKENS)
    age = step[:, None] - step[None, :]
    valid = (age >= 0) & (age < window)
    decay = np.exp(-DECAY_PER_TOKEN * np.where(valid, age, 0))
    score = sum(c * decay**i * (q @ (u_k**i).T) for i, c in enumerate(CUBIC))
    phi = np.where(valid, np.clip(score / S_SAT, 0, 1), 0)
    counts = np.empty((TOKENS, TILES, DIM))
    for tile in range(TILES):
        held = step % window // TILE_TOKENS == tile
        charge = sum(c * (phi * decay**i)[:, held] @ u_v[held] ** i for i, c in enumerate(CUBIC))
        width = np.minimum(np.abs(charge) / A_SAT, 1) * 15
        counts[:, tile] = np.copysign(np.floor(width + 0.5), charge)
    return phi[valid], counts


def check(arrays):
    for key, array in arrays.items():
        print(f"{key}: {array.min():.4f}..{array.max():.4f}, means {array.mean(axis=(1, 2)).round(3)}, "
              f"deviations {array.std(axis=(1, 2)).round(3)}")
    print("head  phi: 0    0..0.1  0.1..0.5  0.5..1   1     mean   counts: used  0      std    |15|    "
          "sums: std  max   of 240")
    for index in range(HEADS):
        phi, counts = respond(*(arrays[key][index] for key in "qkv"))
        bins = [np.mean(phi == 0), np.mean((phi > 0) & (phi < 0.1)), np.mean((phi >= 0.1) & (phi < 0.5)),
                np.mean((phi >= 0.5) & (phi < 1)), np.mean(phi == 1)]
        written = counts[TILE_TOKENS * TILES:]
        used = written[np.abs(written).max(axis=2) > 0]
        sums = written.sum(axis=1)
        print(f"{index}     " + "  ".join(f"{100 * part:5.1f} %" for part in bins) + f"  {phi.mean():.3f}   "
              f"{100 * len(used) / written[..., 0].size:5.1f} %  {100 * np.mean(used == 0):4.1f} %  {used.std():.2f}  "
              f"{100 * np.mean(np.abs(used) == 15):.2f} %  {sums.std():5.1f}  {np.abs(sums).max():.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="print statistics instead of writing the file")
    arrays = make()
    if parser.parse_args().check:
        check(arrays)
    else:
        write(SAMPLE, arrays)
        print(f"{SAMPLE}: {SAMPLE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
