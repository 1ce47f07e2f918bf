"""Criticality of pairs of actors, over time: the definitions, vectorised.

Names and formulas as in CommonRoad-CriMe (Lin and Althoff, "CommonRoad-CriMe: A Toolbox for Criticality
Measures of Autonomous Vehicles", 2023) and Westhofen et al., "Criticality Metrics for Automated Driving",
2022. Bodies are oriented boxes on the ground. `inf` where a danger does not exist, never a sentinel.
Rows are instants; `a` and `b` are rows of the series' actors.
"""

from collections.abc import Callable
from functools import reduce, wraps
from typing import Any, TypeVar, cast

import numpy as np
import shapely

from drivesynth.arrays import F64, Bool
from drivesynth.world.series import Series

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
    cos, sin = np.cos(series.yaw_rad[:, a]), np.sin(series.yaw_rad[:, a])
    return np.stack([cos, sin], axis=-1), np.stack([-sin, cos], axis=-1)


def reach_m(series: Series, a: int, axis: F64) -> F64:
    """(N,) how far a box reaches from its centre along (N, 2) unit vectors."""
    ahead, left = axes_of(series, a)
    length, width = series.half_m[a]
    along = np.abs(np.einsum("ni,ni->n", ahead, axis)) * length
    return np.asarray(along + np.abs(np.einsum("ni,ni->n", left, axis)) * width)


def corners_m(series: Series, a: int) -> F64:
    """(N, 4, 2) corners of a box, counter-clockwise from front left."""
    length, width = series.half_m[a]
    ahead, left = axes_of(series, a)
    signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], np.float64)
    return np.asarray(
        series.xy_m[:, a, None]
        + signs[None, :, :1] * length * ahead[:, None]
        + signs[None, :, 1:] * width * left[:, None]
    )


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
    gaps = _axis_gaps(series, a, b)[0]
    return np.asarray((gaps <= 0).all(axis=1) & _both(series, a, b))


@of_parts(np.minimum)
def gap_m(series: Series, a: int, b: int) -> F64:
    """(N,) bumper to bumper along a's heading, whoever is ahead; 0 side by side."""
    ahead, _ = axes_of(series, a)
    along = np.einsum("ni,ni->n", series.xy_m[:, b] - series.xy_m[:, a], ahead)
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
    gaps, axes = _axis_gaps(series, a, b)
    relative = series.velocity_mps[:, b] - series.velocity_mps[:, a]
    offset = series.xy_m[:, b] - series.xy_m[:, a]
    along = np.einsum("nki,ni->nk", axes, offset)
    speed = np.einsum("nki,ni->nk", axes, relative)
    reach = np.abs(along) - gaps  # sum of both half extents on each axis
    moving = np.abs(speed) > 1e-9
    safe = np.where(moving, speed, 1.0)
    t0, t1 = (-reach - along) / safe, (reach - along) / safe
    still = np.where(gaps <= 0, -np.inf, np.inf)  # an axis without motion separates always or never
    enter = np.where(moving, np.minimum(t0, t1), still).max(axis=1)
    leave = np.where(moving, np.maximum(t0, t1), -still).min(axis=1)
    meets = (enter <= leave) & (leave >= 0) & _both(series, a, b)
    return np.where(meets, np.maximum(enter, 0.0), np.inf)


@of_parts(np.minimum)
def headway_s(series: Series, a: int, b: int) -> F64:
    """(N,) time gap: the gap to what lies ahead on a's way, over a's speed; inf where b is not ahead."""
    ahead, left = axes_of(series, a)
    offset = series.xy_m[:, b] - series.xy_m[:, a]
    in_the_way = np.abs(np.einsum("ni,ni->n", offset, left)) < series.half_m[a, 1] + reach_m(series, b, left)
    is_ahead = np.einsum("ni,ni->n", offset, ahead) > 0
    v = series.speed_mps[:, a]
    return _ratio(gap_m(series, a, b), v, in_the_way & is_ahead & (v > 1e-6))


@of_parts(np.maximum)
def drac_mps2(series: Series, a: int, b: int) -> F64:
    """(N,) braking that just avoids the crash: closing speed squared over twice the gap, on a's way; or 0."""
    ahead, _ = axes_of(series, a)
    relative = series.velocity_mps[:, a] - series.velocity_mps[:, b]
    closing = np.maximum(np.einsum("ni,ni->n", relative, ahead), 0.0)
    on_course = np.isfinite(ttc_s(series, a, b)) & (closing > 0)
    gap = gap_m(series, a, b)
    return np.where(on_course, _ratio(closing**2, 2.0 * gap, gap > 0), 0.0)


@of_parts(min)
def pet_s(series: Series, a: int, b: int, step: int = 2) -> float:
    """Post-encroachment time: from the first one leaving the ground both pass to the second entering it.

    0 where they are on it together; inf where their ways do not cross. Instants are taken every `step`
    rows and ways are swept between them.
    """
    rows = slice(None, None, step)
    both = _both(series, a, b)[rows]
    time = series.time_s[rows][both]
    swept = [corners_m(series, i)[rows][both] for i in (a, b)]
    if len(time) < 2:
        return float("inf")
    # Most actors' ways lie apart by their bounds already, and uniting a whole way is dear: only what lies
    # in the rectangle that both may share counts.
    lows, highs = ([f(way, axis=(0, 1)) for way in swept] for f in (np.min, np.max))
    low, high = np.maximum(*lows), np.minimum(*highs)
    near = [_span(((way.max(axis=1) >= low) & (way.min(axis=1) <= high)).all(axis=1)) for way in swept]
    if (low > high).any() or any(part.stop - part.start < 2 for part in near):
        return float("inf")
    boxes = [shapely.polygons(way[part]) for way, part in zip(swept, near, strict=True)]
    ways = [shapely.union_all(shapely.convex_hull(shapely.union(box[:-1], box[1:]))) for box in boxes]
    shared = shapely.intersection(*ways)
    if shared.area < 1e-3:
        return float("inf")
    shapely.prepare(shared)
    inside = [shapely.intersects(box, shared) for box in boxes]
    times = [time[part] for part in near]
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


def _both(series: Series, a: int, b: int) -> Bool:
    return np.asarray(series.present[:, a] & series.present[:, b])


def _ratio(above: F64, below: F64, valid: Bool) -> F64:
    """Quotient where it is meant, inf elsewhere."""
    return np.where(valid, above / np.where(valid, below, 1.0), np.inf)


def _axis_gaps(series: Series, a: int, b: int) -> tuple[F64, F64]:
    """(N, 4) signed gaps on the four axes of both boxes, and (N, 4, 2) the axes."""
    axes = np.stack([*axes_of(series, a), *axes_of(series, b)], axis=1)
    offset = series.xy_m[:, b] - series.xy_m[:, a]
    along = np.abs(np.einsum("nki,ni->nk", axes, offset))
    reach = np.stack(
        [reach_m(series, a, axes[:, k]) + reach_m(series, b, axes[:, k]) for k in range(4)], axis=1
    )
    return along - reach, axes


def _corners_to_box(series: Series, a: int, b: int) -> F64:
    """(N,) shortest distance from a's corners to b's box."""
    ahead, left = axes_of(series, b)
    offset = corners_m(series, a) - series.xy_m[:, b, None]
    x = np.abs(np.einsum("nki,ni->nk", offset, ahead)) - series.half_m[b, 0]
    y = np.abs(np.einsum("nki,ni->nk", offset, left)) - series.half_m[b, 1]
    return np.asarray(np.hypot(np.maximum(x, 0.0), np.maximum(y, 0.0)).min(axis=1))
