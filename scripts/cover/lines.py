"""The lines and branches of behavioral/ and sim/ that clang counted: figures and pages by llvm-cov."""
import json
import subprocess
from pathlib import Path

from cover import points

ROOT = Path(__file__).resolve().parent.parent.parent
LEAST_LINES = 95.0  # per cent of behavioral/ and sim/ together
KINDS = ("lines", "branches", "functions")


# Of the build, the tests and Verilator; ccache may write a path through the build directory.
NOT_OURS = r"^/usr/|/tests/|/build-coverage-cpp/(built|CMakeFiles)/"


def llvm_cov(command, profile, programs, *options):
    objects = [word for program in programs[1:] for word in ("-object", str(program))]
    return subprocess.run(["llvm-cov", command, str(programs[0]), *objects, f"-instr-profile={profile}",
                           f"-ignore-filename-regex={NOT_OURS}", *options], check=True, stdout=subprocess.PIPE).stdout


def summarise(files):
    """Numbers by file and kind, "" for all files: count, covered. `files` as llvm-cov exports them."""
    table = {"": {kind: {"count": 0, "covered": 0} for kind in KINDS}}
    for file in files:
        name = str(Path(file["filename"]).resolve().relative_to(ROOT))
        if name in table:
            raise points.Unusable(f"{name}: is there twice in the data: remove build-coverage-cpp")
        table[name] = {kind: {key: file["summary"][kind][key] for key in ("count", "covered")} for kind in KINDS}
        for kind in KINDS:
            for key in ("count", "covered"):
                table[""][kind][key] += table[name][kind][key]
    return dict(sorted(table.items()))


def measure(data, programs, pages):
    """What `summarise` gives, of the profiles in the folder `data`. Writes pages/index.html."""
    profile = Path(data) / "all.profdata"
    raw = sorted(str(file) for file in Path(data).glob("*.profraw"))
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-o", str(profile), *raw], check=True)
    llvm_cov("show", profile, programs, "-format=html", f"-output-dir={pages}", "-show-branches=count",
             "-show-instantiations=false")
    return summarise(json.loads(llvm_cov("export", profile, programs, "-summary-only"))["data"][0]["files"])


def percent(cell):
    return 100 * cell["covered"] / cell["count"] if cell["count"] else 100.0


def faults(table):
    lines = percent(table[""]["lines"])
    if lines < LEAST_LINES:
        yield f"behavioral/ and sim/: {lines:.2f} % of the lines are covered: must be at least {LEAST_LINES:.0f} %"
