"""Triggers that no run can reach, told while nothing has run: stations beyond the road's end."""

from drivesynth.errors import RequestError
from drivesynth.road.network import RoadNetwork
from drivesynth.scenario.chance import Chance
from drivesynth.scene.evaluate import evaluate
from drivesynth.scene.expressions import And, Ast, Attribute, Call, Compare, Name, Or, parse, walk

_ROOM_M = 20.0  # before its begin and beyond its end a body may still be in part
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


def check_reachable(chance: Chance, network: RoadNetwork, when: str) -> None:
    """RequestError where a trigger asks for a station that lies on no road."""
    length_m = max(road.length_m for road in network.roads)
    if not _possible(parse(when).ast, chance, length_m):
        raise RequestError(
            f"{when!r} never becomes true: stations end at {length_m:g} m; make the road longer"
        )


def _possible(ast: Ast, chance: Chance, length_m: float) -> bool:
    """False only where it is certain that it cannot hold."""
    match ast:
        case And():
            return all(_possible(operand, chance, length_m) for operand in ast.operands)
        case Or():
            return any(_possible(operand, chance, length_m) for operand in ast.operands)
        case Compare():
            pairs = zip(ast.operators, ast.operands, ast.operands[1:], strict=False)
            return all(_within(sign, a, b, chance, length_m) for sign, a, b in pairs)
    return True


def _within(sign: str, left: Ast, right: Ast, chance: Chance, length_m: float) -> bool:
    """Whether `x.s > 300 m` and its like leave some of the road."""
    if isinstance(right, Attribute):
        left, right, sign = right, left, _TURNED.get(sign, sign)
    if not (isinstance(left, Attribute) and left.name == "s" and _known(right)):
        return True
    limit_m = float(evaluate(right, chance))
    return limit_m < length_m + _ROOM_M if sign in (">", ">=") else limit_m > -_ROOM_M


def _known(ast: Ast) -> bool:
    """Whether it is made of numbers and parameters alone."""
    return not any(isinstance(node, Attribute | Call | Name) for node in walk(ast))
