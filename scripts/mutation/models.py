"""Mutants of the behavioural models against the unit tests and the closed loop, under the sanitizers.

All are in one build. Under the sanitizers, because a mutant that reads past the end of an array need not change a result.
"""
import time

from mutation import cpp_mutants, runner
from mutation.runner import Verdict, gtest
from mutation.tree import LOOP_GEOMETRIES, Tree

# The tests of a model; where they are not those that bear its name.
SUITES = {
    "cell": "Cell.*",
    "codec": "Codec.*:Dac.*",
    "functional_head": "FunctionalHead*",
    "gain_cell_array": "KeyArray.*:ValueArray*:AnyArray*:ArrayState.*",
    "kernels": "Kernels.*",
    "level_basis": "LevelBasis.*",
    "reference": "Reference.*",
    "softmax_attention": "SoftmaxAttention.*:Agreement.*",
    "state_archive": "StateArchive.*:ArrayState.*",
}
# No report of leaks: they are not what is looked for, and it costs. A mutant may not take the machine's memory.
SANITIZER = {"ASAN_OPTIONS": "detect_leaks=0:hard_rss_limit_mb=3000:max_allocation_size_mb=1000"}


class Campaign:
    killers = ("unit", "loop", "sanitizer", "time-out")

    def __init__(self, root, folder, jobs):
        self.jobs = jobs
        self.texts, self.mutants = cpp_mutants.mutants_of(root)
        self.numbers = {one.id: i + 1 for i, one in enumerate(self.mutants)}
        self.runner = runner.Runner(folder / "scratch", SANITIZER)
        self.tree = Tree(root, folder / "models", f"-DGCA_GEOMETRIES={LOOP_GEOMETRIES}", "-DGCA_READOUTS=", "-DGCA_ONLY_MODULES=sign_ff",
                         f"-DCMAKE_PROJECT_gca_INCLUDE={root / 'tests/mutation/models.cmake'}")

    def schema(self):
        texts = {file: cpp_mutants.schema(text, [(self.numbers[m.id], m) for m in self.mutants if m.file == file])
                 for file, text in self.texts.items()}
        return texts | {cpp_mutants.HEADER_FILE: cpp_mutants.HEADER}

    def stages(self, group):
        unit = self.tree.binary / "tests/unit_tests"
        yield gtest("unit", unit, SUITES[group])
        yield gtest("unit", unit, ":".join([*SUITES.values(), "*ChargeToPulse.*"]))
        yield gtest("loop", self.tree.binary / "tests/closed_loop_test", "*ClosedLoop.*")

    def prepare(self, mutants, say):
        say(f"building {len(self.numbers)} mutants of the models as one")
        self.tree.write(self.schema())
        self.tree.build("unit_tests", self.jobs)
        self.tree.build("closed_loop_test", self.jobs)
        for group in sorted({one.group for one in mutants}):
            for stage in self.stages(group):
                self.runner.baseline(stage)

    def judge(self, mutant):
        start = time.monotonic()
        for stage in self.stages(mutant.group):
            verdict = self.runner.judge(stage, self.numbers[mutant.id])
            if verdict:
                break
        verdict = verdict or Verdict()
        verdict.seconds = time.monotonic() - start
        return verdict
