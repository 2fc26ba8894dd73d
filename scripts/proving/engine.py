"""Runs Yosys, yosys-smtbmc with z3, and ABC for scripts/formal, and judges what they say.

A proof: Yosys reads the module with its checker inside. z3 (by yosys-smtbmc) or ABC checks the first cycles from reset,
then the step of the induction over all assertions together; or, without induction, ABC looks for a way from reset to a
failure of each. ABC looks for a way from reset to each cover. A bug: ABC looks for a way from reset to a failure of the
one assertion that must find it. What the module's parts assume is asserted.
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
    """(the module's text with the checker's instance, the checker's without `bind`). `edit`: changes the first."""
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


def yosys_script(folder, proof, package, files, expect=""):
    """Writes proof.smt2 (for an induction), assert.aig, cover.aig; with `expect` only expect.aig, for that label."""
    parameters = " ".join(f"-chparam {name} {value}" for name, value in proof.parameters.items())
    read = f"""
read_verilog -sv -formal {shlex.quote(str(package))}
read_verilog -sv -formal -defer {' '.join(shlex.quote(str(file)) for file in files)}
hierarchy -check -top {proof.module} {parameters}
proc
chformal -assume2assert * *{proof.module} %d *{proof.module}_check* %d *gca_chosen* %d
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
    problem = f"write_smt2 -wires {folder}/proof.smt2" if proof.induction else ""
    problem += f"""
design -save read
delete t:$cover
{to_aiger}
tee -q -o {folder}/assert.order select -list t:$assert
write_aiger -I -B -zinit -no-startoffset {folder}/assert.aig
design -load read"""
    return f"""{read}
{problem}
delete t:$assert
{to_aiger}
tee -q -o {folder}/cover.order select -list t:$assert
write_aiger -I -B -zinit -no-startoffset {folder}/cover.aig
"""


def read_order(path):
    """Labels in the order of the file's outputs."""
    return [re.split(r"[./]", line)[-1] for line in Path(path).read_text().split()]


def package_of(folder, proof):
    """gca_pkg, or a copy with the proof's constants."""
    package = Path("rtl/gca_pkg.sv")
    if not proof.constants:
        return package
    text = package.read_text()
    for name, value in proof.constants.items():
        text, found = re.subn(rf"(localparam int unsigned {name} = )\d+;", rf"\g<1>{value};", text)
        if found != 1:
            raise Failed(f"{package} has no number {name}")
    copy = folder / package.name
    copy.write_text(text)
    return copy


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
        (folder / "prepare.ys").write_text(yosys_script(folder, proof, package_of(folder, proof), files, expect))
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
            # With those of the module's text and of its parts.
            asserts = [*asserts, *sorted(set(read_order(folder / "assert.order")) - set(asserts))]
            prove = self.prove_asserts if proof.induction else self.check_asserts
            return prove(folder, proof, asserts) + self.reach_covers(folder, proof, covers)
        except Failed as failure:
            return [Row("all", proof.module, proof.size, "", "", 0, "error", False, str(failure))]

    def prove_asserts(self, folder, proof, asserts):
        """The ground of the induction, from reset, then its step."""
        total = 0
        for part in ("base", "step"):
            failed, told, seconds = getattr(self, f"{part}_by_{proof.prover}")(folder, proof)
            total += seconds
            if told:
                verdict = "fails" if part == "base" else "not proved"
                return [self.proof_row(proof, label, total, verdict, told if label in failed or not failed else
                                       f"not known: {', '.join(sorted(failed))} {verdict}") for label in asserts]
        return [self.proof_row(proof, label, total, "proved") for label in asserts]

    @staticmethod
    def proof_row(proof, label, seconds, verdict, told=""):
        return Row(label, proof.module, proof.size, f"induction {proof.induction}, {proof.prover}", str(proof.base),
                   seconds, verdict, verdict == "proved", told)

    def base_by_z3(self, folder, proof, depth=None):
        """(labels that fail, what a reader needs, seconds); so do the three below. An empty text: it holds."""
        return self.smtbmc(folder, "base", proof, ["-t", str((depth or proof.base) + 1)])

    def step_by_z3(self, folder, proof):
        return self.smtbmc(folder, "step", proof, ["-i", "-t", str(proof.induction)])

    def smtbmc(self, folder, name, proof, options):
        trace = folder / f"{name}.vcd"
        trace.unlink(missing_ok=True)
        command = ["yosys-smtbmc", "--noprogress", "--unroll", "-s", "z3", *options, "--dump-vcd", str(trace),
                   f"{folder}/proof.smt2"]
        code, said, seconds = self.call(command, proof.timeout_s)
        (folder / f"{name}.txt").write_text(said)
        if code == 0 and "Status: PASSED" in said:
            return set(), "", seconds
        failed = set(re.findall(r"Assert failed in [^:]*: \S*?(\w+_A)\b", said))
        if not failed:
            raise Failed(f"yosys-smtbmc ended with exit code {code}: {folder}/{name}.txt")
        return failed, f"trace: {trace}; again: {shlex.join(command)}", seconds

    def base_by_abc(self, folder, proof):
        failed, seconds = self.search(folder, "assert", proof.base + 1, proof.timeout_s)
        if not failed:
            return set(), "", seconds
        return self.base_by_z3(folder, proof, min(failed.values()))  # for its trace

    def step_by_abc(self, folder, proof):
        """All assertions as one, so that each may use the others. ABC has no trace of a step: z3 tells more."""
        command = ["yosys-abc", "-c",
                   f"read_aiger {folder}/assert.aig; fold; strash; orpos; ind -F {proof.induction + 1} -C 0"]
        _, said, seconds = self.call(command, proof.timeout_s)
        (folder / "step.txt").write_text(said)
        if "Networks are equivalent" in said:
            return set(), "", seconds
        if "Networks are UNDECIDED" not in said:
            raise Failed(f"ABC said nothing that is understood: {folder}/step.txt")
        return set(), f"no induction of {proof.induction} steps; a trace: yosys-smtbmc --unroll -s z3 -i -t " \
                      f"{proof.induction} --dump-vcd {folder}/step.vcd {folder}/proof.smt2", seconds

    def check_asserts(self, folder, proof, asserts):
        failed, seconds = self.search(folder, "assert", proof.base, proof.timeout_s)
        return [Row(label, proof.module, proof.size, "bounded from reset, ABC bmc3", str(failed.get(label, proof.base)),
                    seconds, "fails" if label in failed else "holds", label not in failed,
                    f"fails in cycle {failed[label]}: {folder}" if label in failed else "")
                for label in asserts]

    def reach_covers(self, folder, proof, covers):
        if not proof.cover:
            return []
        reached, seconds = self.search(folder, "cover", proof.cover, proof.timeout_s)
        return [Row(label, proof.module, proof.size, "reached from reset, ABC bmc3",
                    str(reached.get(label, proof.cover)), seconds, "reached" if label in reached else "not reached", label in reached,
                    "" if label in reached else f"not within {proof.cover} cycles: the proof may be vacuous")
                for label in covers]

    def search(self, folder, name, depth, timeout_s):
        """(the first cycle of each label's failure, seconds), within `depth` cycles from reset."""
        order = read_order(folder / f"{name}.order")
        found, seconds = self.bmc(folder, name, depth, timeout_s, len(order))
        if found is None:  # this ABC crashes for some groups of outputs
            found = {}
            for output in range(len(order)):
                one, more = self.bmc(folder, name, depth, timeout_s, 1, f"cone -s -O {output};")
                seconds += more
                if one is None:
                    raise Failed(f"ABC crashed: {folder}/{name}.txt")
                found |= {output: frame for frame in one.values()}
        return {order[output]: frame for output, frame in found.items()}, seconds

    def bmc(self, folder, name, depth, timeout_s, outputs, choose=""):
        """(the first cycle of each output's failure, seconds); None where ABC crashed."""
        command = ["yosys-abc", "-c", f"read_aiger {folder}/{name}.aig; fold; strash; {choose} print_stats; "
                                      f"bmc3 -F {depth} -a -v"]
        code, said, seconds = self.call(command, timeout_s)
        (folder / f"{name}.txt").write_text(said)
        if code < 0:
            return None, seconds
        read = re.search(r"i/o = +\d+/ +(\d+)", said)
        asserted = re.findall(r"Output +(\d+) was asserted in frame +(\d+) \(solved +(\d+) out of", said)
        if (not read or int(read[1]) != outputs or "Runtime:" not in said
                or said.count("was asserted") != len(asserted)
                or any(i != int(n) for i, (_, _, n) in enumerate(asserted, 1))):
            raise Failed(f"ABC said nothing that is understood: {folder}/{name}.txt")
        return {int(output): int(frame) for output, frame, _ in asserted}, seconds

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
