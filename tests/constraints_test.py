#!/usr/bin/python3
"""Every file in constraints/ names ports that its top has, and constrains each port of it.

    tests/constraints_test.py [unittest's options]

A file's top is in its line "# Top: NAME"; gca_head.sdc is gca_head's. Ports are those of the module's header, as wide as
its parameters' defaults make them.
"""

import functools
import re
import unittest
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "constraints"


@functools.cache
def ports(top):
    """{name: (direction, [names of its bits])} of a top."""
    text = next(ROOT.glob(f"rtl/**/{top}.sv")).read_text()
    parameters = {name: int(value) for name, value in re.findall(r"^ *parameter int unsigned (\w+) *= (\d+)", text, re.M)}
    header = text[re.search(r"^\) \($", text, re.M).end():re.search(r"^\);$", text, re.M).start()]
    found = {}
    for line in lines(header, "//"):
        match = re.fullmatch(r"(input|output) +(?:wire +)?logic *(?:\[(.+?)-1:0\]|\[(\d+):0\])? *(\w+),?", line)
        if not match:
            raise ValueError(f"{top}: {line}")
        direction, width, last, name = match.groups()
        width = int(last) + 1 if last else parameters.get(width) if width else 1
        # A port as wide as an expression is no board's.
        found[name] = (direction, [name] if width in (None, 1) else [f"{name}[{i}]" for i in range(width)])
    return found


def bits(top):
    return {bit for _, names in ports(top).values() for bit in names}


def lines(text, comment="#"):
    return [line for line in (line.split(comment)[0].strip() for line in text.splitlines()) if line]


def pins_of_pcf(text):
    found = {}
    for line in lines(text):
        match = re.fullmatch(r"set_io (?:-\S+ (?:yes|no) )*(\S+) (\S+)", line)
        if not match:
            raise ValueError(line)
        found.setdefault(match[1], []).append(match[2])
    return found


def pins_of_lpf(text):
    found = {}
    for line in lines(text):
        if match := re.fullmatch(r'LOCATE COMP "(\S+)" SITE "(\S+)";', line):
            found.setdefault(match[1], []).append(match[2])
        elif not re.fullmatch(r'(IOBUF|FREQUENCY) PORT "\S+" [^;]+;', line):
            raise ValueError(line)
    return found


def pins_of_xdc(text):
    found = {}
    for line in lines(text):
        if match := re.search(r"PACKAGE_PIN (\S+) .*\[get_ports (?:\{(\S+)\}|([^\s{}\]]+))\]", line):
            found.setdefault(match[2] or match[3], []).append(match[1])
    return found


READERS = {".pcf": pins_of_pcf, ".lpf": pins_of_lpf, ".xdc": pins_of_xdc}


def faults(top, text, suffix):
    """What is wrong with the pins in a board's file."""
    found = READERS[suffix](text)
    for port in sorted(found.keys() - bits(top)):
        yield f"{port}: {top} has no such port"
    for port in sorted(bits(top) - found.keys()):
        yield f"{port}: has no pin"
    for port, pins in sorted(found.items()):
        if len(pins) > 1:
            yield f"{port}: has the pins {', '.join(pins)}"
    used = [pins[0] for pins in found.values()]
    for pin in sorted({pin for pin in used if used.count(pin) > 1}):
        yield f"pin {pin}: has several ports"
    known = bits(top) | set(ports(top))
    for name in re.findall(r'(?:PORT|COMP) "([^"]+)"', text):
        if name not in known:
            yield f"{name}: {top} has no such port"
    for group in re.findall(r"\[get_ports (\{[^}]*\}|[^\s\]]+)\]", text):
        for pattern in group.strip("{}").split():
            if not any(pattern in (name, name.replace("*", "")) or fnmatchcase(name, pattern.replace("[*]", "*"))
                       for name in known):
                yield f"{pattern}: {top} has no such port"


class Constraints(unittest.TestCase):
    def test_every_port_has_its_pin_and_every_pin_its_port(self):
        files = [file for file in sorted(FOLDER.iterdir()) if file.suffix in READERS]
        self.assertGreaterEqual(len(files), 4)
        for file in files:
            with self.subTest(file.name):
                text = file.read_text()
                top = re.search(r"^# Top: (\w+)$", text, re.M)
                self.assertIsNotNone(top, f"{file.name}: no line \"# Top: NAME\"")
                self.assertEqual(list(faults(top[1], text, file.suffix)), [])

    def test_the_timing_constraints_name_ports_of_the_head(self):
        text = (FOLDER / "gca_head.sdc").read_text()
        patterns = [pattern for group in re.findall(r"\[get_ports (\{[^}]*\}|[^\s\]]+)\]", text)
                    for pattern in group.strip("{}").split()]
        names = ports("gca_head")
        for pattern in patterns:
            self.assertTrue(any(fnmatchcase(name, pattern) for name in names), f"{pattern}: gca_head has no such port")
        for name, (direction, _) in names.items():
            constrained = any(fnmatchcase(name, pattern) for pattern in patterns)
            if direction == "input":
                self.assertTrue(constrained or "[all_inputs]" in text, f"{name}: not constrained")
            else:
                self.assertTrue(constrained or "[all_outputs]" in text, f"{name}: not constrained")

    def test_faults_are_found(self):
        for file, change, complaint in (
                ("hx8k.pcf", ("led_o[3]", "led_o[4]"), ["led_o[4]: gca_board has no such port", "led_o[3]: has no pin"]),
                ("hx8k.pcf", ("set_io uart_tx_o B12\n", ""), ["uart_tx_o: has no pin"]),
                ("hx8k.pcf", (" A1", " A2"), ["pin A2: has several ports"]),
                ("ulx3s.lpf", ('FREQUENCY PORT "clk_i"', 'FREQUENCY PORT "clock"'),
                 ["clock: gca_board has no such port"]),
                ("arty_a7.xdc", ("[get_ports {rst_ni uart_rx_i}]", "[get_ports {reset uart_rx_i}]"),
                 ["reset: gca_board has no such port"])):
            text = (FOLDER / file).read_text()
            self.assertIn(change[0], text)
            self.assertEqual(list(faults("gca_board", text.replace(*change, 1), Path(file).suffix)), complaint, file)


if __name__ == "__main__":
    unittest.main()
