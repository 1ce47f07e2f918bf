"""What makes a town's street a place: shelters, posters, bins, hydrants, bollards, trees on the pavement.

From a random stream of its own, behind what the street had before, so that none of that moves.
"""

import numpy as np

from drivesynth.road.greenery import trees
from drivesynth.road.plan import RoadPlan
from drivesynth.road.props import Wish
from drivesynth.road.roadside import Roadside

_KERB_SIDE_M = 0.45  # furniture stands this far from the kerb
_LEAST_PAVEMENT_M = 1.8
_TREE_PAVEMENT_M = 2.4  # trees want a wide pavement


def furniture(side: Roadside, plan: RoadPlan) -> list[Wish]:
    """All of it for one side; on a suburban street less."""
    pavement = side.pavement
    if pavement is None or pavement.width_m < _LEAST_PAVEMENT_M:
        return []
    urban = plan.street == "urban"
    kerb = _KERB_SIDE_M - pavement.width_m
    wishes = _shelters(side, urban) + _posters(side, urban) + _small(side, kerb, urban)
    if urban and pavement.width_m >= _TREE_PAVEMENT_M and side.draw.random() < 0.6:
        wishes += _street_trees(side, plan, kerb)
    clear = [c.s_m for c in plan.crossings]
    return [wish for wish in wishes if all(abs(wish.s_m - s) > 6.0 for s in clear)]


def _shelters(side: Roadside, urban: bool) -> list[Wish]:
    """A bus stop's shelter at the back of the pavement, with its bench and bin, open to the road."""
    draw = side.draw
    if draw.random() >= (0.6 if urban else 0.3):
        return []
    s = float(draw.uniform(0.15, 0.85)) * side.road.length_m
    look = side.pick("shelter/bus")
    away = look.size_m[1] / 2 + 0.06
    turn = side.facing_road_rad + np.pi / 2  # it is open to -y
    return [
        side.wish("shelter/bus", away, s, turn, look),
        side.wish("bin/litter", 0.3, s + 2.9, side.facing_road_rad),
        side.wish("bench/wood", 0.5, s - 3.6, side.facing_road_rad),
    ]


def _posters(side: Roadside, urban: bool) -> list[Wish]:
    """Large posters behind the pavement, turned half to the traffic that comes."""
    draw, wishes = side.draw, []
    every = 90.0 if urban else 180.0
    for s in np.arange(float(draw.uniform(10.0, every)), side.road.length_m, every):
        toward = side.with_traffic_rad - np.pi / 2  # its picture looks to -y: against the traffic
        half = (toward + side.facing_road_rad + np.pi / 2) / 2
        turn = half if np.cos(half - toward) > 0.0 else half + np.pi
        wishes.append(side.wish("billboard/people", 2.0, float(s), turn))
    return wishes


def _small(side: Roadside, kerb_m: float, urban: bool) -> list[Wish]:
    """Litter bins and hydrants, rows of bollards against parking, a mirror, a builder's skip."""
    draw, length = side.draw, side.road.length_m
    wishes = []
    for s in np.arange(float(draw.uniform(5.0, 60.0)), length, 62.0):
        wishes.append(side.wish("bin/litter", kerb_m, float(s), side.facing_road_rad))
    for s in np.arange(float(draw.uniform(10.0, 100.0)), length, 110.0):
        wishes.append(side.wish("hydrant/pillar", -0.3, float(s), side.facing_road_rad))
    if urban and draw.random() < 0.5:
        first, count = float(draw.uniform(0.1, 0.8)) * length, int(draw.integers(4, 9))
        for s in first + 1.7 * np.arange(count):
            wishes.append(side.wish("bollard/post", kerb_m, float(s), side.with_traffic_rad))
    if draw.random() < 0.25:
        s = float(draw.uniform(0.1, 0.9)) * length
        wishes.append(side.wish("mirror/traffic", 0.4, s, side.with_traffic_rad))
    if draw.random() < 0.2:
        s, turn = float(draw.uniform(0.1, 0.9)) * length, float(draw.normal(0.0, 0.05))
        wishes.append(side.wish("skip/builder", 1.4, s, turn))
    return wishes


def _street_trees(side: Roadside, plan: RoadPlan, kerb_m: float) -> list[Wish]:
    """Trees of one kind by the kerb at even distances, some missing, their crowns cut narrow."""
    draw = side.draw
    kind, every = str(draw.choice(trees(plan)[:2])), float(draw.uniform(13.0, 20.0))
    wishes = []
    for s in np.arange(side.first_m + float(draw.uniform(0.0, every)), side.last_m, every):
        look = side.pick_pruned(kind, 1.0)  # vehicles go below its crown
        if draw.random() < 0.8:
            at = float(s + draw.uniform(-0.8, 0.8))
            wishes.append(side.wish(kind, kerb_m, at, look=look, stands=0.12, detail=1))
    return wishes
