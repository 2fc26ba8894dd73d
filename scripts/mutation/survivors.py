"""The committed list of judged survivors: tests/mutation/survivors.toml."""
import tomllib

EQUIVALENT = "equivalent"


class BadList(Exception):
    """The list is not what it should be."""


def read(path):
    """{identifier: entry}"""
    try:
        with open(path, "rb") as file:
            entries = tomllib.load(file).get("survivor", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadList(f"{path}: {error}") from None
    judged = {}
    for number, entry in enumerate(entries, 1):
        name = entry.get("id", f"entry {number}")
        if set(entry) != {"id", "mutant", "verdict", "why"} or not all(str(value).strip() for value in entry.values()):
            raise BadList(f"{path}: {name}: must have id, mutant, verdict and why, and nothing else")
        if entry["verdict"] != EQUIVALENT:
            raise BadList(f"{path}: {name}: verdict is {entry['verdict']}: must be {EQUIVALENT}; write a test otherwise")
        if name in judged:
            raise BadList(f"{path}: {name} is there twice")
        judged[name] = entry
    return judged


def stub(mutant, text):
    """An entry to be completed."""
    return "\n".join(["[[survivor]]", f'id = "{mutant.id}"', f"mutant = {quoted(mutant.name_of_edit(text))}",
                      f'verdict = "{EQUIVALENT}"', 'why = ""'])


def quoted(text):
    return "'''" + text + "'''"
