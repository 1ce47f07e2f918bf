"""Junctions: arms that meet, corners between them, and the ways across.

An arm's reference line runs inwards and ends at its mouth, so `south.in` is travelled along it and
`south.out` against it. Corners are kerbs rounded by an arc; ways across are lanes of their own, named
`south>east`, made of lines and one arc that meet the arms' lanes in position and heading.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from drivesynth.errors import RequestError, did_you_mean
from drivesynth.geometry.cubics import Cubics
from drivesynth.geometry.paths import Bend, Path, Pose
from drivesynth.road.crossings import STOP_BEFORE_M, STOP_LINE_M
from drivesynth.road.lanes import DRIVEN, KERB_M, Lane, Road, heights_up, side, with_neighbours
from drivesynth.road.plan import LanePlan, RoadPlan

OUTWARD_RAD = {"east": 0.0, "north": np.pi / 2, "west": np.pi, "south": 3 * np.pi / 2}
_CYCLEWAY_M = 2.0


def roads(plan: RoadPlan) -> tuple[Road, ...]:
    """The roads of a junction: arms in the plan's order, corners, ways across."""
    check(plan)
    right, left = (with_cycleway(lanes, plan.cycleways) for lanes in (plan.right, plan.left))
    mouth_m = max(level_m(right), level_m(left)) + plan.corner_radius_m
    arms = [arm(plan, name, right, left, mouth_m) for name in plan.arms]
    around = sorted(arms, key=lambda road: OUTWARD_RAD[road.name])
    corners = [_corner(a, b, right, left) for a, b in zip(around, [*around[1:], around[0]], strict=True)]
    return (*arms, *corners, *_ways(arms))


def curve(begin: Pose, end: Pose) -> Path:
    """A way from one pose to another: straight on, or lines and the widest arc that fits.

    Poses that look the same way but lie side by side are joined by a smooth shift.
    """
    turn = float((end.heading_rad - begin.heading_rad + np.pi) % (2 * np.pi) - np.pi)
    dx, dy = end.x_m - begin.x_m, end.y_m - begin.y_m
    cos, sin = np.cos(begin.heading_rad), np.sin(begin.heading_rad)
    ahead, aside = dx * cos + dy * sin, dy * cos - dx * sin
    if abs(turn) < 1e-9:
        straight = Path.of([Bend(ahead)], begin)
        return straight if abs(aside) < 1e-9 else straight.offset(Cubics.smooth(0.0, ahead, 0.0, aside))
    # The tangents meet `before` ahead of the begin and `after` ahead of the end.
    after = aside / np.sin(turn)
    before = ahead - after * np.cos(turn)
    tangent = min(before, after)
    radius = tangent / np.tan(abs(turn) / 2)
    bend = np.sign(turn) / radius
    return Path.of(
        [Bend(before - tangent), Bend(radius * abs(turn), bend, bend), Bend(after - tangent)], begin
    )


def check(plan: RoadPlan) -> None:
    """Whether arms of a plan can meet; RequestError where they cannot."""
    for name in plan.arms:
        if name not in OUTWARD_RAD:
            raise RequestError(
                f"no arm {name!r}{did_you_mean(name, OUTWARD_RAD)} (known: {', '.join(OUTWARD_RAD)})",
                field="road.arms",
            )
    if len(plan.arms) < 3 or len(set(plan.arms)) < len(plan.arms):
        raise RequestError("a junction has three or four different arms", field="road.arms")
    kinds = [[lane.kind for lane in lanes[kerb_index(lanes) :]] for lanes in (plan.right, plan.left)]
    if kinds[0] != kinds[1]:
        raise RequestError(
            "a junction needs the same lanes beyond the kerb on both sides", field="road.lanes"
        )
    beyond = max(
        sum(lane.width_m for lane in lanes[kerb_index(lanes) :]) for lanes in (plan.right, plan.left)
    )
    if plan.corner_radius_m <= beyond + 0.5:
        raise RequestError(
            f"{plan.corner_radius_m:g} m is too tight for the pavement; give more than {beyond + 0.5:g} m",
            field="road.corner_radius",
        )


def kerb_index(lanes: Sequence[LanePlan]) -> int:
    """Index of the first raised lane; their number where none is."""
    ups = heights_up(lane.kind for lane in lanes)
    return next((i for i, up in enumerate(ups) if up > 0.0), len(ups))


def level_m(lanes: Sequence[LanePlan]) -> float:
    """Width of the lanes up to the kerb."""
    return sum(lane.width_m for lane in lanes[: kerb_index(lanes)])


def with_cycleway(lanes: tuple[LanePlan, ...], wanted: bool) -> tuple[LanePlan, ...]:
    """The lanes with a cycleway before the kerb, where one is wanted and there is none."""
    if not wanted or any(lane.kind == "cycleway" for lane in lanes):
        return lanes
    kerb = kerb_index(lanes)
    return (*lanes[:kerb], LanePlan(kind="cycleway", width_m=_CYCLEWAY_M), *lanes[kerb:])


def arm(
    plan: RoadPlan,
    name: str,
    right: tuple[LanePlan, ...],
    left: tuple[LanePlan, ...],
    mouth_m: float,
    hold_m: float = STOP_BEFORE_M + STOP_LINE_M,
) -> Road:
    """An arm that ends at its mouth, whose traffic holds `hold_m` before it."""
    outward = OUTWARD_RAD[name]
    far = mouth_m + plan.arm_length_m
    begin = Pose(far * np.cos(outward), far * np.sin(outward), 0.0, outward + np.pi)
    reference = Path.of([Bend(plan.arm_length_m)], begin)
    along = 1 if plan.drive_on == "right" else -1
    right_word, left_word = ("in", "out") if along > 0 else ("out", "in")
    lanes = with_neighbours(
        [
            *side(left, reference, 1, -along, lane_names(left, name, left_word))[::-1],
            *side(right, reference, -1, along, lane_names(right, name, right_word)),
        ]
    )
    stop = plan.arm_length_m - hold_m
    inbound = {*DRIVEN, "cycleway"}
    return Road(
        name,
        reference,
        tuple(
            replace(lane, stop_m=stop) if lane.direction > 0 and lane.kind in inbound else lane
            for lane in lanes
        ),
        ends_after=False,
    )


def lane_names(lanes: Sequence[LanePlan], arm_name: str, word: str) -> list[str]:
    """`south.in`, `south.in2`, `south.in.sidewalk`."""
    names: list[str] = []
    for i, lane in enumerate(lanes):
        count = sum(other.kind == lane.kind for other in lanes[: i + 1])
        base = f"{arm_name}.{word}" if lane.kind == "drive" else f"{arm_name}.{word}.{lane.kind}"
        names.append(f"{base}{count}" if count > 1 else base)
    return names


def _corner(a: Road, b: Road, right: tuple[LanePlan, ...], left: tuple[LanePlan, ...]) -> Road:
    """The corner from the mouth of one arm to that of the next counter-clockwise."""
    begin = mouth(a, -level_m(right))
    end = mouth(b, level_m(left))
    reference = curve(begin, end._replace(heading_rad=end.heading_rad + np.pi))
    return corner(corner_name(a.name, b.name), reference, right, left)


def corner(name: str, reference: Path, right: tuple[LanePlan, ...], left: tuple[LanePlan, ...]) -> Road:
    """A kerb and what lies beyond it, from the right side of one arm to the left side of the next."""
    length = reference.length_m
    lanes: list[Lane] = []
    inner_a = inner_b = 0.0
    for one, other in zip(right[kerb_index(right) :], left[kerb_index(left) :], strict=True):
        outer_a, outer_b = inner_a + one.width_m, inner_b + other.width_m
        inner, outer = change(length, -inner_a, -inner_b), change(length, -outer_a, -outer_b)
        lanes.append(Lane(f"{name}.{one.kind}", one.kind, 1, reference, inner, outer, KERB_M))
        inner_a, inner_b = outer_a, outer_b
    return Road(name, reference, with_neighbours(lanes), ends_before=False, ends_after=False, kerb=True)


def change(length_m: float, begin: float, end: float) -> Cubics:
    """From one value to another over a length."""
    return Cubics.constant(begin) if begin == end else Cubics.smooth(0.0, length_m, begin, end)


def mouth(arm: Road, left_m: float) -> Pose:
    """A point of an arm's end, looking inwards."""
    end = arm.reference.pose(arm.length_m)
    sin, cos = np.sin(end.heading_rad), np.cos(end.heading_rad)
    return Pose(end.x_m - left_m * sin, end.y_m + left_m * cos, end.z_m, end.heading_rad)


def corner_name(a: str, b: str) -> str:
    """`south_east` whichever of the two comes first."""
    first, second = sorted((a, b), key=lambda arm: (arm in ("east", "west"), arm))
    return f"{first}_{second}"


def _ways(arms: Sequence[Road]) -> list[Road]:
    """Every way from an arm's inbound lanes to another's outbound ones of the same kind."""
    mouths = {lane.name: lane.pose(lane.reference.length_m) for road in arms for lane in road.lanes}
    result = []
    for a in arms:
        for b in arms:
            if a is b:
                continue
            for begin in (lane for lane in a.lanes if lane.stop_m is not None):
                for end in (lane for lane in b.lanes if lane.direction < 0 and lane.kind == begin.kind):
                    result.append(way(begin, end, curve(mouths[begin.name], mouths[end.name])))
    return result


def way(begin: Lane, end: Lane, reference: Path) -> Road:
    """The way from an inbound lane to an outbound one along a path."""
    name = f"{short(begin.name)}>{short(end.name)}"
    widths = (float(lane.width_at(lane.reference.length_m)) for lane in (begin, end))
    half = tuple(width / 2 for width in widths)
    inner, outer = (change(reference.length_m, sign * half[0], sign * half[1]) for sign in (1.0, -1.0))
    lane = Lane(name, begin.kind, 1, reference, inner, outer)
    return Road(name, reference, (lane,), ends_before=False, ends_after=False, drawn=False)


def short(lane: str) -> str:
    """An arm's lane as ways name it: `south`, `south2`, `east.cycleway` for `east.in.cycleway`."""
    name, word, *kind = lane.split(".")
    number = word.removeprefix("in").removeprefix("out")
    return ".".join([name + number, *kind])
