"""How a scene's draws spread over its variants: Latin hypercube, Sobol, grid.

Random draws need no plan: each is a stream of its own. These three lay out all draws together, over the
values that stand once in the scene, sorted by their path; what a row of actors draws for each member
stays random. They depend on the whole plan: one value more, or another count, changes all of them.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from drivesynth.arrays import F64
from drivesynth.errors import RequestError
from drivesynth.scene.laws import Choice, Grid, Law
from drivesynth.scene.model import Scene
from drivesynth.scene.references import leaves
from drivesynth.scene.values import Quantity, Words
from drivesynth.streams import generator, stream_key

_NONE: Mapping[str, float] = MappingProxyType({})


def given(scene: Scene, seed: int, index: int) -> Mapping[str, float]:
    """Numbers in [0, 1) by path for draw `index`, as the scene's method lays them out."""
    method = scene.sample.method
    if method == "random":
        return _NONE
    axes = drawn(scene)
    if method == "grid":
        return _on_grid(axes, index)
    if index >= scene.sample.count:
        raise RequestError(
            f"variant {index} is beyond the plan of {scene.sample.count} that method {method} lays out; "
            "raise sample.count",
            field="sample.count",
        )
    table = _table(method, tuple(axes), scene.sample.count, seed)
    return dict(zip(axes, (float(u) for u in table[index]), strict=True))


def drawn(scene: Scene) -> dict[str, Quantity | Words]:
    """All values that chance decides once per draw, by path, sorted."""
    found = {}
    for path, value in leaves(scene):
        rows = path[0] == "actors" and scene.actors[str(path[1])].fill is not None
        once = (not rows and path != ("traffic", "mix")) or path[2:] in (
            ("fill", "from"),
            ("fill", "to"),
            ("fill", "to_stop"),
            ("fill", "count"),
        )
        if value.is_drawn and once and path[0] != "sample":
            found[".".join(str(step) for step in path)] = value
    return dict(sorted(found.items()))


@lru_cache(maxsize=16)
def _table(method: str, axes: tuple[str, ...], count: int, seed: int) -> F64:
    """(count, axes) numbers in [0, 1)."""
    width = max(len(axes), 1)
    if method == "lhs":  # one number in each of `count` equal parts, in any order (McKay and others, 1979)
        chance = generator(seed, "sample.lhs")
        parts = chance.permuted(np.tile(np.arange(count)[:, None], width), axis=0)
        return np.asarray((parts + chance.random((count, width))) / count)
    from scipy.stats import qmc  # takes a second to load, and only who asks for it pays

    key = stream_key(seed, "sample.sobol")
    if width > qmc.Sobol.MAXDIM:
        raise RequestError(
            f"{width} drawn values are more than Sobol sampling can take", field="sample.method"
        )
    points: F64 = qmc.Sobol(width, scramble=True, seed=key).random_base2(math.ceil(math.log2(count)))
    return points[:count]


def _on_grid(axes: Mapping[str, Quantity | Words], index: int) -> Mapping[str, float]:
    """The `index`-th point of all combinations, the last path turning fastest; begins again at the end."""
    numbers = {}
    for path, value in reversed(list(axes.items())):
        count = _points(value)
        if count:
            index, point = divmod(index, count)
            numbers[path] = _middle(value, point)
    return numbers


def _points(value: Quantity | Words) -> int:
    """How many points a value has on a grid; 0 where it is not one."""
    if isinstance(value, Words):
        return len(value.options)
    law: Law | None = value.law
    return len(law.points) if isinstance(law, Grid) else len(law.options) if isinstance(law, Choice) else 0


def _middle(value: Quantity | Words, point: int) -> float:
    """A number that falls on a point."""
    law = value.law if isinstance(value, Quantity) else None
    if isinstance(law, Grid):
        return (point + 0.5) / len(law.points)
    weights = value.weights if isinstance(value, Words) else law.weights if isinstance(law, Choice) else ()
    return (sum(weights[:point]) + 0.5 * weights[point]) / sum(weights)


def grid_size(scene: Scene) -> int:
    """How many combinations the scene's grid has."""
    return math.prod(_points(value) or 1 for value in drawn(scene).values())
