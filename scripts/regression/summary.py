"""What scripts/regress tells: the progress, the table at the end, the failures, the JUnit file."""
import os
import time
import xml.etree.ElementTree as xml
from pathlib import Path

import rich.box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

PROGRESS_S = 10  # between two lines of progress where there is no terminal
FUNCTIONAL = "(functional engine)"  # in the table of back-pressure profiles
SHOWN_FAILURES = 10  # as they come, and explained at the end; the file has them all


class Summary:
    """Collects results; shows them while they come and at the end."""

    def __init__(self, selected, console):
        self.selected = selected
        self.console = console
        self.results = []
        self.start = time.monotonic()
        self.spoke = self.start
        self.progress = Progress(TextColumn("{task.completed} of {task.total} cases"), BarColumn(),
                                 TextColumn("{task.fields[state]}"), TimeElapsedColumn(), console=console,
                                 transient=True)
        self.task = self.progress.add_task("", total=len(selected), state=self.state())

    def __enter__(self):
        if self.console.is_terminal:
            self.progress.start()
        return self

    def __exit__(self, *_):
        if self.console.is_terminal:
            self.progress.stop()

    @property
    def failures(self):
        """The smallest first: it is the quickest to replay and to understand."""
        failed = [result for result in self.results if result.failure]
        return sorted(failed, key=lambda result: result.settings.head_tokens * result.case.configuration.dim *
                      result.case.configuration.capacity)

    @property
    def seconds(self):
        return time.monotonic() - self.start

    def state(self):
        failed = len(self.failures)
        tokens = sum(result.tokens for result in self.results)
        return f"[{'red' if failed else 'green'}]{failed} failed[/], {tokens} head-tokens"

    def add(self, result):
        self.results.append(result)
        if result.failure and len(self.failures) <= SHOWN_FAILURES:
            self.say(f"FAILED {result.case.id}: {result.failure}", style="red")
        self.progress.update(self.task, advance=1, state=self.state())
        if not self.console.is_terminal and time.monotonic() - self.spoke >= PROGRESS_S:
            self.spoke = time.monotonic()
            done = f"{len(self.results)} of {len(self.selected)} cases"
            self.say(f"{done}, {len(self.failures)} failed, {self.seconds:.0f} s")

    def say(self, text, style=None):
        """As it stands: nothing is marked up, and a line stays one line."""
        self.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def finish(self, why_stopped, failures_file):
        """`why_stopped`: empty when all cases ran. The file explains all failures; without any there is none."""
        for title, key in (("configuration", lambda case: case.configuration.name),
                           ("back-pressure", lambda case: case.backpressure or FUNCTIONAL)):
            self.say("")
            self.console.print(self.table(title, key))
        failures = self.failures
        for result in failures[:SHOWN_FAILURES]:
            self.say("\n" + result.explain())
        Path(failures_file).unlink(missing_ok=True)
        if failures:
            Path(failures_file).write_text("\n\n".join(result.explain() for result in failures) + "\n")
        if failures[SHOWN_FAILURES:]:
            self.say(f"\nand {len(failures) - SHOWN_FAILURES} more: {failures_file} explains them all")
        figures = {key: sum(result.report.get(key, 0) for result in self.results)
                   for key in ("saturated_pulses", "full_counters", "clamped_inputs")}
        checks = [result.report.get("check", {}) for result in self.results]
        outputs, near = (sum(check.get(key, 0) for check in checks) for key in ("outputs", "near_threshold"))
        self.say(f"\n{outputs} outputs checked, {near} of them left out near a rounding threshold; stimulus reached "
                 f"{figures['saturated_pulses']} saturated pulses, {figures['full_counters']} full counters, "
                 f"{figures['clamped_inputs']} clamped inputs")
        left = len(self.selected) - len(self.results)
        stopped = f", {left} not run ({why_stopped})" if why_stopped else ""
        self.say(f"{len(self.results) - len(failures)} passed, {len(failures)} failed{stopped} in {self.seconds:.0f} s",
                 style="bold red" if failures or why_stopped else "bold green")

    def table(self, title, key):
        """One row for each value of key(case), and their sum."""
        plain = not self.console.is_terminal
        table = Table(box=None if plain else rich.box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
        rows = {key(case): [] for case in self.selected}
        for result in self.results:
            rows[key(result.case)].append(result)
        lines = {name: figures(results) for name, results in rows.items()}
        total = figures(self.results)
        table.add_column(title, footer="all", no_wrap=True, min_width=len(FUNCTIONAL))
        for column, footer in zip(("cases", "passed", "failed", "head-tokens", "time", "head-tokens/s"), total):
            table.add_column(column, footer=footer, justify="right", no_wrap=True)
        for name, line in lines.items():
            table.add_row(name, *line, style="red" if line[2] != "0" else None)
        return table


def figures(results):
    """The speed is that of the engine; the time is that of the whole run with its check."""
    failed = sum(1 for result in results if result.failure)
    tokens = sum(result.tokens for result in results)
    engine_s = sum(result.report.get("wall_s", 0) for result in results)
    return (str(len(results)), str(len(results) - failed), str(failed), str(tokens),
            f"{sum(result.seconds for result in results):.1f} s", f"{tokens / engine_s:.0f}" if engine_s else "")


def console():
    """A table in a file or a pipe is not cut to 80 columns."""
    found = Console()
    return found if found.is_terminal else Console(width=200, color_system=None)


# ---- JUnit -----------------------------------------------------------------------------------------------------------


def write_junit(path, selected, results, seconds):
    """A suite for each configuration. A case that was not run is skipped."""
    done = {result.case.id: result for result in results}
    suites = {}
    for case in selected:
        suites.setdefault(case.configuration.name, []).append(case)
    root = xml.Element("testsuites", name="gca regress", **counts(selected, done), time=f"{seconds:.3f}")
    for name, members in suites.items():
        time_s = sum(done[case.id].seconds for case in members if case.id in done)
        suite = xml.SubElement(root, "testsuite", name=name, **counts(members, done), time=f"{time_s:.3f}")
        for case in members:
            result = done.get(case.id)
            entry = xml.SubElement(suite, "testcase", classname=f"gca.{name}", name=case.id,
                                   time=f"{result.seconds if result else 0:.3f}")
            if result is None:
                xml.SubElement(entry, "skipped", message="not run")
            elif result.failure:
                failure = xml.SubElement(entry, "failure", message=result.failure)
                failure.text = result.explain()
    xml.indent(root)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    xml.ElementTree(root).write(temporary, encoding="utf-8", xml_declaration=True)
    os.replace(temporary, path)


def counts(members, done):
    failed = sum(1 for case in members if case.id in done and done[case.id].failure)
    skipped = sum(1 for case in members if case.id not in done)
    return {"tests": str(len(members)), "failures": str(failed), "errors": "0", "skipped": str(skipped)}
