"""Criticality of pairs of actors, over time: the definitions, vectorised.

Names and formulas as in CommonRoad-CriMe (Lin and Althoff, "CommonRoad-CriMe: A Toolbox for Criticality
Measures of Autonomous Vehicles", 2023) and Westhofen et al., "Criticality Metrics for Automated Driving",
2022. Bodies are oriented boxes on the ground. `inf` where a danger does not exist, never a sentinel.
Rows are instants; `a` and `b` are rows of the series' actors.
"""

from collections.abc import Callable, Iterator
from functools import reduce, wraps
from typing import Any, TypeVar, cast

import numpy as np
import shapely

from drivesynth.arrays import F64, I64, Bool
from drivesynth.world.series import Series

# Between two instants of a swept way; the true one leaves their hull by at most 5 m x 0.01 rad / 8 = 6 mm.
_STRIDE_M, _TURN_RAD = 5.0, 0.01

Metric = TypeVar("Metric", bound=Callable[..., Any])


def of_parts(worst: Callable[[Any, Any], Any]) -> Callable[[Metric], Metric]:
    """A metric of two boxes made one of bodies that may bend: the worst of what their parts say."""

    def bending(metric: Metric) -> Metric:
        @wraps(metric)
        def of_bodies(series: Series, a: int, b: int, *args: Any, **more: Any) -> Any:
            views = (view for whole in series.parts(a) for view in whole.parts(b))
            return reduce(worst, (metric(view, a, b, *args, **more) for view in views))

        return cast(Metric, of_bodies)

    return bending


def axes_of(series: Series, a: int) -> tuple[F64, F64]:
    """(N, 2) unit vectors ahead and to the left of an actor."""
    ahead, left = series.axes
    return ahead[:, a], left[:, a]


def reach_m(series: Series, a: int, axis: F64) -> F64:
    """(N,) how far a box reaches from its centre along (N, 2) unit vectors."""
    ahead, left = axes_of(series, a)
    length, width = series.half_m[a]
    return np.asarray(np.abs(_dot(ahead, axis)) * length + np.abs(_dot(left, axis)) * width)


def corners_m(series: Series, a: int, rows: I64 | slice = slice(None)) -> F64:
    """(N, 4, 2) corners of a box at some instants, counter-clockwise from front left."""
    ahead, left = (axis[rows] * half for axis, half in zip(axes_of(series, a), series.half_m[a], strict=True))
    front, back = series.xy_m[rows, a] + ahead, series.xy_m[rows, a] - ahead
    return np.stack([front + left, back + left, back - left, front - left], axis=1)


@of_parts(np.minimum)
def distance_m(series: Series, a: int, b: int) -> F64:
    """(N,) shortest distance between two boxes, 0 where they touch or overlap."""
    # Apart, the shortest way between two rectangles starts at a corner of one of them.
    near = np.minimum(_corners_to_box(series, a, b), _corners_to_box(series, b, a))
    near = np.where(overlap(series, a, b), 0.0, near)
    return np.where(_both(series, a, b), near, np.inf)


@of_parts(np.logical_or)
def overlap(series: Series, a: int, b: int) -> Bool:
    """(N,) whether two boxes share ground: no axis separates them."""
    shared = _both(series, a, b)
    for _, along, reach in _axes(series, a, b):
        shared = shared & (np.abs(along) <= reach)
    return shared


@of_parts(np.minimum)
def gap_m(series: Series, a: int, b: int) -> F64:
    """(N,) bumper to bumper along a's heading, whoever is ahead; 0 side by side."""
    ahead, _ = axes_of(series, a)
    along = _dot(series.xy_m[:, b] - series.xy_m[:, a], ahead)
    room = np.abs(along) - series.half_m[a, 0] - reach_m(series, b, ahead)
    return np.where(_both(series, a, b), np.maximum(room, 0.0), np.inf)


def ttc_1d_s(gap: F64, closing_mps: F64) -> F64:
    """Time to collision of a follower: gap over closing speed, inf where it does not close."""
    return _ratio(gap, closing_mps, closing_mps > 0)


def mttc_s(gap: F64, closing_mps: F64, closing_mps2: F64) -> F64:
    """Modified TTC: smallest t > 0 with a t^2 / 2 + v t = gap, for closing speed v and acceleration a."""
    v, a = np.asarray(closing_mps, np.float64), np.asarray(closing_mps2, np.float64)
    root2 = v * v + 2.0 * a * gap
    real = root2 >= 0
    root = np.sqrt(np.where(real, root2, 0.0))
    # 2 gap / (v + root) is the smaller positive root, and is stable where a vanishes.
    return _ratio(2.0 * np.asarray(gap, np.float64), v + root, real & (v + root > 1e-12))


@of_parts(np.minimum)
def ttc_s(series: Series, a: int, b: int) -> F64:
    """(N,) first time at which the boxes, both keeping their velocity and yaw, would touch."""
    enter: Any = -np.inf
    leave: Any = np.inf
    relative = series.velocity_mps[:, b] - series.velocity_mps[:, a]
    for axis, along, reach in _axes(series, a, b):
        speed = _dot(axis, relative)
        moving = np.abs(speed) > 1e-9
        safe = np.where(moving, speed, 1.0)
        t0, t1 = (-reach - along) / safe, (reach - along) / safe
        # An axis without motion separates always or never.
        still = np.where(np.abs(along) <= reach, -np.inf, np.inf)
        enter = np.maximum(enter, np.where(moving, np.minimum(t0, t1), still))
        leave = np.minimum(leave, np.where(moving, np.maximum(t0, t1), -still))
    meets = (enter <= leave) & (leave >= 0) & _both(series, a, b)
    return np.where(meets, np.maximum(enter, 0.0), np.inf)


@of_parts(np.minimum)
def headway_s(series: Series, a: int, b: int) -> F64:
    """(N,) time gap: the gap to what lies ahead on a's way, over a's speed; inf where b is not ahead."""
    ahead, left = axes_of(series, a)
    offset = series.xy_m[:, b] - series.xy_m[:, a]
    in_the_way = np.abs(_dot(offset, left)) < series.half_m[a, 1] + reach_m(series, b, left)
    is_ahead = _dot(offset, ahead) > 0
    v = series.speed_mps[:, a]
    return _ratio(gap_m(series, a, b), v, in_the_way & is_ahead & (v > 1e-6))


@of_parts(np.maximum)
def drac_mps2(series: Series, a: int, b: int) -> F64:
    """(N,) braking that just avoids the crash: closing speed squared over twice the gap, on a's way; or 0."""
    ahead, _ = axes_of(series, a)
    relative = series.velocity_mps[:, a] - series.velocity_mps[:, b]
    closing = np.maximum(_dot(relative, ahead), 0.0)
    on_course = np.isfinite(ttc_s(series, a, b)) & (closing > 0)
    gap = gap_m(series, a, b)
    return np.where(on_course, _ratio(closing**2, 2.0 * gap, gap > 0), 0.0)


@of_parts(min)
def pet_s(series: Series, a: int, b: int, step: int = 2) -> float:
    """Post-encroachment time: from the first one leaving the ground both pass to the second entering it.

    0 where they are on it together; inf where their ways do not cross. Instants are taken every `step`
    rows and ways are swept between them.
    """
    rows = np.flatnonzero(_both(series, a, b)[::step]) * step
    if len(rows) < 2:
        return float("inf")
    # Most actors' ways lie apart by their bounds already, and uniting a whole way is dear: only what lies
    # in the rectangle that both may share counts.
    bounds = [_bounds(series, i, rows) for i in (a, b)]
    low = np.maximum(*(lows.min(axis=0) for lows, _ in bounds))
    high = np.minimum(*(highs.max(axis=0) for _, highs in bounds))
    near = [_span(((highs >= low) & (lows <= high)).all(axis=1)) for lows, highs in bounds]
    if (low > high).any() or any(part.stop - part.start < 2 for part in near):
        return float("inf")
    parts = [corners_m(series, i, rows[part]) for i, part in zip((a, b), near, strict=True)]
    shared = shapely.intersection(*(_swept(part) for part in parts))
    if shared.area < 1e-3:
        return float("inf")
    shapely.prepare(shared)
    inside = [shapely.intersects(shapely.polygons(part), shared) for part in parts]
    times = [series.time_s[rows[part]] for part in near]
    spans = [(at[on][0], at[on][-1]) for at, on in zip(times, inside, strict=True) if on.any()]
    if len(spans) < 2:
        return float("inf")
    first, second = sorted(spans)
    return float(max(second[0] - first[1], 0.0))


def min_distance_s(time_s: F64, distance: F64) -> tuple[float, float]:
    """The shortest distance, and when: the first instant of it."""
    row = int(np.argmin(distance))
    return float(distance[row]), float(time_s[row])


# --- inside ----------------------------------------------------------------------------------


def _span(true: Bool) -> slice:
    """From the first true row to the last, one more at each end so that the way into it is swept too."""
    rows = np.flatnonzero(true)
    return slice(max(rows[0] - 1, 0), min(rows[-1] + 2, len(true))) if len(rows) else slice(0, 0)


def _bounds(series: Series, a: int, rows: I64) -> tuple[F64, F64]:
    """(N, 2) least and greatest coordinates of a box."""
    ahead, left = (axis[rows] * half for axis, half in zip(axes_of(series, a), series.half_m[a], strict=True))
    centre, reach = series.xy_m[rows, a], np.abs(ahead) + np.abs(left)
    return centre - reach, centre + reach


def _swept(corners: F64) -> shapely.Geometry:
    """The ground that a box sweeps, its corners (N, 4, 2): the hull of any two instants is swept between.

    Only as many instants as the way's shape needs: straight ahead the hull is exact at any length.
    """
    ahead, steps = corners[:, 0] - corners[:, 1], np.diff(corners.mean(axis=1), axis=0)
    went = np.linalg.norm(steps, axis=1)
    course = np.where(went[:, None] > 1e-6, steps, ahead[1:])
    turned = sum(_turned(way) for way in (ahead, np.concatenate([course[:1], course])))
    marks = np.floor(np.maximum(turned / _TURN_RAD, np.cumsum(np.append(0.0, went)) / _STRIDE_M))
    chosen = np.union1d(np.flatnonzero(np.diff(marks, prepend=-1.0) > 0), [0, len(corners) - 1])
    boxes = corners[chosen]
    pairs = shapely.multipoints(np.concatenate([boxes[:-1], boxes[1:]], axis=1))
    return shapely.union_all(shapely.convex_hull(pairs))


def _turned(ways: F64) -> F64:
    """(N,) by how much directions (N, 2) have turned so far, to and fro [rad]."""
    angles = np.unwrap(np.arctan2(ways[:, 1], ways[:, 0]))
    return np.cumsum(np.abs(np.diff(angles, prepend=angles[:1])))


def _both(series: Series, a: int, b: int) -> Bool:
    return np.asarray(series.present[:, a] & series.present[:, b])


def _ratio(above: F64, below: F64, valid: Bool) -> F64:
    """Quotient where it is meant, inf elsewhere."""
    return np.where(valid, above / np.where(valid, below, 1.0), np.inf)


def _dot(u: F64, v: F64) -> F64:
    """(N,) of (N, 2) and (N, 2)."""
    return np.asarray(u[:, 0] * v[:, 0] + u[:, 1] * v[:, 1])


def _axes(series: Series, a: int, b: int) -> Iterator[tuple[F64, F64, F64]]:
    """The four axes of both boxes (N, 2), with b's centre from a's along each and the sum of half extents."""
    (ahead_a, left_a), (ahead_b, left_b) = axes_of(series, a), axes_of(series, b)
    cos, sin = np.abs(_dot(ahead_a, ahead_b)), np.abs(_dot(left_a, ahead_b))
    offset = series.xy_m[:, b] - series.xy_m[:, a]
    (length_a, width_a), (length_b, width_b) = series.half_m[a], series.half_m[b]
    yield ahead_a, _dot(ahead_a, offset), length_a + length_b * cos + width_b * sin
    yield left_a, _dot(left_a, offset), width_a + length_b * sin + width_b * cos
    yield ahead_b, _dot(ahead_b, offset), length_b + length_a * cos + width_a * sin
    yield left_b, _dot(left_b, offset), width_b + length_a * sin + width_a * cos


def _corners_to_box(series: Series, a: int, b: int) -> F64:
    """(N,) shortest distance from a's corners to b's box."""
    ahead, left = axes_of(series, b)
    east, north = np.moveaxis(corners_m(series, a) - series.xy_m[:, b, None], 2, 0)
    x = np.abs(east * ahead[:, :1] + north * ahead[:, 1:]) - series.half_m[b, 0]
    y = np.abs(east * left[:, :1] + north * left[:, 1:]) - series.half_m[b, 1]
    x, y = np.maximum(x, 0.0), np.maximum(y, 0.0)
    return np.asarray(np.sqrt((x * x + y * y).min(axis=1)))
