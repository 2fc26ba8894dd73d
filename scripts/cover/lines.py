"""The lines and branches of behavioral/ and sim/ that clang counted: figures and pages by llvm-cov."""
import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LEAST_LINES = 95.0  # per cent of behavioral/ and sim/ together
KINDS = ("lines", "branches", "functions")


def llvm_cov(command, profile, programs, *options):
    objects = [word for program in programs[1:] for word in ("-object", str(program))]
    return subprocess.run(["llvm-cov", command, str(programs[0]), *objects, f"-instr-profile={profile}", *options,
                           str(ROOT / "behavioral"), str(ROOT / "sim")], check=True, stdout=subprocess.PIPE).stdout


def measure(data, programs, pages):
    """Numbers by file and kind, "" for all files: count, covered. Writes pages/index.html."""
    profile = Path(data) / "all.profdata"
    raw = sorted(str(file) for file in Path(data).glob("*.profraw"))
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-o", str(profile), *raw], check=True)
    llvm_cov("show", profile, programs, "-format=html", f"-output-dir={pages}", "-show-branches=count",
             "-show-instantiations=false")
    exported = json.loads(llvm_cov("export", profile, programs, "-summary-only"))["data"][0]
    table = {"": exported["totals"]}
    for file in exported["files"]:
        table[str(Path(file["filename"]).relative_to(ROOT))] = file["summary"]
    return {name: {kind: {key: summary[kind][key] for key in ("count", "covered")} for kind in KINDS}
            for name, summary in sorted(table.items())}


def percent(cell):
    return 100 * cell["covered"] / cell["count"] if cell["count"] else 100.0


def faults(table):
    lines = percent(table[""]["lines"])
    if lines < LEAST_LINES:
        yield f"behavioral/ and sim/: {lines:.2f} % of the lines are covered: must be at least {LEAST_LINES:.0f} %"
