"""What scripts/regress runs: configurations, cases, and each case's settings and input.

A case's identifier says all of it, in readable words: paper-pipelined-voltage-random-s3 is the configuration, the mode,
the form of leakage, the back-pressure profile and the seed; tile-functional-product-s1 is one of the functional engine.
The identifier alone decides the input, whatever else is run.
"""
import dataclasses
import itertools
import re
import zlib

import numpy as np

MODES = ("sequential", "pipelined", "functional")  # the last: the functional engine, which has no cycles
LEAKAGES = ("off", "voltage", "product")
BACKPRESSURES = ("none", "random", "consumer", "producer", "stop_and_go")
READOUTS = ("counters", "counters-gated", "popcount", "popcount-gated")
SUPPLY_V = 0.9
LARGEST_SEED = 10**9
GEOMETRY = re.compile(r"([a-z][a-z0-9_]*)=(\d+)x(\d+)x(\d+)(?::(\d+)x(\d+)x(\d+))?(?:\+([a-z-]+))?")
SOAK_TOKENS = 30000  # of one case


@dataclasses.dataclass(frozen=True)
class Configuration:
    """A built head, and the program that it is built into. `size` is its name without the readout."""
    name: str
    size: str
    dim: int
    tile_tokens: int
    tiles: int
    query_levels: int = 16
    store_levels: int = 8
    output_levels: int = 16
    readout: str = READOUTS[0]
    gca: str = "build/gca"

    @property
    def capacity(self):
        return self.tile_tokens * self.tiles

    def __str__(self):
        return (f"{self.name} ({self.dim}x{self.tile_tokens}x{self.tiles}, levels {self.query_levels}x"
                f"{self.store_levels}x{self.output_levels})")


def configurations(geometries, gca):
    """From CMake's list, NAME=DIMxTILE_TOKENSxTILES[:QUERY_LEVELSxSTORE_LEVELSxOUTPUT_LEVELS][+READOUT];..."""
    found = {}
    for entry in filter(None, geometries.split(";")):
        name, *sizes, readout = GEOMETRY.fullmatch(entry).groups()
        size = name.removesuffix(readout_suffix(readout)) if readout else name
        found[name] = Configuration(name, size, *(int(number) for number in sizes if number),
                                    readout=readout or READOUTS[0], gca=gca)
    return found


def readout_suffix(readout):
    return "_" + readout.replace("-", "_")


def with_readouts(geometries, readout):
    """The list of the same sizes with this readout."""
    entries = (entry.split("=") for entry in filter(None, geometries.split(";")))
    return ";".join(f"{name}{readout_suffix(readout)}={size}+{readout}" for name, size in entries)


def random_geometries(number, seed):
    """`number` different geometries as CMake's list; their names tell their sizes."""
    random = np.random.RandomState(seed)
    drawn = {}
    while len(drawn) < number:
        dim, tile_tokens, tiles = (random.randint(1, most + 1) for most in (48, 24, 6))
        levels = "x".join(str(random.randint(2, most + 1)) for most in (40, 16, 40))
        size = f"{dim}x{tile_tokens}x{tiles}"
        drawn[f"g{size}_{levels}={size}:{levels}"] = None
    return ";".join(drawn)


# ---- cases -----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Case:
    configuration: Configuration
    mode: str
    leakage: str
    backpressure: str  # empty: the functional engine
    seed: int
    soak: bool = False  # one very long sequence

    @property
    def id(self):
        words = [self.configuration.name, self.mode, self.leakage, self.backpressure, "soak" if self.soak else "",
                 f"s{self.seed}"]
        return "-".join(filter(None, words))

    def random(self):
        """RandomState: its numbers are the same in every version of numpy. They are the same for every readout."""
        identifier = self.id.replace(self.configuration.name, self.configuration.size, 1)
        return np.random.RandomState([self.seed, zlib.crc32(identifier.encode())])


def parse_id(text, known):
    """The case of that identifier; ValueError with the reason if there is none."""
    words = text.split("-")
    if len(words) < 4:
        raise ValueError("must be like paper-pipelined-voltage-random-s3 (--list shows them)")
    name, mode, leakage, *rest, seed = words
    if name not in known:
        raise ValueError(f"{name} is no configuration: must be {', '.join(known)}")
    backpressure = rest.pop(0) if rest and mode != "functional" else ""
    soak = rest == ["soak"]
    valid = (mode in MODES and leakage in LEAKAGES and (rest == [] or soak) and re.fullmatch(r"s\d+", seed)
             and (mode == "functional" or backpressure in BACKPRESSURES) and int(seed[1:]) <= LARGEST_SEED)
    if not valid:
        raise ValueError("must be like paper-pipelined-voltage-random-s3 (--list shows them)")
    return Case(known[name], mode, leakage, backpressure, int(seed[1:]), soak)


def matrix(configurations, modes, leakages, backpressures, seeds, soak=False):
    """All combinations, seed by seed, so that small heads and all their settings come early. The functional engine has no
    readout, and runs with the first alone."""
    cases = []
    for seed, configuration, mode, leakage in itertools.product(seeds, configurations, modes, leakages):
        if mode == "functional" and configuration.readout != READOUTS[0]:
            continue
        for backpressure in ("",) if mode == "functional" else backpressures:
            cases.append(Case(configuration, mode, leakage, backpressure, seed, soak))
    return cases


# ---- settings --------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is drawn for a case beside its tokens."""
    window: int
    heads: int
    tokens: int
    cell: str
    decay: float  # of a token
    s_sat: float
    a_sat: float

    @property
    def head_tokens(self):
        return self.heads * self.tokens


def draw_sequences(random, capacity, tile_tokens):
    """(window, heads, tokens): sequences of one token, that don't fill the window, that wrap it once or many times."""
    kind = random.choice(["one", "unfilled", "wraps", "edge", "full"], p=[0.1, 0.2, 0.35, 0.2, 0.15])
    if kind == "one":
        return random.randint(1, capacity + 1), 16, 1
    if kind == "unfilled":
        window = random.randint(1, capacity + 1)
        return window, 3, random.randint(1, min(window, 300) + 1)
    if kind == "wraps":
        window = random.randint(1, max(2, min(capacity, 120) + 1))
        return window, random.randint(1, 4), min(window * random.randint(3, 13) + random.randint(0, 20), 600)
    if kind == "edge":
        window = max(1, random.choice([1, 2, tile_tokens - 1, tile_tokens, tile_tokens + 1, capacity - 1]))
        window = min(window, capacity)
        return window, 2, min(2 * window + random.randint(2, 40), window + 200)
    return capacity, 1 if capacity > 256 else 2, capacity + random.randint(1, min(4 * capacity, 300) + 1)


def draw_settings(case, random):
    c = case.configuration
    if case.soak:
        window = c.capacity if random.randint(3) else random.randint(c.capacity // 2 + 1, c.capacity + 1)
        heads, tokens = 1, SOAK_TOKENS
    else:
        window, heads, tokens = draw_sequences(random, c.capacity, c.tile_tokens)
    # Fewer rows and columns add up to less charge: full scale follows, so that small heads use their range too.
    s_scale, a_scale = (2.0 ** random.randint(-1, 2) for _ in range(2))
    return Settings(window=int(window), heads=int(heads), tokens=int(tokens),
                    cell="linear" if random.randint(5) == 0 else "cubic",
                    decay=float(random.choice([1.56e-4, 0.01, 0.1], p=[0.4, 0.4, 0.2])),
                    s_sat=80.0 * c.dim / 64 * s_scale, a_sat=40.0 * c.tile_tokens / 64 * a_scale)


def config_text(case, settings):
    c = case.configuration
    return f"""# {case.id}
[geometry]
dim = {c.dim}
tile_tokens = {c.tile_tokens}
tiles = {c.tiles}
[quantization]
query_levels = {c.query_levels}
store_levels = {c.store_levels}
output_levels = {c.output_levels}
[cell]
model = "{settings.cell}"
[charge_to_pulse]
s_sat = {settings.s_sat}
a_sat = {settings.a_sat}
[leakage]
form = "{case.leakage}"
decay_per_token = {settings.decay}
[hardware]
readout = "{c.readout}"
"""


# ---- input -----------------------------------------------------------------------------------------------------------

# How often a token's codes are uniform, zero, full scale, one of these two, mostly zero, rather high, rather low.
QUERY_STYLES = (0.40, 0.03, 0.05, 0.15, 0.15, 0.10, 0.12)
STORE_STYLES = (0.35, 0.05, 0.05, 0.20, 0.05, 0.15, 0.15)


def draw_codes(random, shape, levels, styles):
    """Each token has its style."""
    full = levels - 1
    code, other = random.randint(0, levels, (2, *shape), dtype=np.uint8)
    style = random.choice(len(styles), p=styles, size=shape[:2])[:, :, None]
    sparse = code * (random.randint(0, 8, shape, dtype=np.uint8) == 0)
    return np.choose(style, [code, np.uint8(0), np.uint8(full), np.uint8(full) * (code > full // 2), sparse,
                             np.maximum(code, other), np.minimum(code, other)])


def draw_input(case, settings, random):
    """q, k, v: float32, [heads, tokens, dim]."""
    c = case.configuration
    shape = (settings.heads, settings.tokens, c.dim)
    q = draw_codes(random, shape, c.query_levels, QUERY_STYLES)
    k = draw_codes(random, shape, c.store_levels, STORE_STYLES)
    v = draw_codes(random, shape, c.store_levels, STORE_STYLES)
    if random.randint(2):  # values that agree over the tokens: charges add up, counters fill
        common = random.randint(0, c.store_levels, (settings.heads, 1, c.dim), dtype=np.uint8)
        v = np.where(random.randint(0, 4, shape, dtype=np.uint8) == 0, v, common)
    # Anywhere within a code's range, or in its middle. Beyond the ends of the range: clamped.
    spread = random.choice([0.0, 0.45])
    return {key: ((codes + spread * random.uniform(-1, 1, shape)) * (full_scale / (levels - 1))).astype(np.float32)
            for key, codes, levels, full_scale in (("q", q, c.query_levels, 1.0), ("k", k, c.store_levels, SUPPLY_V),
                                                   ("v", v, c.store_levels, SUPPLY_V))}
