"""Roads in the open: trees, bushes and hedgerows, guide posts, guard rails."""

import numpy as np

from drivesynth.road.greenery import trees
from drivesynth.road.plan import RoadPlan
from drivesynth.road.props import Wish
from drivesynth.road.roadside import Roadside

_POST_EVERY_M = 50.0  # guide posts
_POST_AWAY_M = 0.6
_RAIL_M, _RAIL_AWAY_M = 4.0, 0.6


def layers(side: Roadside, plan: RoadPlan) -> list[list[Wish]]:
    """Posts and signs, then what stands near the road, woods, groves, scattered bushes."""
    motorway, full = plan.street == "motorway", plan.dressing == "full"
    posts, kinds = _posts(side, plan), trees(plan)
    bare = kinds if plan.season == "winter" else ()
    if motorway:
        near = _edges(side, 0.22, (8.0, 18.0), bare) if full else []
        groves = _groves(side, kinds, 9.0, 60.0, 130.0 if full else 65.0)
        bushes = _bushes(side, 5.0, 20.0, 90.0 if full else 40.0)
        return [posts, near, _woods(side, kinds), groves, bushes]
    coarse = 1 if full else 0
    wood = _edges(side, 0.45, (11.0, 18.0), bare) if full else []
    near = _avenue(side, kinds, coarse) if side.draw.random() < 0.5 else _hedgerow(side, kinds, coarse)
    groves = _groves(side, kinds, 10.0, 70.0, 140.0 if full else 70.0)
    return [posts, wood, near, _woods(side, kinds), groves, _bushes(side, 3.0, 16.0, 40.0, coarse)]


def rails(side: Roadside) -> list[Wish]:
    """Guard rails in pieces: along the whole side, and on its half of a median."""
    # The beam's face looks to -y of the piece.
    wishes = _rail(side, _RAIL_AWAY_M, side.facing_road_rad + np.pi / 2)
    for lane in side.road.lanes:
        if lane.kind == "median" and float(lane.middle(0.0)) * side.sign > 0.0:
            away = side.sign * float(lane.middle(0.0) - side.edge(0.0))
            wishes += _rail(side, away, side.facing_road_rad - np.pi / 2)
    return wishes


def _rail(side: Roadside, away_m: float, turn_rad: float) -> list[Wish]:
    wishes: list[Wish] = []
    s = side.first_m
    while s < side.last_m:
        step = side.step(s, away_m, _RAIL_M + 0.02)
        at = s + step / 2
        wishes.append(side.wish("rail/guard", away_m, at, turn_rad + side.edge_turn_rad(at)))
        s += step
    return wishes


def _posts(side: Roadside, plan: RoadPlan) -> list[Wish]:
    away = _POST_AWAY_M + (0.6 if plan.guard_rails or plan.street == "motorway" else 0.0)
    stations = np.arange(-_POST_EVERY_M, side.last_m, _POST_EVERY_M)
    posts = [side.wish("post/guide", away, float(s), side.with_traffic_rad) for s in stations]
    ratio = 0.9 if side.with_traffic_rad else 0.1
    at = side.road.length_m * ratio
    return [*posts, side.limit_sign(plan.limit_mps, 1.6, at)]


def _edges(
    side: Roadside, share: float, away_m: tuple[float, float], bare: tuple[str, ...] = ()
) -> list[Wish]:
    """Stretches where a wood comes near the road, its edge in pieces; `share` of the way.

    bare  kinds of trees, two for a piece, where leaves have fallen
    """
    draw = side.draw
    wishes: list[Wish] = []
    s = side.first_m + float(draw.uniform(-40.0, 40.0))
    while s < side.last_m:
        until, away = s + float(draw.uniform(40.0, 110.0)), float(draw.uniform(*away_m))
        while s < min(until, side.last_m):
            look = side.pick("wood/edge")
            length, width, _ = look.size_m
            step = side.step(s, away + width / 2, 0.9 * length)
            turn = side.edge_turn_rad(s + step / 2) + (np.pi if draw.random() < 0.5 else 0.0)
            at = away + width / 2 + float(draw.uniform(0.0, 1.5))
            if bare:
                for part in (0.25, 0.75):
                    wishes.append(side.plant(str(draw.choice(bare)), at, s + part * step, 0.3, detail=2))
            else:
                wishes.append(side.wish("wood/edge", at, s + step / 2, turn, look, 0.8, detail=2))
            s += step
        s += float(draw.uniform(0.5, 1.5)) * 75.0 * (1.0 - share) / share
    return wishes


def _avenue(side: Roadside, kinds: tuple[str, ...], coarse: int) -> list[Wish]:
    """Trees in a row at even distances, some missing."""
    draw = side.draw
    away = float(draw.uniform(4.5, 6.5))
    asset, every = str(draw.choice(kinds)), float(draw.uniform(14.0, 22.0))
    return [
        side.plant(asset, away, float(s + draw.uniform(-1, 1)), 0.5, coarse)
        for s in np.arange(side.first_m, side.last_m, every)
        if draw.random() < 0.8
    ]


def _hedgerow(side: Roadside, kinds: tuple[str, ...], coarse: int) -> list[Wish]:
    """Stretches of bushes and trees at a field's edge."""
    draw = side.draw
    wishes: list[Wish] = []
    s, end = side.first_m, side.last_m
    while s < end:
        stretch = float(draw.uniform(15.0, 40.0))
        away = float(draw.uniform(4.0, 9.0))
        for at in np.arange(s, s + stretch, 2.6):
            asset = "bush/round" if draw.random() < 0.85 else str(draw.choice(kinds))
            part = 0.8 if asset == "bush/round" else 0.3
            wishes.append(side.plant(asset, away, float(at), part, coarse))
        s += stretch + float(draw.uniform(30.0, 90.0))
    return wishes


def _woods(side: Roadside, kinds: tuple[str, ...]) -> list[Wish]:
    """Where fields end: stretches of a wood's edge, its mantle of bushes before its trees."""
    draw = side.draw
    wishes: list[Wish] = []
    s = side.first_m + float(draw.uniform(-60.0, 40.0))
    while s < side.last_m:
        until, away = s + float(draw.uniform(50.0, 140.0)), float(draw.uniform(28.0, 62.0))
        asset = str(draw.choice(kinds))
        while s < min(until, side.last_m):
            wishes.append(side.plant("bush/round", away - 2.5 + float(draw.uniform(-1.0, 1.0)), s, 0.6))
            wishes.append(side.plant(asset, away + float(draw.uniform(0.0, 3.0)), s, 0.3))
            s += float(draw.uniform(5.0, 8.0))
        s += float(draw.uniform(20.0, 90.0))
    return wishes


def _groves(
    side: Roadside, kinds: tuple[str, ...], near_m: float, far_m: float, every_m: float
) -> list[Wish]:
    """Groups of trees out on the land."""
    draw = side.draw
    length = side.last_m - side.first_m
    wishes: list[Wish] = []
    for _ in range(int(length / every_m)):
        centre = float(draw.uniform(side.first_m, side.last_m)), float(draw.uniform(near_m, far_m))
        asset = str(draw.choice(kinds))
        for _ in range(int(draw.integers(1, 5))):
            s = centre[0] + float(draw.normal(0.0, 7.0))
            away = max(near_m, centre[1] + float(draw.normal(0.0, 5.0)))
            wishes.append(side.plant(asset, away, s, 0.5))
    return wishes


def _bushes(side: Roadside, near_m: float, far_m: float, every_m: float, coarse: int = 0) -> list[Wish]:
    draw = side.draw
    length = side.last_m - side.first_m
    wishes: list[Wish] = []
    for _ in range(int(length / every_m)):
        s, away = float(draw.uniform(side.first_m, side.last_m)), float(draw.uniform(near_m, far_m))
        wishes.append(side.plant("bush/round", away, s, detail=coarse))
    return wishes
