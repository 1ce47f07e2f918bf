"""What years leave on a road, by the street's seed: covers of shafts, patches, sealed seams, tufts beside it.

Plates a few millimetres high on the surface: on level roads alone, clear of crossings and of the ends.
"""

import numpy as np

from drivesynth.road.lanes import Lane, Road
from drivesynth.road.plan import RoadPlan
from drivesynth.road.props import Wish
from drivesynth.road.roadside import Roadside
from drivesynth.streams import generator

_END_M, _CROSSING_M = 10.0, 5.0  # kept clear
_PIECE_M = 4.0  # of a seam
_BOW_M = 0.05  # how far a straight piece may leave a bend


def lying(road: Road, plan: RoadPlan) -> list[Wish]:
    """What lies on a road's lanes; nothing on slopes, on maps, under snow and where the road is new."""
    lanes = [lane for lane in road.lanes if lane.kind == "drive"]
    long = road.length_m - 2 * _END_M
    level = not (plan.elevation or plan.bank or plan.bridge or plan.overpasses or plan.tunnel)
    if (
        is_new(plan)
        or plan.season == "winter"
        or plan.street == "none"
        or not level
        or long < 20.0
        or not lanes
    ):
        return []
    draw = generator(plan.street_seed, f"road.wear.{road.name}")
    town = plan.street in ("urban", "suburban")
    wishes = []
    for _ in range(int(long / 80.0) if town else 0):
        wishes.append(_piece(draw, road, lanes, "manhole/cover", None, 0.9))
    for _ in range(int(long / (24.0 if town else 40.0) * draw.uniform(0.3, 1.7))):
        size = (float(draw.choice([1.5, 3.0, 5.0])), float(draw.choice([0.8, 1.2])), 0.004)
        wishes.append(_piece(draw, road, lanes, "patch/asphalt", size, 0.9))
    for _ in range(int(long / 70.0 * draw.uniform(0.5, 1.8))):
        wishes += _seam(draw, road, lanes)
    kept = [c.s_m for c in plan.crossings] + [s for zone in plan.work_zones for s in (zone.from_m, zone.to_m)]
    return [
        wish for wish in wishes
        if wish is not None and all(abs(wish.s_m - s) > _CROSSING_M for s in kept)
    ]  # fmt: skip


def verge(side: Roadside, plan: RoadPlan) -> list[Wish]:
    """Tufts along a road in the open, where the street's seed has not had it mown."""
    draw = side.draw
    if is_new(plan) or plan.street == "motorway" or draw.random() >= 0.5:
        return []
    every = float(draw.uniform(9.0, 16.0))
    stations = np.arange(max(side.first_m, 0.0), min(side.last_m, side.road.length_m), every)
    away = 1.2 + draw.uniform(0.0, 1.2, len(stations))
    return [
        side.plant("verge/grass", float(a), float(s), detail=1)
        for s, a in zip(stations + draw.uniform(-3.0, 3.0, len(stations)), away, strict=True)
    ]


def is_new(plan: RoadPlan) -> bool:
    """Whether years have left nothing on the road."""
    return plan.wear == "new" or plan.dressing == "plain" or plan.template == "map"


def _piece(
    draw: np.random.Generator, road: Road, lanes: list[Lane], asset: str,
    size_m: tuple[float, float, float] | None, share: float,
) -> Wish | None:  # fmt: skip
    """Somewhere on a lane, within `share` of its half width; None where it does not fit."""
    lane, s = lanes[int(draw.integers(len(lanes)))], float(draw.uniform(_END_M, road.length_m - _END_M))
    aside = float(draw.uniform(-1.0, 1.0))
    length, wide = (size_m or (0.62, 0.62, 0.0))[:2]
    room = share * float(lane.width_at(s)) / 2 - wide / 2 - 0.1
    if room <= 0.0 or _bow_m(road, s, length) > _BOW_M:
        return None
    return Wish(asset, 0, s, float(lane.middle(s)) + aside * room, 0.0, size_m)


def _seam(draw: np.random.Generator, road: Road, lanes: list[Lane]) -> list[Wish | None]:
    """A joint of two runs of the paver, sealed with bitumen, along a lane."""
    lane, first = lanes[int(draw.integers(len(lanes)))], float(draw.uniform(_END_M, road.length_m - _END_M))
    last, share = (
        min(first + float(draw.uniform(15.0, 60.0)), road.length_m - _END_M),
        draw.uniform(-0.8, 0.8),
    )
    return [
        Wish("patch/seam", 0, float(s), float(lane.middle(s) + share * lane.width_at(s) / 2), 0.0,
             (_PIECE_M - 0.02, 0.08, 0.004))
        for s in np.arange(first, last - _PIECE_M, _PIECE_M)
        if _bow_m(road, float(s), _PIECE_M) < _BOW_M
    ]  # fmt: skip


def _bow_m(road: Road, s_m: float, length_m: float) -> float:
    """How far the middle of a straight piece leaves the road's bend."""
    return float(np.abs(road.reference.curvatures(np.array([s_m]))).max()) * length_m**2 / 8
