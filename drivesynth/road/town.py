"""Streets in towns: rows of houses behind gardens, and the furniture of pavements."""

import numpy as np

from drivesynth.road.greenery import trees
from drivesynth.road.lanes import Road
from drivesynth.road.plan import RoadPlan
from drivesynth.road.props import Wish
from drivesynth.road.rights import stem
from drivesynth.road.roadside import Roadside

_PANEL_M = 4.0  # length of a piece of wall, fence or hedge
_FRONT = {
    "wall/garden": 0.28,
    "fence/wood": 0.2,
    "hedge/box": 0.55,
    "fence/mesh": 0.2,
}  # distance behind the pavement
_KERB_SIDE_M = 0.45  # furniture stands this far from the kerb
_LAMP_ARM_M = 0.9  # from the pole to the middle of its box: the arm reaches over the road


def gardens(side: Roadside, plan: RoadPlan) -> list[list[Wish]]:
    """Houses first, then what encloses their gardens, then what grows around them."""
    houses, doors = _houses(side, plan)
    return [houses, _front(side, doors, plan), _green(side, plan), _backdrop(side, plan)]


def _houses(side: Roadside, plan: RoadPlan) -> tuple[list[Wish], list[float]]:
    """A row of houses along the street, and the stations of their doors."""
    draw, suburban, full = side.draw, plan.street == "suburban", plan.dressing == "full"
    wishes: list[Wish] = []
    doors: list[float] = []
    s, end = side.first_m, side.last_m
    kinds = ["house/terrace"] * 4 + ["house/detached"]
    kinds += ["house/apartments"] * 2 if full else []
    shops = 0.25 if full else 0.12
    setbacks = (1.5, 6.0) if full else (2.0, 8.0)
    while s < end:
        # A row shares its set-back; rows are divided by a gap where trees show.
        row = 1 if suburban else int(draw.integers(3, 8))
        setback = float(draw.uniform(5.0, 9.0) if suburban else draw.uniform(*setbacks))
        kind = "house/detached" if suburban else str(draw.choice(kinds))
        if kind != "house/terrace":
            row = 1 if kind == "house/detached" else 1 + row // 4
        for _ in range(row):
            asset = "house/shop" if kind == "house/terrace" and draw.random() < shops else kind
            look = side.pick(asset)
            front, depth, _ = look.size_m
            # In a curve the row is as long as the narrower of its front and its back allows.
            step = max(side.step(s, away, front + 0.06) for away in (setback, setback + depth))
            at = s + step / 2
            turn = side.facing_road_rad + np.pi / 2  # a house's front looks to -y
            wishes.append(side.wish(asset, setback + depth / 2, at, turn, look))
            if full and asset == "house/terrace" and draw.random() < 0.04:
                wishes.append(side.wish("scaffold/front", setback - 0.5, at, turn))
            doors.append(at)
            s += step
        s += float(draw.uniform(4.0, 11.0) if suburban else draw.uniform(2.5, 7.0))
    return wishes, doors


def _front(side: Roadside, doors: list[float], plan: RoadPlan) -> list[Wish]:
    """Walls, fences and hedges along the pavement, open before every door."""
    draw, suburban, full = side.draw, plan.street == "suburban", plan.dressing == "full"
    wishes: list[Wish] = []
    s = side.first_m
    kinds = (
        ["hedge/box", "fence/wood", "wall/garden"]
        if suburban
        else ["hedge/box", *["fence/wood", "wall/garden"] * 2]
    )
    kinds += ["fence/mesh"] if full and suburban else ["hedge/box"] if full else []
    half_gate = 2.2 if suburban else 0.9
    while s < side.last_m:
        kind = str(draw.choice(kinds))
        end = s + float(draw.uniform(8.0, 22.0))
        look = side.pick(kind)
        while s < end:
            step = side.step(s, _FRONT[kind], _PANEL_M)
            gates = [door for door in doors if s + 1e-3 < door + half_gate and door - half_gate < s + step]
            until = min(gates) - half_gate if gates else s + step
            # Half a panel before a gate where a whole one does not fit: other lengths would be other meshes.
            share = 1.0 if not gates else 0.5 if until - s > step / 2 else 0.0
            if share:
                size = (share * _PANEL_M - 0.02, *look.size_m[1:])
                wishes.append(
                    side.wish(
                        kind, _FRONT[kind], s + share * step / 2, 0.0, look._replace(size_m=size),
                        detail=1 if full and kind == "hedge/box" else 0,
                    )
                )  # fmt: skip
            s = max(gates) + half_gate if gates else until
        s += float(draw.choice([0.3, 0.3, 3.5]))
    return wishes


def _green(side: Roadside, plan: RoadPlan) -> list[Wish]:
    """Trees and bushes in front gardens and in the gaps between houses."""
    draw, suburban, full = side.draw, plan.street == "suburban", plan.dressing == "full"
    length = side.last_m - side.first_m
    wishes: list[Wish] = []
    kinds = trees(plan) if full else ("tree/deciduous", "tree/deciduous", "tree/birch", "tree/conifer")
    coarse = 1 if full else 0
    for _ in range(int(length / ((14.0 if full else 24.0) if suburban else 60.0))):
        asset = str(draw.choice(kinds))
        away, s = float(draw.uniform(1.6, 14.0)), float(draw.uniform(side.first_m, side.last_m))
        wishes.append(side.plant(asset, away, s, 0.45, coarse))
    if not suburban:
        # Front gardens hold small trees, pruned clear of the house.
        for s in np.arange(
            side.first_m + float(draw.uniform(0.0, 15.0)), side.last_m, 15.0 if full else 19.0
        ):
            kind = str(draw.choice(kinds[:3])) if full else "tree/birch"
            small = side.pick_pruned(kind)
            at = float(s + draw.uniform(-4.0, 4.0))
            wishes.append(side.wish(kind, 1.4, at, look=small, stands=0.4, detail=coarse))
    for _ in range(int(length / (24.0 if suburban else 30.0))):
        away, s = float(draw.uniform(1.4, 6.0)), float(draw.uniform(side.first_m, side.last_m))
        wishes.append(side.plant("bush/round", away, s, detail=coarse))
    return wishes


def _backdrop(side: Roadside, plan: RoadPlan) -> list[Wish]:
    """Trees behind the houses and in the gardens beyond, so that gaps do not open on an empty plain."""
    draw, full = side.draw, plan.dressing == "full"
    length = side.last_m - side.first_m
    wishes: list[Wish] = []
    kinds = trees(plan) if full else ("tree/deciduous", "tree/conifer", "tree/birch")
    for _ in range(int(length / (19.0 if full else 22.0))):
        asset = str(draw.choice(kinds))
        away, s = float(draw.uniform(18.0, 60.0)), float(draw.uniform(side.first_m, side.last_m))
        wishes.append(side.plant(asset, away, s, 0.6))
    return wishes


def rear(side: Roadside, plan: RoadPlan) -> list[Wish]:
    """The backs of the next street's houses: what one sees through gaps; at a junction its arms stand there.

    In KITTI's scans of towns the eight highest rings meet something within 80 m on 87 % of the horizon.
    """
    draw, suburban = side.draw, plan.street == "suburban"
    wishes: list[Wish] = []
    if plan.template != "road":
        return wishes
    s = side.first_m + float(draw.uniform(0.0, 10.0))
    away = float(draw.uniform(38.0, 55.0))
    while s < side.last_m:
        asset = "house/detached" if suburban or draw.random() < 0.3 else "house/terrace"
        for _ in range(1 if asset == "house/detached" else int(draw.integers(2, 6))):
            look = side.pick(asset)
            step = side.step(s, away, look.size_m[0] + 0.06)
            turn = side.facing_road_rad - np.pi / 2
            wishes.append(side.wish(asset, away + look.size_m[1] / 2, s + step / 2, turn, look, detail=2))
            s += step
        s += float(draw.uniform(8.0, 22.0))
    return wishes


def furniture(side: Roadside, plan: RoadPlan) -> list[Wish]:
    """Signs and bollards by the kerb, bins by the garden walls."""
    pavement = side.pavement
    if pavement is None or pavement.width_m < 1.2:
        return []
    draw = side.draw
    kerb, wall = _KERB_SIDE_M - pavement.width_m, -0.42
    length = side.road.length_m
    wishes = [side.limit_sign(plan.limit_mps, kerb, length * ratio) for ratio in (0.06, 0.94)]
    inbound = [lane.stop_m for lane in side.road.lanes if lane.stop_m and lane.middle(0.0) * side.sign > 0]
    gives_way = plan.template == "roundabout" or side.road.name == stem(plan)
    if inbound and gives_way and not plan.signalled:
        wishes.insert(0, side.wish("sign/give_way", kerb, inbound[0], side.with_traffic_rad))
    for crossing in plan.crossings:
        for step in (-1, 1) if crossing.kind == "zebra" else ():
            s = crossing.s_m + step * (crossing.width_m / 2 + 0.6)
            wishes.append(side.wish("bollard/post", kerb, s, side.with_traffic_rad))
    for s in np.arange(float(draw.uniform(15.0, 45.0)), length, 70.0):
        wishes.append(side.wish("sign/no_parking", kerb, float(s), side.with_traffic_rad))
    for s in np.arange(float(draw.uniform(0.0, 30.0)), length, 55.0):
        for step in range(int(draw.integers(1, 4))):
            wishes.append(side.wish("bin/wheelie", wall, float(s) + 0.75 * step, side.facing_road_rad))
    if draw.random() < 0.6:
        s = float(draw.uniform(0.2, 0.8)) * length
        wishes.append(side.wish("bench/wood", -0.5, s, side.facing_road_rad))
    return [wish for wish in wishes if _clear_of_crossings(wish, plan)]


def island(road: Road, plan: RoadPlan, draw: np.random.Generator) -> list[Wish]:
    """What grows on a roundabout's island: a tree or none, and bushes round the middle."""
    side = Roadside(road, -1, plan.street_seed, draw)
    radius = road.lanes[0].width_m
    wishes = []
    if draw.random() < 0.6:
        wishes.append(side.wish("tree/birch", -0.3, 0.0, look=side.pick("tree/birch"), stands=0.2))
    for s in np.arange(0.0, road.length_m, road.length_m / max(int(radius), 3)):
        away = -float(draw.uniform(0.25, 0.6)) * radius
        wishes.append(side.plant("bush/round", away, float(s + draw.uniform(0.0, 2.0))))
    return wishes


def lamps(side: Roadside, plan: RoadPlan) -> list[Wish]:
    """Street lamps every `lamp_every_m`, the two sides staggered; without a pavement beside the road."""
    pavement = side.pavement
    away = _KERB_SIDE_M - pavement.width_m if pavement else 1.2
    first = -plan.lamp_every_m * (1.5 if side.sign > 0 else 1.0)
    stations = np.arange(first, side.last_m, plan.lamp_every_m)
    return [
        side.wish("lamp/street", away - _LAMP_ARM_M, float(s), side.facing_road_rad, None, 0.1, _LAMP_ARM_M)
        for s in stations
    ]


def _clear_of_crossings(wish: Wish, plan: RoadPlan) -> bool:
    if wish.asset == "bollard/post":
        return True
    return all(abs(wish.s_m - c.s_m) > c.width_m / 2 + 0.8 for c in plan.crossings)
