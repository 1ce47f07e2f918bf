"""Streets in towns: rows of houses behind gardens, and the furniture of pavements."""

import numpy as np

from drivesynth.road.plan import RoadPlan
from drivesynth.road.props import Wish
from drivesynth.road.roadside import BEYOND_M, Roadside

_PANEL_M = 4.0  # length of a piece of wall, fence or hedge
_FRONT = {"wall/garden": 0.28, "fence/wood": 0.2, "hedge/box": 0.55}  # distance behind the pavement
_KERB_SIDE_M = 0.45  # furniture stands this far from the kerb
_LAMP_ASIDE_M = 0.9  # from the box's centre to the pole: the arm reaches over the road


def gardens(side: Roadside, plan: RoadPlan) -> list[list[Wish]]:
    """Houses first, then what encloses their gardens, then what grows around them."""
    suburban = plan.street == "suburban"
    houses, doors = _houses(side, suburban)
    return [houses, _front(side, doors, suburban), _green(side, suburban), _backdrop(side)]


def _houses(side: Roadside, suburban: bool) -> tuple[list[Wish], list[float]]:
    """A row of houses along the street, and the stations of their doors."""
    draw = side.draw
    wishes: list[Wish] = []
    doors: list[float] = []
    edge = side.line(0.0)
    s, end = -BEYOND_M, edge.length_m + BEYOND_M
    while s < end:
        # A row shares its set-back; rows are divided by a gap where trees show.
        row = 1 if suburban else int(draw.integers(3, 8))
        setback = float(draw.uniform(5.0, 9.0) if suburban else draw.uniform(2.5, 4.5))
        kind = "house/detached" if suburban else str(draw.choice(["house/terrace"] * 4 + ["house/detached"]))
        if kind == "house/detached":
            row = 1
        for _ in range(row):
            asset = "house/shop" if kind == "house/terrace" and draw.random() < 0.12 else kind
            size = side.varied(asset)
            front, depth = size[0], size[1]
            line = side.line(setback + depth / 2)
            at = s + front / 2
            door = edge.pose(at)
            here = line.project(door.x_m, door.y_m)[0]
            wishes.append(side.wish(asset, line, here, side.facing_road_rad + np.pi / 2, size))
            doors.append(at)
            s += front + (0.06 if row > 1 else 0.0)
        s += float(draw.uniform(4.0, 11.0) if suburban else draw.uniform(2.5, 7.0))
    return wishes, doors


def _front(side: Roadside, doors: list[float], suburban: bool) -> list[Wish]:
    """Walls, fences and hedges along the pavement, open before every door."""
    draw = side.draw
    wishes: list[Wish] = []
    edge = side.line(0.0)
    s = -BEYOND_M
    kinds = ["hedge/box", "hedge/box", "fence/wood", "wall/garden"] if suburban else list(_FRONT)
    open_m = 2.2 if suburban else 0.9
    while s < edge.length_m + BEYOND_M:
        kind = str(draw.choice(kinds))
        stretch = float(draw.uniform(8.0, 22.0))
        _, width, height = side.varied(kind)
        line = side.line(_FRONT[kind])
        end = s + stretch
        while s < end:
            inside = [door for door in doors if s - open_m < door < s + _PANEL_M + open_m]
            length = min(_PANEL_M, (min(inside) - open_m - s) if inside else _PANEL_M)
            if length > 1.0:
                wishes.append(
                    side.wish(kind, line, s + length / 2, 0.0, (round(length - 0.02, 2), width, height))
                )
            s = s + length if not inside else max(inside) + open_m
            s += 0.1 if length <= 0.0 else 0.0
        s += float(draw.choice([0.3, 0.3, 3.5]))
    return wishes


def _green(side: Roadside, suburban: bool) -> list[Wish]:
    """Trees and bushes in front gardens and in the gaps between houses."""
    draw = side.draw
    length = side.road.length_m + 2 * BEYOND_M
    wishes: list[Wish] = []
    for _ in range(int(length / (16.0 if suburban else 22.0))):
        asset = str(draw.choice(["tree/deciduous", "tree/deciduous", "tree/birch", "tree/conifer"]))
        away, s = float(draw.uniform(1.6, 14.0)), float(draw.uniform(-BEYOND_M, length - BEYOND_M))
        wishes.append(side.plant(asset, away, s, 0.45))
    for _ in range(int(length / (7.0 if suburban else 11.0))):
        away, s = float(draw.uniform(1.4, 6.0)), float(draw.uniform(-BEYOND_M, length - BEYOND_M))
        wishes.append(side.plant("bush/round", away, s))
    return wishes


def _backdrop(side: Roadside) -> list[Wish]:
    """Trees behind the houses, so that gaps do not open on an empty plain."""
    draw = side.draw
    length = side.road.length_m + 2 * BEYOND_M
    wishes: list[Wish] = []
    for _ in range(int(length / 9.0)):
        asset = str(draw.choice(["tree/deciduous", "tree/conifer", "tree/birch"]))
        away, s = float(draw.uniform(18.0, 45.0)), float(draw.uniform(-BEYOND_M, length - BEYOND_M))
        wishes.append(side.plant(asset, away, s, 0.6))
    return wishes


def furniture(side: Roadside, plan: RoadPlan) -> list[Wish]:
    """Signs and bollards by the kerb, bins by the garden walls."""
    pavement = side.pavement
    if pavement is None or pavement.width_m < 1.2:
        return []
    draw = side.draw
    kerb, wall = side.line(_KERB_SIDE_M - pavement.width_m), side.line(-0.42)
    length = kerb.length_m
    wishes = [
        side.wish("sign/speed_limit", kerb, length * ratio, side.facing_traffic_rad) for ratio in (0.06, 0.94)
    ]
    for crossing in plan.crossings:
        for step in (-1, 1):
            s = crossing.s_m + step * (crossing.width_m / 2 + 0.6)
            kind = "signal/vehicle" if crossing.kind == "signal" else "bollard/post"
            wishes.append(side.wish(kind, kerb, s, side.facing_traffic_rad))
    for s in np.arange(float(draw.uniform(15.0, 45.0)), length, 70.0):
        wishes.append(side.wish("sign/no_parking", kerb, float(s), side.facing_traffic_rad))
    for s in np.arange(float(draw.uniform(0.0, 30.0)), length, 55.0):
        for step in range(int(draw.integers(1, 4))):
            wishes.append(side.wish("bin/wheelie", wall, float(s) + 0.75 * step, side.facing_road_rad))
    if draw.random() < 0.6:
        s = float(draw.uniform(0.2, 0.8)) * length
        wishes.append(side.wish("bench/wood", side.line(-0.5), s, side.facing_road_rad))
    return [wish for wish in wishes if _clear_of_crossings(wish, plan, side)]


def lamps(side: Roadside, plan: RoadPlan) -> list[Wish]:
    """Street lamps every `lamp_every_m`, the two sides staggered; without a pavement beside the road."""
    pavement = side.pavement
    away = _KERB_SIDE_M - pavement.width_m if pavement else 1.2
    line = side.line(away - _LAMP_ASIDE_M)
    first = plan.lamp_every_m / (2 if side.sign > 0 else 1)
    stations = np.arange(first - plan.lamp_every_m * 2, line.length_m + BEYOND_M, plan.lamp_every_m)
    # Only the pole takes room on the ground, not the arm over the road.
    pole = line if _LAMP_ASIDE_M == 0.0 else side.line(away)
    return [side.wish("lamp/street", pole, float(s), side.facing_road_rad, stands=0.1) for s in stations]


def _clear_of_crossings(wish: Wish, plan: RoadPlan, side: Roadside) -> bool:
    if wish.asset in ("signal/vehicle", "bollard/post"):
        return True
    s, _ = side.road.reference.project(wish.x_m, wish.y_m)
    return all(abs(s - c.s_m) > c.width_m / 2 + 0.8 for c in plan.crossings)
