"""The RTL's coverage points: read from Verilator's data, waived by tests/coverage/waivers.toml, judged.

A point is a place in a source, whatever the size or instance of the module in which it was counted. Kinds:

  line     a block of statements without a branch
  branch   a side of an if, a case, an elsif; "else" also where none is written
  toggle   a bit of a signal: both ways in one run of one model
  point    a functional point of tests/coverage/*_cover.sv, which a feature of tests/test_plan.toml names
"""
import collections
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WAIVERS = ROOT / "tests/coverage/waivers.toml"
KINDS = ("line", "branch", "toggle", "point")
PAGES = {"v_line": "line", "v_branch": "branch", "v_toggle": "toggle", "v_user": "point"}
TEXTS = ("file", "text", "kind", "reason", "remove")

Point = collections.namedtuple("Point", "file line column kind name")


class Unusable(Exception):
    """Nothing can be judged; the message is the one line to print."""


def read(data):
    """Counts by point, of a file in Verilator's format."""
    counts = collections.Counter()
    for line in Path(data).read_text(errors="replace").splitlines():
        match = re.fullmatch(r"C '(.*)' (\d+)", line)
        if not match:
            continue
        fields = dict(field.split("\2", 1) for field in match[1].split("\1")[1:])
        file = Path(fields["f"]).resolve()
        kind = "branch" if fields["o"] in ("elsif", "case") else PAGES[fields["page"].split("/")[0]]
        name = str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)
        counts[Point(name, int(fields["l"]), int(fields.get("n", 0)), kind, fields["o"])] += int(match[2])
    if not counts:
        raise Unusable(f"{data}: holds no coverage point")
    return counts


def checks(source):
    """The numbers of the lines between `ifndef SYNTHESIS and its `endif: what is no hardware."""
    inside, found = False, set()
    for number, line in enumerate(source.splitlines(), 1):
        words = line.split()
        if words == ["`ifndef", "SYNTHESIS"]:
            inside = True
        elif words == ["`endif"]:
            inside = False
        elif inside:
            found.add(number)
    return found


def without_checks(counts, root=ROOT):
    """The counts of what is synthesized: an assertion that fails is not to be reached."""
    left_out = {file: checks((root / file).read_text()) for file in {point.file for point in counts}}
    return collections.Counter({point: count for point, count in counts.items()
                                if point.line not in left_out[point.file]})


def place(point):
    return f"{point.file}:{point.line}: {point.kind} {point.name}"


# ---- waivers ---------------------------------------------------------------------------------------------------------


def plain(line):
    """Without differences of blanks."""
    return " ".join(line.split())


def expand(name):
    """"sum_o[4:6]" is sum_o[4], sum_o[5], sum_o[6]."""
    match = re.fullmatch(r"(.*)\[(\d+):(\d+)\]", name)
    return [f"{match[1]}[{bit}]" for bit in range(int(match[2]), int(match[3]) + 1)] if match else [name]


def read_waivers(file=WAIVERS):
    try:
        return tomllib.loads(Path(file).read_text()).get("waiver", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Unusable(f"{file}: {error}") from error


def line_of(waiver, root=ROOT):
    """The number of the one line that the waiver means; otherwise a message."""
    try:
        lines = [plain(line) for line in (root / waiver["file"]).read_text().splitlines()]
    except OSError as error:
        return f"can't read {waiver['file']}: {error.strerror}"
    found = [number for number, line in enumerate(lines, 1) if line == plain(waiver["text"])]
    return found[0] if len(found) == 1 else f"its text is on {len(found)} lines of {waiver['file']}: must be on one"


def faults_of_form(waivers, root=ROOT):
    """Faults that need no measurement."""
    for number, waiver in enumerate(waivers, 1):
        where = f"waiver {number} ({waiver.get('file')}: {waiver.get('text')})"
        missing = [key for key in TEXTS if not isinstance(waiver.get(key), str) or not waiver[key].strip()]
        names = waiver.get("points")
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            missing.append("points")
        for key in missing:
            yield f"{where}: {key} is missing or empty"
        for key in waiver.keys() - {*TEXTS, "points"}:
            yield f"{where}: unknown key {key}"
        if missing:
            continue
        if waiver["kind"] not in KINDS[:3]:
            yield f"{where}: kind is {waiver['kind']}: must be {', '.join(KINDS[:3])}"
        line = line_of(waiver, root)
        if isinstance(line, str):
            yield f"{where}: {line}"


def apply(waivers, counts, root=ROOT):
    """The points that are waived, and the faults of waivers that waive nothing. The waivers have their form."""
    waived, faults = {}, []
    at = collections.defaultdict(list)
    for point in counts:
        at[point.file, point.line, point.kind, point.name].append(point)
    for waiver in waivers:
        line = line_of(waiver, root)
        for name in (single for text in waiver["points"] for single in expand(text)):
            found = at[waiver["file"], line, waiver["kind"], name]
            where = f"{waiver['file']}:{line}: unused waiver: {waiver['kind']} {name}"
            if not found:
                faults.append(f"{where} does not exist")
            for point in found:
                if counts[point]:
                    faults.append(f"{where} is covered")
                elif point in waived:
                    faults.append(f"{where} is waived twice")
                else:
                    waived[point] = waiver
    return waived, faults


# ---- judging ---------------------------------------------------------------------------------------------------------


def features_of(plan):
    """Features by the functional points that they name."""
    features = collections.defaultdict(list)
    for group in plan.values():
        for feature in group:
            for name in feature.get("cover", []):
                features[name].append(feature["feature"])
    return features


def judge(counts, waivers, plan, root=ROOT):
    """The waived points and the faults: what is uncovered, waivers that are unused, points without a feature and the
    other way round."""
    faults = list(faults_of_form(waivers, root))
    if faults:
        return {}, faults
    waived, faults = apply(waivers, counts, root)
    features = features_of(plan)
    points = {point.name for point in counts if point.kind == "point"}
    faults += [f"{place(point)}: no feature of the test plan names it" for point in sorted(counts)
               if point.kind == "point" and point.name not in features]
    faults += [f"feature {', '.join(features[name])}: point {name} was not measured"
               for name in sorted(features.keys() - points)]
    faults += [f"{place(point)}: not covered" for point in sorted(counts) if not counts[point] and point not in waived]
    return waived, faults


def totals(counts, waived):
    """Numbers of points by file and kind, "" for all files: points, covered, waived."""
    table = collections.defaultdict(lambda: {kind: {"points": 0, "covered": 0, "waived": 0} for kind in KINDS})
    for point, count in counts.items():
        for file in (point.file, ""):
            cell = table[file][point.kind]
            cell["points"] += 1
            cell["covered"] += count > 0
            cell["waived"] += point in waived
    return dict(sorted(table.items()))
