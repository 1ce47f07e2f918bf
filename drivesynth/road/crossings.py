"""Paint across the road: zebra bars, the two lines of a signalled crossing, stop lines, parking bays.

Zebra bars are 0.5 m wide with as much between them; a signalled crossing is bounded by two rows of
dashes of 0.5 m, 0.2 m apart, 0.12 m wide (German RMS-1); a stop line is 0.5 m wide and lies 1 m
before a crossing; the line to give way at is as wide, with dashes of 0.5 m, 0.25 m apart (sign 341).
"""

from collections.abc import Sequence

import numpy as np

from drivesynth.arrays import F64
from drivesynth.road.lanes import DRIVEN, Lane, Road
from drivesynth.road.plan import CrossingPlan, RoadPlan
from drivesynth.road.strip import Across

BAR_M = 0.5
STOP_LINE_M = 0.5
STOP_BEFORE_M = 1.0
YIELD_DASH_M, YIELD_GAP_M = 0.5, 0.25
_ZEBRA_M, _BEFORE_YIELD_M = 4.0, 5.0  # Merkblatt fuer die Anlage von Kreisverkehren (FGSV, 2006)
_BAY_LINE_M = 0.12
_DASH_M, _DASH_GAP_M, _DASH_WIDTH_M = 0.5, 0.2, 0.12


def stations_of(painted: Sequence[Across]) -> F64:
    """Where paint across the road begins or ends."""
    return np.array([s for one in painted for s in (one.from_m, one.to_m)])


def crossings(plan: RoadPlan, road: Road) -> tuple[Across, ...]:
    """The paint of all crossings and bays of a plain road, and the stop lines of a junction's arm."""
    if plan.template == "roundabout":
        painted = [yield_line(lane, lane.stop_m) for lane in road.lanes if lane.stop_m]
        painted += [part for zebra in on_arm(plan, road) for part in _crossing(road, zebra)]
        return tuple(sorted(painted, key=lambda one: one.from_m))
    result = [
        stop_line(lane, lane.stop_m + STOP_BEFORE_M + STOP_LINE_M) for lane in road.lanes if lane.stop_m
    ]
    if plan.template != "road":
        return tuple(result)
    for crossing in plan.crossings:
        result += _crossing(road, crossing)
    for bay_m in sorted({lane.bay_m for lane in road.lanes if lane.bay_m > 0.0}):
        result += _bays(road, bay_m, result)
    return tuple(sorted(result, key=lambda one: one.from_m))


def on_arm(plan: RoadPlan, road: Road) -> tuple[CrossingPlan, ...]:
    """The zebra over a roundabout's arm, a car's length before the line to give way at."""
    lines = [lane.stop_m for lane in road.lanes if lane.stop_m]
    if not plan.zebras or plan.template != "roundabout" or not lines:
        return ()
    return (CrossingPlan(s_m=lines[0] - _BEFORE_YIELD_M - _ZEBRA_M / 2, width_m=_ZEBRA_M),)


def _crossing(road: Road, plan: CrossingPlan) -> list[Across]:
    level = [lane for lane in road.lanes if lane.up_m == 0.0 and lane.kind in (*DRIVEN, "cycleway")]
    names = frozenset(lane.name for lane in level)
    borders = [float(edge(plan.s_m)) for lane in level for edge in (lane.inner, lane.outer)]
    low, high = min(borders), max(borders)
    s0, s1 = plan.s_m - plan.width_m / 2, plan.s_m + plan.width_m / 2
    if plan.kind == "zebra":
        painted = [Across(s0, s1, names, _bars(low, high, BAR_M, BAR_M))]
    else:
        dashes = _bars(low, high, _DASH_M, _DASH_GAP_M)
        bare = Across(s0 + _DASH_WIDTH_M, s1 - _DASH_WIDTH_M, names, material=None)
        painted = [
            Across(s0, s0 + _DASH_WIDTH_M, names, dashes),
            bare,
            Across(s1 - _DASH_WIDTH_M, s1, names, dashes),
        ]
        painted += [
            stop_line(lane, s0 if lane.direction > 0 else s1) for lane in level if lane.kind in DRIVEN
        ]
    return painted


def _bays(road: Road, bay_m: float, keep_off: Sequence[Across]) -> list[Across]:
    """The lines between the bays of parking lanes, where nothing else is painted across."""
    names = frozenset(lane.name for lane in road.lanes if lane.bay_m == bay_m)
    half = _BAY_LINE_M / 2
    stations = np.arange(bay_m, road.length_m - half, bay_m)
    return [
        Across(s - half, s + half, names)
        for s in stations.tolist()
        if all(s + bay_m / 4 < one.from_m or s - bay_m / 4 > one.to_m for one in keep_off)
    ]


def stop_line(lane: Lane, before_m: float) -> Across:
    """The stop line of a lane whose traffic must hold before a station."""
    near = before_m - lane.direction * STOP_BEFORE_M
    far = near - lane.direction * STOP_LINE_M
    return Across(min(near, far), max(near, far), frozenset({lane.name}))


def yield_line(lane: Lane, from_m: float) -> Across:
    """The broken line at which a lane's traffic gives way, from a station on."""
    borders = [float(edge(from_m)) for edge in (lane.inner, lane.outer)]
    bars = _bars(min(borders) + 0.15, max(borders) - 0.15, YIELD_DASH_M, YIELD_GAP_M)
    return Across(from_m, from_m + STOP_LINE_M, frozenset({lane.name}), bars)


def _bars(low: float, high: float, bar_m: float, gap_m: float) -> tuple[float, ...]:
    """Where bars begin and end, as many as fit, centred."""
    count = int((high - low + gap_m) // (bar_m + gap_m))
    start = (low + high - count * bar_m - (count - 1) * gap_m) / 2
    ends = [(start + i * (bar_m + gap_m), start + i * (bar_m + gap_m) + bar_m) for i in range(count)]
    return tuple(round(edge, 6) for pair in ends for edge in pair)
