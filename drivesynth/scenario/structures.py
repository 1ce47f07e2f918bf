"""Tunnel, bridge, overpasses, potholes and objects of one draw, and whether the road has room for them."""

from collections.abc import Sequence
from math import pi

from drivesynth.errors import RequestError
from drivesynth.road.network import RoadNetwork
from drivesynth.road.plan import BridgePlan, ObjectPlan, OverpassPlan, PotholePlan
from drivesynth.scenario.chance import Chance
from drivesynth.scenario.wardrobe import drawn_asset
from drivesynth.scene.road import Bridge, Overpass, Pothole, RoadObject, Stretch, Tunnel
from drivesynth.scene.validate import Path

_ROAD: Path = ("road",)
_SHORTEST_M = 10.0  # of a tunnel and of a bridge
_DEEPEST_M = 0.3  # of a pothole
_APART_M = 20.0  # a hill and a valley need room between them


def stretch(
    chance: Chance, given: Stretch | Tunnel | Bridge | None, path: Path
) -> tuple[float, float] | None:
    """From and to; to lies at least 1 m beyond."""
    if given is None:
        return None
    begin, end = chance.number(given.from_, (*path, "from")), chance.number(given.to, (*path, "to"))
    if end - begin < 1.0:
        raise chance.mistake((*path, "to"), f"must lie at least 1 m beyond from, {begin:g} m")
    return begin, end


def bridge(chance: Chance, given: Bridge | None) -> BridgePlan | None:
    """The bridge; without a height it stands an eighth of its length over the ground, 4 to 7 m."""
    path: Path = (*_ROAD, "bridge")
    between = stretch(chance, given, path)
    if given is None or between is None:
        return None
    usual = min(max((between[1] - between[0]) / 8, 4.0), 7.0)
    return BridgePlan(
        from_m=between[0], to_m=between[1], height_m=chance.number(given.height, (*path, "height"), usual)
    )


def overpasses(chance: Chance, given: Sequence[Overpass]) -> tuple[OverpassPlan, ...]:
    """The bridges over the road."""
    result = []
    for i, one in enumerate(given):
        path: Path = (*_ROAD, "overpasses", i)
        clearance = chance.number(one.clearance, (*path, "clearance"), 4.7)
        if clearance < 4.0:
            raise chance.mistake(
                (*path, "clearance"), f"{clearance:g} m is too low for lorries; give 4 m or more"
            )
        result.append(
            OverpassPlan(
                s_m=chance.number(one.s, (*path, "s")),
                width_m=chance.number(one.width, (*path, "width"), 9.0),
                clearance_m=clearance,
            )
        )
    return tuple(result)


def potholes(chance: Chance, given: Sequence[Pothole]) -> tuple[PotholePlan, ...]:
    """The holes in the surface; without a width they are four fifths as wide as long."""
    result = []
    for i, one in enumerate(given):
        path: Path = (*_ROAD, "potholes", i)
        length = chance.number(one.length, (*path, "length"))
        depth = chance.number(one.depth, (*path, "depth"))
        if depth > _DEEPEST_M:
            raise chance.mistake(
                (*path, "depth"), f"{depth:g} m is too deep; a pothole has at most {_DEEPEST_M:g} m"
            )
        result.append(
            PotholePlan(
                lane=one.lane,
                s_m=chance.number(one.s, (*path, "s")),
                offset_m=chance.number(one.offset, (*path, "offset")),
                length_m=length,
                width_m=chance.number(one.width, (*path, "width"), 0.8 * length),
                depth_m=depth,
            )
        )
    return tuple(result)


def objects(chance: Chance, given: Sequence[RoadObject]) -> tuple[ObjectPlan, ...]:
    """The things on the road."""
    result = []
    for i, one in enumerate(given):
        path: Path = (*_ROAD, "objects", i)
        result.append(
            ObjectPlan(
                asset=drawn_asset(chance, one.asset, (*path, "asset")),
                look_seed=chance.look(f"road.objects.{i}"),
                lane=one.lane,
                s_m=chance.number(one.s, (*path, "s")),
                offset_m=chance.number(one.offset, (*path, "offset")),
                turn_rad=chance.number(one.heading, (*path, "heading")) % (2 * pi),
            )
        )
    return tuple(result)


def check(chance: Chance, network: RoadNetwork) -> None:
    """Whether the built road has room for all of it."""
    plan = network.plan
    kinds = ("tunnel", "bridge", "overpasses", "potholes", "crossings")
    for kind in kinds:
        if getattr(plan, kind) and plan.template != "road":
            raise chance.mistake((*_ROAD, kind), f"a junction or a map takes no {kind}", at_key=True)
    spans = {
        "tunnel": plan.tunnel,
        "bridge": (plan.bridge.from_m, plan.bridge.to_m) if plan.bridge else None,
    }
    for kind, span in spans.items():
        if span is None:
            continue
        if span[1] > network.length_m:
            raise chance.mistake(
                (*_ROAD, kind, "to"), f"{span[1]:g} m lies beyond the road's end, {network.length_m:g} m"
            )
        if span[1] - span[0] < _SHORTEST_M:
            raise chance.mistake((*_ROAD, kind, "to"), f"a {kind} is at least {_SHORTEST_M:g} m long")
    tunnel, bridge_ = spans.values()
    if tunnel and bridge_ and tunnel[0] < bridge_[1] + _APART_M and bridge_[0] < tunnel[1] + _APART_M:
        raise chance.mistake(
            (*_ROAD, "bridge"),
            f"must keep {_APART_M:g} m away from the tunnel, {tunnel[0]:g}..{tunnel[1]:g} m",
        )
    for i, over in enumerate(plan.overpasses):
        half = over.width_m / 2
        if over.s_m + half > network.length_m:
            raise chance.mistake(
                (*_ROAD, "overpasses", i, "s"),
                f"{over.s_m:g} m lies beyond the road's end, {network.length_m:g} m",
            )
        for kind, span in spans.items():
            if span and span[0] - half - _APART_M < over.s_m < span[1] + half + _APART_M:
                raise chance.mistake(
                    (*_ROAD, "overpasses", i, "s"), f"must keep {_APART_M:g} m away from the {kind}"
                )
    for key in ("potholes", "objects"):
        for i, thing in enumerate(getattr(plan, key)):
            path: Path = (*_ROAD, key, i)
            try:
                lane = network.lane(thing.lane)
            except RequestError as error:
                raise chance.mistake((*path, "lane"), error.what) from None
            if thing.s_m > lane.reference.length_m:
                raise chance.mistake(
                    (*path, "s"), f"{thing.s_m:g} m lies beyond the road's end, {lane.reference.length_m:g} m"
                )
            room = float(lane.width_at(thing.s_m)) / 2
            if key == "potholes" and abs(thing.offset_m) + thing.width_m / 2 > room - 0.02:
                raise chance.mistake(path, f"a pothole must lie within its lane, {2 * room:.3g} m wide here")
