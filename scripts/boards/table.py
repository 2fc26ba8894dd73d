"""What was made, as JSON and as the Markdown table of rtl/board/README.md."""
import json

from boards.devices import BOARDS, Refused, bits_a_token, clocks_a_token, text
from boards.flow import OUTPUT, ROOT, revision

README = ROOT / "rtl/board/README.md"
BEGIN, END = "<!-- made by scripts/fpga --table --readme -->\n", "<!-- end -->\n"
HEADER = ("| board | top | size | logic cells or LUTs | block RAMs | multipliers | MHz, board's clock / head's | "
          "ns between the clocks | tokens/s | by |\n|---|---|---|---|---|---|---|---|---|---|\n")


def summarize(design, cells, report, tools):
    """The result of a design; without nextpnr's report, that of synthesis."""
    board = design.board
    result = {"board": design.name, "top": design.top, "size": text(design.size), "baud": design.baud,
              "needs_mhz": board.clock_mhz, "tools": tools, "rtl": revision(), "placed": report is not None}
    for name, resource in board.resources().items():
        used = (report["utilization"][resource.placed]["used"] if report
                else sum(cells.get(cell, 0) for cell in resource.synthesized))
        result[name] = {"used": used, "available": resource.available}
    if report:
        result["fmax_mhz"] = {clock_of(clock): round(figures["achieved"], 1) for clock, figures in report["fmax"].items()}
        result["crossing_ns"] = crossing_ns(report)
        result["slow"] = slow(result)
    seconds = clocks_a_token(design.top, design.size) / (board.clock_mhz * 1e6)
    result["tokens_per_s"] = round(1 / seconds)
    result["tokens_per_s_line"] = round(1 / (seconds + bits_a_token(design.size) / design.baud))
    return result


def clock_of(name):
    """Whose clock it is, by nextpnr's name of it; None where it is none."""
    if "async" in name:
        return None
    return "head" if "head_clk" in name else "board"


def crossing_ns(report):
    """The longest path from one clock's flops to the other's, both ways."""
    ways = [{clock_of(path["from"]), clock_of(path["to"])} for path in report["critical_paths"]]
    return round(max(sum(step["delay"] for step in path["path"])
                     for path, way in zip(report["critical_paths"], ways) if way == {"board", "head"}), 1)


def slow(result):
    """What does not close, in words."""
    needs, most = result["needs_mhz"], most_crossing_ns(result)
    found = [f"{clock}'s clock reaches {result['fmax_mhz'][clock]} MHz: needs {needs}" for clock in ("board", "head")
             if result["fmax_mhz"][clock] < needs]
    if result["crossing_ns"] > most:
        found.append(f"{result['crossing_ns']} ns between the clocks: at most {most:.0f}")
    return found


def most_crossing_ns(result):
    """gca_stepped_head leaves two periods, less the way from its flop to the head's clock pins: one and a half."""
    return 1500 / result["needs_mhz"]


def row(result):
    def use(name):
        if name not in result:
            return "-"
        used, available = result[name]["used"], result[name]["available"]
        return f"{used} of {available} ({100 * used / available:.0f} %)"

    if result["placed"]:
        fmax = result["fmax_mhz"]
        timing = (f"{fmax['board']} / {fmax['head']} (needs {result['needs_mhz']})",
                  f"{result['crossing_ns']} (at most {most_crossing_ns(result):.0f})")
    else:
        timing = "not placed: figures of synthesis", "-"
    tokens = f"{result['tokens_per_s']} ({result['tokens_per_s_line']} at {result['baud']} baud)"
    by = result["tools"] + (f", RTL of {result['rtl']}" if result["rtl"] else "")
    if simulated := result.get("simulated"):
        by += (f"; simulated bitstream: {simulated['tokens']} tokens, {simulated['outputs']} outputs, "
               f"{simulated['near_threshold']} too near a threshold to compare, {simulated['mismatches']} wrong")
    cells = (*(result[name] for name in ("board", "top", "size")), *map(use, ("logic", "ram", "multipliers")), *timing,
             tokens, by)
    return f"| {' | '.join(cells)} |\n"


def results():
    """All that was made, board by board, smaller sizes first."""
    found = []
    for file in (ROOT / OUTPUT).glob("*/result.json"):
        try:
            result = json.loads(file.read_text())
            found.append(((list(BOARDS).index(result["board"]), result["top"], result["logic"]["used"], result["baud"]),
                          result))
        except (ValueError, KeyError, TypeError):
            raise Refused(f"{file.relative_to(ROOT)}: no result of this script: make it again, or remove it") from None
    return [result for _, result in sorted(found, key=lambda pair: pair[0])]


def markdown(found):
    return HEADER + "".join(map(row, found))


def write_readme(table):
    old = README.read_text()
    before, rest = old.split(BEGIN)
    README.write_text(before + BEGIN + table + rest[rest.index(END):])
