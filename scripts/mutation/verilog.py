"""Reads the SystemVerilog of rtl/ as far as mutation needs it: tokens, and the places where a module computes something.

The language is the subset that rtl/README.md states. What is not understood is an error that names the line. Code from
`ifdef or `ifndef to `endif (assertions) is passed over.
"""
import dataclasses
import re

TOKEN = re.compile(r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<directive>`[A-Za-z_]\w*[^\n]*)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<number>\d*'s?[bodhBODH][0-9a-fA-F_xzXZ]+|'[01](?!\w)|\d[\d_]*)
  | (?P<name>\$?[A-Za-z_][\w$]*(?:::[A-Za-z_]\w*)?)
  | (?P<operator><<<|>>>|===|!==|<<|>>|<=|>=|==|!=|&&|\|\||\+:|-:|\+\+|--|->|[-+*/%<>=!~&|^?:;,.()\[\]{}\#@'])
""", re.VERBOSE | re.DOTALL)
OPEN, CLOSE = "([{", ")]}"


class NotUnderstood(Exception):
    """A construct that this reader does not know."""


@dataclasses.dataclass(frozen=True)
class Token:
    kind: str
    text: str
    begin: int

    @property
    def end(self):
        return self.begin + len(self.text)


@dataclasses.dataclass(frozen=True)
class Place:
    # statement, clocked (a nonblocking one), condition, loop, assign, port (an input's connection), swap (two outputs'
    # connections), constant, refusal (the condition of an $error), edges
    kind: str
    tokens: tuple  # of what may be edited
    begin: int  # of what is duplicated for the mutants
    end: int
    left: str = ""  # what is assigned or connected


@dataclasses.dataclass
class Module:
    name: str
    places: list
    signals: dict  # name -> the text of its range, of what can be read: inputs, and what is declared inside
    directions: dict  # port -> input or output
    shapes: dict  # name -> the text of its range, of signals and outputs
    instances: list  # (module, its connections)
    local: set  # names of those that are declared in generate blocks, which not all of the module sees
    of_ports: set  # names that the ports' widths are made of


def without_assertions(text):
    """The same text with assertions blanked out; lines and offsets stay."""
    kept, depth = [], 0
    for line in text.splitlines(keepends=True):
        word = (line.split() or [""])[0]
        opens = word in ("`ifdef", "`ifndef")
        if depth or opens:
            depth += opens - (word == "`endif")
            line = " " * (len(line) - 1) + "\n"
        kept.append(line)
    return "".join(kept)


def tokens_of(text):
    tokens, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise NotUnderstood(f"line {text.count(chr(10), 0, at) + 1}: {text[at:at + 20]!r}")
        if match.lastgroup not in ("space", "directive"):
            tokens.append(Token(match.lastgroup, match.group(), at))
        at = match.end()
    return tokens


class Reader:
    def __init__(self, text):
        self.text = text
        self.tokens = tokens_of(without_assertions(text))
        self.at = 0
        self.module = None
        self.generated = 0  # generate blocks around what is read

    # ---- tokens

    def peek(self, ahead=0):
        at = self.at + ahead
        return self.tokens[at].text if at < len(self.tokens) else ""

    def take(self, *expected):
        if self.at >= len(self.tokens) or expected and self.peek() not in expected:
            self.fail(f"{' or '.join(expected)} is expected")
        self.at += 1
        return self.tokens[self.at - 1]

    def fail(self, why):
        token = self.tokens[min(self.at, len(self.tokens) - 1)]
        line = self.text.count("\n", 0, token.begin) + 1
        raise NotUnderstood(f"line {line}: {token.text!r}: {why}")

    def until(self, *ends):
        """The tokens up to one of `ends` outside all brackets; that one is not taken."""
        first, depth = self.at, 0
        while depth or self.peek() not in ends:
            if self.at >= len(self.tokens):
                self.fail(f"no {' or '.join(ends)} follows")
            depth += (self.peek() in OPEN) - (self.peek() in CLOSE)
            self.at += 1
        return tuple(self.tokens[first:self.at])

    def bracketed(self):
        """The tokens between a pair of parentheses."""
        self.take("(")
        inside = self.until(")")
        self.take(")")
        return inside

    def place(self, kind, tokens, begin=None, end=None, left=""):
        if tokens:
            self.module.places.append(Place(kind, tuple(tokens), tokens[0].begin if begin is None else begin,
                                            tokens[-1].end if end is None else end, left))

    # ---- structure

    def read(self):
        modules = []
        while self.at < len(self.tokens):
            keyword = self.take("module", "package").text
            self.module = Module(self.take().text.removeprefix("gca_"), [], {}, {}, {}, [], set(), set())
            if self.peek() == "#":
                self.take()
                self.bracketed()
            if self.peek() == "(":
                self.ports(self.bracketed())
            self.take(";")
            while self.peek() != f"end{keyword}":
                self.item()
            self.take()
            modules.append(self.module)
        return modules

    def ports(self, tokens):
        port = []
        for token in [*tokens, Token("operator", ",", 0)]:
            if token.text == ",":
                names = self.declare(port[1:])
                self.module.shapes |= names
                self.module.directions |= {name: port[0].text for name in names}
                if port[0].text == "input":
                    self.module.signals |= names
                self.module.of_ports |= {part.text for part in port}
                port = []
            else:
                port.append(token)

    def declare(self, tokens):
        """Of `logic [..] a, b [..]` those without a range behind the name, with their range."""
        depth, shape, names = 0, "", []
        for i, token in enumerate(tokens):
            depth += token.text in OPEN
            after = tokens[i + 1].text if i + 1 < len(tokens) else ","
            if depth == 0 and token.kind == "name" and after in (",", ";"):
                names.append(token.text)
            elif depth and not names:
                shape += token.text
            depth -= token.text in CLOSE
        return {name: shape for name in names}

    def item(self):
        word = self.peek()
        if word == "localparam":
            left = self.until("=")[-1].text
            self.take("=")
            self.place("constant", self.until(";"), left=left)
            self.take(";")
        elif word in ("logic", "wire"):
            names = self.declare(self.until(";"))
            self.module.signals |= names
            self.module.shapes |= names
            if self.generated:
                self.module.local |= set(names)
            self.take(";")
        elif word in ("genvar", "generate", "endgenerate"):
            self.fail("is not in the subset")
        elif word == "assign":
            self.take()
            self.until("=")
            self.take("=")
            self.place("assign", self.until(";"))
            self.take(";")
        elif word in ("always_ff", "always_comb", "always_latch"):
            self.take()
            if word == "always_ff":
                self.take("@")
                self.place("edges", self.bracketed())
            self.statement("clocked" if word == "always_ff" else "statement")
        elif word == "if":
            self.take()
            condition = self.bracketed()
            refusal = "$error" in [token.text for token in self.tokens[self.at:self.at + 4]]
            self.place("refusal" if refusal else "constant", condition)
            self.generate_body()
            if self.peek() == "else":
                self.take()
                self.item() if self.peek() == "if" else self.generate_body()
        elif word == "for":
            self.take()
            header = self.bracketed()
            ends = [i for i, token in enumerate(header) if token.text == ";"]
            self.place("constant", header[3:ends[0]])
            self.place("constant", header[ends[0] + 1:ends[1]])
            self.generate_body()
        elif word == "$error":
            self.until(";")
            self.take(";")
        elif self.tokens[self.at].kind == "name":
            self.instance()
        else:
            self.fail("is not in the subset")

    def generate_body(self):
        self.take("begin")
        if self.peek() == ":":
            self.at += 2
        self.generated += 1
        while self.peek() != "end":
            self.item()
        self.generated -= 1
        self.take("end")

    def instance(self):
        module = self.take().text
        if self.peek() == "#":
            self.take()
            for _, value in self.connections():
                self.place("constant", value)
        self.take()
        self.module.instances.append((module, self.connections()))
        self.take(";")

    def connections(self):
        """Pairs of a name and the tokens that are connected to it; none where the name says it all."""
        self.take("(")
        pairs = []
        while True:
            self.take(".")
            name = self.take().text
            pairs.append((name, self.bracketed() if self.peek() == "(" else ()))
            if self.take(",", ")").text == ")":
                return pairs

    # ---- statements

    def statement(self, kind):
        word = self.peek()
        begin = self.tokens[self.at].begin
        if word == "begin":
            self.take()
            if self.peek() == ":":
                self.at += 2
            while self.peek() != "end":
                self.statement(kind)
            self.take("end")
        elif word == "if":
            self.take()
            self.place("condition", self.bracketed())
            self.statement(kind)
            if self.peek() == "else":
                self.take()
                self.statement(kind)
        elif word == "for":
            self.take()
            header = self.bracketed()
            self.place("loop", header, end=self.tokens[self.at].begin)
            self.statement(kind)
        elif word == "logic":
            self.until(";")
            self.take(";")
        elif word == ";":
            self.take()
        elif word in ("case", "unique", "while", "assert", "return"):
            self.fail("is not in the subset")
        else:
            left = self.until("=", "<=")
            operator = self.take().text
            right = self.until(";")
            # A local variable of a clocked block is assigned as one of a combinational block is.
            self.place(kind if operator == "<=" else "statement", right, begin, self.take(";").end, left[0].text)


def read(text):
    return Reader(text).read()
