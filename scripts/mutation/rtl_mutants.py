"""Mutants of rtl/*.sv, and the schema: the sources with all mutants in them that can be selected at run time."""
import difflib
import re
from pathlib import Path

from mutation import mutant, verilog
from mutation.mutant import Mutant

SWAPS = {"&&": ["||"], "||": ["&&"], "==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="],
         ">=": [">", "<"], "+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "&": ["|"], "|": ["&"], "^": ["|"],
         "<<": [">>"], ">>": ["<<"]}
CLOCK_AND_RESET = {"clk_i", "rst_ni"}
# What Verilator would refuse in a mutant that can be built all the same.
LINT_OFF = ("ALWCOMBORDER BLKSEQ CASEINCOMPLETE CASEOVERLAP CMPCONST COMBDLY DECLFILENAME LATCH LITENDIAN MULTIDRIVEN "
            "PINMISSING SELRANGE SYNCASYNCNET UNDRIVEN UNOPTFLAT UNSIGNED UNUSEDPARAM UNUSEDSIGNAL UNUSED WIDTH "
            "WIDTHCONCAT").split()
# The number of the selected mutant, read once for each model; 0 is none.
SELECTOR = ('package gca_mutant; int unsigned id = $c32("(std::getenv(\\"GCA_MUTANT\\") ? '
            'std::atoi(std::getenv(\\"GCA_MUTANT\\")) : 0)"); endpackage ')


def quiet(text):
    """Without the warnings that a mutant may give. No line moves."""
    return "".join(f"/* verilator lint_off {code} */ " for code in LINT_OFF) + text


# ---- edits of an expression: (begin, end, replacement, operator) ------------------------------------------------------


def editable(tokens):
    """The positions of the tokens that are no width: not behind +:, in [a:b], a replication's count, or a cast's width."""
    kept = []
    brackets = []  # (text, fixed)
    for i, token in enumerate(tokens):
        if token.text in verilog.OPEN:
            fixed = bool(brackets) and brackets[-1][1]
            if token.text == "[":
                depth, has_colon, has_choice = 0, False, False
                for other in tokens[i:]:
                    depth += (other.text in verilog.OPEN) - (other.text in verilog.CLOSE)
                    has_colon |= depth == 1 and other.text == ":"
                    has_choice |= depth == 1 and other.text == "?"
                    if depth == 0:
                        break
                fixed |= has_colon and not has_choice
            if token.text == "{" and any(other.text == "{" for other in tokens[i + 1:i + 3]):
                fixed = True
            elif token.text == "{" and brackets and brackets[-1][0] == "{":
                fixed = False  # what is replicated
            brackets.append((token.text, fixed))
        elif token.text in verilog.CLOSE:
            brackets.pop()
        elif token.text == "+:":
            brackets[-1] = ("[", True)
        elif not (brackets and brackets[-1][1]) and (i + 1 == len(tokens) or tokens[i + 1].text != "'"):
            kept.append(i)
    return kept


def operand(tokens, i, step, stops):
    """The outermost position of the operand beside the operator at `i`, in the direction of `step`."""
    depth, at = 0, i
    while 0 <= at + step < len(tokens):
        text = tokens[at + step].text
        closing, opening = (verilog.CLOSE, verilog.OPEN) if step > 0 else (verilog.OPEN, verilog.CLOSE)
        if depth == 0 and (text in closing or text in stops):
            break
        depth += (text in opening) - (text in closing)
        at += step
    return at


def numbers_beside(text):
    """What stands for one more and for one less."""
    if text in ("'0", "'1"):
        return ["'1" if text == "'0" else "'0"]
    sized = re.fullmatch(r"(\d+)'([bd])(\d+)", text)
    if sized:
        width, base = int(sized[1]), 2 if sized[2] == "b" else 10
        values = {(int(sized[3], base) + d) % 2**width for d in (1, -1)} - {int(sized[3], base)}
        return [f"{width}'{sized[2]}{format(value, 'b' if base == 2 else 'd')}" for value in sorted(values)]
    if text.isdigit():
        return [str(int(text) + d) for d in (1, -1) if int(text) + d >= 0]
    return []


def expression_edits(tokens, elaborated):
    """`elaborated`: of a constant. Fewer, because each has to be built by itself; a threshold is not moved twice, by its
    operator and by its number.
    """
    for i in editable(tokens):
        token = tokens[i]
        binary = i > 0 and (tokens[i - 1].kind in ("name", "number") or tokens[i - 1].text in verilog.CLOSE)
        threshold = elaborated and i > 0 and tokens[i - 1].text in ("<", "<=", ">", ">=")
        if token.kind == "number" and not threshold:
            for other in numbers_beside(token.text)[:1 if elaborated else None]:
                yield token.begin, token.end, other, "constant"
        if token.kind != "operator":
            continue
        if binary:
            for other in SWAPS.get(token.text, [])[:1 if elaborated else None]:
                yield token.begin, token.end, other, "operator"
        elif token.text in ("!", "~", "-"):
            yield token.begin, token.end, "", "negation"
        if token.text in ("&&", "||"):
            stops = ("?", ":", ",", ";", "||") + (("&&",) if token.text == "&&" else ())
            last = operand(tokens, i, 1, stops)
            yield token.begin, tokens[last].end, "", "operand"
            first = operand(tokens, i, -1, stops)
            if first == 0 or tokens[first - 1].text != token.text:
                yield tokens[first].begin, tokens[i + 1].begin, "", "operand"
        if token.text == "?" and not elaborated:
            first = operand(tokens, i, -1, ("?", ":", ",", ";"))
            for other in ("1'b1", "1'b0"):
                yield tokens[first].begin, tokens[i - 1].end, other, "choice"


def similar(name, candidates):
    """The candidate that is most easily written by mistake."""
    return max(sorted(candidates), key=lambda other: difflib.SequenceMatcher(None, name, other).ratio(), default=None)


def name_edits(tokens, module, left):
    for i in editable(tokens):
        name = tokens[i].text
        if name in module.signals and name not in CLOCK_AND_RESET:
            shape = module.signals[name]
            other = similar(name, {n for n, s in module.signals.items() if s == shape} - CLOCK_AND_RESET - module.local
                            - {name, left})
            if other:
                yield tokens[i].begin, tokens[i].end, other, "name"


# ---- edits of a place -------------------------------------------------------------------------------------------------


def edits(place, module):
    """(begin, end, replacement, operator, selectable at run time)"""
    tokens = place.tokens
    first, last = tokens[0].begin, tokens[-1].end
    if place.kind == "edges":
        clock = tokens[0]
        yield clock.begin, clock.end, "negedge" if clock.text == "posedge" else "posedge", "edge", False
        if len(tokens) > 2:
            yield tokens[1].end, last, "", "edge", False
    elif place.kind == "loop":
        semicolons = [i for i, token in enumerate(tokens) if token.text == ";"]
        start = tokens[semicolons[0] - 1]
        yield start.end, start.end, " + 1", "loop", True
        condition = tokens[semicolons[0] + 1:semicolons[1]]
        for i, token in enumerate(condition):
            if token.text == "<":
                at = condition[operand(condition, i, 1, ("&&", "||"))].end
                yield at, at, " - 1", "loop", True
            elif token.text == "&&":
                yield token.begin, condition[operand(condition, i, 1, ("&&", "||"))].end, "", "loop", False
    elif place.kind == "swap":
        yield first, last, "", "swap", False
    else:
        selectable = place.kind not in ("constant", "refusal")
        for edit in expression_edits(tokens, not selectable):
            yield *edit, selectable
        if selectable:
            for edit in name_edits(tokens, module, place.left):
                yield *edit, True
        if place.kind == "condition":
            for other in ("1'b1", "1'b0"):
                yield first, last, other, "condition", True
        # A constant that is assigned has mutants already, which show what leaving it out would.
        if place.kind == "clocked" and (len(tokens) > 1 or tokens[0].kind != "number"):
            yield place.begin, place.end, ";", "removal", True
        if place.kind == "statement" and [token.text for token in tokens] not in (["'0"], ["1'b0"], ["'1"]):
            yield first, last, "'0", "removal", True


def places(module, directions):
    """All places, the connections of instances included. `directions`: module -> port -> direction."""
    yield from module.places
    for name, connections in module.instances:
        before = None
        for port, tokens in connections:
            direction = directions[name.removeprefix("gca_")][port]
            if direction == "input" and tokens:
                yield verilog.Place("port", tokens, tokens[0].begin, tokens[-1].end, "")
            if direction == "output" and len(tokens) == 1:
                shape = module.shapes.get(tokens[0].text)
                if before and before[1] == shape:
                    yield verilog.Place("swap", (before[0], tokens[0]), before[0].begin, tokens[0].end, "")
                before = (tokens[0], shape)


def mutants_of(root):
    """{file: text}, and the mutants of all modules."""
    texts = {path.relative_to(root).as_posix(): path.read_text() for path in sorted(Path(root).glob("rtl/*.sv"))}
    modules = {}
    for file, text in texts.items():
        try:
            modules |= {module.name: (file, module) for module in verilog.read(text)}
        except verilog.NotUnderstood as error:
            raise verilog.NotUnderstood(f"{file}: {error}") from None
    directions = {name: module.directions for name, (_, module) in modules.items()}
    of_ports = {name.partition("::")[2] for _, module in modules.values() for name in module.of_ports}
    found = []
    for name, (file, module) in modules.items():
        text, own = texts[file], []
        for place in places(module, directions):
            if place.kind == "constant" and place.left in of_ports:
                continue  # another width of a port: the tests would not compile
            for begin, end, replacement, operator, selectable in edits(place, module):
                if place.kind == "swap":
                    one, other = place.tokens
                    replacement = other.text + text[one.end:other.begin] + one.text
                own.append(Mutant(name, file, begin, end, replacement, operator, (place.begin, place.end), selectable,
                                  place.kind))
        found += mutant.identify(own, text)
    return texts, found


# ---- the schema -------------------------------------------------------------------------------------------------------


def place_of_schema(text, kind, place, members):
    """What stands for the place: the original, and `members`, pairs of a number and a mutant."""
    begin, end = place
    original = text[begin:end]

    def mutated(one):
        return text[begin:one.begin] + one.replacement + text[one.end:end]

    if kind in ("statement", "clocked"):
        cases = "".join(f" {number}: {mutated(one)}" for number, one in members)
        return f"case (gca_mutant::id){cases} default: {original} endcase"
    return ("(" + "".join(f"gca_mutant::id == {number} ? ({mutated(one)}) : " for number, one in members)
            + f"({original}))")


def guard_of_loop(text, place, members):
    """The loop's header, and before its body: the body is left out where the mutant's loop would not run."""
    header = text[slice(*place)]
    start, condition, _ = header.split(";")
    guards = []
    for number, one in members:
        at = one.begin - place[0]
        if at <= len(start):
            variable, _, first = start.partition("=")
            guard = f"{variable.split()[-1]} != ({first.strip()})"
        else:
            at -= len(start) + 1
            guard = condition[:at] + one.replacement + condition[at:]
        guards.append(f"(gca_mutant::id != {number} || ({guard.strip()}))")
    return f"{header}if ({' && '.join(guards)}) "


def schema(text, numbered):
    """The file's text with all `numbered` mutants, pairs of a number and a mutant of this file."""
    by_place = {}
    for number, one in numbered:
        by_place.setdefault((one.place, one.context), []).append((number, one))
    for (place, kind), members in sorted(by_place.items(), reverse=True):
        new = guard_of_loop(text, place, members) if kind == "loop" else place_of_schema(text, kind, place, members)
        text = text[:place[0]] + new + text[place[1]:]
    return quiet(text)
