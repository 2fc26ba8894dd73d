"""The FPGA boards: what is on them, what a head's size takes of them at least, how long a token takes."""
from dataclasses import dataclass


class Refused(Exception):
    """What is asked for can't be had; the message is the line to print."""


@dataclass(frozen=True)
class Resource:
    name: str  # as a person says it
    placed: str  # in nextpnr's report
    synthesized: tuple[str, ...]  # in Yosys' statistics
    available: int


@dataclass(frozen=True)
class Board:
    family: str
    clock_mhz: int
    device: tuple[str, ...]  # nextpnr's options
    pins: str  # the suffix of the files in constraints/
    logic: Resource
    ram: Resource
    ram_bits: int  # of one
    multipliers: Resource | None
    usual: dict  # size by top

    def resources(self):
        return {name: resource for name in ("logic", "ram", "multipliers") if (resource := getattr(self, name))}


BOARDS = {
    "hx8k": Board("ice40", 12, ("--hx8k", "--package", "ct256"), "pcf",
                  Resource("logic cells", "ICESTORM_LC", ("SB_LUT4",), 7680),
                  Resource("block RAMs", "ICESTORM_RAM", ("SB_RAM40_4K",), 32), 4096, None,
                  {"board": (16, 16, 2), "periphery": (16, 16, 2)}),
    "ulx3s": Board("ecp5", 25, ("--85k", "--package", "CABGA381"), "lpf",
                   # A carry cell is two LUTs, a row of distributed RAM six.
                   Resource("LUTs", "TRELLIS_COMB", ("LUT4", "CCU2C", "CCU2C"), 83640),
                   Resource("block RAMs", "DP16KD", ("DP16KD",), 208), 18432,
                   Resource("multipliers", "MULT18X18D", ("MULT18X18D",), 156),
                   {"board": (64, 64, 1)}),
}

QUERY_BITS, STORE_BITS, COUNT_BITS, CELL_BITS = 4, 3, 4, 18  # gca_board's defaults
MOST_COUNT = 15
LATENCY = 65  # cycles of the head
LANES = 4  # gca_periphery's default
# Limits of the host link: a token is one frame, a table's address and a sum are 16 bits.
MOST_DIM = 126
MOST_COLUMNS = 1 << (16 - STORE_BITS)
MOST_TILES = 0x7fff // MOST_COUNT


def text(size):
    return "x".join(map(str, size))


def power(number):
    """Of two, not less than the number."""
    return 1 << (number - 1).bit_length()


def registers(size):
    """So many at least: the host link's and the head's codes; counters, signs, synchronisers, and where pulses and signs
    come from."""
    dim, _, tiles = size
    return 2 * dim * (QUERY_BITS + 2 * STORE_BITS) + tiles * dim * (COUNT_BITS + 5)


def ram_bits(size):
    """Of the array view: both arrays and the cell's table with all ages."""
    dim, tile_tokens, tiles = size
    columns = power(tile_tokens * tiles)
    return 2 * columns * power(dim) * STORE_BITS + columns * power(1 << STORE_BITS) * CELL_BITS


def check_size(name, top, size):
    """Raises Refused where no synthesis is needed to know that it doesn't fit."""
    dim, tile_tokens, tiles = size
    board = BOARDS[name]
    ram = board.ram.available * board.ram_bits
    for what, value, most in (
            ("dimension", dim, MOST_DIM), ("columns", tile_tokens * tiles, MOST_COLUMNS),
            ("sub-tiles", tiles, MOST_TILES),
            (f"registers at least, {board.logic.name} of {name}", registers(size), board.logic.available),
            (f"bits of block RAM of {name}", ram_bits(size) if top == "board" else 0, ram)):
        if value > most:
            raise Refused(f"--config is {text(size)}: {what}: {value}, at most {most}")


def clocks_a_token(top, size):
    """Of the board. Closed loop: with a full window and no negative score; gca_stepped_head and gca_array_view say what
    takes how long, tests/emulated_head_test.cpp measures it. Periphery: the steps of gca_ana_serial, which asserts their
    time."""
    dim, tile_tokens, tiles = size
    if top == "periphery":
        bits = 5 * tile_tokens * tiles + 2 * dim * STORE_BITS + dim + 6, 2 * tiles * dim
        shifts = sum(-(-some // LANES) for some in bits)
        return LATENCY * (7 + 8 * (shifts + 2) + 8 * shifts + 8)
    write = 4 * (dim + 1)
    mix = tiles * dim + tile_tokens * tiles * (2 * dim + 14)
    emit = MOST_COUNT * (tiles * dim + 5)
    return 8 * LATENCY + write + mix + emit


def bits_a_token(size):
    """On the line, there and back: gca_frame_rx and gca_host_link."""
    return 10 * (2 * 10 + 3 + 2 * size[0] + 2 * size[0])
