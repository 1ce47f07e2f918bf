"""What the names in a condition mean: `ttc(van)`, `lorry.s`, `min_gap(merger)`, `hit(child)`.

A `Scope` answers for a stretch of time, with one value an instant where the quantity changes and one
value where it belongs to the whole. A pair's first actor is ego where only one is named; distances,
gaps and times to collision do not depend on the order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth.arrays import F64, I64, Bool
from drivesynth.errors import RequestError, did_you_mean
from drivesynth.road.network import RoadNetwork
from drivesynth.scenario.model import Value
from drivesynth.world import metrics, rss
from drivesynth.world.series import Series

Quantity = float | bool | str | F64 | I64 | Bool | NDArray[np.str_]
Measure = Callable[[str], float | F64 | I64]

# What only rendered frames can tell, answered by whoever has them.
SEEN = ("time_visible", "occlusion", "points_on")
# What has one value for a whole rollout.
WHOLE = ("min_ttc", "min_gap", "closest", "pet")


@dataclass(frozen=True)
class Scope:
    """A stretch of time in which conditions are asked.

    params   the scenario's
    hit_s    actor -> when it would meet the ego if nobody reacted
    seen     what rendered frames tell: name of the quantity -> actor -> its value
    whole    whether the stretch is a whole rollout, so that minima over time have a meaning
    """

    series: Series
    network: RoadNetwork
    params: Mapping[str, Value]
    hit_s: Mapping[str, float]
    whole: bool
    seen: Mapping[str, Measure] | None = None

    def rows(self, rows: I64) -> "Scope":
        """Some of the instants."""

        def of(measure: Measure) -> Measure:
            def some(actor: str) -> float | F64 | I64:
                value = measure(actor)
                return value[rows] if isinstance(value, np.ndarray) else value

            return some

        seen = None if self.seen is None else {name: of(measure) for name, measure in self.seen.items()}
        return replace(self, series=self.series.rows(rows), seen=seen)

    def actor(self, name: str) -> int:
        """An actor's row; a group's name means its last member."""
        names = self.series.names
        if name in names:
            return names.index(name)
        members = [n for n in names if n.rpartition(".")[0] == name and n.rpartition(".")[2].isdigit()]
        if not members:
            raise RequestError(f"no actor {name!r}{did_you_mean(name, names)}")
        return names.index(max(members, key=lambda n: int(n.rpartition(".")[2])))

    def param(self, name: str) -> Quantity:
        """The drawn value of a parameter."""
        value = self.params.get(name)
        if value is None:
            raise RequestError(f"unknown parameter ${name}{did_you_mean(name, self.params)}")
        return value

    def attribute(self, actor: str, name: str) -> Quantity:
        """`x.speed`, `x.s` and their like, (N,)."""
        i = self.actor(actor)
        columns: dict[str, Callable[[], Quantity]] = {
            "speed": lambda: self.series.speed_mps[:, i],
            "accel": lambda: self.series.accel_mps2[:, i],
            "travelled": lambda: self.series.travelled_m[:, i],
            "s": lambda: self.network.locations(self.series.xy_m[:, i])[1],
            "offset": lambda: self.network.locations(self.series.xy_m[:, i])[2],
            "lane": lambda: self._lanes(i),
        }
        if name not in columns:
            raise RequestError(f"an actor has no {name!r}{did_you_mean(name, columns)}")
        return columns[name]()

    def call(self, function: str, arguments: tuple[Any, ...]) -> Quantity:
        """A function of one or two actors, or of none (`time`)."""
        names = tuple(str(name) for name in arguments)
        if function == "time":
            return self.series.time_s
        if function == "signal":
            return self.signal(names[0])
        if function in SEEN:
            if self.seen is None or function not in self.seen:
                raise RequestError(f"{function} is known only once frames are rendered")
            return self.seen[function](self.series.names[self.actor(names[-1])])
        if function == "hit":
            return self.hit_s.get(self.series.names[self.actor(names[-1])], float("inf"))
        if function not in PAIRS:
            raise RequestError(f"no function {function!r}{did_you_mean(function, PAIRS)}")
        if function in WHOLE and not self.whole:
            raise RequestError(
                f"{function} is known only at the end; a trigger needs a quantity of the moment"
            )
        pair = names if len(names) > 1 else ("ego", *names)
        a, b = self.actor(pair[0]), self.actor(pair[1])
        return PAIRS[function](self, a, b)

    def signal(self, arm: str) -> NDArray[np.str_]:
        """What the signals of an arm show, (N,)."""
        signals = self.series.signals
        if arm not in signals.groups:
            raise RequestError(f"no arm {arm!r} with signals{did_you_mean(arm, signals.groups)}")
        return signals.words(arm)

    def _lanes(self, i: int) -> NDArray[np.str_]:
        names = np.array([*self.network.lanes, ""])
        return names[self.network.locations(self.series.xy_m[:, i])[0]]


def _least(of: Callable[[Series, int, int], F64]) -> Callable[[Scope, int, int], Quantity]:
    return lambda scope, a, b: float(np.min(of(scope.series, a, b)))


def _each(of: Callable[[Series, int, int], F64]) -> Callable[[Scope, int, int], Quantity]:
    return lambda scope, a, b: of(scope.series, a, b)


def _collision(scope: Scope, a: int, b: int) -> Quantity:
    touching = metrics.overlap(scope.series, a, b)
    return bool(touching.any()) if scope.whole else touching


def _closest(scope: Scope, a: int, b: int) -> Quantity:
    return metrics.min_distance_s(scope.series.time_s, metrics.distance_m(scope.series, a, b))[1]


def _pet(scope: Scope, a: int, b: int) -> Quantity:
    return metrics.pet_s(scope.series, a, b)


PAIRS: dict[str, Callable[[Scope, int, int], Quantity]] = {
    "ttc": _each(metrics.ttc_s),
    "gap": _each(metrics.gap_m),
    "distance": _each(metrics.distance_m),
    "headway": _each(metrics.headway_s),
    "drac": _each(metrics.drac_mps2),
    "rss": _each(rss.margin_m),
    "min_ttc": _least(metrics.ttc_s),
    "min_gap": _least(metrics.distance_m),
    "collision": _collision,
    "closest": _closest,
    "pet": _pet,
}
