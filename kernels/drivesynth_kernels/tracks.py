"""Where a point is on a path that was sampled at even stations, and which station lies nearest.

A table of paths is `samples` (P, COLUMNS): x, y [m], heading [rad] (running on without wrapping) and
curvature [1/m]; path p owns `counts[p]` rows from `firsts[p]` on, `steps_m[p]` apart. Between samples
positions and headings are cubic Hermite curves; beyond its ends a path goes on straight.

Then follow two columns for each slot, a lane beside the path that runs the same way, from the third to
the right (slot -3) to the third to the left (3), the path's own lane being slot 0: how far to the left
of the path its centre lies [m], and the station at which it ends [m]; inf where it does not, and where
there is no such lane, a station that has been passed. The last column is the speed at which drivers take
the place, for the bends there and ahead [m/s].
"""

import math

from numpy import float64, int64
from numpy.typing import NDArray

from drivesynth_kernels.jit import step

F64 = NDArray[float64]
I64 = NDArray[int64]

SLOTS_ASIDE = 3
SLOT_COLUMNS = 2 * (2 * SLOTS_ASIDE + 1)
FASTEST = 4 + SLOT_COLUMNS
COLUMNS = FASTEST + 1


@step
def slot_at(
    samples: F64, firsts: I64, counts: I64, steps_m: F64, path: int, slot: int, s_m: float
) -> tuple[float, float, float]:
    """Of a slot at a station: its centre to the left of the path, that centre's slope, where it ends."""
    first, count, step = firsts[path], counts[path], steps_m[path]
    inside = min(max(s_m / step, 0.0), count - 1.0)
    row = min(int(inside), count - 2)
    column = 4 + 2 * (slot + SLOTS_ASIDE)
    a, b = samples[first + row, column], samples[first + row + 1, column]
    u = inside - row
    return a + u * (b - a), (b - a) / step, samples[first + row, column + 1]


@step
def fastest_at(samples: F64, firsts: I64, counts: I64, steps_m: F64, path: int, s_m: float) -> float:
    """The speed at which drivers take a station of a path; inf where no bend is near."""
    row = min(max(int(s_m / steps_m[path]), 0), counts[path] - 1)
    return float(samples[firsts[path] + row, FASTEST])


@step
def path_point(
    samples: F64, firsts: I64, counts: I64, steps_m: F64, path: int, s_m: float
) -> tuple[float, float, float, float]:
    """x, y, heading, curvature of one path at one station."""
    first, count, step = firsts[path], counts[path], steps_m[path]
    length = (count - 1) * step
    inside = min(max(s_m, 0.0), length)
    row = min(int(inside / step), count - 2)
    a, b = samples[first + row], samples[first + row + 1]
    u = inside / step - row
    # Hermite weights of the two values and of the two slopes.
    wb = u * u * (3.0 - 2.0 * u)
    wa = 1.0 - wb
    ua = u * (1.0 - u) * (1.0 - u) * step
    ub = u * u * (u - 1.0) * step
    x = wa * a[0] + wb * b[0] + ua * math.cos(a[2]) + ub * math.cos(b[2])
    y = wa * a[1] + wb * b[1] + ua * math.sin(a[2]) + ub * math.sin(b[2])
    heading = wa * a[2] + wb * b[2] + ua * a[3] + ub * b[3]
    beyond = s_m - inside
    if beyond != 0.0:
        return x + beyond * math.cos(heading), y + beyond * math.sin(heading), heading, 0.0
    return x, y, heading, a[3] + u * (b[3] - a[3])


@step
def nearest_station(
    samples: F64, firsts: I64, counts: I64, steps_m: F64, path: int, x_m: float, y_m: float, guess_m: float
) -> float:
    """The station nearest to a point, to a centimetre; `guess_m` is its last one, NaN searches the path."""
    s = guess_m
    if s != s:
        best = math.inf
        stride = 4
        for row in range(0, counts[path] + stride - 1, stride):
            at = samples[firsts[path] + min(row, counts[path] - 1)]
            distance2 = (at[0] - x_m) ** 2 + (at[1] - y_m) ** 2
            if distance2 < best:
                best, s = distance2, min(row, counts[path] - 1) * steps_m[path]
    for _ in range(4):
        x, y, heading, curvature = path_point(samples, firsts, counts, steps_m, path, s)
        cos, sin = math.cos(heading), math.sin(heading)
        along = (x_m - x) * cos + (y_m - y) * sin
        left = (y_m - y) * cos - (x_m - x) * sin
        s += along / max(1.0 - curvature * left, 0.2)
        if abs(along) < 0.5:  # then the step is right to its square times half the curvature
            break
    return s
