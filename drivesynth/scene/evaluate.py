"""What a condition amounts to: over single numbers, or over arrays of instants alike."""

import operator
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

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
)

# A number, a truth, a word, or an array of them over instants.
Answer = Any


class Resolver(Protocol):
    """Knows the world an expression speaks of. Numbers in SI units; nothing to tell is `inf`."""

    def param(self, name: str) -> Answer:
        """The drawn value of `$name`."""

    def attribute(self, actor: str, name: str) -> Answer:
        """`s`, `speed`, `travelled` or `lane` of an actor."""

    def call(self, function: str, arguments: tuple[Answer, ...]) -> Answer:
        """A function; names of actors arrive as text."""


_ARITHMETIC: dict[str, Callable[[Answer, Answer], Answer]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}
_COMPARISON: dict[str, Callable[[Answer, Answer], Answer]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def evaluate(ast: Ast, resolver: Resolver) -> Answer:
    """The value of a tree. Comparisons with what is not a number are false; nothing is raised for them."""
    with np.errstate(all="ignore"):
        return _evaluate(ast, resolver)


def _evaluate(ast: Ast, resolver: Resolver) -> Answer:
    match ast:
        case Number():
            return ast.value
        case Param():
            return resolver.param(ast.name)
        case Name():
            return ast.name
        case Attribute():
            return resolver.attribute(ast.actor, ast.name)
        case Call():
            return resolver.call(ast.function, tuple(_evaluate(a, resolver) for a in ast.arguments))
        case Negative():
            return np.negative(_evaluate(ast.operand, resolver))
        case Arithmetic():
            return _ARITHMETIC[ast.operator](_evaluate(ast.left, resolver), _evaluate(ast.right, resolver))
        case Not():
            return np.logical_not(_evaluate(ast.operand, resolver))
        case And():
            return np.logical_and.reduce(np.broadcast_arrays(*(_evaluate(o, resolver) for o in ast.operands)))
        case Or():
            return np.logical_or.reduce(np.broadcast_arrays(*(_evaluate(o, resolver) for o in ast.operands)))
        case Compare():
            values = [_evaluate(operand, resolver) for operand in ast.operands]
            pairs = zip(ast.operators, values, values[1:], strict=False)
            truths = [_COMPARISON[sign](left, right) for sign, left, right in pairs]
            return truths[0] if len(truths) == 1 else np.logical_and.reduce(np.broadcast_arrays(*truths))
