"""The lanes beside a path that run the same way: where their centres lie, and where they end."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from drivesynth_kernels.tracks import SLOT_COLUMNS, SLOTS_ASIDE

from drivesynth.arrays import F64, I64, Bool
from drivesynth.road.lanes import DRIVEN, Lane
from drivesynth.road.network import RoadNetwork

_LOOK_M = 2.0  # between stations at which lanes are looked up
_USABLE = 0.75  # of a lane's width is still a lane
PASSED = -1e9  # the end of a lane that is not there


def no_lanes(count: int) -> F64:
    """(count, SLOT_COLUMNS) slots of a path whose lanes nobody asks for: only its own, without an end."""
    columns = np.zeros((count, SLOT_COLUMNS))
    columns[:, 1::2] = PASSED
    columns[:, 2 * SLOTS_ASIDE + 1] = np.inf
    return columns


def slots(network: RoadNetwork, samples: F64, step_m: float) -> F64:
    """(N, SLOT_COLUMNS) slots of a path given by its (N, 4) samples: x, y, heading, curvature."""
    count = len(samples)
    stations: F64 = np.arange(count, dtype=np.float64) * step_m
    rows = np.unique(np.append(np.arange(0, count, max(round(_LOOK_M / step_m), 1)), count - 1))
    points = samples[rows, :2]
    centre = np.zeros((2 * SLOTS_ASIDE + 1, len(rows)))
    there = np.zeros(centre.shape, np.bool_)
    there[SLOTS_ASIDE] = True
    for own, on in _runs(network, network.locations(points)[0]):
        s, left = own.reference.projections(points[on]).T
        along = np.cos(samples[rows[on], 2] - own.poses(s)[:, 3]) > 0.5
        offset = own.direction * (left - own.middle(s))
        for slot, lane in _beside(network, own).items():
            usable = width_m(network, lane, s) >= _USABLE * lane.width_m
            there[SLOTS_ASIDE + slot, on] = np.where(along, usable, slot == 0)
            if slot:
                centre[SLOTS_ASIDE + slot, on] = own.direction * (lane.middle(s) - own.middle(s)) - offset
    columns = no_lanes(count)
    for row in range(2 * SLOTS_ASIDE + 1):
        open_ = np.interp(stations, stations[rows], there[row].astype(np.float64)) > 0.999
        columns[:, 2 * row] = np.interp(stations, stations[rows], centre[row])
        columns[:, 2 * row + 1] = _ends(stations, open_)
    return columns


def _runs(network: RoadNetwork, lane_at: I64) -> Iterator[tuple[Lane, I64]]:
    """The lane that a path runs in and the samples for which it does, road by road.

    Where the lane has no width, its neighbour or none is found under its centre: along one road the lane
    found most often is the path's own. Ways across a junction overlap each other and have no lanes beside.
    """
    lanes, drawn = list(network.lanes.values()), _drawn(network)
    known = np.maximum.accumulate(np.where(lane_at >= 0, np.arange(len(lane_at)), 0))
    filled = lane_at[known]
    roads = np.array([id(lanes[i].reference) if i >= 0 else 0 for i in filled])
    begins = np.flatnonzero(np.diff(roads, prepend=-1))
    for begin, end in zip(begins, [*begins[1:], len(roads)], strict=True):
        indices = filled[begin:end]
        own = lanes[np.bincount(indices[indices >= 0]).argmax()] if (indices >= 0).any() else None
        if own is not None and own.kind in DRIVEN and own.name in drawn:
            yield own, np.arange(begin, end)


def width_m(network: RoadNetwork, lane: Lane, s_m: F64) -> F64:
    """(N,) the width of a lane that work zones leave: cones cross it over their taper."""
    width = lane.width_at(s_m)
    for zone in network.plan.work_zones:
        if zone.lane == lane.name:
            begin, end = (zone.from_m, zone.to_m) if lane.direction > 0 else (zone.to_m, zone.from_m)
            before = np.maximum((begin - s_m) * lane.direction, 0.0) / max(zone.taper_m, 1.0)
            beyond = (s_m - end) * lane.direction > 0.0
            width = np.where(beyond, width, width * np.minimum(before, 1.0))
    return np.asarray(width)


def _ends(stations: F64, open_: Bool) -> F64:
    """At each station, where the lane that is open there ends next; PASSED where it is closed."""
    ends = np.full(len(stations), np.inf)
    ends[~open_] = stations[~open_]
    nearest = np.minimum.accumulate(ends[::-1])[::-1]
    return np.where(open_, nearest, PASSED)


@lru_cache(maxsize=32)
def _drawn(network: RoadNetwork) -> frozenset[str]:
    """Lanes of roads proper, not of ways across a junction, which overlap each other."""
    return frozenset(lane.name for road in network.roads if road.drawn for lane in road.lanes)


def _beside(network: RoadNetwork, own: Lane) -> dict[int, Lane]:
    """The lane itself as slot 0, and the driving lanes beside it that run the same way."""
    found = {0: own}
    for side in (1, -1):
        lane = own
        for slot in range(1, SLOTS_ASIDE + 1):
            name = lane.left if side > 0 else lane.right
            if name is None:
                break
            lane = network.lane(name)
            if lane.kind != "drive" or lane.direction != own.direction:
                break
            found[side * slot] = lane
    return found
