"""Work zones: cones that take a lane away behind a taper, the yellow line past them, and their speed limit.

The line is that of German RSA-21: yellow film 0.15 m wide which overrules what is white.
"""

import numpy as np

from drivesynth.geometry.cubics import Cubics
from drivesynth.road.lanes import DRIVEN, Lane
from drivesynth.road.marks import Line
from drivesynth.road.network import RoadNetwork
from drivesynth.road.plan import WorkZonePlan
from drivesynth.road.props import Wish
from drivesynth.road.roadside import Roadside
from drivesynth.road.section import Inlay

_INSIDE_M = 0.35  # cones stand this far inside the closed lane
_LINE = Line(0.15, material="road_paint_yellow")
_BESIDE_M = 0.2  # from the cones' middle to the line's, on the side of the traffic
_BEGINS_M = 0.5  # within which the line reaches its width
_SIGN_BEFORE_M = 50.0  # from the limit's sign to the taper
_SIGN_BEHIND_M = 15.0  # from the closed stretch's end to the sign of what holds again
_KERB_SIDE_M, _BESIDE_ROAD_M = 0.45, 1.6  # signs stand on a pavement so far from the kerb, else off the edge


def cones(network: RoadNetwork) -> list[tuple[Lane, list[Wish]]]:
    """The cones of all work zones, with the lane each zone closes."""
    return [_zone(network, zone) for zone in network.plan.work_zones]


def limited_m(network: RoadNetwork, zone: WorkZonePlan) -> tuple[float, float]:
    """Stations from, to between which its limit holds; it is the later one that traffic on the left meets."""
    lane = network.lane(zone.lane)
    begin, end, *_ = _frame(network, zone, lane)
    first = begin - lane.direction * (zone.taper_m + _SIGN_BEFORE_M)
    last = end + lane.direction * _SIGN_BEHIND_M
    return min(first, last), max(first, last)


def signs(side: Roadside, network: RoadNetwork) -> list[Wish]:
    """The limit's sign where it begins, and that of the road where it ends, on the side of its traffic."""
    pavement, wishes = side.pavement, []
    away = _BESIDE_ROAD_M if pavement is None else _KERB_SIDE_M - pavement.width_m
    for zone in network.plan.work_zones:
        lane = network.lane(zone.lane)
        if zone.limit_mps is None or lane.name not in {own.name for own in side.road.lanes}:
            continue
        if float(lane.middle(zone.from_m)) * side.sign < 0.0:
            continue
        ends = limited_m(network, zone)[:: 1 if lane.direction > 0 else -1]
        for s, limit_mps in zip(ends, (zone.limit_mps, network.plan.limit_mps), strict=True):
            if 0.0 <= s <= side.road.length_m:
                wishes.append(side.limit_sign(limit_mps, away, s))
    return wishes


def lines(network: RoadNetwork) -> dict[str, Inlay]:
    """The yellow lines by the lane they lie in; of zones that share stations the first has one."""
    result: dict[str, Inlay] = {}
    for name in dict.fromkeys(zone.lane for zone in network.plan.work_zones):
        lane = network.lane(name)
        stations: list[float] = []
        left: list[float] = []
        width: list[tuple[float, float]] = []
        zones = [zone for zone in network.plan.work_zones if zone.lane == name]
        for zone in sorted(zones, key=lambda zone: zone.from_m):
            corners = _corners(network, zone)
            if stations and corners[0][0] <= stations[-1]:
                continue
            stations += [s for s, _ in corners]
            left += [across for _, across in corners]
            s0, s1 = corners[0][0], corners[-1][0]
            full = _LINE.width_m / 2
            width += [(s0, 0.0), (s0 + _BEGINS_M, full), (s1 - _BEGINS_M, full), (s1, 0.0)]
        middle = lane.middle + Cubics.lines(stations, left)
        half = Cubics.lines(*zip(*width, strict=True))
        result[name] = Inlay(middle + half * -1.0, middle + half, _LINE)
    return result


def _corners(network: RoadNetwork, zone: WorkZonePlan) -> list[tuple[float, float]]:
    """Stations, rising, and distances to the left of the lane's middle where the line bends."""
    lane = network.lane(zone.lane)
    begin, end, half, aside = _frame(network, zone, lane)
    tip = begin - lane.direction * max(zone.taper_m, 2 * _BEGINS_M)
    near, far = aside * (half + _BESIDE_M), aside * (_BESIDE_M - half)
    return sorted([(tip, far), (begin, near), (end, near)])


def _frame(network: RoadNetwork, zone: WorkZonePlan, lane: Lane) -> tuple[float, float, float, float]:
    """Where the closed stretch begins and ends as traffic meets it, how far from the lane's middle
    its cones stand, and +1 where the traffic passes on the left of the reference line's direction."""
    begin, end = (zone.from_m, zone.to_m) if lane.direction > 0 else (zone.to_m, zone.from_m)
    towards = 1.0 if _opens_left(network, lane) else -1.0
    return begin, end, lane.width_m / 2 - _INSIDE_M, lane.direction * towards


def _zone(network: RoadNetwork, zone: WorkZonePlan) -> tuple[Lane, list[Wish]]:
    """Cones from the lane's far border over to the one its traffic must cross, then along it.

    The taper lies before the closed stretch, as its traffic meets it.
    """
    lane = network.lane(zone.lane)
    begin, end, half, aside = _frame(network, zone, lane)
    # Counted along travel: from the taper's tip to the closed stretch's end.
    along = np.arange(-zone.taper_m, abs(end - begin) + 1e-6, zone.cone_every_m)
    across = np.interp(along, [-zone.taper_m, 0.0], [-half, half])
    stations = begin + lane.direction * along
    inside = (stations >= 0.0) & (stations <= lane.reference.length_m)
    left = lane.middle(stations) + aside * across
    return lane, [
        Wish(zone.cone, number, float(stations[number]), float(left[number]))
        for number in np.flatnonzero(inside).tolist()
    ]


def _opens_left(network: RoadNetwork, lane: Lane) -> bool:
    """Whether traffic leaves the lane to its left."""

    def usable(name: str | None) -> bool:
        other = network.lanes.get(name) if name else None
        return other is not None and other.kind in DRIVEN and other.direction == lane.direction

    return usable(lane.left) or not usable(lane.right)
