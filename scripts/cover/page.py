"""The RTL's coverage as web pages: a summary, and each source with its counts beside it."""
import collections
import html
from pathlib import Path

from cover import points

STYLE = """<style>
body { font-family: sans-serif; margin: 2em; } table { border-collapse: collapse; }
td, th { padding: 1px 10px; text-align: right; } td.text, th.text { text-align: left; }
pre { margin: 0; } .bad { background: #f5b7b1; } .waived { background: #f9e79f; } .good { color: #1e8449; }
</style>"""


def escape(text):
    return html.escape(str(text))


def write(path, title, body):
    path.write_text(f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{STYLE}'
                    f"</head><body><h1>{escape(title)}</h1>{body}</body></html>\n")


def table(head, rows, texts=1):
    """Rows of ready HTML cells; the first `texts` columns are text."""
    def line(tag, cells):
        return "<tr>" + "".join(f'<{tag}{" class=text" if column < texts else ""}>{cell}</{tag}>'
                                for column, cell in enumerate(cells)) + "</tr>"
    return "<table>" + line("th", head) + "".join(line("td", row) for row in rows) + "</table>"


def mark(count, is_waived):
    style = "good" if count else "waived" if is_waived else "bad"
    return f'<span class="{style}">{"waived" if is_waived else count}</span>'


def source_page(folder, file, found, waived):
    """`found`: the file's points with their counts. Bits of a signal show as one: the least count of them."""
    beside = collections.defaultdict(list)
    for point, count in sorted(found.items()):
        name = point.name.partition("[")[0] if point.kind == "toggle" else point.name
        beside[point.line, point.column, point.kind, name].append((count, point))
    cells = collections.defaultdict(list)
    for (line, _, kind, name), members in beside.items():
        left = [point.name for count, point in members if not count and point not in waived]
        count = min(count for count, _ in members)
        bits = f" ({len(members)} bits)" if len(members) > 1 else ""
        text = f"{kind} {escape(name)}{bits} " + mark(count, not count and not left)
        cells[line].append(text + (f' <span class="bad">{escape(" ".join(left[:20]))}</span>' if left else ""))
    rows = [(number, f"<pre>{escape(text)}</pre>", "; ".join(cells[number]))
            for number, text in enumerate((points.ROOT / file).read_text().splitlines(), 1)]
    name = file.replace("/", ".") + ".html"
    write(folder / name, file, table(("line", "source", "covered"), rows, texts=3))
    return name


def make(folder, counts, waived, waivers, features, table_of_totals):
    """Writes folder/index.html and a page for each source."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    by_file = collections.defaultdict(dict)
    for point, count in counts.items():
        by_file[point.file][point] = count
    links = {file: source_page(folder, file, found, waived) for file, found in by_file.items()}

    def figures(cells):
        return [f'{cells[kind]["covered"]} of {cells[kind]["points"]}' if cells[kind]["points"] else ""
                for kind in points.KINDS] + [sum(cells[kind]["waived"] for kind in points.KINDS)]

    rows = [(f'<a href="{links[file]}">{escape(file)}</a>' if file else "all", *figures(cells))
            for file, cells in table_of_totals.items()]
    functional = [(escape(point.name), escape(", ".join(features.get(point.name, []))), mark(count, False))
                  for point, count in sorted(counts.items(), key=lambda item: (item[0].file, item[0].line))
                  if point.kind == "point"]
    reasons = [(escape(waiver["file"]), escape(points.plain(waiver["text"])), escape(" ".join(waiver["points"])),
                escape(waiver["reason"]), escape(waiver["remove"])) for waiver in waivers]
    write(folder / "index.html", "Coverage of the RTL",
          table(("file", *points.KINDS, "waived"), rows)
          + "<h2>Functional points</h2>" + table(("point", "features", "cycles"), functional, texts=2)
          + "<h2>Waivers</h2>" + table(("file", "line", "points", "reason", "to be removed"), reasons, texts=5))
