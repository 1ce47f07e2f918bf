"""Right of way as an OpenDRIVE map tells it: signs at the approaches of its junctions, their priorities.

A sign speaks for those who drive the way it faces; the last one before a junction counts. Types are those
of the German catalogue (StVO, annexes 2 and 3), which most maps name, and the MUTCD's stop and yield.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from drivesynth.geometry.paths import Path
from drivesynth.road.lanes import Lane
from drivesynth.road.network import RoadNetwork
from drivesynth.road.opendrive import PRIORITY_SIGNS, Sign, tree
from drivesynth.road.opendrive_lanes import number
from drivesynth.road.plan import RoadPlan
from drivesynth.road.props import Wish
from drivesynth.scene import map_lights
from drivesynth.scene.map_lights import LIGHT

_RANK: dict[Sign | None, int] = {"priority": 1, None: 0, "yield": -1, "stop": -1}
_ASSETS = {"205": "sign/give_way", "R1-2": "sign/give_way", "206": "sign/stop", "R1-1": "sign/stop",
           "306": "sign/priority_road", LIGHT: "signal/vehicle"}  # fmt: skip
_BEFORE_M = 1.0  # a stop line lies this far before the end of a lane that meets a junction


@dataclass(frozen=True)
class _Told:
    """What the map says.

    junction  of each road across a junction
    comes     roads that lead onto one across a junction
    over      pairs of roads, the first of which goes before the second
    lights    names of approaches with traffic lights, likewise
    signs     the last sign of a road for those who drive along its line (1) or against it (-1)
    """

    junction: dict[str, str]
    comes: dict[str, frozenset[str]]
    over: frozenset[tuple[str, str]]
    signs: dict[tuple[str, int], Sign]
    lights: dict[tuple[str, int], str]


@lru_cache(maxsize=8)
def _told(text: str) -> _Told:
    root = tree(text)
    comes: dict[str, set[str]] = {}
    over = set()
    for junction in root.findall("junction"):
        for link in junction.findall("connection"):
            comes.setdefault(link.get("connectingRoad", ""), set()).add(link.get("incomingRoad", ""))
        over |= {(rule.get("high", ""), rule.get("low", "")) for rule in junction.findall("priority")}
    signs: dict[tuple[str, int], Sign] = {}
    for road, ruling in map_lights.ruling(root):
        found = sorted(ruling, key=lambda kind_and_signal: number(kind_and_signal[1], "s"))
        for along, listed in ((1, found), (-1, found[::-1])):
            facing = {1: ("+", "none"), -1: ("-", "none")}[along]
            for kind, signal in listed:
                sign = PRIORITY_SIGNS.get(kind)
                if sign is not None and signal.get("orientation", "none") in facing:
                    signs[road.get("id", ""), along] = sign
    return _Told(
        junction={road.get("id", ""): road.get("junction", "") for road in root.findall("road")},
        comes={road: frozenset(before) for road, before in comes.items()},
        over=frozenset(over),
        signs=signs,
        lights=map_lights.of_tree(root),
    )


def lights(plan: RoadPlan) -> tuple[str, ...]:
    """The approaches that traffic lights rule."""
    return tuple(_told(plan.opendrive).lights.values())


def furniture(network: RoadNetwork) -> list[tuple[Path, Wish]]:
    """The map's lights and signs of right of way, where it puts them, looking at whom they rule."""
    found = []
    named = {road.name: road for road in network.roads}
    lit = map_lights.of_tree(tree(network.plan.opendrive))
    for node in tree(network.plan.opendrive).findall("road"):
        number_ = node.get("id", "")
        road = named.get(number_)
        for signal in node.findall("signals/signal"):
            kind = signal.get("type", "")
            asset = _ASSETS.get(kind)
            if road is None or asset is None:
                continue
            along = -1 if signal.get("orientation") == "-" else 1
            group = lit.get((number_, along), "") if kind == LIGHT else ""
            turn = 0.0 if along > 0 else np.pi
            place = min(max(number(signal, "s"), 0.0), road.length_m)
            found.append((road.reference, Wish(asset, 0, place, number(signal, "t"), turn, signal=group)))
    return found


def approaches(network: RoadNetwork) -> Iterator[tuple[Lane, Sign | None, str]]:
    """Lanes that end at a junction, the sign that stands there, and the name of their lights (or "")."""
    told, road_of = _told(network.plan.opendrive), _roads(network)
    for name in sorted({before for before, _ in network.ways}):
        lane = network.lane(name)
        end = road_of[name], lane.direction
        yield lane, told.signs.get(end), told.lights.get(end, "")


def stop_line_m(lane: Lane) -> float:
    """Station along the lane's travel at which to hold before its end."""
    return max(lane.centre.length_m - _BEFORE_M, lane.centre.length_m / 2)


def goes_before(network: RoadNetwork, own: str, its: str) -> bool | None:
    """Whether who is on one way across a junction has the right of way over who is on another.

    None where the map says nothing that tells them apart, and where the ways cross different junctions.
    """
    told, road_of = _told(network.plan.opendrive), _roads(network)
    a, b = road_of[own], road_of[its]
    if told.junction.get(a) != told.junction.get(b):
        return None
    mine, others = ({way, *told.comes.get(way, ())} for way in (a, b))
    if any(pair in told.over for pair in product(mine, others)):
        return True
    if any(pair in told.over for pair in product(others, mine)):
        return False
    ranks = [_rank(network, told, way) for way in (own, its)]
    return None if ranks[0] == ranks[1] else ranks[0] > ranks[1]


def _rank(network: RoadNetwork, told: _Told, way: str) -> int:
    """Of a way: the sign on itself, else the lowest of those at the lanes that lead onto it."""
    road_of = _roads(network)
    own = told.signs.get((road_of[way], network.lane(way).direction))
    if own is not None:
        return _RANK[own]
    before = [network.lane(a) for (a, _), across in network.ways.items() if across.name == way]
    signs = [told.signs.get((road_of[lane.name], lane.direction)) for lane in before]
    return min((_RANK[sign] for sign in signs), default=0)


@lru_cache(maxsize=16)
def _roads(network: RoadNetwork) -> dict[str, str]:
    """The map's own name of every lane's road."""
    return {lane.name: road.name for road in network.roads for lane in road.lanes}
