"""What the rules of the road mean on the paths that actors follow, as the stepping kernel reads it.

A path is looked at once for every road: which stop lines, zebra crossings and ways across a junction lie
on it. Only reacting drivers heed any of it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from drivesynth_kernels.rules import (
    CONFLICT_COLUMNS,
    LINE_COLUMNS,
    MUST_STOP,
    OBEYS_RIGHT_OF_WAY,
    OBEYS_SIGNALS,
    ZEBRA_COLUMNS,
    Rules,
)

from drivesynth.arrays import U8
from drivesynth.geometry.paths import Path, Pose
from drivesynth.road import network as roads
from drivesynth.road import rights
from drivesynth.road.crossings import STOP_BEFORE_M
from drivesynth.road.plan import RoadPlan
from drivesynth.scenario.model import Actor
from drivesynth.world.tracks import Course

REACTING = frozenset({"idm", "krauss", "r157_careful"})
_NEAR_M = 3.0
_ON_PATH_M = 0.4  # a way lies on a path that is no further from it
_BEFORE_ZEBRA_M = 0.5  # who walks so far beside a crossing still uses it


class _OnPath(NamedTuple):
    """Stations on one path: of stop lines with their group, stop signs, zebras, and where ways begin."""

    lines: tuple[tuple[float, str], ...] = ()
    stops: tuple[float, ...] = ()
    zebras: tuple[tuple[float, ...], ...] = ()
    ways: tuple[tuple[str, float], ...] = ()


def obeyed(actor: Actor) -> int:
    """The rules an actor keeps, as bits; none if it does not react to what is ahead."""
    if actor.drive.model not in REACTING:
        return 0
    signals = OBEYS_SIGNALS if actor.obeys.get("signals", True) else 0
    return signals | (OBEYS_RIGHT_OF_WAY if actor.obeys.get("right_of_way", True) else 0)


def keeps_limits(actor: Actor) -> bool:
    """Whether a driver keeps to the limit: one who reacts does, unless it disregards it."""
    return actor.drive.model in REACTING and actor.obeys.get("limit", True)


def wished_mps(actor: Actor, wished: float, limit_mps: float) -> float:
    """The speed a driver wishes."""
    return min(wished, limit_mps) if keeps_limits(actor) else wished


class Heed:
    """The rules of one road for a growing table of paths."""

    def __init__(self, plan: RoadPlan, anybody: bool) -> None:
        # What stands beside the road does not matter, and draws that differ in it alone share the work.
        self._plan = plan.bare
        self._anybody = anybody and bool(plan.crossings or plan.template in (*rights.JUNCTIONS, "map"))
        self._groups = rights.groups(plan)
        self._table: tuple[int, Rules] | None = None

    def rules(self, paths: Sequence[Path | None], shows: U8) -> Rules | None:
        """The rules on all paths of the table, while signals show `shows`, (T, G); None where none holds."""
        if not self._anybody:
            paths = ()
        if self._table is None or self._table[0] != len(paths):
            self._table = len(paths), self._build(paths, shows)
        table = self._table[1]
        if not (len(table.lines) or len(table.zebras) or len(table.conflicts)):
            return None
        return table._replace(signal=shows)

    def _build(self, paths: Sequence[Path | None], shows: U8) -> Rules:
        found = [_OnPath() if path is None else _on_path(self._plan, Course.of(path)) for path in paths]
        lit = self._plan.signalled or self._plan.template == "road"
        lines = [
            (p, s, self._groups.index(group))
            for p, on in enumerate(found)
            for s, group in on.lines
            if lit and group in self._groups
        ]
        lines += [(p, s, MUST_STOP) for p, on in enumerate(found) for s in on.stops]
        zebras = [(p, *zebra) for p, on in enumerate(found) for zebra in on.zebras]
        pairs = np.full((len(paths), len(paths)), -1, np.int64)
        conflicts: list[tuple[float, ...]] = []
        for p, own in enumerate(found):
            for q, other in enumerate(found):
                row = self._conflict(own, other) if own.ways and other.ways and p != q else None
                if row is not None:
                    pairs[p, q] = len(conflicts)
                    conflicts.append(row)
        return Rules(
            lines=np.array(lines, np.float64).reshape(-1, LINE_COLUMNS),
            zebras=np.array(zebras, np.float64).reshape(-1, ZEBRA_COLUMNS),
            pairs=pairs,
            conflicts=np.array(conflicts, np.float64).reshape(-1, CONFLICT_COLUMNS),
            signal=shows,
        )

    def _conflict(self, own: _OnPath, other: _OnPath) -> tuple[float, ...] | None:
        """The row of the first duty that the driver on one path has to one on another."""
        for way, start in own.ways:
            for its_way, its_start in other.ways:
                duty = rights.duty(self._plan, way, its_way)
                if duty is None:
                    continue
                stops = [(s, group) for s, group in own.lines if s <= start + 0.5]
                line, arm = max(stops, default=(start, ""))
                hold = line if not duty.by_turn else max(start + rights.before_zone_m(duty), line)
                enters = [s for s, _ in other.lines if s <= its_start + 0.5] if duty.merging else []
                ruled = self._plan.signalled and not duty.by_turn and arm in self._groups
                return (
                    hold,
                    start + duty.own_m[1],
                    its_start + duty.its_m[0],
                    its_start + duty.its_m[1],
                    duty.critical_s,
                    float(self._groups.index(arm)) if ruled else -1.0,
                    float(duty.mutual),
                    max(enters, default=-np.inf),
                )
        return None


@lru_cache(maxsize=2048)
def _on_path(plan: RoadPlan, course: Course) -> _OnPath:
    network, path = roads.build(plan), course.path
    along = path.poses(np.linspace(0.0, path.length_m, int(path.length_m / _NEAR_M) + 2))[:, :2]

    def near(at: Pose) -> bool:
        """Whether it is worth a closer look: a map has many places, a path comes by few."""
        return bool(np.hypot(*(along - at[:2]).T).min() < 2.0 * _NEAR_M)

    lines, stops = [], []
    for line in rights.stop_lines(network):
        s = _station(path, line.at, line.half_m) if near(line.at) else None
        if s is not None:
            lines.append((s, line.group))
            stops += [s] if line.must_stop else []
    zebras = []
    for zebra in rights.zebras(network):
        s = _station(path, zebra.hold, 1.0)
        if s is not None:
            begin = s + STOP_BEFORE_M
            ground = (begin - _BEFORE_ZEBRA_M, begin + zebra.width_m + _BEFORE_ZEBRA_M)
            zebras.append((s, *ground, zebra.right_m, zebra.left_m))
    ways = []
    for way in rights.ways(network):
        centre = way.centre
        looks = np.array([0.1, 0.5, 0.9]) * centre.length_m
        if not near(centre.pose(float(looks[1]))):
            continue
        if all(_station(path, centre.pose(float(s)), _ON_PATH_M) is not None for s in looks):
            middle = _station(path, centre.pose(float(looks[1])), _ON_PATH_M)
            assert middle is not None
            ways.append((way.name, middle - float(looks[1])))
    return _OnPath(tuple(sorted(lines)), tuple(stops), tuple(zebras), tuple(ways))


def _station(path: Path, at: Pose, aside_m: float) -> float | None:
    """Station of a place that lies on a path and looks along it; None where it does not."""
    s, left = path.project(at.x_m, at.y_m)
    if not 0.0 < s < path.length_m or abs(left) > aside_m:
        return None
    return s if np.cos(path.pose(s).heading_rad - at.heading_rad) > 0.9 else None
