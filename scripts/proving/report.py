"""What scripts/formal tells: the table, the failures, the JSON file."""
import dataclasses
import json
import os
from pathlib import Path

import rich.box
from rich.console import Console
from rich.table import Table

COLUMNS = ("property", "module", "size", "method", "depth", "time", "verdict")


def console():
    """A table in a file or a pipe is not cut to 80 columns."""
    found = Console()
    return found if found.is_terminal else Console(width=200, color_system=None)


def say(to, text, style=None):
    """As it stands: nothing is marked up, and a line stays one line."""
    to.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def table(rows, first):
    result = Table(box=rich.box.SIMPLE_HEAD, pad_edge=False)
    for name in (first, *COLUMNS[1:]):
        result.add_column(name, no_wrap=True, justify="right" if name in ("depth", "time") else "left")
    for row in rows:
        name = f"{row.bug} -> {row.label}" if row.bug else row.label
        result.add_row(name, row.module, row.size, row.method, row.depth, f"{row.seconds:.1f} s", row.verdict,
                       style=None if row.passed else "red")
    return result


def finish(to, proofs, rows, seconds, path):
    """Prints all and writes the JSON file."""
    properties = [row for row in rows if not row.bug]
    bugs = [row for row in rows if row.bug]
    to.print(table(properties, "property"))
    if bugs:
        to.print(table(bugs, "seeded bug -> what must find it"))
    say(to, "depth: of a proof the cycles from reset that are checked as the ground of the induction, of a cover or a bug "
            "the cycle in which it is reached\ntime: of a proof that of all properties of the module together")
    for proof in proofs:
        if proof.reduced:
            say(to, f"{proof.module} {proof.size} is reduced: {proof.reduced}")
    failures = [row for row in rows if not row.passed]
    for row in failures:
        say(to, f"FAILED {row.module} {row.size} {row.bug} {row.label}: {row.verdict}; {row.told}", style="red")
    if any(not row.passed for row in rows):
        modules = " ".join(f"--only {module}" for module in dict.fromkeys(row.module for row in failures))
        say(to, f"again: scripts/formal {modules}")
    counts = {verdict: sum(1 for row in rows if row.verdict == verdict) for verdict in ("proved", "reached", "found")}
    say(to, f"{counts['proved']} proofs of properties, {counts['reached']} covers reached, {counts['found']} seeded bugs "
            f"found, {len(failures)} failed in {seconds:.0f} s", style="bold red" if failures else "bold green")
    write(path, {"passed": not failures, "seconds": round(seconds, 1),
                 "rows": [dataclasses.asdict(row) for row in rows]})


def write(path, content):
    """Whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, indent=1) + "\n")
    os.replace(temporary, path)
