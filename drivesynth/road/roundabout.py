"""Roundabouts with one lane: arms with splitter islands, the ring's kerbs, the island, the ways through.

Sizes by the German Merkblatt fuer die Anlage von Kreisverkehren (FGSV, 2006): outer diameter 26 to
40 m, ring 6.5 to 9 m wide, splitter islands of 1.6 m and more. The kerb of an arm and that of the ring
are joined by an arc that touches both: its centre lies `corner_radius` beside the arm's kerb and as
far outside the ring, which gives how far out the arm ends. A way enters by the arc from its lane at
the mouth that touches the circle in the middle of the ring, follows that, and leaves likewise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivesynth.errors import RequestError
from drivesynth.geometry.cubics import Cubics
from drivesynth.geometry.paths import Bend, Path, Pose
from drivesynth.road.crossings import STOP_LINE_M
from drivesynth.road.junction import (
    OUTWARD_RAD,
    arm,
    check,
    corner,
    corner_name,
    kerb_index,
    level_m,
    mouth,
    way,
)
from drivesynth.road.lanes import KERB_M, Lane, Road, with_neighbours
from drivesynth.road.plan import LanePlan, RoadPlan

RING_M = 6.5  # width of the ring
SPLITTER_M = 1.25  # half the width of a splitter island
_OPENS_M, _OPEN_M = 26.0, 10.0  # before the mouth: where the island begins, where it is whole
_BEFORE_RING_M = 0.1  # from the line to give way at to the mouth
_SMALLEST_M = 11.0


def roads(plan: RoadPlan) -> tuple[Road, ...]:
    """The roads of a roundabout: arms in the plan's order, corners, the island, ways through."""
    check(plan)
    _check(plan)
    kerbs = {
        side: SPLITTER_M + level_m(lanes) for side, lanes in (("right", plan.right), ("left", plan.left))
    }
    touches = {side: _Touch.of(plan.radius_m, kerb, plan.corner_radius_m) for side, kerb in kerbs.items()}
    mouth_m = max(touch.ahead_m for touch in touches.values())
    splitter = LanePlan(
        kind="median",
        width_m=SPLITTER_M,
        opens_m=(plan.arm_length_m - _OPENS_M, plan.arm_length_m - _OPEN_M),
    )
    arms = [
        arm(
            plan, name, (splitter, *plan.right), (splitter, *plan.left), mouth_m, STOP_LINE_M + _BEFORE_RING_M
        )
        for name in plan.arms
    ]
    around = sorted(arms, key=lambda road: OUTWARD_RAD[road.name])
    corners = []
    for a, b in zip(around, [*around[1:], around[0]], strict=True):
        line = _kerb(a, b, kerbs["right"], touches["right"], touches["left"], plan.radius_m, mouth_m)
        corners.append(corner(corner_name(a.name, b.name), line, plan.right, plan.left))
    return (*arms, *corners, _island(plan.radius_m - RING_M), *_ways(plan, arms, mouth_m))


def _check(plan: RoadPlan) -> None:
    for lanes in (plan.right, plan.left):
        if [lane.kind for lane in lanes[: kerb_index(lanes)]] != ["drive"] or plan.cycleways:
            raise RequestError(
                "a roundabout's arms have one driving lane each way, then kerb and pavement",
                field="road.lanes",
            )
    if plan.radius_m < _SMALLEST_M:
        raise RequestError(
            f"{plan.radius_m:g} m is too small for a ring of {RING_M:g} m; give {_SMALLEST_M:g} m or more",
            field="road.radius",
        )
    if plan.arm_length_m < _OPENS_M + 5.0:
        raise RequestError(
            f"{plan.arm_length_m:g} m is too short for a splitter island; give {_OPENS_M + 5.0:g} m or more",
            field="road.arm_length",
        )


@dataclass(frozen=True)
class _Touch:
    """An arc that touches a line beside an arm's axis and, from outside, a circle round the origin.

    ahead_m    how far out along the arm it leaves the line
    angle_rad  at which it touches the circle, against the arm's axis
    """

    radius_m: float
    ahead_m: float
    angle_rad: float

    @classmethod
    def of(cls, circle_m: float, beside_m: float, radius_m: float) -> "_Touch":
        """Of a radius."""
        ahead = np.sqrt((circle_m + radius_m) ** 2 - (beside_m + radius_m) ** 2)
        return cls(radius_m, float(ahead), float(np.arctan2(beside_m + radius_m, ahead)))

    @classmethod
    def at(cls, circle_m: float, beside_m: float, ahead_m: float) -> "_Touch":
        """That leaves the line at a place."""
        radius = (ahead_m**2 - circle_m**2 + beside_m**2) / (2 * (circle_m - beside_m))
        return cls(radius, ahead_m, float(np.arctan2(beside_m + radius, ahead_m)))

    def bend(self, way: float) -> Bend:
        """The arc, to the left where `way` is 1."""
        return Bend(self.radius_m * (np.pi / 2 - self.angle_rad), way / self.radius_m, way / self.radius_m)


def _turned(from_rad: float, to_rad: float, way: float) -> float:
    """The angle from one arm's axis to another's, counter-clockwise where `way` is 1."""
    return float((way * (to_rad - from_rad)) % (2 * np.pi)) or 2 * np.pi


def _around(
    begin: Pose, way: float, circle_m: float, turned: float, enters: _Touch, leaves: _Touch, mouth_m: float
) -> Path:
    """Into the circle, around, and out: `way` is 1 where it runs counter-clockwise."""
    on_ring = turned - enters.angle_rad - leaves.angle_rad
    if on_ring <= 0.0:
        raise RequestError(
            "the arms are too wide for a ring that small; give a larger radius or smaller corner_radius",
            field="road.radius",
        )
    return Path.of(
        [
            Bend(mouth_m - enters.ahead_m),
            enters.bend(-way),
            Bend(circle_m * on_ring, way / circle_m, way / circle_m),
            leaves.bend(-way),
            Bend(mouth_m - leaves.ahead_m),
        ],
        begin,
    )


def _kerb(
    a: Road, b: Road, beside_m: float, enters: _Touch, leaves: _Touch, radius_m: float, mouth_m: float
) -> Path:
    """The kerb from the right side of one arm along the ring to the left side of the next."""
    turned = _turned(OUTWARD_RAD[a.name], OUTWARD_RAD[b.name], 1.0)
    return _around(mouth(a, -beside_m), 1.0, radius_m, turned, enters, leaves, mouth_m)


def _island(radius_m: float) -> Road:
    """The middle: a kerb that runs clockwise round it, grass to its right."""
    reference = Path.of(
        [Bend(2 * np.pi * radius_m, -1 / radius_m, -1 / radius_m)], Pose(radius_m, 0.0, 0.0, -np.pi / 2)
    )
    lane = Lane("island", "verge", 1, reference, Cubics.constant(0.0), Cubics.constant(-radius_m), KERB_M)
    return Road(
        "island",
        reference,
        with_neighbours([lane]),
        ends_before=False,
        ends_after=False,
        kerb=True,
        island=True,
    )


def _ways(plan: RoadPlan, arms: Sequence[Road], mouth_m: float) -> list[Road]:
    """From every arm's inbound lane to every other's outbound one."""
    middle = plan.radius_m - RING_M / 2
    around = 1.0 if plan.drive_on == "right" else -1.0
    result = []
    for a in arms:
        for b in arms:
            if a is b:
                continue
            begin = next(lane for lane in a.lanes if lane.stop_m is not None)
            end = next(lane for lane in b.lanes if lane.direction < 0 and lane.kind == "drive")
            beside = [abs(float(lane.middle(lane.reference.length_m))) for lane in (begin, end)]
            enters, leaves = (_Touch.at(middle, at, mouth_m) for at in beside)
            turned = _turned(OUTWARD_RAD[a.name], OUTWARD_RAD[b.name], around)
            start = begin.pose(begin.reference.length_m)
            result.append(way(begin, end, _around(start, around, middle, turned, enters, leaves, mouth_m)))
    return result
