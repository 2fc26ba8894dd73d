"""Mutants of behavioral/*.cpp, found by libclang, and the schema: the sources with all of them, selected at run time.

Left alone is what a compiler must know (constexpr, template arguments, array bounds, case labels), and assembly.
"""
import re
from pathlib import Path

from clang.cindex import CursorKind, Index

from mutation import mutant
from mutation.mutant import Mutant

SWAPS = {"&&": ["||"], "||": ["&&"], "==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="],
         ">=": [">", "<"], "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"], "<<": [">>"], ">>": ["<<"],
         "&": ["|"], "|": ["&"], "+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="]}
CALLS = {"std::min": "std::max", "std::max": "std::min", "std::floor": "std::ceil", "std::nearbyint": "std::floor",
         "std::rint": "std::floor", "std::min_element": "std::max_element", "std::max_element": "std::min_element",
         "hn::Lt": "hn::Gt", "hn::Gt": "hn::Lt"}
EXPRESSIONS_OF_STATEMENTS = {CursorKind.CALL_EXPR, CursorKind.BINARY_OPERATOR, CursorKind.UNARY_OPERATOR,
                             CursorKind.COMPOUND_ASSIGNMENT_OPERATOR}
# Below these nothing is mutated: names with their template arguments, what is known to the compiler.
LEFT_ALONE = {CursorKind.DECL_REF_EXPR, CursorKind.TYPE_REF, CursorKind.TEMPLATE_REF, CursorKind.NAMESPACE_REF,
              CursorKind.STATIC_ASSERT, CursorKind.ENUM_DECL, CursorKind.TYPE_ALIAS_DECL, CursorKind.ASM_STMT,
              CursorKind.CXX_THROW_EXPR}
DECLARATIONS = {CursorKind.VAR_DECL, CursorKind.FIELD_DECL, CursorKind.FUNCTION_DECL, CursorKind.FUNCTION_TEMPLATE,
                CursorKind.CXX_METHOD, CursorKind.CONSTRUCTOR}
INTEGER = re.compile(r"\b(char|short|int|long)$")
NUMBER = re.compile(r"(?P<digits>\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)(?P<suffix>[uUlL]*)")
PARSE = ("-x", "c++", "-std=c++20")
HEADER_FILE = "behavioral/gca_mutant.h"
HEADER = """// The number of the selected mutant; 0 is none.
#pragma once
#include <cstdlib>
inline const int gca_mutant_id = std::getenv("GCA_MUTANT") != nullptr ? std::atoi(std::getenv("GCA_MUTANT")) : 0;
"""


class NotUnderstood(Exception):
    """A source that libclang can't read."""


def extent(cursor):
    return cursor.extent.start.offset, cursor.extent.end.offset


class Finder:
    """Walks the parts of one translation unit that stand in `file`."""

    def __init__(self, file, text):
        self.file, self.text = file, text
        self.found = {}  # (place, begin, end, replacement) -> operator

    def add(self, place, begin, end, replacement, operator):
        self.found.setdefault((place, begin, end, replacement), operator)

    def source(self, cursor):
        begin, end = extent(cursor)
        return self.text[begin:end]

    def walk(self, cursor, parent=None):
        kind = cursor.kind
        if kind in LEFT_ALONE or kind in DECLARATIONS and self.is_constant(cursor):
            return
        if kind == CursorKind.IF_STMT and self.source(cursor).startswith("if constexpr"):
            for child in list(cursor.get_children())[1:]:
                self.walk(child, cursor)
            return
        if kind == CursorKind.CASE_STMT:
            for child in list(cursor.get_children())[1:]:
                self.walk(child, cursor)
            return
        self.visit(cursor, parent)
        begin = cursor.location.offset if kind in DECLARATIONS else 0  # before the name stands the type
        for child in cursor.get_children():
            if child.extent.start.offset >= begin:
                self.walk(child, cursor)

    def is_constant(self, cursor):
        return bool(re.search(r"\bconstexpr\b", self.text[cursor.extent.start.offset:cursor.location.offset]))

    # ---- edits

    def visit(self, cursor, parent):
        kind, place = cursor.kind, extent(cursor)
        children = list(cursor.get_children())
        if kind in (CursorKind.BINARY_OPERATOR, CursorKind.COMPOUND_ASSIGNMENT_OPERATOR) and len(children) == 2:
            self.binary(place, children)
        elif kind == CursorKind.UNARY_OPERATOR and self.text[place[0]] in "!-~" and len(children) == 1 \
                and not self.text.startswith("--", place[0]):
            self.add(place, place[0], place[0] + 1, "", "negation")
        elif kind in (CursorKind.INTEGER_LITERAL, CursorKind.FLOATING_LITERAL):
            self.literal(place)
        elif kind == CursorKind.CXX_BOOL_LITERAL_EXPR and self.source(cursor) in ("true", "false"):
            self.add(place, *place, "false" if self.source(cursor) == "true" else "true", "constant")
        elif kind == CursorKind.CALL_EXPR:
            name = re.match(r"[\w:]+", self.text[place[0]:])
            if name and name[0] in CALLS:
                self.add(place, place[0], place[0] + name.end(), CALLS[name[0]], "call")
        elif kind in (CursorKind.IF_STMT, CursorKind.CONDITIONAL_OPERATOR) and children:
            condition = extent(children[0])
            for other in ("true", "false"):
                self.add(condition, *condition, other, "condition")
        is_statement = parent is not None and (
            parent.kind == CursorKind.COMPOUND_STMT
            or parent.kind == CursorKind.FOR_STMT and cursor == list(parent.get_children())[-1])
        if is_statement and kind in EXPRESSIONS_OF_STATEMENTS and self.text[place[1]:].lstrip().startswith(";"):
            self.add(place, *place, "void()", "removal")

    def binary(self, place, children):
        left, right = extent(children[0]), extent(children[1])
        match = re.fullmatch(r"(\s*)(\S+)\s*", self.text[left[1]:right[0]])
        streams = match and match[2] in ("<<", ">>") and not INTEGER.search(children[0].type.get_canonical().spelling)
        if match and place == (left[0], right[1]) and not streams:
            begin = left[1] + len(match[1])
            for other in SWAPS.get(match[2], []):
                self.add(place, begin, begin + len(match[2]), other, "operator")
            if match[2] in ("&&", "||"):
                self.add(place, left[1], right[1], "", "operand")
                self.add(place, left[0], right[0], "", "operand")

    def literal(self, place):
        match = NUMBER.fullmatch(self.text[slice(*place)])
        if not match:
            return
        digits, suffix = match["digits"], match["suffix"]
        if digits.isdigit():
            others = [str(int(digits) + d) for d in (1, -1) if int(digits) + d >= 0]
        else:
            value = float(digits)
            others = [repr(value + 1.0)] + ([f"{value * 1.01:.17g}"] if value else [])
        for other in others:
            self.add(place, *place, other + suffix, "constant")


def mutants_of(root):
    """{file: text}, and the mutants of all models."""
    root = Path(root)
    texts = {path.relative_to(root).as_posix(): path.read_text() for path in sorted(root.glob("behavioral/*.cpp"))}
    finders = {file: Finder(file, text) for file, text in texts.items()}
    index = Index.create()
    for file in texts:
        unit = index.parse(str(root / file), [*PARSE, f"-I{root}"])
        errors = [str(said) for said in unit.diagnostics if said.severity >= 3]
        if errors:
            raise NotUnderstood(f"{file}: {errors[0]}")
        visit_functions(unit.cursor, root, finders)
    found = []
    for file, finder in finders.items():
        group = Path(file).stem
        own = [Mutant(group, file, begin, end, replacement, operator, place, True)
               for (place, begin, end, replacement), operator in sorted(finder.found.items())]
        found += mutant.identify(own, texts[file])
    return texts, found


def visit_functions(cursor, root, finders):
    """Bodies of functions that stand in the files of `finders`. A file that is included more than once is met as often."""
    for child in cursor.get_children():
        if child.location.file is None:
            continue
        path = Path(child.location.file.name).resolve()
        file = path.relative_to(root.resolve()).as_posix() if path.is_relative_to(root.resolve()) else ""
        if file not in finders:
            continue
        if child.kind in (CursorKind.NAMESPACE, CursorKind.CLASS_DECL, CursorKind.STRUCT_DECL, CursorKind.LINKAGE_SPEC,
                          CursorKind.CLASS_TEMPLATE, CursorKind.UNEXPOSED_DECL):
            visit_functions(child, root, finders)
        elif child.kind in (CursorKind.FUNCTION_DECL, CursorKind.FUNCTION_TEMPLATE, CursorKind.CXX_METHOD,
                            CursorKind.CONSTRUCTOR):
            finders[file].walk(child)


# ---- the schema -------------------------------------------------------------------------------------------------------


def schema(text, numbered):
    """The file's text with all `numbered` mutants, pairs of a number and a mutant. Places may stand in one another."""
    by_place = {}
    for number, one in numbered:
        by_place.setdefault(one.place, []).append((number, one))
    places = sorted(by_place, key=lambda place: (place[0], -place[1]))

    def render(begin, end, inside):
        """The text from begin to end, with the schema of the places `inside`, sorted, outer ones first."""
        parts, at = [], begin
        while inside:
            place, *inside = inside
            own = [other for other in inside if other[1] <= place[1]]
            inside = inside[len(own):]
            parts.append(text[at:place[0]] + choice(place, own))
            at = place[1]
        return "".join(parts) + text[at:end]

    def choice(place, inside):
        begin, end = place
        original = render(begin, end, inside)
        members = by_place[place]
        if any(one.operator == "removal" for _, one in members):
            original = f"void({original})"
        for number, one in members:
            mutated = text[begin:one.begin] + one.replacement + text[one.end:end]
            if one.operator != "removal" and any(other.operator == "removal" for _, other in members):
                mutated = f"void({mutated})"
            original = f"(gca_mutant_id == {number} ? ({mutated}) : ({original}))"
        return original

    return f'#include "{HEADER_FILE}"\n#line 1\n{render(0, len(text), places)}'
