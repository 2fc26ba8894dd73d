"""What scripts/mutate tells: progress, the table, survivors, results.json."""
import json
import os
import time
from pathlib import Path

import rich.box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from mutation import survivors

PROGRESS_S = 30  # between two lines of progress where there is no terminal


class Report:
    def __init__(self, killers, judged, texts, total):
        self.killers, self.judged, self.texts, self.total = killers, judged, texts, total
        self.console = Console(highlight=False)
        if not self.console.is_terminal:
            self.console = Console(highlight=False, width=120)
        self.results = []  # (mutant, verdict, whether it belongs to the sample)
        self.start = self.spoke = time.monotonic()
        self.progress = Progress(TextColumn("{task.completed} of {task.total} mutants"), BarColumn(),
                                 TextColumn("{task.fields[state]}"), TimeElapsedColumn(), console=self.console,
                                 transient=True)
        self.task = self.progress.add_task("", total=total, state="")

    def __enter__(self):
        if self.console.is_terminal:
            self.progress.start()
        return self

    def __exit__(self, *_):
        if self.console.is_terminal:
            self.progress.stop()

    def say(self, text, style=None):
        self.console.print(text, style=style, markup=False, soft_wrap=True)

    def add(self, mutant, verdict, sampled):
        self.results.append((mutant, verdict, sampled))
        if not verdict.killed_by and not verdict.refused and mutant.id not in self.judged:
            self.say(f"survived  {mutant.id}  {mutant.describe(self.texts[mutant.file])}", style="red")
        alive = len(self.survivors())
        state = f"{alive} survived, {len(self.unjudged())} of them not judged"
        self.progress.update(self.task, completed=len(self.results), state=state)
        if not self.console.is_terminal and time.monotonic() - self.spoke >= PROGRESS_S:
            self.spoke = time.monotonic()
            self.say(f"{len(self.results)} of {self.total} mutants, {state}, {self.seconds:.0f} s")

    @property
    def seconds(self):
        return time.monotonic() - self.start

    # ---- the outcome

    def survivors(self):
        return [mutant for mutant, verdict, _ in self.results if not verdict.killed_by and not verdict.refused]

    def unjudged(self):
        return [mutant for mutant in self.survivors() if mutant.id not in self.judged]

    def stale(self, all_mutants):
        """Lines about entries of the list that mean nothing any more."""
        names = {mutant.id: mutant for mutant in all_mutants}
        ended = {mutant.id: verdict for mutant, verdict, _ in self.results}
        for name, entry in self.judged.items():
            if name not in names:
                yield f"{name}: there is no such mutant any more"
                continue
            edit = names[name].name_of_edit(self.texts[names[name].file])
            if entry["mutant"] != edit:
                yield f"{name}: its mutant is {edit}"
            elif name in ended and ended[name].refused:
                yield f"{name}: it can't be built"
            elif name in ended and ended[name].killed_by:
                yield f"{name}: it is killed now, by {ended[name].killed_by} ({ended[name].test})"

    def rows(self):
        """{group: counts} of the sample."""
        rows = {}
        for mutant, verdict, sampled in self.results:
            if not sampled:
                continue
            row = rows.setdefault(mutant.group, dict.fromkeys(("mutants", *self.killers, "judged", "unjudged",
                                                               "refused"), 0))
            key = "refused" if verdict.refused else verdict.killed_by or (
                "judged" if mutant.id in self.judged else "unjudged")
            row[key] += 1
            row["mutants"] += not verdict.refused
        return rows

    def rate(self, rows):
        """Percent of the mutants that were killed; survivors count, judged or not."""
        mutants = sum(row["mutants"] for row in rows)
        return 100.0 * sum(row[killer] for row in rows for killer in self.killers) / mutants if mutants else 0.0

    def finish(self):
        rows = self.rows()
        table = Table(box=rich.box.SIMPLE, title="killed by", title_justify="left", show_footer=len(rows) > 1)
        total = {key: sum(row[key] for row in rows.values()) for key in next(iter(rows.values()), {})}
        columns = ["mutants", *self.killers, "judged", "unjudged"]
        titles = {"judged": "survived: judged", "unjudged": "not judged"}
        table.add_column("module", footer="all")
        for key in columns:
            table.add_column(titles.get(key, key), footer=str(total.get(key, 0)), justify="right")
        table.add_column("rate", footer=f"{self.rate(rows.values()):.1f} %", justify="right")
        for group, row in sorted(rows.items()):
            table.add_row(group, *(str(row[key]) for key in columns), f"{self.rate([row]):.1f} %")
        self.say("")
        self.console.print(table)
        if total.get("refused"):
            self.say(f"{total['refused']} more could not be built: they are no mutants")
        for mutant in self.unjudged():
            self.say(f"not judged: {mutant.describe(self.texts[mutant.file])}\n"
                     f"{survivors.stub(mutant, self.texts[mutant.file])}\n", style="red")

    def write(self, path, kind, seed):
        rows = self.rows()
        data = {"kind": kind, "seed": seed, "seconds": round(self.seconds, 1), "rate": self.rate(rows.values()),
                "modules": rows,
                "mutants": [{"id": mutant.id, "file": mutant.file, "line": mutant.line(self.texts[mutant.file]),
                             "edit": mutant.name_of_edit(self.texts[mutant.file]), "operator": mutant.operator,
                             "sampled": sampled, "killed_by": verdict.killed_by, "test": verdict.test,
                             "refused": verdict.refused, "seconds": round(verdict.seconds, 2)}
                            for mutant, verdict, sampled in self.results]}
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(data, indent=1) + "\n")
        os.replace(new, path)
