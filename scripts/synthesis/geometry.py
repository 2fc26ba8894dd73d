"""The head's sizes by name or in the form DIMxTILE_TOKENSxTILES[:QUERYxSTORExOUT], and what they mean for its RTL."""
import dataclasses
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STYLES = {"counters": 0, "popcount": 1}  # as in gca_pkg
LIMITS = {"dimension": 4096, "tokens a sub-tile": 4096, "sub-tiles": 1024, "levels": 256}


class GeometryError(Exception):
    """One line for the user."""


@dataclasses.dataclass(frozen=True)
class Geometry:
    name: str
    dim: int
    tile_tokens: int
    tiles: int
    query_levels: int = 16
    store_levels: int = 8
    out_levels: int = 16

    @property
    def columns(self):
        return self.tile_tokens * self.tiles

    @property
    def size(self):
        levels = (self.query_levels, self.store_levels, self.out_levels)
        text = f"{self.dim}x{self.tile_tokens}x{self.tiles}"
        return text if levels == (16, 8, 16) else f"{text}:{'x'.join(map(str, levels))}"

    def parameters(self):
        """Of gca_head; those at their defaults left out, except for the sizes."""
        result = {"Dim": self.dim, "TileTokens": self.tile_tokens, "Tiles": self.tiles}
        levels = {"QueryLevels": (self.query_levels, 16), "StoreLevels": (self.store_levels, 8),
                  "OutLevels": (self.out_levels, 16)}
        return result | {name: value for name, (value, usual) in levels.items() if value != usual}


def named():
    """{name: size}: the geometries that CMakeLists.txt names."""
    found = re.search(r'^set\(GCA_GEOMETRIES "([^"]*)"', (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
    return dict(entry.split("=") for entry in found[1].split(";"))


def read(text):
    names = named()
    found = re.fullmatch(r"(\d{1,6})x(\d{1,6})x(\d{1,6})(?::(\d{1,6})x(\d{1,6})x(\d{1,6}))?", names.get(text, text))
    if not found:
        raise GeometryError(f"--config is {text}: must be {', '.join(names)} or DIMxTILE_TOKENSxTILES[:QUERYxSTORExOUT]")
    values = [int(number) for number in found.groups() if number is not None]
    for value, (what, most) in zip(values, [*list(LIMITS.items())[:3], *[("levels", LIMITS["levels"])] * 3]):
        least = 2 if what == "levels" else 1
        if not least <= value <= most:
            raise GeometryError(f"--config is {text}: {what} must be {least} to {most}, not {value}")
    return Geometry(text if text in names else text.replace(":", "-"), *values)
