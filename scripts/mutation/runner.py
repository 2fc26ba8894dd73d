"""Runs tests on a mutant, stage after stage, until one fails, and says which."""
import dataclasses
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from pathlib import Path

TIME_FACTOR, TIME_MARGIN_S = 5, 10  # a stage may take so many times as long as without a mutant, and so much more
SAID_CHARACTERS = 3000
# What a test program says when something else than its own comparison stops it.
STOPPED_BY = {"assertion": re.compile(r"Assertion failed in (\S+?):? "),
              "sanitizer": re.compile(r"(AddressSanitizer: [\w-]+|runtime error: .*)")}


@dataclasses.dataclass(frozen=True)
class Stage:
    name: str  # as the table has it
    program: Path
    arguments: tuple

    def command(self):
        return [str(self.program), *self.arguments]


@dataclasses.dataclass
class Verdict:
    """How a mutant ended. `killed_by`: a stage, assertion, elaboration, time-out; empty: it survived."""
    killed_by: str = ""
    test: str = ""  # the first that failed
    said: str = ""  # the end of its output
    replay: str = ""
    refused: bool = False  # it can't be built: no mutant at all
    seconds: float = 0.0


class BrokenBaseline(Exception):
    """The tests fail without any mutant."""


def run(command, environment, limit_s):
    """(exit code, output); the exit code is None if the time ran out."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", start_new_session=True)
    try:
        output, _ = process.communicate(timeout=limit_s)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return None, output
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def gtest(name, program, suites):
    return Stage(name, program, ("--gtest_fail_fast", f"--gtest_filter={suites}"))


class Runner:
    """`scratch`: the folder for what failing tests write."""

    def __init__(self, scratch, environment=None):
        self.environment = {**os.environ, "TMPDIR": str(Path(scratch).resolve()), **(environment or {})}
        Path(scratch).mkdir(parents=True, exist_ok=True)
        self.baselines = {}
        self.lock = threading.Lock()

    def baseline(self, stage):
        """Seconds that it takes without a mutant."""
        with self.lock:
            if stage not in self.baselines:
                start = time.monotonic()
                code, output = run(stage.command(), self.environment | {"GCA_MUTANT": "0"}, 600)
                if code != 0:
                    raise BrokenBaseline(f"fails without a mutant: {' '.join(stage.command())}\n"
                                         f"{output[-SAID_CHARACTERS:]}")
                self.baselines[stage] = time.monotonic() - start
            return self.baselines[stage]

    def judge(self, stage, number):
        """None if the mutant with this number passes."""
        limit_s = TIME_FACTOR * self.baseline(stage) + TIME_MARGIN_S
        code, output = run(stage.command(), self.environment | {"GCA_MUTANT": str(number)}, limit_s)
        if code == 0:
            return None
        failed = re.findall(r"^\[  FAILED  \] ([\w/.]+)", output, re.MULTILINE)
        running = re.findall(r"^\[ RUN      \] (\S+)", output, re.MULTILINE)
        test = (failed or running[-1:] or [""])[0]
        stopped = {how: match[1] for how, pattern in STOPPED_BY.items() if (match := pattern.search(output))}
        how = next(iter(stopped), "time-out" if code is None else stage.name)
        said = output[-SAID_CHARACTERS:]
        arguments = [f"--gtest_filter={test}" if test and argument.startswith("--gtest_filter") else argument
                     for argument in stage.arguments]
        replay = shlex.join(["env", f"GCA_MUTANT={number}", str(stage.program), *arguments])
        return Verdict(how, ": ".join([test, *stopped.values()]), said, replay)
