"""Whether an expression makes sense: names that exist, dimensions that fit, functions used rightly."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from drivesynth.errors import RequestError, did_you_mean
from drivesynth.scene.expressions import (
    ATTRIBUTES,
    And,
    Arithmetic,
    Ast,
    Attribute,
    Call,
    Compare,
    Condition,
    Name,
    Negative,
    Not,
    Number,
    Or,
    Param,
    walk,
)
from drivesynth.scene.units import (
    ACCELERATION,
    LENGTH,
    NUMBER,
    SPEED,
    TIME,
    Dimension,
    describe,
    described,
)

SIGNAL_SHOWS = ("red", "red_amber", "amber", "green", "off")

Kind = Dimension | Literal["truth", "word"]


class Phase(IntEnum):
    """What must be known before a condition can be judged; cheapest first."""

    STATIC = 0  # the drawn parameters
    KINEMATIC = 1  # the rollout
    RENDERED = 2  # what the sensors saw


@dataclass(frozen=True)
class Function:
    """A function's arguments (`actor` or `arm`), its result, when it is known, whether it has a value at
    each instant or one for the whole rollout."""

    arguments: tuple[Literal["actor", "arm"], ...]
    result: Kind
    phase: Phase = Phase.KINEMATIC
    at_instants: bool = True


_PAIR: tuple[Literal["actor"], Literal["actor"]] = ("actor", "actor")

FUNCTIONS: dict[str, Function] = {
    "ttc": Function(_PAIR, TIME),
    "gap": Function(_PAIR, LENGTH),
    "distance": Function(_PAIR, LENGTH),
    "headway": Function(_PAIR, TIME),
    "drac": Function(_PAIR, ACCELERATION),
    "rss": Function(_PAIR, LENGTH),
    "pet": Function(_PAIR, TIME, at_instants=False),
    "time": Function((), TIME),
    "signal": Function(("arm",), "word"),
    "collision": Function(_PAIR, "truth"),
    "min_ttc": Function(_PAIR, TIME, at_instants=False),
    "min_gap": Function(_PAIR, LENGTH, at_instants=False),
    "hit": Function(("actor",), TIME, at_instants=False),
    "closest": Function(_PAIR, TIME, at_instants=False),
    "time_visible": Function(("actor",), TIME, Phase.RENDERED, at_instants=False),
    "occlusion": Function(("actor",), NUMBER, Phase.RENDERED),
    "points_on": Function(("actor",), NUMBER, Phase.RENDERED),
}

_ATTRIBUTES: dict[str, Kind] = {
    "s": LENGTH,
    "offset": LENGTH,
    "speed": SPEED,
    "accel": ACCELERATION,
    "travelled": LENGTH,
    "lane": "word",
}


@dataclass(frozen=True)
class Names:
    """What an expression may speak of.

    params  name -> what it is
    actors  names of single actors and of groups (a group's name means its last member)
    groups  groups, whose members are `name.0`, `name.1`, ...
    arms    arms of a junction
    """

    params: Mapping[str, Kind] = field(default_factory=dict)
    actors: Collection[str] = ()
    groups: Collection[str] = ()
    arms: Collection[str] = ()

    def check_actor(self, name: str) -> None:
        """RequestError where nobody is called so."""
        base, _, member = name.rpartition(".")
        if name in self.actors or (base in self.groups and member.isdigit()):
            return
        raise RequestError(f"no actor {name!r}{did_you_mean(name, self.actors)}")


def condition_phase(condition: Condition) -> Phase:
    """When a condition can be judged."""
    phases = [Phase.STATIC]
    for node in walk(condition.ast):
        if isinstance(node, Call):
            phases.append(FUNCTIONS[node.function].phase)
        elif isinstance(node, Attribute):
            phases.append(Phase.KINEMATIC)
    return max(phases)


def check_condition(condition: Condition, names: Names) -> None:
    """RequestError unless it is a truth about things that exist."""
    kind = kind_of(condition.ast, names)
    if kind != "truth":
        raise RequestError(
            f"{condition.text!r} is {_article(kind)}, not a condition; compare it with something"
        )


def kind_of(ast: Ast, names: Names) -> Kind:
    """What a tree amounts to; RequestError where it makes no sense."""
    match ast:
        case Number():
            return ast.dimension
        case Param():
            if ast.name not in names.params:
                hint = did_you_mean(ast.name, names.params) or "; declare it under params"
                raise RequestError(f"unknown parameter ${ast.name}{hint}")
            return names.params[ast.name]
        case Name():
            return "word"
        case Attribute():
            names.check_actor(ast.actor)
            return _ATTRIBUTES[ast.name]
        case Call():
            return _call(ast, names)
        case Negative():
            return _quantity(ast.operand, names, "-")
        case Arithmetic():
            return _arithmetic(ast, names)
        case Compare():
            return _comparison(ast, names)
        case Not():
            return _truths((ast.operand,), names, "not")
        case And():
            return _truths(ast.operands, names, "and")
        case Or():
            return _truths(ast.operands, names, "or")


def _call(ast: Call, names: Names) -> Kind:
    function = FUNCTIONS.get(ast.function)
    if function is None:
        hint = did_you_mean(ast.function, FUNCTIONS) or f"; the functions are {', '.join(FUNCTIONS)}"
        raise RequestError(f"no function {ast.function!r}{hint}")
    if len(ast.arguments) != len(function.arguments):
        wanted = len(function.arguments)
        what = {0: "nothing", 1: "one name", 2: "one or two names"}[wanted]
        raise RequestError(f"{ast.function}() takes {what} between its brackets")
    for argument, role in zip(ast.arguments, function.arguments, strict=True):
        if not isinstance(argument, Name):
            raise RequestError(f"{ast.function}() takes names of {role}s")
        if role == "actor":
            names.check_actor(argument.name)
        elif argument.name not in names.arms:
            known = f"; it is {' or '.join(names.arms)}" if names.arms else "; the scene has no signals"
            hint = did_you_mean(argument.name, names.arms) or known
            raise RequestError(f"no arm {argument.name!r} with signals{hint}")
    return function.result


def _quantity(ast: Ast, names: Names, sign: str) -> Dimension:
    kind = kind_of(ast, names)
    if isinstance(kind, str):
        raise RequestError(f"{sign} wants numbers, not {_article(kind)}")
    return kind


def _arithmetic(ast: Arithmetic, names: Names) -> Dimension:
    left, right = (_quantity(side, names, ast.operator) for side in (ast.left, ast.right))
    if ast.operator in "+-":
        if left != right and not (_is_zero(ast.left) or _is_zero(ast.right)):
            verb = "adds" if ast.operator == "+" else "subtracts"
            first, second = (left, right) if ast.operator == "+" else (right, left)
            joint = "to" if ast.operator == "+" else "from"
            raise RequestError(f"{verb} {describe(first)} {joint} {describe(second)}")
        return right if _is_zero(ast.left) else left
    sign = 1 if ast.operator == "*" else -1
    a, b, c, d, e, f = (x + sign * y for x, y in zip(left, right, strict=True))
    return a, b, c, d, e, f


def _comparison(ast: Compare, names: Names) -> Kind:
    kinds = [kind_of(operand, names) for operand in ast.operands]
    for sign, (left, a), (right, b) in zip(
        ast.operators, zip(kinds, ast.operands, strict=True), list(zip(kinds, ast.operands, strict=True))[1:],
        strict=False,
    ):  # fmt: skip
        _check_colour(a, b)
        _check_colour(b, a)
        if isinstance(left, str) or isinstance(right, str):
            if left != right or sign not in ("==", "!="):
                _refuse_words(left, a, right, b, sign)
        elif left != right and not (_is_zero(a) or _is_zero(b)):
            raise RequestError(f"compares {describe(left)} with {describe(right)}")
    return "truth"


def _check_colour(signal: Ast, word: Ast) -> None:
    of_signal = isinstance(signal, Call) and signal.function == "signal"
    if of_signal and isinstance(word, Name) and word.name not in SIGNAL_SHOWS:
        hint = did_you_mean(word.name, SIGNAL_SHOWS) or f"; it shows {', '.join(SIGNAL_SHOWS)}"
        raise RequestError(f"a signal never shows {word.name!r}{hint}")


def _refuse_words(left: Kind, a: Ast, right: Kind, b: Ast, sign: str) -> None:
    for kind, operand, other in ((left, a, right), (right, b, left)):
        if kind == "word" and isinstance(operand, Name) and other != "word":
            raise RequestError(
                f"{operand.name!r} is only a word here; actors have {' '.join(f'.{a}' for a in ATTRIBUTES)},"
                f" parameters begin with $"
            )
    raise RequestError(f"cannot compare {_article(left)} with {_article(right)} by {sign}")


def _truths(operands: tuple[Ast, ...], names: Names, word: str) -> Kind:
    for operand in operands:
        kind = kind_of(operand, names)
        if kind != "truth":
            raise RequestError(f"{word} wants conditions, not {_article(kind)}; compare it with something")
    return "truth"


def _is_zero(ast: Ast) -> bool:
    return isinstance(ast, Number) and ast.value == 0.0 and ast.dimension == NUMBER


def _article(kind: Kind) -> str:
    return f"a {kind}" if isinstance(kind, str) else described(kind)
