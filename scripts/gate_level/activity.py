"""How often each net of a netlist changes, and how long it is high, from a trace (FST) of the gate-level run.

Counted is from the clock edge that accepts one token to the one that accepts another: in a full pipeline, whole
intervals. With zero delay a net takes at most one new value after each of the three moments of a cycle at which pins
change: the host's pins, the rising edge, the analog side's pins after the falling edge. Glitches are not in it.
"""
import subprocess
from pathlib import Path

CLOCK_PS = 1000
TOP = "gca_head"


class ActivityError(Exception):
    """Why there is no activity, for the user."""


def read_header(lines):
    """{code: names of the net, below the top}, for single bits."""
    names, scopes = {}, []
    for line in lines:
        words = line.split()
        if words[:1] == ["$scope"]:
            scopes.append(words[2])
        elif words[:1] == ["$upscope"]:
            scopes.pop()
        elif words[:1] == ["$var"] and words[2] == "1" and scopes[:1] == [TOP]:
            names.setdefault(words[3], []).append(".".join([*scopes[1:], words[4]]))
        elif words[:1] == ["$enddefinitions"]:
            break
    return names


def accepts(state, code_of):
    return all(state.get(code_of[pin]) == "1" for pin in ("token_valid_i", "token_ready_o", "rst_ni"))


def count(lines, names, tokens):
    """(cycles, {code: [toggles, time high in ps]}), from the trace's first acceptance to the `tokens`-th after it."""
    code_of = {name: code for code, all_names in names.items() for name in all_names if "." not in name}
    state, risen = {}, {}  # risen: when a net that is high became so, or the start
    toggles, high = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    start, accepted, now = None, 0, 0
    for line in lines:
        kind = line[0]
        if kind == "#":
            now = int(line[1:])
            if now % CLOCK_PS == 0 and accepts(state, code_of):
                if start is None:
                    start = now
                    risen = {code: now for code, value in state.items() if value == "1"}
                elif (accepted := accepted + 1) == tokens:
                    for code, since in risen.items():
                        high[code] += now - since
                    return (now - start) // CLOCK_PS, {code: [toggles[code], high[code]] for code in names}
        elif kind in "01":
            code = line[1:-1]
            if code in names and state.get(code) != kind:
                if start is not None:
                    toggles[code] += 1
                    if kind == "1":
                        risen[code] = now
                    else:
                        high[code] += now - risen.pop(code)
                state[code] = kind
    raise ActivityError(f"the trace has {accepted} tokens accepted after the first, not {tokens}")


def write(trace, tokens, path):
    """Counts the trace and writes the file; gives (cycles, nets, mean toggles a net and cycle)."""
    with subprocess.Popen(["fst2vcd", str(trace)], stdout=subprocess.PIPE, text=True) as vcd:
        names = read_header(vcd.stdout)
        if not names:
            raise ActivityError(f"{trace}: has no nets")
        cycles, counts = count(vcd.stdout, names, tokens)
        vcd.kill()
    lines = sorted((name, *counts[code]) for code, all_names in names.items() for name in all_names)
    path = Path(path)
    unfinished = path.with_name(f"{path.name}.unfinished")
    with unfinished.open("w") as out:
        out.write(f"# cycles {cycles} tokens {tokens}\n")
        out.writelines(f"{name} {toggles} {round(high / CLOCK_PS)}\n" for name, toggles, high in lines)
    unfinished.replace(path)
    return cycles, len(lines), sum(toggles for _, toggles, _ in lines) / len(lines) / cycles
