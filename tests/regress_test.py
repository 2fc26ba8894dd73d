#!/usr/bin/python3
"""scripts/regress: does it find what is wrong, and say so?

    /usr/bin/python3 tests/regress_test.py PATH_TO_GCA [unittest's arguments]

A stand-in for gca runs the real one and then spoils what it did, so that each kind of failure occurs.
"""

import itertools
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from regression import cases  # noqa: E402

GCA = None  # set in main
CONFIGURATIONS = ("tiny", "odd", "tile", "paper")
FIVE = ("--configs", "tiny", "--modes", "pipelined", "--leakage", "voltage", "--seeds", "7")  # one of each profile
SPOILER = '''#!/usr/bin/python3
"""Runs gca; where an argument contains $SPOIL_AT, does as $SPOIL says."""
import json, os, signal, subprocess, sys, time

def spoil(how, report):
    def rewrite(**check):
        if report:
            data = json.load(open(report))
            data["check"].update(check)
            json.dump(data, open(report, "w"))
    if how == "wrong":
        rewrite(mismatches=3, first={"head": 0, "token": 1, "output": 2, "expected": 5.0, "got": 4.0})
        print("  against reference     3 of many outputs differ, by at most 0.1")
        print("                        first: head 0, token 1, output 2: expected 5, got 4 (cycle 95, stage S6)")
        print("  against softmax       cosine 0.5")
        sys.exit(1)
    if how == "silently wrong":
        rewrite(mismatches=3)
    if how == "broken contract":
        os.remove(report)
        sys.exit("gca: cycle 12: column 3 is read while it is written \\x07")
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "hang":
        subprocess.Popen(["sleep", "600"])  # holds stdout open
        open(os.environ["SPOIL_PIDS"], "a").write(f"{os.getpid()}\\n")
        time.sleep(600)
    if how == "no report":
        os.remove(report)
    if how == "half a report":
        open(report, "w").write('{"check": {"done": tr')
    if how == "unchecked":
        rewrite(done=False)
    if how == "nothing checked":
        rewrite(outputs=0)
    if how == "one output fewer":
        rewrite(outputs=json.load(open(report))["check"]["outputs"] - 1)
    if how == "nothing compared":
        rewrite(near_threshold=json.load(open(report))["check"]["outputs"])

done = subprocess.run([os.environ["REAL_GCA"], *sys.argv[1:]], capture_output=True, text=True)
if any(os.environ["SPOIL_AT"] in word for word in sys.argv):
    report = sys.argv[sys.argv.index("--report") + 1] if "--report" in sys.argv else None
    spoil(os.environ["SPOIL"], report)
print(done.stdout, end="")
print(done.stderr, end="", file=sys.stderr)
sys.exit(done.returncode)
'''


class RegressTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gca_regress_")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.spoiler = self.folder / "spoiler"
        self.spoiler.write_text(SPOILER)
        self.spoiler.chmod(0o755)
        self.pids = self.folder / "pids"

    def environment(self, spoil="", at="/input.npz"):
        return {**os.environ, "REAL_GCA": GCA, "SPOIL": spoil, "SPOIL_AT": at, "SPOIL_PIDS": str(self.pids),
                "TERM": "xterm"}

    def command(self, *arguments, gca=None):
        return [str(ROOT / "scripts/regress"), "--gca", str(gca or self.spoiler), "--build", str(self.folder),
                *map(str, arguments)]

    def regress(self, *arguments, code=0, spoil="", at="/input.npz", gca=None):
        done = subprocess.run(self.command(*arguments, gca=gca), cwd=self.folder, env=self.environment(spoil, at),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        if code != 2:
            self.assertEqual(done.stderr, "")
        return done

    def list(self, *arguments):
        return self.regress("--list", *arguments).stdout.split()

    def row(self, text, name):
        """cases, passed, failed, head-tokens of the first table row of that name."""
        words = re.search(rf"(?m)^{re.escape(name)} +(\d+) +(\d+) +(\d+) +(\d+) ", text).groups()
        return [int(word) for word in words]

    def junit(self, path=None):
        """(the identifiers by outcome, the root element); counts are checked."""
        root = xml.parse(path or self.folder / "regress/junit.xml").getroot()
        outcomes = {"passed": [], "failure": [], "skipped": []}
        for suite in root:
            for entry in suite:
                outcomes[entry[0].tag if len(entry) else "passed"].append(entry.get("name"))
        for element, entries in [(root, root.findall("*/testcase")), *((suite, suite.findall("testcase"))
                                                                        for suite in root)]:
            self.assertEqual(int(element.get("tests")), len(entries))
            for count, tag in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
                self.assertEqual(int(element.get(count)), sum(len(entry.findall(tag)) for entry in entries), count)
        return outcomes, root

    def left(self):
        """What lies in the folder of kept failures, and that no working folder is left."""
        self.assertEqual(list((self.folder / "regress").glob("run-*")), [])
        return sorted(path.name for path in (self.folder / "regress/failures").iterdir())


class Lists(RegressTest):
    def test_complete_and_stable(self):
        for profile, seeds in (("quick", 5), ("default", 25)):
            found = self.list("--profile", profile)
            want = {f"{name}-{mode}-{leakage}-{pressure}-s{seed}" for name, mode, leakage, pressure, seed in
                    itertools.product(CONFIGURATIONS, ("sequential", "pipelined"), ("off", "voltage", "product"),
                                      ("none", "random", "consumer", "producer", "stop_and_go"), range(1, seeds + 1))}
            want |= {f"{name}-functional-{leakage}-s{seed}" for name, leakage, seed in
                     itertools.product(CONFIGURATIONS, ("off", "voltage", "product"), range(1, seeds + 1))}
            self.assertEqual(set(found), want)
            self.assertEqual(len(found), len(want))
            self.assertEqual(self.list("--profile", profile), found)
        self.assertEqual(self.list(), found)

    def test_options_narrow(self):
        self.assertEqual(self.list("--configs", "odd", "--modes", "pipelined,functional", "--leakage", "off",
                                   "--backpressure", "consumer", "--seeds", "3:4"),
                         ["odd-pipelined-off-consumer-s3", "odd-functional-off-s3", "odd-pipelined-off-consumer-s4",
                          "odd-functional-off-s4"])
        self.assertEqual(self.list("--seeds", 9), [name.replace("-s1", "-s9") for name in self.list("--seeds", "1:1")])

    def test_readouts_have_the_same_inputs(self):
        command = [ROOT / "scripts/regress", "--list", "--configs", "odd", "--leakage", "off", "--backpressure", "none",
                   "--seeds", "3", "--readouts", "counters,popcount-gated", "--build", self.folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.split(),
                         ["odd-sequential-off-none-s3", "odd-pipelined-off-none-s3", "odd-functional-off-s3",
                          "odd_popcount_gated-sequential-off-none-s3", "odd_popcount_gated-pipelined-off-none-s3"])
        known = cases.configurations("odd=12x10x3;odd_popcount_gated=12x10x3+popcount-gated", "gca")
        one, other = (cases.parse_id(f"{name}-pipelined-off-none-s3", known) for name in known)
        self.assertEqual(other.configuration.readout, "popcount-gated")
        settings = cases.draw_settings(one, one.random())
        self.assertEqual(settings, cases.draw_settings(other, other.random()))
        told = cases.config_text(other, settings).splitlines()
        self.assertEqual(told[-2:], ["[hardware]", 'readout = "popcount-gated"'])
        self.assertEqual(told[1:-1], cases.config_text(one, settings).splitlines()[1:-1])

    def test_nightly_is_a_soak(self):
        soak = [name for name in self.list("--nightly") if "-soak-" in name]
        tokens = dict.fromkeys(itertools.product(CONFIGURATIONS, cases.MODES), 0)
        known = cases.configurations("tiny=8x8x2;odd=12x10x3;tile=64x64x1;paper=64x64x16", "gca")
        for name in soak:
            case = cases.parse_id(name, known)
            self.assertEqual(case.id, name)
            tokens[case.configuration.name, case.mode] += cases.draw_settings(case, case.random()).head_tokens
        self.assertGreater(tokens["paper", "sequential"] + tokens["paper", "pipelined"], 10**6)
        self.assertGreater(min(tokens.values()), 0)
        later = self.list("--nightly", "--seeds", "51:52")
        self.assertEqual({name.rsplit("-", 1)[1] for name in later}, {"s51", "s52"})
        self.assertEqual(len([name for name in later if "-soak-" in name]), len(soak))

    def test_geometries_of_the_build(self):
        (self.folder / "CMakeCache.txt").write_text("GCA_EXTRA_GEOMETRIES:STRING=mine=48x32x4:16x8x9\n"
                                                    "GCA_GEOMETRIES:STRING=tiny=8x8x2\n")
        self.assertEqual({name.split("-")[0] for name in self.list()}, {"mine", "tiny"})

    def test_random_geometries(self):
        (self.folder / "CMakeCache.txt").write_text("GCA_GEOMETRIES:STRING=tiny=8x8x2\n")
        found = [subprocess.run([ROOT / "scripts/regress", "--build", self.folder, "--list", "--random-geometries", "3",
                                 "--seeds", seed, "--configs", "tiny"], capture_output=True, text=True,
                                check=True).stdout for seed in ("5:6", "5:6", "6")]
        self.assertEqual(found[0], found[1])
        names, others = ({line.split("-")[0] for line in text.split()} for text in (found[0], found[2]))
        self.assertEqual(len(names), 4)
        self.assertIn("tiny", names)
        self.assertEqual(names & others, {"tiny"})
        for name in names - {"tiny"}:
            self.assertRegex(name, r"^g\d+x\d+x\d+_\d+x\d+x\d+$")


class Refusals(RegressTest):
    def refused(self, *arguments, says):
        with self.subTest(arguments=arguments):
            done = self.regress(*arguments, code=2)
            self.assertEqual(done.stdout, "")
            self.assertEqual((len(done.stderr.splitlines()), done.stderr[:9]), (1, "regress: "), done.stderr)
            for word in says:
                self.assertIn(str(word), done.stderr)
            self.assertFalse((self.folder / "regress").exists())

    def test_bad_options(self):
        self.refused("--configs", "tiny,huge", says=("--configs", "huge", *CONFIGURATIONS))
        self.refused("--modes", "fast", says=("--modes", "fast", "sequential", "pipelined", "functional"))
        self.refused("--leakage", "on", says=("--leakage", "on", "off", "voltage", "product"))
        self.refused("--backpressure", "", says=("--backpressure", "none", "stop_and_go"))
        self.refused("--readouts", "sums", says=("--readouts", "sums", "counters", "popcount-gated"))
        self.refused("--readouts", "popcount", says=("--readouts", "--gca"))
        self.refused("--profile", "slow", says=("--profile", "slow", "quick", "nightly"))
        for seeds in ("x", "3:2", "1:", "-1", "1:1000000001"):
            self.refused(f"--seeds={seeds}", says=("--seeds", seeds, "A:B", "1000000000"))
        for option in ("--jobs", "--random-geometries", "--max-failures"):
            for value in ("0", "-1", "many", "1.5"):
                self.refused(f"{option}={value}", says=(option, value, "1"))
        for value in ("0", "x", "nan"):
            self.refused("--timeout", value, says=("--timeout", value))
        self.refused("--seed", "3", says=("--seed",))
        self.refused("more", says=("more",))
        self.refused("--random-geometries", 1, says=("--random-geometries", "--gca"))

    def test_no_such_case(self):
        for name in ("tiny", "tiny-pipelined-off-none", "tiny-pipelined-off-none-3", "tiny-functional-off-none-s1",
                     "tiny-pipelined-off-s1", "tiny-pipelined-off-none-soak-more-s1", "tiny-none-off-pipelined-s1",
                     "tiny-pipelined-off-none-s1000000001"):
            self.refused("--only", name, says=("--only", name, "--list"))
        self.refused("--only", "huge-pipelined-off-none-s1", says=("huge", *CONFIGURATIONS))

    def test_no_program(self):
        done = subprocess.run(self.command(gca="missing"), cwd=self.folder, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"^regress: .*missing.*\n$")


class Passes(RegressTest):
    def test_all_pass(self):
        arguments = ("--configs", "odd,tiny", "--seeds", "1:2")
        text = self.regress(*arguments, gca=GCA).stdout
        names = self.list(*arguments)
        outcomes, root = self.junit()
        self.assertEqual(sorted(outcomes["passed"]), sorted(names))
        self.assertEqual([suite.get("name") for suite in root], ["tiny", "odd"])
        self.assertEqual(self.row(text, "all")[:3], [len(names), len(names), 0])
        self.assertEqual(self.row(text, "tiny")[:3], [66, 66, 0])
        self.assertEqual(self.row(text, "consumer")[:3], [24, 24, 0])
        self.assertEqual(self.row(text, "(functional engine)")[:3], [12, 12, 0])
        tokens = [self.row(text, name)[3] for name in ("all", "tiny", "odd")]
        self.assertEqual(tokens[0], tokens[1] + tokens[2])
        self.assertGreater(min(tokens), 0)
        self.assertIn(f"{len(names)} passed, 0 failed in ", text)
        self.assertNotIn("\x1b", text)
        self.assertEqual(self.left(), [])
        self.assertFalse((self.folder / "regress/failures.txt").exists())

    def test_junit_file(self):
        self.regress("--only", "tiny-functional-off-s1", "--junit", "sub/results.xml", gca=GCA)
        self.assertEqual(self.junit(self.folder / "sub/results.xml")[0]["passed"], ["tiny-functional-off-s1"])
        self.assertEqual([path.name for path in (self.folder / "sub").iterdir()], ["results.xml"])

    def test_only(self):
        names = ["odd-pipelined-off-random-s30", "tiny-functional-product-s2"]
        self.regress(*itertools.chain(*(("--only", name) for name in names + names[:1])), "--configs", "paper", gca=GCA)
        self.assertEqual(self.junit()[0]["passed"], names)

    def test_on_a_terminal(self):
        ours, theirs = pty.openpty()
        with subprocess.Popen(self.command(*FIVE), env=self.environment(), stdout=theirs, stderr=theirs,
                              stdin=subprocess.DEVNULL) as process:
            os.close(theirs)
            painted = b""
            try:
                while piece := os.read(ours, 65536):
                    painted += piece
            except OSError:  # the other side is closed
                pass
            self.assertEqual(process.wait(), 0)
        os.close(ours)
        self.assertIn(b"5 of 5 cases", painted)
        self.assertIn(b"5 passed, 0 failed", painted)


class Failures(RegressTest):
    """One of five cases is spoilt."""
    SPOILT = "tiny-pipelined-voltage-consumer-s7"

    def found(self, spoil, reason, *more):
        done = self.regress(*FIVE, *more, code=1, spoil=spoil, at=self.SPOILT)
        self.assertRegex(done.stdout, rf"(?m)^FAILED {self.SPOILT}: {reason}")
        self.assertEqual(self.row(done.stdout, "all")[:3], [5, 4, 1])
        self.assertEqual(self.row(done.stdout, "consumer")[:3], [1, 0, 1])
        self.assertEqual(self.row(done.stdout, "random")[:3], [1, 1, 0])
        self.assertIn("4 passed, 1 failed in ", done.stdout)
        outcomes, root = self.junit()
        self.assertEqual(outcomes["failure"], [self.SPOILT])
        failure = root.find("*/testcase/failure")
        self.assertRegex(failure.get("message"), f"^{reason}")
        self.assertIn("\n  replay: ", failure.text)
        self.assertEqual(self.left(), [self.SPOILT])
        self.assertEqual((self.folder / "regress/failures.txt").read_text().count("FAILED"), 1)
        return done.stdout

    def test_every_kind_is_found(self):
        for spoil, reason in (("wrong", r"3 of \d+ outputs differ"), ("silently wrong", r"3 of \d+ outputs differ"),
                              ("broken contract", "exit code 1: gca: cycle 12: column 3"), ("crash", "crash: SIGSEGV"),
                              ("no report", "no report"), ("half a report", "no report"),
                              ("unchecked", "the check was not done"),
                              ("nothing checked", "0 outputs checked, not all"),
                              ("one output fewer", r"\d+ outputs checked, not all"),
                              ("nothing compared", "no output compared")):
            with self.subTest(spoil=spoil):
                self.found(spoil, reason)

    def test_a_time_out_is_a_failure(self):
        self.found("hang", "no end within 5 s", "--timeout", 5)
        self.assert_ended()

    def assert_ended(self):
        for pid in map(int, self.pids.read_text().split()):
            with self.assertRaises(ProcessLookupError):
                os.kill(pid, 0)

    def test_what_a_failure_says(self):
        text = self.found("wrong", "3 of")
        for words in ("seed 7", "configuration tiny (8x8x2, levels 16x8x16)", "mode pipelined", "leakage voltage",
                      "back-pressure consumer", "against reference     3 of many",
                      "expected 5, got 4 (cycle 95, stage S6)"):
            self.assertIn(words, text)
        self.assertNotIn("against softmax", text)

    def test_the_replay_line_runs(self):
        for spoil, code in (("wrong", 1), ("", 0)):
            text = self.found("wrong", "3 of")
            line = re.search(r"(?m)^  replay: (.*)$", text)[1]
            done = subprocess.run(line, shell=True, cwd=ROOT, env=self.environment(spoil, self.SPOILT),
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            words = shlex.split(line)
            wave = Path(words[words.index("--trace") + 1])
            self.assertEqual(wave.parent, self.folder / "regress/failures" / self.SPOILT)
            self.assertGreater(wave.stat().st_size, 1000)
            if code == 0:  # the real program on the kept files: no difference, as when the case itself is not spoilt
                self.assertRegex(done.stdout, r"against reference +0 of \d+ outputs differ")

    def test_a_pass_removes_what_an_older_failure_left(self):
        self.found("wrong", "3 of")
        self.regress("--only", "tiny-pipelined-voltage-none-s7")
        self.assertEqual(self.left(), [self.SPOILT])
        self.regress("--only", self.SPOILT)
        self.assertEqual(self.left(), [])

    def test_the_identifier_decides_the_input(self):
        kept = self.folder / "regress/failures" / self.SPOILT
        inputs = []
        for others in (FIVE, ("--only", self.SPOILT)):
            self.regress(*others, code=1, spoil="wrong", at=self.SPOILT)
            with np.load(kept / "input.npz") as file:
                inputs.append((kept / "config.toml").read_text() + str({key: file[key].tolist() for key in file}))
        self.assertEqual(*inputs)

    def test_the_smallest_is_told_first_and_the_rest_in_a_file(self):
        text = self.regress("--configs", "tiny,odd", "--modes", "sequential", "--leakage", "off", "--seeds", "1:2",
                            code=1, spoil="crash").stdout
        told = re.findall(r"(?m)^  tokens (\d+) heads of (\d+), ", text)
        self.assertEqual(len(told), 10)
        self.assertEqual(text.count("FAILED"), 20)  # as they came, and at the end
        everything = (self.folder / "regress/failures.txt").read_text()
        sizes = [int(heads) * int(tokens) * (8 * 16 if name == "tiny" else 12 * 30) for name, heads, tokens in
                 re.findall(r"configuration (\w+) .*\n  tokens (\d+) heads of (\d+), ", everything)]
        self.assertEqual(len(sizes), 20)
        self.assertEqual(sizes, sorted(sizes))
        self.assertEqual(everything.count("  replay: "), 20)
        self.assertIn("and 10 more: ", text)


class Stops(RegressTest):
    def test_fail_fast(self):
        for arguments, failures in ((("--fail-fast",), 1), (("--max-failures", 3), 3)):
            text = self.regress("--configs", "tiny", *arguments, code=1, spoil="crash").stdout
            outcomes, _ = self.junit()
            self.assertEqual(len(outcomes["failure"]), failures)
            self.assertEqual(len(outcomes["skipped"]), 25 * 33 - failures)
            self.assertEqual(self.row(text, "all")[:3], [failures, 0, failures])
            self.assertIn(f"{25 * 33 - failures} not run (stopped after {failures} failure", text)

    def test_interrupt(self):
        for stop in (signal.SIGINT, signal.SIGTERM):
            self.pids.unlink(missing_ok=True)
            with subprocess.Popen(self.command(*FIVE, "--jobs", 2), env=self.environment("hang", "stop_and_go"),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                  text=True) as process:
                deadline = time.monotonic() + 60
                while not self.pids.exists() and time.monotonic() < deadline:
                    time.sleep(0.05)
                time.sleep(1)
                start = time.monotonic()
                process.send_signal(stop)
                stdout, stderr = process.communicate(timeout=60)
                self.assertLess(time.monotonic() - start, 20)
            self.assertEqual((process.returncode, stderr), (1, ""))
            self.assertEqual(self.row(stdout, "all")[:3], [4, 4, 0])
            self.assertIn("4 passed, 0 failed, 1 not run (interrupted) in ", stdout)
            outcomes, _ = self.junit()
            self.assertEqual(outcomes["skipped"], ["tiny-pipelined-voltage-stop_and_go-s7"])
            self.assertEqual(self.left(), [])
            for pid in map(int, self.pids.read_text().split()):
                with self.assertRaises(ProcessLookupError):
                    os.kill(pid, 0)


class Inputs(unittest.TestCase):
    """The cases' own input, without the program."""
    KNOWN = cases.configurations(cases.random_geometries(30, 3) + ";one=1x1x1;paper=64x64x16", "gca")

    def all_cases(self):
        return cases.matrix(self.KNOWN.values(), ("sequential", "functional"), ("off",), ("none",), range(1, 11))

    def test_settings_fit(self):
        kinds = dict.fromkeys(("one token", "window wider than the sequence", "wraps", "wraps many times"), 0)
        for case in self.all_cases():
            settings = cases.draw_settings(case, case.random())
            window, tokens = settings.window, settings.tokens
            self.assertTrue(1 <= window <= case.configuration.capacity and tokens >= 1 and settings.heads >= 1, case.id)
            kinds["one token"] += tokens == 1
            kinds["window wider than the sequence"] += window > tokens > 1
            kinds["wraps"] += window < tokens
            kinds["wraps many times"] += 3 * window < tokens
        for kind, number in kinds.items():
            self.assertGreater(number, 20, kind)

    def test_values(self):
        """Codes of every level, zeros, full scale, values beyond the range."""
        for case in self.all_cases()[::7]:
            random = case.random()
            settings = cases.draw_settings(case, random)
            arrays = cases.draw_input(case, settings, random)
            for key, levels, full_scale in (("q", case.configuration.query_levels, 1.0),
                                            ("k", case.configuration.store_levels, cases.SUPPLY_V),
                                            ("v", case.configuration.store_levels, cases.SUPPLY_V)):
                values = arrays[key]
                self.assertEqual(values.shape, (settings.heads, settings.tokens, case.configuration.dim))
                self.assertEqual(values.dtype, np.float32)
                codes = values.astype(float) / full_scale * (levels - 1)
                self.assertLess(np.abs(codes - np.rint(codes)).max(), 0.46, case.id)  # no tie
                self.assertTrue(-0.46 < codes.min() and codes.max() < levels - 1 + 0.46, case.id)
                if values.size > 200 * levels:
                    self.assertEqual(set(np.rint(codes).astype(int).ravel()), set(range(levels)), case.id)


def main():
    global GCA
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit(f"usage: {sys.argv[0]} PATH_TO_GCA [unittest's arguments]")
    GCA = str(Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=1)


if __name__ == "__main__":
    main()
