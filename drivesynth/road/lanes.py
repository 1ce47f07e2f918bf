"""Lanes: a strip beside a reference line, with a direction of travel and neighbours."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from drivesynth.arrays import F64
from drivesynth.errors import RequestError, did_you_mean
from drivesynth.geometry.cubics import Cubics
from drivesynth.geometry.paths import Path, Pose
from drivesynth.road.plan import LaneKind, LanePlan

if TYPE_CHECKING:
    from drivesynth.road.marks import Border

KERB_M = 0.12
ALL = Cubics.constant(1.0)
DRIVEN: frozenset[LaneKind] = frozenset({"drive", "bus"})
CARRIAGEWAY: frozenset[LaneKind] = frozenset({"drive", "bus", "shoulder", "parking"})


@dataclass(frozen=True, eq=False)
class Lane:
    """One lane. Stations run along the reference line, offsets to the left of travel.

    direction     +1 travels along the reference line, -1 against it
    inner, outer  borders, to the left of the reference line [m]; `inner` is nearer to it
    up_m          height above the carriageway: that of the kerb for a pavement
    left, right   names of the neighbours as the lane's traffic sees them
    stop_m        station of the lane's stop line
    share         how much of the lane's own lines there is: 0 where it has narrowed to nothing
    bay_m         length of the bays marked on it; 0: none
    """

    name: str
    kind: LaneKind
    direction: int
    reference: Path
    inner: Cubics
    outer: Cubics
    up_m: float = 0.0
    left: str | None = None
    right: str | None = None
    stop_m: float | None = None
    share: Cubics = ALL
    bay_m: float = 0.0

    @cached_property
    def middle(self) -> Cubics:
        """The lane's centre, to the left of the reference line [m]."""
        return (self.inner + self.outer) * 0.5

    @cached_property
    def width_m(self) -> float:
        """Width halfway along; where a lane opens or closes, that of its widest place."""
        if self.share is ALL:
            return float(self.width_at(self.reference.length_m / 2))
        return float(self.width_at(self._samples_m).max())

    @cached_property
    def _is_left(self) -> bool:
        """Whether the lane lies left of the reference line."""
        s = self._samples_m
        return bool(np.sum(self.outer(s) - self.inner(s)) >= 0.0)

    @property
    def _samples_m(self) -> F64:
        return np.linspace(0.0, self.reference.length_m, 101)

    @property
    def left_border(self) -> Cubics:
        """The border that is further left as one looks along the reference line."""
        return self.outer if self._is_left else self.inner

    @property
    def right_border(self) -> Cubics:
        """The border that is further right as one looks along the reference line."""
        return self.inner if self._is_left else self.outer

    def width_at(self, s_m: F64 | float) -> F64:
        """Width at a station of the reference line."""
        return np.abs(self.outer(s_m) - self.inner(s_m))

    @cached_property
    def centre(self) -> Path:
        """The lane's centre along travel; its stations are its own arc length, from where it begins."""
        centre = self.reference.offset(self.middle, self.up_m)
        return centre if self.direction > 0 else centre.reversed()

    def pose(self, s_m: float, offset_m: float = 0.0) -> Pose:
        """The ground point at a station of the reference line, heading along travel."""
        return Pose(*self.poses(np.array([s_m]), np.array([offset_m]))[0].tolist())

    def poses(self, s_m: F64, offset_m: F64 | float = 0.0) -> F64:
        """(N, 4) x, y, z, heading for (N,) stations and offsets."""
        s = np.asarray(s_m, np.float64)
        at = self.reference.poses(s)
        left = self.middle(s) + self.direction * np.asarray(offset_m, np.float64)
        along = 1.0 - self.reference.curvatures(s) * left
        heading = at[:, 3] + np.arctan2(self.middle.slope(s), along)
        return np.column_stack(
            [
                at[:, 0] - left * np.sin(at[:, 3]),
                at[:, 1] + left * np.cos(at[:, 3]),
                at[:, 2] + left * self.reference.banks(s) + self.up_m,
                heading + (np.pi if self.direction < 0 else 0.0),
            ]
        )

    def locate(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Station and offset of a point: the inverse of `pose`."""
        s, left = self.reference.project(x_m, y_m)
        return s, self.direction * (left - float(self.middle(s)))

    @cached_property
    def outline(self) -> shapely.Polygon:
        """The lane on the plan."""
        length = self.reference.length_m
        plain = self.inner.is_constant and self.outer.is_constant and self.reference.is_straight
        s = np.linspace(0.0, length, 2 if plain else int(np.ceil(length)) + 1)
        inner, outer = beside(self.reference, s, self.inner(s)), beside(self.reference, s, self.outer(s))
        return shapely.Polygon(np.concatenate([inner[:, :2], outer[::-1, :2]])).buffer(0)


@dataclass(frozen=True, eq=False)
class Road:
    """A reference line and its lanes from left to right.

    ends_before, ends_after  whether it ends in the open at its begin and its end, or meets a junction
    kerb                     whether a kerb faces the reference line, as round a junction's corner
    island                   whether that kerb closes on itself, round the middle of a roundabout
    drawn                    whether it has a surface of its own; ways across a junction have none
    painted                  border by border from right to left what is painted, and how much of its
                             width there is along the road; None: what the plan's marks say
    """

    name: str
    reference: Path
    lanes: tuple[Lane, ...]
    ends_before: bool = True
    ends_after: bool = True
    kerb: bool = False
    island: bool = False
    drawn: bool = True
    painted: "tuple[tuple[Border, Cubics], ...] | None" = None

    @property
    def length_m(self) -> float:
        """Length of the reference line."""
        return self.reference.length_m


def beside(reference: Path, s_m: F64, left_m: F64, up_m: F64 | float = 0.0) -> F64:
    """(N, 3) points at stations of a path, `left_m` across it and `up_m` above it."""
    at = reference.poses(s_m)
    return np.column_stack(
        [
            at[:, 0] - left_m * np.sin(at[:, 3]),
            at[:, 1] + left_m * np.cos(at[:, 3]),
            at[:, 2] + left_m * reference.banks(s_m) + up_m,
        ]
    )


def heights_up(kinds: Iterable[LaneKind]) -> list[float]:
    """How far each lane of a side stands above the carriageway, from the reference line outwards.

    Pavements and medians stand a kerb higher; so does what lies beyond a pavement, and a verge that
    separates the carriageway from one.
    """
    listed = list(kinds)
    raised = [kind in ("sidewalk", "median") for kind in listed]
    first = listed.index("sidewalk") if "sidewalk" in listed else len(listed)
    for i, kind in enumerate(listed):
        if i > first or (kind == "verge" and i + 1 == first):
            raised[i] = True
    return [KERB_M if up else 0.0 for up in raised]


def side(
    plans: tuple[LanePlan, ...], reference: Path, sign: int, towards: int, names: list[str]
) -> list[Lane]:
    """The lanes of one side, from the reference line outwards, not yet knowing their neighbours.

    sign     +1 for the left side, -1 for the right
    towards  +1 where this side's traffic runs along the reference line
    """
    lanes, inner = [], Cubics.constant(0.0)
    for plan, name, up in zip(plans, names, heights_up(p.kind for p in plans), strict=True):
        width, share = _width(plan)
        outer = inner + width * sign
        direction = -towards if plan.against else towards
        lanes.append(
            Lane(name, plan.kind, direction, reference, inner, outer, up, share=share, bay_m=plan.bay_m)
        )
        inner = outer
    return lanes


def _width(plan: LanePlan) -> tuple[Cubics, Cubics]:
    """A lane's width over the station, and how much of its lines there is."""
    width, share = Cubics.constant(plan.width_m), ALL
    for taper, (from_value, to_value) in ((plan.opens_m, (0.0, 1.0)), (plan.closes_m, (1.0, 0.0))):
        if taper is None:
            continue
        s0, s1 = taper
        change = Cubics.smooth(s0, s1, from_value - 1.0, to_value - 1.0)
        width = width + change * plan.width_m
        # Lines come and go within a metre where the lane is a tenth of its width.
        at = s0 + (0.2 if from_value == 0.0 else 0.8) * (s1 - s0)
        lines = Cubics.lines([at - 0.5, at + 0.5], [from_value - 1.0, to_value - 1.0])
        share = (Cubics.constant(1.0) if share is ALL else share) + lines
    return width, share


def side_names(plans: tuple[LanePlan, ...], letter: str) -> list[str]:
    """`R1`, `R2` for driving lanes, `R.parking`, a second one `R.parking2`."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for plan in plans:
        count = seen[plan.kind] = seen.get(plan.kind, 0) + 1
        if plan.kind == "drive":
            names.append(f"{letter}{count}")
        else:
            names.append(f"{letter}.{plan.kind}{count if count > 1 else ''}")
    return names


def with_neighbours(lanes: list[Lane]) -> tuple[Lane, ...]:
    """Lanes listed from left to right, each told what is beside it."""
    result = []
    for i, lane in enumerate(lanes):
        before = lanes[i - 1].name if i > 0 else None
        after = lanes[i + 1].name if i + 1 < len(lanes) else None
        left, right = (before, after) if lane.direction > 0 else (after, before)
        result.append(replace(lane, left=left, right=right))
    return tuple(result)


def unknown_lane(name: str, known: Iterable[str]) -> RequestError:
    """The error for a lane that the road does not have."""
    listed = list(known)
    return RequestError(
        f"no lane {name!r} on this road{did_you_mean(name, listed)} (it has {', '.join(listed)})"
    )
