"""Runs the cases of scripts/regress, several at a time, and judges what `gca run` did."""
import concurrent.futures
import dataclasses
import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from regression import cases

SAID_LINES = 20  # of a failing run's output are shown
TRACED_BEFORE = 2  # tokens before the one whose result was wrong


@dataclasses.dataclass
class Result:
    case: cases.Case
    settings: cases.Settings
    seconds: float
    failure: str = ""  # why; empty: passed
    said: str = ""  # the lines of the run's output that tell more
    replay: str = ""  # the command that runs just this, with the trace on
    report: dict = dataclasses.field(default_factory=dict)

    @property
    def tokens(self):
        """Head-tokens that came through the engine."""
        return self.settings.head_tokens if self.report else 0

    def explain(self):
        """All that a reader of the failure needs."""
        case, settings = self.case, self.settings
        mode = f"mode {case.mode}, back-pressure {case.backpressure}" if case.backpressure else "engine functional"
        lines = [f"FAILED {case.id}: {self.failure}",
                 f"  seed {case.seed}, configuration {case.configuration}, {mode}, leakage {case.leakage}",
                 f"  tokens {settings.heads} heads of {settings.tokens}, window {settings.window}, "
                 f"cell {settings.cell}, decay {settings.decay} a token, s_sat {settings.s_sat}, "
                 f"a_sat {settings.a_sat}"]
        said = [f"  {line}" for line in self.said.splitlines() if not self.failure.endswith(line)]
        return "\n".join([*lines, *said, f"  replay: {self.replay}"])


def command(case, settings, folder):
    """The run itself. The functional engine has no modes and no host."""
    engine = ["--engine", "functional"]
    if case.mode != "functional":
        engine = ["--engine", "rtl", "--mode", case.mode, "--backpressure", case.backpressure]
    return [case.configuration.gca, "run", *engine, "--config", f"{folder}/config.toml", "--input",
            f"{folder}/input.npz", "--window", str(settings.window), "--seed", str(case.seed), "--threads", "1",
            "--check", "always"]


def replay_line(case, settings, folder, first):
    """One line for the shell. `first`: the report's first mismatch; where it is None, all tokens are traced."""
    if case.mode == "functional":
        return shlex.join(command(case, settings, folder))
    tokens = ["--trace-tokens", "all"]
    if first:
        tokens = ["--trace-head", str(first["head"]),
                  "--trace-tokens", f"{max(0, first['token'] - TRACED_BEFORE)}:{first['token'] + 1}"]
    return shlex.join([*command(case, settings, folder), "--trace", f"{folder}/wave.fst", *tokens])


def judge(case, settings, code, report, complaint):
    """Why the run is a failure; empty if it is none. Nothing counts as passed that was not compared.

    `complaint`: the last line of the run's stderr.
    """
    check = report.get("check", {})
    if code < 0:
        return f"crash: {signal.Signals(-code).name}"
    if check.get("mismatches"):
        return f"{check['mismatches']} of {check['outputs']} outputs differ from the reference"
    if code != 0:
        return f"exit code {code}" + (f": {complaint}" if complaint else "")
    if not report:
        return "no report"
    if not check.get("done"):
        return "the check was not done"
    outputs = settings.head_tokens * case.configuration.dim
    if check.get("outputs") != outputs:
        return f"{check.get('outputs')} outputs checked, not all {outputs}"
    if check.get("near_threshold") == outputs:
        return f"no output compared: all {outputs} are within 1e-9 of a rounding threshold"
    return ""


def telling_lines(stdout, stderr):
    """What was complained of and the rows of the check; all rows where there is neither."""
    lines = stderr.splitlines()
    rows = stdout.splitlines()
    starts = [i for i, row in enumerate(rows) if row.lstrip().startswith("against reference")]
    if starts:
        lines += [row for row in rows[starts[0]:] if not row.lstrip().startswith("against softmax")]
    lines = lines or rows
    return "\n".join(line.rstrip() for line in lines[-SAID_LINES:])


def last_line(text):
    return text.rstrip().rpartition("\n")[2]


class Runner:
    """Works in a folder of its own under `folder`; keeps a failing case's files in folder/failures/IDENTIFIER."""

    def __init__(self, folder, jobs, timeout_s):
        self.failures = Path(folder) / "failures"
        self.jobs = jobs
        self.timeout_s = timeout_s
        self.work = None
        self.lock = threading.Lock()
        self.stopped = False
        self.processes = set()

    def run(self, selected):
        """Yields a Result for every case, as they end. Closing the generator stops what runs."""
        self.failures.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="run-", dir=self.failures.parent) as work:
            self.work = Path(work)
            with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
                try:
                    futures = [pool.submit(self.run_case, case) for case in selected]
                    for future in concurrent.futures.as_completed(futures):
                        yield future.result()
                finally:
                    pool.shutdown(wait=False, cancel_futures=True)
                    self.stop()

    def stop(self):
        with self.lock:
            self.stopped = True
            for process in self.processes:
                kill(process)

    def run_case(self, case):
        start = time.monotonic()
        folder = self.work / case.id
        folder.mkdir()
        random = case.random()
        settings = cases.draw_settings(case, random)
        (folder / "config.toml").write_text(cases.config_text(case, settings))
        np.savez(folder / "input.npz", **cases.draw_input(case, settings, random))
        code, stdout, stderr = self.call(command(case, settings, folder) + ["--report", f"{folder}/report.json"])
        report = read_report(folder / "report.json")
        if code is None:
            failure = f"no end within {self.timeout_s:g} s"
        else:
            failure = judge(case, settings, code, report, last_line(stderr))
        result = Result(case, settings, time.monotonic() - start, failure, report=report)
        kept = self.failures / case.id
        if not self.stopped:  # a stopped case is neither
            shutil.rmtree(kept, ignore_errors=True)
            if failure:
                stdout, stderr = (text.replace(str(folder), str(kept)) for text in (stdout, stderr))
                result.said = telling_lines(stdout, stderr)
                result.replay = replay_line(case, settings, kept, report.get("check", {}).get("first"))
                (folder / "output.txt").write_text(stdout + stderr)
                folder.rename(kept)
                return result
        shutil.rmtree(folder)
        return result

    def call(self, arguments):
        """(exit code, stdout, stderr); the code is None when time ran out."""
        with self.lock:
            if self.stopped:
                return 0, "", ""
            process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)
            self.processes.add(process)
        late = False
        try:
            stdout, stderr = process.communicate(timeout=self.timeout_s)
        except subprocess.TimeoutExpired:
            late = True
            kill(process)
            stdout, stderr = process.communicate()
        finally:
            with self.lock:
                self.processes.discard(process)
        return None if late else process.returncode, printable(stdout), printable(stderr)


def printable(text):
    """For a terminal and for XML."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def kill(process):
    """With all that it started: it leads a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def read_report(path):
    """Empty if there is none, or half of one."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
