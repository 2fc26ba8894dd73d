"""A mutant: one edit of one source file, with an identifier that survives other changes of the file; and samples."""
import dataclasses
import hashlib


@dataclasses.dataclass(frozen=True)
class Mutant:
    group: str  # the RTL module or the model, as the table names it
    file: str  # below the repository's root
    begin: int  # the edit replaces the text from here
    end: int  # to here, this one excluded
    replacement: str
    operator: str  # what kind of edit, a word
    place: tuple  # (begin, end) of the statement, condition or expression that is duplicated for it
    selectable: bool  # at run time, in the one build that holds all such mutants; otherwise it needs a build of its own
    context: str = ""  # what the place is, where the edit alone does not tell how it is built
    id: str = ""

    def apply(self, text):
        return text[:self.begin] + self.replacement + text[self.end:]

    def line(self, text):
        return text.count("\n", 0, self.begin) + 1

    def name_of_edit(self, text):
        """One line that other changes of the file leave as it is."""
        old = " ".join(text[self.begin:self.end].split())
        new = " ".join(self.replacement.split())
        start = text.rfind("\n", 0, self.begin) + 1
        around = " ".join(text[start:text.find("\n", self.begin)].split())
        return f"{old!r} -> {new!r} in: {around}"

    def describe(self, text):
        """One line with the file and the line's number."""
        return f"{self.file}:{self.line(text)}: {self.name_of_edit(text)}"

    def diff(self, text):
        """The lines that change, before and after."""
        start = text.rfind("\n", 0, self.begin) + 1
        stop = text.find("\n", self.end)
        after = text[start:self.begin] + self.replacement + text[self.end:stop]
        return "\n".join([f"{self.file}:{self.line(text)}",
                          *(f"- {line}" for line in text[start:stop].split("\n")),
                          *(f"+ {line}" for line in after.split("\n"))])


def identify(mutants, text):
    """Gives the mutants of one file their identifiers: group, and a hash of the place's text and of the edit.

    Lines may be added or removed elsewhere. Of places with the same text, the n-th one counts.
    """
    places = {}  # text -> the places with it
    for place in sorted({mutant.place for mutant in mutants}):
        places.setdefault(" ".join(text[slice(*place)].split()), []).append(place)
    number = {place: (words, n) for words, same in places.items() for n, place in enumerate(same)}
    named = {}
    for mutant in mutants:
        words, n = number[mutant.place]
        edit = (" ".join(text[mutant.place[0]:mutant.begin].split()), " ".join(text[mutant.begin:mutant.end].split()),
                mutant.replacement)
        digest = hashlib.sha256(repr((mutant.file, mutant.context, words, n, edit)).encode()).hexdigest()[:8]
        name = f"{mutant.group}-{digest}"
        if name in named and named[name] != (mutant.begin, mutant.end, mutant.replacement):
            raise ValueError(f"two mutants share the identifier {name}")
        if name not in named:
            named[name] = (mutant.begin, mutant.end, mutant.replacement)
            yield dataclasses.replace(mutant, id=name)


LEAST_OF_A_GROUP = 8


def sample(mutants, count, seed):
    """`count` of them: at least LEAST_OF_A_GROUP (or all) of each group, the rest in proportion to its size.

    A mutant's place in the draw follows from its identifier and the seed alone, so that a change of one file leaves the
    draw of the others nearly as it was.
    """
    groups = {}
    for mutant in mutants:
        groups.setdefault(mutant.group, []).append(mutant)
    count = min(count, len(mutants))
    shares = {group: min(LEAST_OF_A_GROUP, len(members), max(1, count // len(groups)))
              for group, members in groups.items()}
    while sum(shares.values()) > count:  # a sample smaller than the number of groups
        shares[next(group for group, share in reversed(shares.items()) if share)] -= 1
    while sum(shares.values()) < count:  # to the group with the smallest part of its mutants in the sample
        group = min((g for g in groups if shares[g] < len(groups[g])),
                    key=lambda g: (shares[g] / len(groups[g]), g))
        shares[group] += 1
    chosen = []
    for group, members in groups.items():
        drawn = sorted(members, key=lambda m: hashlib.sha256(f"{seed} {m.id}".encode()).digest())
        chosen += sorted(drawn[:shares[group]], key=lambda m: m.begin)
    return chosen
