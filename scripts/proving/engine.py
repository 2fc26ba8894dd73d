"""Runs Yosys, yosys-smtbmc with z3, and ABC for scripts/formal, and judges what they say.

A proof: Yosys reads the module with its checker inside. z3 checks the first cycles from reset, then the step of the
induction over all assertions together. ABC looks for a way from reset to each cover. A bug: ABC looks for a way from
reset to a failure of the one assertion that must find it.
"""
import dataclasses
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from pathlib import Path

from proving import plan

# Yosys ignores `bind` without a word: the checker's instance is written into a copy of the module instead.
BIND = re.compile(r"^bind (\w+) ([^;]*;)\n", re.MULTILINE)
# A cover is reached where the assertion of its contrary fails.
COVERS_AS_ASSERTIONS = r"""module \$cover (input A, input EN);
  \$assert _TECHMAP_REPLACE_ (.A(~A), .EN(EN));
endmodule
"""


@dataclasses.dataclass
class Row:
    """One line of the table."""
    label: str
    module: str
    size: str
    method: str
    depth: str
    seconds: float
    verdict: str
    passed: bool
    told: str = ""  # what a reader of a failure needs
    bug: str = ""


class Failed(Exception):
    """A tool did not do its work; the text tells why."""


def bound_sources(module, edit=None):
    """(the module's text with its checker's instance, the checker's without `bind`). `edit`: changes the module's text."""
    rtl = (Path("rtl") / f"{module}.sv").read_text()
    check = plan.check_file(module).read_text()
    found = BIND.findall(check)
    if [target for target, _ in found] != [module] or rtl.count("\nendmodule") != 1:
        raise Failed(f"{plan.check_file(module)} must have one bind, of {module}")
    rtl = edit(rtl) if edit else rtl
    return rtl.replace("\nendmodule", f"\n  {found[0][1]}\nendmodule"), BIND.sub("", check)


def edited(bug):
    """A function of a file's text."""
    def edit(text):
        if text.count(bug.find) != 1:
            raise Failed(f"the text to find is {text.count(bug.find)} times in {bug.source}, not once: "
                         f"mend the bug's entry in {plan.PLAN}")
        return text.replace(bug.find, bug.replace)
    return edit


def yosys_script(folder, proof, files, expect=""):
    """Writes proof.smt2 and cover.aig; with `expect`, only expect.aig, for this label."""
    parameters = " ".join(f"-chparam {name} {value}" for name, value in proof.parameters.items())
    read = f"""
read_verilog -sv -formal rtl/gca_pkg.sv
read_verilog -sv -formal -defer {' '.join(shlex.quote(str(file)) for file in files)}
hierarchy -check -top {proof.module} {parameters}
proc
flatten
async2sync
dffunmap
chformal -early
opt -keepdc -fast -nodffe -nosdff
dffunmap
check -assert
setundef -undriven -anyseq
opt_clean
"""
    to_aiger = f"""
delete -output
techmap -map {folder}/covers.v
memory_map
techmap
simplemap
dffunmap
abc -g AND -fast
opt_clean
"""
    if expect:
        return f"""{read}
select -set others t:$assert t:$cover %u c:*{expect} %d
delete @others
{to_aiger}
tee -q -o {folder}/expect.order select -list t:$assert
write_aiger -I -B -zinit -no-startoffset {folder}/expect.aig
"""
    return f"""{read}
tee -q -o {folder}/assert.order select -list t:$assert
write_smt2 -wires {folder}/proof.smt2
delete t:$assert
{to_aiger}
tee -q -o {folder}/cover.order select -list t:$assert
write_aiger -I -B -zinit -no-startoffset {folder}/cover.aig
"""


def read_order(path):
    """Labels in the order of the file's outputs."""
    return [line.rpartition(".")[2] for line in Path(path).read_text().split()]


class Engine:
    """Works in folders of its own under `folder`."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.lock = threading.Lock()
        self.processes = set()
        self.stopped = False

    def stop(self):
        with self.lock:
            self.stopped = True
            for process in self.processes:
                os.killpg(process.pid, signal.SIGKILL)

    def call(self, command, timeout_s):
        """(exit code, what it said, seconds)."""
        start = time.monotonic()
        with self.lock:
            if self.stopped:
                raise Failed("stopped")
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
            self.processes.add(process)
        try:
            said, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise Failed(f"no answer within {timeout_s} s: {shlex.join(command)}") from None
        finally:
            with self.lock:
                self.processes.discard(process)
        return process.returncode, said, time.monotonic() - start

    def prepare(self, folder, proof, edit_file=None, edit=None, expect=""):
        """Writes the problem's files. `edit` changes the text of `edit_file`."""
        folder.mkdir(parents=True, exist_ok=True)
        files = [plan.CHECKS / "gca_chosen.sv"]
        own = f"{proof.module}.sv"
        for source in sorted(Path("rtl").glob("*.sv")):
            if source.name in (own, "gca_pkg.sv"):
                continue
            if edit and source == edit_file:
                copy = folder / source.name
                copy.write_text(edit(source.read_text()))
                source = copy
            files.append(source)
        rtl, check = bound_sources(proof.module, edit if edit and edit_file.name == own else None)
        for name, text in ((own, rtl), (f"{proof.module}_check.sv", check)):
            (folder / name).write_text(text)
            files.append(folder / name)
        (folder / "covers.v").write_text(COVERS_AS_ASSERTIONS)
        (folder / "prepare.ys").write_text(yosys_script(folder, proof, files, expect))
        code, said, _ = self.call(["yosys", "-q", "-l", f"{folder}/yosys.log", f"{folder}/prepare.ys"], proof.timeout_s)
        if code != 0:
            raise Failed(f"Yosys: {said.strip().splitlines()[-1] if said.strip() else code} ({folder}/yosys.log)")

    # ---- proofs ------------------------------------------------------------------------------------------------------

    def prove(self, proof):
        """The rows of a proof: one for each label."""
        folder = self.folder / proof.id
        asserts, covers = plan.labels(proof.module)
        try:
            self.prepare(folder, proof)
            # Nothing counts as proved that did not come as far as the solver.
            lost = (set(asserts) - set(read_order(folder / "assert.order"))
                    | set(covers) - set(read_order(folder / "cover.order")))
            if lost:
                raise Failed(f"{', '.join(sorted(lost))}: lost on the way to the solver")
            return self.prove_asserts(folder, proof, asserts) + self.reach_covers(folder, proof, covers)
        except Failed as failure:
            return [Row("all", proof.module, proof.size, "", "", 0, "error", False, str(failure))]

    def prove_asserts(self, folder, proof, asserts):
        def row(label, seconds, verdict, told=""):
            return Row(label, proof.module, proof.size, f"induction {proof.induction}, z3", str(proof.base), seconds,
                       verdict, verdict == "proved", told)

        total = 0
        for name, options in (("base", ["-t", str(proof.base + 1)]), ("induction", ["-i", "-t", str(proof.induction)])):
            trace = folder / f"{name}.vcd"
            trace.unlink(missing_ok=True)
            command = ["yosys-smtbmc", "--noprogress", "--unroll", "-s", "z3", *options, "--dump-vcd", str(trace),
                       f"{folder}/proof.smt2"]
            code, said, seconds = self.call(command, proof.timeout_s)
            (folder / f"{name}.txt").write_text(said)
            total += seconds
            if code != 0:
                failed = set(re.findall(r"Assert failed in [^:]*: \S*?(\w+_A)\b", said))
                verdict = "fails" if name == "base" else "not proved"
                told = (f"{verdict} ({name}); trace: {trace}; again: {shlex.join(command)}" if failed else
                        f"{name} ended with exit code {code}: {folder}/{name}.txt")
                return [row(label, total, verdict, told if label in failed or not failed else f"{name}: another failed")
                        for label in asserts]
            if "Status: PASSED" not in said:
                raise Failed(f"{name} said nothing that is understood: {folder}/{name}.txt")
        return [row(label, total, "proved") for label in asserts]

    def reach_covers(self, folder, proof, covers):
        reached, seconds = self.search(folder, "cover", proof.cover, proof.timeout_s)
        return [Row(label, proof.module, proof.size, "reached from reset, ABC bmc3", str(reached.get(label, proof.cover)),
                    seconds, "reached" if label in reached else "not reached", label in reached,
                    "" if label in reached else f"not within {proof.cover} cycles: the proof may be vacuous")
                for label in covers]

    def search(self, folder, name, depth, timeout_s):
        """(the first cycle of each label's failure, seconds), within `depth` cycles from reset."""
        order = read_order(folder / f"{name}.order")
        command = ["yosys-abc", "-c",
                   f"read_aiger {folder}/{name}.aig; fold; strash; print_stats; bmc3 -F {depth} -a -v"]
        _, said, seconds = self.call(command, timeout_s)
        (folder / f"{name}.txt").write_text(said)
        outputs = re.search(r"i/o = +\d+/ +(\d+)", said)
        asserted = re.findall(r"Output +(\d+) was asserted in frame +(\d+) \(solved +(\d+) out of", said)
        if (not outputs or int(outputs[1]) != len(order) or "Runtime:" not in said
                or said.count("was asserted") != len(asserted) or any(i != int(n) for i, (_, _, n) in enumerate(asserted, 1))):
            raise Failed(f"ABC said nothing that is understood: {folder}/{name}.txt")
        return {order[int(output)]: int(frame) for output, frame, _ in asserted}, seconds

    # ---- bugs --------------------------------------------------------------------------------------------------------

    def find(self, bug, proof):
        """The row of a seeded bug."""
        folder = self.folder / "bugs" / bug.id

        def row(depth, seconds, verdict, told=""):
            return Row(bug.expect, bug.module, bug.size, "seeded bug, ABC bmc3", str(depth), seconds, verdict,
                       verdict == "found", told, bug.name)

        try:
            self.prepare(folder, proof, bug.source, edited(bug), bug.expect)
            failed, seconds = self.search(folder, "expect", bug.depth, bug.timeout_s)
        except Failed as failure:
            return row("", 0, "error", str(failure))
        lost_cover = bug.expect.endswith("_C")
        if (bug.expect in failed) != lost_cover:
            return row(failed.get(bug.expect, bug.depth), seconds, "found")
        return row(bug.depth, seconds, "not found", f"{bug.expect} does not see it within {bug.depth} cycles: {folder}")
