"""Triggers that no rollout can pull: found by bounds on everything a condition speaks of, before any draw."""

import math
from dataclasses import dataclass

from drivesynth.scene.expressions import (
    And,
    Arithmetic,
    Ast,
    Attribute,
    Call,
    Compare,
    Name,
    Negative,
    Not,
    Number,
    Or,
    Param,
    parse,
    walk,
)
from drivesynth.scene.model import Scene
from drivesynth.scene.values import Quantity

LONGEST_S = 60.0  # of any rollout
_FASTEST_MPS = 120.0  # as the fields for speeds allow
_ANY = (-math.inf, math.inf)

Span = tuple[float, float]  # lowest and highest value that may be
Truth = tuple[bool, bool]  # whether it may be false, whether it may be true


def unreachable(scene: Scene) -> list[tuple[int, str]]:
    """Events of the story that cannot happen: index, and why."""
    bounds = _Bounds(scene)
    found: dict[int, str] = {}
    for i, event in enumerate(scene.story):
        if event.when is None:
            continue
        condition = parse(event.when)
        if not bounds.truth(condition.ast)[1]:
            found[i] = f"{event.when!r} never becomes true{bounds.reason(condition.ast)}"
        elif (condition.for_s or 0.0) >= LONGEST_S:
            found[i] = f"no rollout is longer than {LONGEST_S:g} s"
    names = {event.name: i for i, event in enumerate(scene.story) if event.name is not None}
    for i in range(len(scene.story)):
        chain = [i]
        while (before := names.get(scene.story[chain[-1]].after or "")) is not None and before not in chain:
            chain.append(before)
        if before is not None and before == i and min(chain) == i:
            circle = " -> ".join(str(scene.story[k].name) for k in (*reversed(chain), chain[-1]))
            found[i] = f"each of these events waits for the other: {circle}"
    return sorted(found.items())


@dataclass(frozen=True)
class _Bounds:
    """What values and truths may be, whatever is drawn and whatever happens."""

    scene: Scene

    def truth(self, ast: Ast) -> Truth:
        """Whether a condition may be false, and may be true; both where it is not known."""
        match ast:
            case Not():
                false, true = self.truth(ast.operand)
                return true, false
            case And():
                parts = [self.truth(operand) for operand in ast.operands]
                return any(p[0] for p in parts), all(p[1] for p in parts)
            case Or():
                parts = [self.truth(operand) for operand in ast.operands]
                return all(p[0] for p in parts), any(p[1] for p in parts)
            case Compare():
                pairs = zip(ast.operators, ast.operands, ast.operands[1:], strict=False)
                parts = [self._compared(sign, left, right) for sign, left, right in pairs]
                return any(p[0] for p in parts), all(p[1] for p in parts)
            case _:
                return True, True

    def reason(self, ast: Ast) -> str:
        """The bound that rules a condition out, for people."""
        for node in _quantities(ast):
            low, high = self.span(node)
            if isinstance(node, Call) and node.function == "time":
                return f": a rollout ends after {high:g} s at the latest"
            if isinstance(node, Attribute) and node.name == "s" and math.isfinite(high):
                return f": the road is {high:.5g} m long"
            if isinstance(node, Attribute) and node.name == "speed":
                return f": speeds stay below {3.6 * _FASTEST_MPS:.0f} km/h"
            if low == 0.0:
                return ": what it speaks of is never below 0"
        return ""

    def span(self, ast: Ast) -> Span:
        """The values that an expression may have."""
        match ast:
            case Number():
                return ast.value, ast.value
            case Param():
                value = self.scene.params.get(ast.name)
                return self._quantity(value) if isinstance(value, Quantity) else _ANY
            case Attribute():
                return self._attribute(ast)
            case Call():
                return _CALLS.get(ast.function, _ANY)
            case Negative():
                low, high = self.span(ast.operand)
                return -high, -low
            case Arithmetic():
                return _combined(ast.operator, self.span(ast.left), self.span(ast.right))
            case _:
                return _ANY

    def _quantity(self, value: Quantity) -> Span:
        if value.formula is not None:
            return self.span(value.formula)
        return value.law.support if value.law is not None else _ANY

    def _attribute(self, ast: Attribute) -> Span:
        if ast.name == "speed":
            return -_FASTEST_MPS, _FASTEST_MPS
        if ast.name == "travelled":
            return 0.0, math.inf
        # Where the ego leaves its road the rollout ends; others only vanish.
        return (-math.inf, self._road_m()) if (ast.actor, ast.name) == ("ego", "s") else _ANY

    def _road_m(self) -> float:
        """Length of a plain road, at the most; stations end with it."""
        road = self.scene.road
        pieces = [piece.line or piece.arc or piece.spiral for piece in road.path or ()] or [road.length]
        if road.kind != "road" or road.file is not None or any(piece is None for piece in pieces):
            return math.inf
        return sum(self._quantity(piece)[1] for piece in pieces if piece is not None)

    def _compared(self, sign: str, left: Ast, right: Ast) -> Truth:
        if isinstance(left, Name) or isinstance(right, Name):
            return True, True
        (a, b), (c, d) = self.span(left), self.span(right)
        if sign in (">", ">="):
            (a, b), (c, d) = (c, d), (a, b)
            sign = "<" if sign == ">" else "<="
        if sign == "<":
            return b >= c, a < d
        if sign == "<=":
            return b > c, a <= d
        same = a <= d and c <= b
        fixed = a == b == c == d
        return (not fixed, same) if sign == "==" else (same, not fixed)


_CALLS: dict[str, Span] = {
    "time": (0.0, LONGEST_S),
    **dict.fromkeys(("ttc", "gap", "distance", "headway", "drac"), (0.0, math.inf)),
}


def _quantities(ast: Ast) -> list[Attribute | Call]:
    """What a condition measures."""
    return [node for node in walk(ast) if isinstance(node, Attribute | Call)]


def _combined(operator: str, left: Span, right: Span) -> Span:
    """Bounds of a sum, difference or product; quotients are not followed."""
    (a, b), (c, d) = left, right
    if operator == "+":
        return a + c, b + d
    if operator == "-":
        return a - d, b - c
    if operator == "*" and all(math.isfinite(x) for x in (a, b, c, d)):
        corners = [x * y for x in (a, b) for y in (c, d)]
        return min(corners), max(corners)
    return _ANY
