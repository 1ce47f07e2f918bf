"""The language of conditions: text to a frozen tree.

    min_ttc(child) < 1.5 s and not collision(van)
    0.6 s <= min_ttc(merger) <= 2 s
    lorry.s > 200 m for 0.5 s

    condition   or-terms  ["for" time]  ["by" time | "until" time]
    or, and, not, comparisons (chained), + -, * /, unary -, ( )
    operands    number with unit · $param · actor.attribute · function(actor, ...) · word

The same arithmetic serves values with `$params`. Which names exist and whether the dimensions fit is
checked by `dimensions`, what a tree amounts to is worked out by `evaluate`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from drivesynth.errors import RequestError
from drivesynth.scene.units import NUMBER, TIME, UNIT_PATTERN, UNITS, Dimension, to_si, unknown

ATTRIBUTES = ("s", "offset", "speed", "accel", "travelled", "lane")
MOST_CHARACTERS = 1000
MOST_TOKENS = 200
MOST_DEPTH = 40


@dataclass(frozen=True)
class Number:
    """A constant in SI units."""

    value: float
    dimension: Dimension = NUMBER


@dataclass(frozen=True)
class Param:
    """`$name`."""

    name: str


@dataclass(frozen=True)
class Name:
    """An actor or a word like `green`."""

    name: str


@dataclass(frozen=True)
class Attribute:
    """`lorry.s`: station; also `.offset`, `.speed`, `.accel`, `.travelled`, `.lane`."""

    actor: str
    name: str


@dataclass(frozen=True)
class Call:
    """A function of actors. Functions of two take the ego as first where one is given."""

    function: str
    arguments: "tuple[Ast, ...]"


@dataclass(frozen=True)
class Negative:
    """Unary minus."""

    operand: "Ast"


@dataclass(frozen=True)
class Arithmetic:
    """`left op right`."""

    operator: Literal["+", "-", "*", "/"]
    left: "Ast"
    right: "Ast"


@dataclass(frozen=True)
class Compare:
    """`a < b <= c`: one operator fewer than operands."""

    operators: tuple[str, ...]
    operands: "tuple[Ast, ...]"


@dataclass(frozen=True)
class Not:
    """Negation."""

    operand: "Ast"


@dataclass(frozen=True)
class And:
    """True where all are."""

    operands: "tuple[Ast, ...]"


@dataclass(frozen=True)
class Or:
    """True where any is."""

    operands: "tuple[Ast, ...]"


Ast = Number | Param | Name | Attribute | Call | Negative | Arithmetic | Compare | Not | And | Or


@dataclass(frozen=True)
class Condition:
    """A condition with its time limits.

    for_s    it must have held this long
    by_s     it must come true before this time of the rollout; until_s: it must hold up to this time
    """

    text: str
    ast: Ast
    for_s: float | None = None
    by_s: float | None = None
    until_s: float | None = None


_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(?:\s*(?P<unit>" + UNIT_PATTERN + r"))?"
    r"|\$(?P<param>[^\W\d]\w*)"
    r"|(?P<name>[^\W\d]\w*(?:\.\w+)*)"
    r"|(?P<sign><=|>=|==|!=|[-+*/()<>,])"
    r")"
)
_WORD = re.compile(r"[^\s()+*<>=,$]+")
_COMPARISONS = ("<=", ">=", "==", "!=", "<", ">")
_LIMITS = ("for", "by", "until")
# Functions of a pair of actors: with one argument, the ego is the first.
PAIRS = frozenset(
    ("ttc", "gap", "distance", "headway", "pet", "drac", "rss", "collision", "min_ttc", "min_gap", "closest")
)


@dataclass(frozen=True)
class _Token:
    kind: Literal["number", "param", "name", "sign", "end"]
    text: str
    value: Number | None = None


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            odd = text[at:].lstrip()[0]
            hint = "; write == to compare" if odd == "=" else ""
            raise RequestError(f"{odd!r} means nothing here{hint}")
        at = match.end()
        if match["number"] is not None:
            yield _Token("number", match[0].strip(), _number(match["number"], match["unit"], text[at:]))
        elif match["param"] is not None:
            yield _Token("param", match["param"])
        elif match["name"] is not None:
            yield _Token("name", match["name"])
        else:
            yield _Token("sign", match["sign"])
    yield _Token("end", "the end")


def _number(digits: str, unit: str | None, rest: str) -> Number:
    if unit is not None:
        return Number(to_si(float(digits), unit), UNITS[unit].dimension)
    follows = _WORD.match(rest.lstrip())
    if follows and follows[0] not in ("and", "or", *_LIMITS) and follows[0][0] not in "-/":
        raise RequestError(unknown(follows[0]))
    if not float(digits) < 1e12:
        raise RequestError(f"{digits[:20]} is too large to make sense")
    return Number(float(digits))


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        if len(text) > MOST_CHARACTERS:
            raise RequestError(f"a condition may have at most {MOST_CHARACTERS} characters")
        self.tokens = list(_tokens(text))
        if len(self.tokens) > MOST_TOKENS:
            raise RequestError(f"a condition may have at most {MOST_TOKENS} words; split it")
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> str | None:
        """The next word or sign, if it is one of these."""
        if self.next.kind in ("name", "sign") and self.next.text in texts:
            self.at += 1
            return self.tokens[self.at - 1].text
        return None

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise RequestError(f"expected {text!r}, found {self.next.text!r}")

    def condition(self, text: str) -> Condition:
        ast = self.disjunction()
        limits: dict[str, float] = {}
        while word := self.take(*_LIMITS):
            if word in limits or ("by" in limits and word == "until") or ("until" in limits and word == "by"):
                raise RequestError(f"{word!r} once is enough, and not both by and until")
            limits[word] = self.duration(word)
        self.end()
        return Condition(text, ast, limits.get("for"), limits.get("by"), limits.get("until"))

    def duration(self, word: str) -> float:
        token = self.next
        if token.value is None or token.value.dimension != TIME:
            raise RequestError(f"{word} wants a time (s) after it, not {token.text!r}")
        self.at += 1
        return token.value.value

    def end(self) -> None:
        if self.next.kind != "end":
            raise RequestError(f"{self.next.text!r} is one word too many")

    def disjunction(self) -> Ast:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise RequestError("nested too deeply")
        terms = [self.conjunction()]
        while self.take("or"):
            terms.append(self.conjunction())
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def conjunction(self) -> Ast:
        terms = [self.negation()]
        while self.take("and"):
            terms.append(self.negation())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def negation(self) -> Ast:
        negations = 0
        while self.take("not"):
            negations += 1
        term = self.comparison()
        return Not(term) if negations % 2 else term

    def comparison(self) -> Ast:
        operands, operators = [self.sum()], []
        while operator := self.take(*_COMPARISONS):
            operators.append(operator)
            operands.append(self.sum())
        return Compare(tuple(operators), tuple(operands)) if operators else operands[0]

    def sum(self) -> Ast:
        left = self.product()
        while operator := self.take("+", "-"):
            left = Arithmetic(operator, left, self.product())  # type: ignore[arg-type]
        return left

    def product(self) -> Ast:
        left = self.factor()
        while operator := self.take("*", "/"):
            left = Arithmetic(operator, left, self.factor())  # type: ignore[arg-type]
        return left

    def factor(self) -> Ast:
        negative = False
        while sign := self.take("-", "+"):
            negative ^= sign == "-"
        operand = self.operand()
        return Negative(operand) if negative else operand

    def operand(self) -> Ast:
        token = self.next
        if self.take("("):
            inner = self.disjunction()
            self.expect(")")
            return inner
        if token.kind not in ("number", "param", "name") or token.text in ("and", "or", "not", *_LIMITS):
            raise RequestError(f"expected a number, a $parameter or a name, found {token.text!r}")
        self.at += 1
        if token.value is not None:
            return token.value
        if token.kind == "param":
            return Param(token.text)
        if self.take("("):
            return self.call(token.text)
        if token.text == "time":
            return Call("time", ())
        actor, _, last = token.text.rpartition(".")
        return Attribute(actor, last) if actor and last in ATTRIBUTES else Name(token.text)

    def call(self, function: str) -> Ast:
        arguments: list[Ast] = []
        if not self.take(")"):
            arguments.append(self.disjunction())
            while self.take(","):
                arguments.append(self.disjunction())
            self.expect(")")
        if function in PAIRS and len(arguments) == 1:
            arguments.insert(0, Name("ego"))
        return Call(function, tuple(arguments))


@lru_cache(maxsize=4096)
def parse(text: str) -> Condition:
    """The condition a text states; RequestError (without a place) where it is none."""
    return _Parser(text).condition(text)


@lru_cache(maxsize=4096)
def parse_formula(text: str) -> Ast:
    """The arithmetic of a value like `$v + $dv - 20 km/h`; RequestError where it is none."""
    parser = _Parser(text)
    ast = parser.sum()
    parser.end()
    return ast


def walk(ast: Ast) -> Iterator[Ast]:
    """The tree's nodes, each before what it holds."""
    yield ast
    match ast:
        case Call():
            below: tuple[Ast, ...] = ast.arguments
        case Negative() | Not():
            below = (ast.operand,)
        case Arithmetic():
            below = (ast.left, ast.right)
        case Compare() | And() | Or():
            below = ast.operands
        case _:
            below = ()
    for child in below:
        yield from walk(child)
