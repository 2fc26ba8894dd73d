#!/usr/bin/python3
"""Keeps tests/test_plan.toml true both ways: each pattern matches a test, each test belongs to a feature; each functional
point that a feature names is in tests/coverage, each point there belongs to a feature.

    tests/test_plan.py [--ctest CTEST] [BUILD_DIR]    one line a fault, exit code 1; BUILD_DIR defaults to build
    tests/test_plan.py --list                         the plan as a table: feature, tests, title

Exit code 2: the plan can't be read, or ctest can't list its tests.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PLAN = Path(__file__).with_suffix(".toml")
POINTS = REPOSITORY / "tests/coverage"
GROUPS = ("S0", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "head", "loop", "models", "program", "tooling")
TEXTS = ("feature", "title", "stimulus", "check")
MOST_TESTS = 80  # a pattern that matches more says nothing; a test with types or parameters counts once


class Unusable(Exception):
    """Nothing can be checked; the message is the one line to print."""


def read_plan(file):
    try:
        return tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Unusable(f"{file.name}: {error}") from error


def test_names(ctest, build):
    """Names in ctest, without the type ("<gca::...>") and the comment ("  # GetParam()...") that GoogleTest appends."""
    if not (build / "CTestTestfile.cmake").is_file():  # ctest would make a folder there
        raise Unusable(f"{build}: is no build directory: run scripts/build")
    command = [ctest, "--test-dir", str(build), "--show-only=json-v1"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        names = [test["name"] for test in json.loads(listed)["tests"]]
    except (OSError, subprocess.CalledProcessError, json.JSONDecodeError, KeyError) as error:
        raise Unusable(f"{build}: {ctest} can't list its tests: run scripts/build") from error
    if not names:
        raise Unusable(f"{build}: ctest knows no test: run scripts/build")
    return sorted({re.sub(r"<.*>$|  #.*$", "", name) for name in names})


def faults_of_form(plan):
    """Faults of the plan by itself."""
    known = set()
    for group, features in plan.items():
        if group not in GROUPS or not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
            yield f'group "{group}": must be [[...]] with one of {", ".join(GROUPS)}'
            continue
        for number, feature in enumerate(features, 1):
            name = feature.get("feature")
            where = f"feature {name}" if name else f"{group}, feature {number}"
            for key in TEXTS:
                if not isinstance(feature.get(key), str) or not feature[key].strip():
                    yield f"{where}: {key} is missing or empty"
            tests = feature.get("tests")
            if not isinstance(tests, list) or not tests or not all(isinstance(t, str) and t.strip() for t in tests):
                yield f"{where}: tests must be a list of patterns, none of them empty"
            cover = feature.get("cover", [])
            if not isinstance(cover, list) or not all(isinstance(c, str) and c.strip() for c in cover):
                yield f"{where}: cover must be a list of functional points, none of them empty"
            for key in feature.keys() - {*TEXTS, "tests", "cover"}:
                yield f"{where}: unknown key {key}"
            if name in known:
                yield f"{where}: the id is there twice"
            known.add(name)
    for group in GROUPS:
        if not plan.get(group):
            yield f"group {group}: no feature"


def faults_of_matching(plan, names):
    """Faults of the plan against the tests that there are. The plan has its form."""
    covered = set()
    for group in GROUPS:
        for feature in plan[group]:
            for pattern in feature["tests"]:
                matched = {name for name in names if fnmatchcase(name, pattern)}
                if not matched:
                    yield f'feature {feature["feature"]}: pattern "{pattern}" matches no test'
                number = len({re.sub(r"(\.\w+)/.*", r"\1", name) for name in matched})
                if number > MOST_TESTS:
                    yield (f'feature {feature["feature"]}: pattern "{pattern}" matches {number} tests: '
                           f"must be at most {MOST_TESTS}")
                else:
                    covered |= matched
    for name in names:
        if name not in covered:
            yield f"test {name}: no feature of {PLAN.name} names it"


def functional_points(folder=POINTS):
    """Names of the cover properties, each with the files that have it."""
    files = {}
    for file in sorted(folder.glob("*_cover.sv")):
        for name in re.findall(r"^\s*(\w+)\s*:\s*cover\b", file.read_text(), re.MULTILINE):
            files.setdefault(name, []).append(file.name)
    return files


def faults_of_cover(plan, files):
    """Faults of the plan against the functional points that there are. The plan has its form."""
    named = set()
    for group in GROUPS:
        for feature in plan[group]:
            for name in feature.get("cover", []):
                named.add(name)
                if name not in files:
                    yield f'feature {feature["feature"]}: cover point {name} is in no file of {POINTS.name}/'
    for name, where in files.items():
        if len(where) > 1:
            yield f"cover point {name}: is there twice: {', '.join(where)}"
        if name not in named:
            yield f"cover point {name} of {where[0]}: no feature of {PLAN.name} names it"


def faults(plan, names):
    not_built = [name for name in names if name.endswith("_NOT_BUILT")]
    if not_built:
        return [f"{name.removesuffix('_NOT_BUILT')}: is not built: run scripts/build" for name in not_built]
    return list(faults_of_form(plan)) or [*faults_of_matching(plan, names),
                                          *faults_of_cover(plan, functional_points())]


def table(plan):
    """The plan as lines: a feature's id and title, and beside them one pattern or functional point a line."""
    features = [feature for group in GROUPS for feature in plan[group]]
    ids = max(len(feature["feature"]) for feature in features)
    tests = max(len(name) for feature in features for name in [*feature["tests"], *feature.get("cover", [])])
    yield f"{'':5}{'feature':{ids}}  {'tests':{tests}}  title"
    for group in GROUPS:
        yield group
        for feature in plan[group]:
            first, *rest = [*feature["tests"], *feature.get("cover", [])]
            yield f"{'':5}{feature['feature']:{ids}}  {first:{tests}}  {feature['title']}"
            yield from (f"{'':5}{'':{ids}}  {pattern}" for pattern in rest)


def main():
    parser = argparse.ArgumentParser(description="Checks tests/test_plan.toml against the tests that ctest knows.")
    parser.add_argument("build", metavar="BUILD_DIR", nargs="?", type=Path, default=REPOSITORY / "build")
    parser.add_argument("--ctest", default="ctest", help="the ctest to ask")
    parser.add_argument("--list", action="store_true", help="only print the plan")
    options = parser.parse_args()
    try:
        plan = read_plan(PLAN)
        if options.list:
            found = list(faults_of_form(plan))
            lines = found or table(plan)
        else:
            names = test_names(options.ctest, options.build)
            found = faults(plan, names)
            lines = found or [f"{sum(map(len, plan.values()))} features, {len(names)} tests, "
                              f"{len(functional_points())} functional points"]
    except Unusable as error:
        print(f"test_plan: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
