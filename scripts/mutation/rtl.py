"""Mutants of the RTL against the tests of modules, of the head, and of the closed loop.

Most are selected at run time, all in one build. Those that change a constant of elaboration, an edge, or the connection of
an output are built one after the other, in trees that hold only what their tests need; the closed loop is not among them.
"""
import re
import subprocess
import threading
import time

from mutation import rtl_mutants, runner
from mutation.runner import Verdict, gtest
from mutation.tree import LOOP_GEOMETRIES, LOOP_READOUTS, BuildFailed, Tree

# Modules whose tests see the mutants of a module, its own first; where they are not those of the module alone.
TESTED_BY = {
    "clock_gate": ("synchronizer", "counter_readout", "popcount_readout"),
    "counter_bank": ("counter_bank", "readout_tile"),
    "readout_tile": ("readout_tile", "counter_readout"),
    "sign_ff": ("sign_ff", "readout_tile"),
    "synchronizer": ("synchronizer", "readout_tile", "popcount_readout"),
    "pkg": ("readout_tile", "sequencer"),
    "head": (),
}
QUICK_MODULES = ("counter_bank", "pwm_bank", "sign_ff")


def suites(modules):
    names = ("".join(word.capitalize() for word in module.split("_")) for module in modules)
    return ":".join(f"{name}/*:{name}OfThePaper.*" for name in names)


class Campaign:
    """`quick`: only mutants of QUICK_MODULES that can be selected, and only their module tests."""
    killers = ("module", "head", "loop", "assertion", "elaboration", "time-out")

    def __init__(self, root, folder, jobs, quick=False):
        self.root, self.folder, self.jobs, self.quick = root, folder, jobs, quick
        self.texts, self.mutants = rtl_mutants.mutants_of(root)
        if quick:
            self.mutants = [one for one in self.mutants if one.selectable and one.group in QUICK_MODULES]
        # They are bound to the modules, and a mutant may give them a warning, too.
        self.checkers = {path.relative_to(root).as_posix(): rtl_mutants.quiet(path.read_text())
                         for path in root.glob("tests/formal/*.sv")}
        self.numbers = {one.id: i + 1 for i, one in enumerate(m for m in self.mutants if m.selectable)}
        self.runner = runner.Runner(folder / "scratch")
        modules = sorted({"head"}.union(*(self.tested_by(one.group) for one in self.mutants)))
        self.live = Tree(root, folder / "rtl-live", f"-DGCA_GEOMETRIES={LOOP_GEOMETRIES}",
                         f"-DGCA_READOUTS={LOOP_READOUTS}", f"-DGCA_ONLY_MODULES={';'.join(modules)}")
        if quick:
            self.live = Tree(root, folder / "rtl-quick", "-DGCA_GEOMETRIES=", "-DGCA_READOUTS=",
                             f"-DGCA_ONLY_MODULES={';'.join(QUICK_MODULES)}")
        self.own = {}  # modules -> (tree, lock)
        self.lock = threading.Lock()

    # ---- building

    def schema(self):
        """{file: text} with all mutants that can be selected."""
        texts = {}
        for file, text in self.texts.items():
            numbered = [(self.numbers[m.id], m) for m in self.mutants if m.selectable and m.file == file]
            texts[file] = rtl_mutants.schema(text, numbered)
        texts["rtl/gca_pkg.sv"] = rtl_mutants.quiet(rtl_mutants.SELECTOR) + texts["rtl/gca_pkg.sv"]
        return self.checkers | texts

    def prepare(self, mutants, say):
        if any(one.selectable for one in mutants):
            say(f"building {len(self.numbers)} RTL mutants as one")
            self.live.write(self.schema())
            self.live.build("rtl_module_tests", self.jobs)
            if not self.quick:
                self.live.build("closed_loop_test", self.jobs)
            # The limits of time, before the mutants take their share of the machine.
            for group in sorted({one.group for one in mutants}):
                for stage in self.stages(self.live, group):
                    self.runner.baseline(stage)

    @staticmethod
    def tested_by(group):
        return TESTED_BY.get(group, (group,))

    def stages(self, tree, group):
        modules = tree.binary / "tests/rtl_module_tests"
        if self.tested_by(group):
            yield gtest("module", modules, suites(self.tested_by(group)))
        if self.quick:
            return
        yield gtest("head", modules, suites(("head",)))
        yield gtest("loop", tree.binary / "tests/closed_loop_test", "*ClosedLoop.*")

    # ---- judging

    def judge(self, mutant):
        start = time.monotonic()
        verdict = self.judge_selectable(mutant) if mutant.selectable else self.judge_own(mutant)
        verdict.seconds = time.monotonic() - start
        return verdict

    def judge_selectable(self, mutant):
        for stage in self.stages(self.live, mutant.group):
            verdict = self.runner.judge(stage, self.numbers[mutant.id])
            if verdict:
                return verdict
        return Verdict()

    def own_tree(self, modules):
        """A tree with the tests of these modules, and its lock."""
        with self.lock:
            if modules not in self.own:
                tree = Tree(self.root, self.folder / f"rtl-{'-'.join(modules)}", "-DGCA_GEOMETRIES=", "-DGCA_READOUTS=",
                            f"-DGCA_ONLY_MODULES={';'.join(modules)}")
                self.own[modules] = (tree, threading.Lock())
            return self.own[modules]

    def judge_own(self, mutant):
        mutated = {**self.checkers, **{file: rtl_mutants.quiet(mutant.apply(text) if file == mutant.file else text)
                                       for file, text in self.texts.items()}}
        tests = self.tested_by(mutant.group)
        if mutant.context == "refusal" or mutant.group == "pkg":
            verdict = self.refusals(mutant, mutated)
            if verdict:
                return verdict
        for modules in filter(None, (tests, ("head",))):
            tree, lock = self.own_tree(modules)
            stage = next(self.stages(tree, mutant.group if modules == tests else "head"))
            with lock:
                if stage not in self.runner.baselines:  # first in this run: what is there may be a mutant
                    tree.write(self.checkers | {file: rtl_mutants.quiet(text) for file, text in self.texts.items()})
                    tree.build("rtl_module_tests", self.jobs)
                    self.runner.baseline(stage)
                tree.write(mutated)
                try:
                    tree.build("rtl_module_tests", self.jobs)
                except BuildFailed as failure:
                    return not_built(str(failure))
                verdict = self.runner.judge(stage, 0)
            if verdict:
                verdict.replay = f"scripts/mutate --mutant {mutant.id}"
                return verdict
        return Verdict()

    def refusals(self, mutant, mutated):
        """The test of what the modules must refuse."""
        folder = self.folder / "refusals" / mutant.id
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in mutated.items():
            (folder / file.rpartition("/")[2]).write_text(text)
        done = subprocess.run([self.root / "tests/illegal_parameters.sh", folder], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            return Verdict("module", "illegal_parameters_are_refused", done.stdout[-runner.SAID_CHARACTERS:],
                           f"tests/illegal_parameters.sh {folder}")
        return None


def not_built(output):
    """A module that refuses its parameters has found the mutant; anything else is no design any more."""
    said = output[-runner.SAID_CHARACTERS:]
    refusal = re.search(r"USERERROR: .*", output)
    if refusal:
        return Verdict("elaboration", refusal[0], said)
    return Verdict(refused=True, said=said)
