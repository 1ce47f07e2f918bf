"""Right of way: stop lines and what rules them, who yields to whom where ways cross, zebra crossings.

Without signals the arms of a four-way junction give way to the right (to the left where one drives on
the left), the stem of a T to the street it meets (Vienna Convention on Road Traffic, 1968, article 18).
At any junction a turn yields to oncoming traffic that goes straight on, and to what goes straight on
beside it (articles 16 and 17). At a roundabout whoever enters yields to whoever circulates. On a map its
signs and priorities come first, then the rules of a four-way junction.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import shapely

from drivesynth.geometry.paths import Pose
from drivesynth.geometry.transforms import wrap_angle
from drivesynth.road import map_rights
from drivesynth.road.crossings import STOP_BEFORE_M, STOP_LINE_M, on_arm
from drivesynth.road.junction import OUTWARD_RAD
from drivesynth.road.lanes import DRIVEN, Lane
from drivesynth.road.network import RoadNetwork, build
from drivesynth.road.plan import RoadPlan

ROAD, CROSSING = "road", "crossing"  # the two groups of a signalled crossing on a plain road
SIGNALLED = ("four_way", "t")  # templates whose arms may have signals
JUNCTIONS = (*SIGNALLED, "roundabout")

# Critical headways of a two-lane major street, Highway Capacity Manual 2010, exhibit 19-10; of a
# permitted left turn at a signal, chapter 31.
_CRITICAL_S = {"right": 6.2, "straight": 6.5, "left": 7.1}
_CRITICAL_LEFT_S, _CRITICAL_PERMITTED_S = 4.1, 4.5
_CRITICAL_RING_S = 5.19  # entering a ring of one lane: chapter 21
_MERGED_M = 0.3  # ways that are no further apart have become one
_HALF_M = {"drive": 1.2, "bus": 1.4, "cycleway": 0.6}  # of what travels on a lane, with a margin
_ZONE_BEFORE_M = 0.5  # a turning driver waits this far before the ground it shares


class StopLine(NamedTuple):
    """A lane's stop line: the point on the lane's centre at its near edge, looking along travel.

    must_stop  whatever comes, as at a stop sign
    """

    group: str
    at: Pose
    half_m: float
    must_stop: bool = False


class Zebra(NamedTuple):
    """A zebra crossing as one lane meets it.

    hold            where its traffic holds, on the lane's centre, looking along travel
    width_m         along travel
    right_m, left_m edges of the carriageway, left of the lane's centre; of its half, where an island parts it
    """

    hold: Pose
    width_m: float
    right_m: float
    left_m: float


@dataclass(frozen=True)
class Duty:
    """What the driver on one way owes to the other on another, and the ground that both need.

    own_m, its_m  stations on both ways between which the ground is shared
    critical_s    shortest gap it goes into
    by_turn       owed by a turn, at any signal, and paid inside the junction: just before `own_m`; else
                  owed where no signal is lit, and paid at the stop line
    mutual        all arms owe it in turn, so that all may stand and wait
    merging       the ways go on as one, and the other may itself wait to enter: while it stands there it is
                  not waited for
    """

    own_m: tuple[float, float]
    its_m: tuple[float, float]
    critical_s: float
    by_turn: bool
    mutual: bool
    merging: bool = False


def groups(plan: RoadPlan) -> tuple[str, ...]:
    """What signals may rule: a junction's arms, a map's approaches with lights, or `road` and `crossing`
    where walkers have signals.
    """
    if plan.template in SIGNALLED:
        return plan.arms
    if plan.template == "map":
        return map_rights.lights(plan)
    if plan.template == "road" and any(crossing.kind == "signal" for crossing in plan.crossings):
        return ROAD, CROSSING
    return ()


def stop_lines(network: RoadNetwork) -> tuple[StopLine, ...]:
    """All stop lines of junctions and signalled crossings, and those to give way at."""
    plan, found = network.plan, []
    if plan.template == "map":
        for lane, sign, group in map_rights.approaches(network):
            before = lane.centre.pose(map_rights.stop_line_m(lane))
            found.append(StopLine(group, before, lane.width_m / 2, must_stop=sign == "stop"))
        return tuple(found)
    if plan.template in JUNCTIONS:
        for road in network.roads:
            for lane in road.lanes:
                if lane.stop_m is not None:
                    found.append(StopLine(road.name, lane.pose(lane.stop_m), lane.width_m / 2))
        return tuple(found)
    for lane, near, _ in _crossed(network, "signal"):
        at = near - lane.direction * (STOP_BEFORE_M + STOP_LINE_M)
        found.append(StopLine(ROAD, lane.pose(at), lane.width_m / 2))
    return tuple(found)


def zebras(network: RoadNetwork) -> tuple[Zebra, ...]:
    """All zebra crossings of a plain road and of a roundabout's arms, lane by lane."""
    found = []
    level = [lane for road in network.roads for lane in road.lanes if lane.up_m == 0.0]
    for lane, near, width in _crossed(network, "zebra"):
        walked = level if network.plan.template == "road" else [lane]
        edges = [float(edge(near)) for other in walked for edge in (other.inner, other.outer)]
        across = sorted(
            lane.direction * (edge - float(lane.middle(near))) for edge in (min(edges), max(edges))
        )
        hold = lane.pose(near - lane.direction * STOP_BEFORE_M)
        found.append(Zebra(hold, width, across[0], across[1]))
    return tuple(found)


def _crossed(network: RoadNetwork, kind: Literal["zebra", "signal"]) -> list[tuple[Lane, float, float]]:
    """Lanes that a crossing leads over, the station of its near edge to their traffic, its width."""
    plan = network.plan
    listed = [(road, crossing) for road in network.roads for crossing in on_arm(plan, road)]
    if plan.template == "road":
        listed = [(network.roads[0], crossing) for crossing in plan.crossings]
    return [
        (lane, crossing.s_m - lane.direction * crossing.width_m / 2, crossing.width_m)
        for road, crossing in listed
        if crossing.kind == kind
        for lane in road.lanes
        if lane.up_m == 0.0 and lane.kind in (*DRIVEN, "cycleway")
    ]


def ways(network: RoadNetwork) -> tuple[Lane, ...]:
    """The ways across a junction whose rights are known."""
    if network.plan.template not in (*JUNCTIONS, "map"):
        return ()
    return tuple(
        lane
        for road in network.roads
        if not road.drawn
        for lane in road.lanes
        if lane.kind in (*DRIVEN, "cycleway")
    )


def stem(plan: RoadPlan) -> str | None:
    """The arm of a T that has none opposite."""
    if plan.template != "t":
        return None
    turns = {arm: OUTWARD_RAD[arm] for arm in plan.arms}
    alone = [
        arm for arm, turn in turns.items() if all(np.cos(turn - other) > -0.9 for other in turns.values())
    ]
    return alone[0] if alone else None


@lru_cache(maxsize=4096)
def duty(plan: RoadPlan, own: str, its: str) -> Duty | None:
    """What the driver on the way `own` owes to one on `its`; None where it need not yield."""
    network = build(plan)
    a, b = network.lane(own), network.lane(its)
    begin, other = a.centre.pose(0.0), b.centre.pose(0.0)
    if own == its or np.hypot(begin.x_m - other.x_m, begin.y_m - other.y_m) < 1.0:
        return None  # they come out of one lane and follow each other
    mirror = 1.0 if plan.drive_on == "right" else -1.0
    if plan.template == "roundabout":
        return _entering(a, b, mirror)
    ahead = map_rights.goes_before(network, own, its) if plan.template == "map" else None
    if ahead is True:
        return None
    from_right = float(wrap_angle(other.heading_rad - begin.heading_rad)) * mirror
    turn, its_turn = _turn(a, mirror), _turn(b, mirror)
    by_turn = mutual = False
    critical = _CRITICAL_S[turn]
    if ahead is False:
        owes = True
    elif abs(from_right) < np.pi / 4:
        by_turn, critical = turn != "straight" and its_turn == "straight", _CRITICAL_LEFT_S
        owes = by_turn
    elif abs(from_right) > 3 * np.pi / 4:
        by_turn = owes = turn == "left" and its_turn != "left"
        critical = _CRITICAL_PERMITTED_S if plan.signalled else _CRITICAL_LEFT_S
    elif plan.template == "t":
        owes = _arms(own)[0] == stem(plan)
    else:
        owes = mutual = from_right > 0.0
    shared = _shared(a, b) if owes else None
    return Duty(*shared, critical, by_turn, mutual) if shared is not None else None


def _entering(a: Lane, b: Lane, around: float) -> Duty | None:
    """What who enters a ring owes to one who comes past its arm, up to where their ways have become one."""
    (arm, _), (begin, end) = _arms(a.name), _arms(b.name)
    past, leaves = (around * (OUTWARD_RAD[other] - OUTWARD_RAD[begin]) % (2 * np.pi) for other in (arm, end))
    shared = _shared(a, b) if past < leaves else None
    if shared is None:
        return None
    stations = np.arange(0.0, a.centre.length_m, 0.25)
    points = shapely.points(a.centre.poses(stations)[:, :2])
    other = _line(b)
    one = int(np.argmax(shapely.distance(points, other) < _MERGED_M))
    own_m, its_m = (shared[0][0], float(stations[one])), (shared[1][0], float(other.project(points[one])))
    return Duty(own_m, its_m, _CRITICAL_RING_S, by_turn=False, mutual=False, merging=True)


def _arms(way: str) -> tuple[str, str]:
    """The arms a way comes from and leads to: `south`, `east` of `south2>east.cycleway`."""
    begin, end = (part.split(".")[0].rstrip("0123456789") for part in way.split(">"))
    return begin, end


def before_zone_m(found: Duty) -> float:
    """Station on the way at which a turning driver waits."""
    return found.own_m[0] - _ZONE_BEFORE_M


def _turn(way: Lane, mirror: float) -> str:
    path = way.centre
    turned = float(wrap_angle(path.pose(path.length_m).heading_rad - path.pose(0.0).heading_rad)) * mirror
    return "left" if turned > np.pi / 4 else "right" if turned < -np.pi / 4 else "straight"


def _shared(a: Lane, b: Lane) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Stations on both ways between which what travels on them would touch."""
    lines = [_line(lane) for lane in (a, b)]
    strips = [
        line.buffer(_HALF_M.get(lane.kind, 1.2), cap_style="flat")
        for line, lane in zip(lines, (a, b), strict=True)
    ]
    ground = shapely.intersection(*strips)
    if ground.area < 0.05:
        return None
    points = shapely.points(shapely.get_coordinates(ground))
    spans = [shapely.line_locate_point(line, points) for line in lines]
    (a0, a1), (b0, b1) = ((float(span.min()), float(span.max())) for span in spans)
    return (a0, a1), (b0, b1)


def _line(way: Lane) -> shapely.LineString:
    """The centre of a way on the plan, by points a quarter of a metre apart."""
    length = way.centre.length_m
    return shapely.LineString(way.centre.poses(np.linspace(0.0, length, int(length * 4) + 2))[:, :2])
