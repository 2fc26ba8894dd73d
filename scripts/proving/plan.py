"""What scripts/formal runs: tests/formal/proofs.toml, read and checked."""
import dataclasses
import re
import tomllib
from pathlib import Path

CHECKS = Path("tests/formal")
PLAN = CHECKS / "proofs.toml"


class PlanError(Exception):
    """One line for the user."""


@dataclasses.dataclass(frozen=True)
class Proof:
    module: str
    size: str  # a name for the parameters
    parameters: dict  # those that are not the module's defaults
    induction: int  # steps that are assumed before the one that is proved
    base: int  # cycles of the bounded check from reset; at least as many
    cover: int  # cycles within which the covers must be reached
    reduced: str = ""  # why it is smaller than the paper's head; empty: it is not
    quick: bool = False
    full: bool = True
    timeout_s: int = 600

    @property
    def id(self):
        return f"{self.module}-{self.size}"


@dataclasses.dataclass(frozen=True)
class Bug:
    """An edit of the RTL that a property must find."""
    module: str
    name: str
    find: str
    replace: str
    expect: str  # label of the assertion that fails, or of the cover that is lost
    depth: int  # cycles within which it does
    size: str  # the proof whose parameters it takes
    file: str = ""  # of rtl/; empty: the module's own
    quick: bool = False
    full: bool = True
    timeout_s: int = 600

    @property
    def id(self):
        return f"{self.module}-{self.name}"

    @property
    def source(self):
        return Path("rtl") / (self.file or f"{self.module}.sv")


def check_file(module):
    return CHECKS / f"{module}_check.sv"


def labels(module):
    """Of the checker: all assertions, all covers."""
    text = check_file(module).read_text()
    return tuple(re.findall(rf"\b(\w+_{kind}): *{word}\b", text) for kind, word in (("A", "assert"), ("C", "cover")))


def read(path=PLAN):
    """(proofs, bugs)."""
    try:
        data = tomllib.loads(Path(path).read_text())
        proofs = [Proof(**entry) for entry in data.get("proof", [])]
        bugs = [Bug(**entry) for entry in data.get("bug", [])]
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise PlanError(f"{path}: {error}") from None
    by_id = {proof.id: proof for proof in proofs}
    if len(by_id) != len(proofs) or len({bug.id for bug in bugs}) != len(bugs):
        raise PlanError(f"{path}: two entries of one module have the same name")
    for proof in proofs:
        if proof.base < proof.induction:
            raise PlanError(f"{path}: {proof.id}: base must be at least induction, or the induction has no ground")
        if not any(labels(proof.module)):
            raise PlanError(f"{path}: {check_file(proof.module)} has no label")
    for bug in bugs:
        if f"{bug.module}-{bug.size}" not in by_id:
            raise PlanError(f"{path}: bug {bug.id}: no proof of {bug.module} has the size {bug.size}")
        if not any(bug.expect in names for names in labels(bug.module)):
            raise PlanError(f"{path}: bug {bug.id}: {check_file(bug.module)} has no label {bug.expect}")
    unproved = {file.stem.removesuffix("_check") for file in CHECKS.glob("*_check.sv")} - {p.module for p in proofs}
    if unproved:
        raise PlanError(f"{path}: no proof for {', '.join(sorted(unproved))}")
    return proofs, bugs
