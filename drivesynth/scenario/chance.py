"""Where chance enters: the values of one draw, each from a stream named by its place in the scene."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from drivesynth.errors import RequestError
from drivesynth.scenario.model import Value
from drivesynth.scene.evaluate import evaluate
from drivesynth.scene.expressions import Param
from drivesynth.scene.model import Scene
from drivesynth.scene.references import param_order
from drivesynth.scene.units import NUMBER, in_unit
from drivesynth.scene.validate import Path, in_file, mistake
from drivesynth.scene.values import Quantity, Words
from drivesynth.streams import stream_key, uniform


class Rejected(Exception):
    """This draw cannot be; another one may. `rule` names what refused it, `error` says it to the user."""

    def __init__(self, rule: str, error: RequestError) -> None:
        super().__init__(rule)
        self.rule, self.error = rule, error


@dataclass
class Chance:
    """The values of one draw of a scene.

    index     which draw; attempt: how often it has been tried before
    given     numbers in [0, 1) by path that a plan (Sobol, LHS, grid) has laid out; others are streams
    """

    scene: Scene
    seed: int
    index: int
    attempt: int = 0
    given: Mapping[str, float] = field(default_factory=dict)
    params: dict[str, Value] = field(default_factory=dict)
    draws: dict[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in param_order(self.scene):
            self.params[name] = self._param(name)

    def uniform(self, path: str) -> float:
        """The number in [0, 1) that decides the value at a path."""
        if path in self.given:
            return self.given[path]
        return uniform(self.seed, path, self.index, self.attempt)

    def look(self, path: str) -> int:
        """A seed for what an asset looks like."""
        return stream_key(self.seed, f"{path}.look", self.index, self.attempt) >> 33

    def number(self, value: Quantity | None, path: Path, default: float = 0.0, *, member: str = "") -> float:
        """A quantity's value in SI units; `member` tells apart what one line of the scene is used for."""
        if value is None:
            return default
        if value.formula is not None:
            return self._computed(value, path)
        if value.constant is not None:
            return value.constant
        assert value.law is not None
        name = ".".join(str(step) for step in path) + (f".{member}" if member else "")
        drawn = value.law.at(self.uniform(name))
        self.draws[name] = drawn
        return drawn

    def maybe(self, value: Quantity | None, path: Path, *, member: str = "") -> float | None:
        """The same, None where the scene says nothing."""
        return None if value is None else self.number(value, path, member=member)

    def word(self, value: Words, path: Path, *, member: str = "") -> str:
        """A word's value."""
        if value.param is not None:
            return str(self.params[value.param])
        if not value.is_drawn:
            return value.options[0]
        name = ".".join(str(step) for step in path) + (f".{member}" if member else "")
        self.draws[name] = value.at(self.uniform(name))
        return str(self.draws[name])

    def mistake(self, path: Path, what: str, *, at_key: bool = False) -> RequestError:
        """An error at the place in the file."""
        tree = self.scene.tree
        return mistake(tree, in_file(tree, path), what, at_key=at_key)

    def param(self, name: str) -> Value:
        """What formulas ask for."""
        return self.params[name]

    def attribute(self, actor: str, name: str) -> Value:
        """Formulas know no actors."""
        raise RequestError(f"{actor}.{name} is not known before the world runs")

    def call(self, function: str, arguments: tuple[object, ...]) -> Value:
        """Formulas know no functions of actors."""
        raise RequestError(f"{function}() is not known before the world runs")

    def _param(self, name: str) -> Value:
        value = self.scene.params[name]
        if isinstance(value, bool):
            return value
        if isinstance(value, Quantity) and isinstance(value.formula, Param):
            return self.params[value.formula.name]
        path = ("params", name)
        drawn = self.word(value, path) if isinstance(value, Words) else self.number(value, path)
        self.draws.pop(f"params.{name}", None)  # stands under params already
        return drawn

    def _computed(self, value: Quantity, path: Path) -> float:
        assert value.formula is not None
        result = float(evaluate(value.formula, self))
        refusal = value.limits.refusal(result) if math.isfinite(result) else "is not a finite number"
        if refusal:
            where = ".".join(str(step) for step in path)
            shown = in_unit(result, value.limits.dimension or NUMBER)
            what = f"{value.text!r} comes to {shown}, which {refusal}; exclude such draws with require"
            error = self.mistake(path, what)
            raise Rejected(f"{where} {refusal}", error)
        return result
