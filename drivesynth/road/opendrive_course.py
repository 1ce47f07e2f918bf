"""Parametric cubics as pieces of linear curvature, so that a road's course is one kind of curve."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.geometry.paths import Bend, Path, Pose, join

_PIECE_M = 1.0
_SAMPLES = 512


def polynomial(uv: F64, p_end: float | None, length_m: float, begin: Pose) -> Path:
    """The curve u(p), v(p) for p from 0 to an end, in the frame of a pose, as a path of a given length.

    uv     (2, 4) coefficients of u and v
    p_end  None: where the curve is as long as `length_m`

    Pieces of a metre at most begin exactly on the curve, with its direction, and turn as it turns; in
    between they leave it by less than a tenth of a millimetre for any road's curvature.
    """
    p = np.linspace(0.0, length_m if p_end is None else p_end, _SAMPLES + 1)
    speed = np.hypot(*_derivatives(uv, p)[0])
    middle = np.hypot(*_derivatives(uv, (p[1:] + p[:-1]) / 2)[0])
    run = np.concatenate([[0.0], np.cumsum((speed[:-1] + 4 * middle + speed[1:]) / 6 * np.diff(p))])
    total = min(float(run[-1]), length_m) if p_end is None else float(run[-1])
    count = max(int(np.ceil(length_m / _PIECE_M)), 1)
    p = np.interp(np.linspace(0.0, total, count + 1), run, p)
    (du, dv), (ddu, ddv) = _derivatives(uv, p)
    speed = np.hypot(du, dv)
    heading = np.unwrap(np.arctan2(dv, du))
    bend = (du * ddv - dv * ddu) / speed**3
    u, v = uv @ np.stack([p**0, p, p**2, p**3])
    cos, sin = np.cos(begin.heading_rad), np.sin(begin.heading_rad)
    x, y = begin.x_m + cos * u - sin * v, begin.y_m + sin * u + cos * v
    step = length_m / count
    # The curvature's ends, moved together so that each piece turns by what the curve does.
    shift = np.diff(heading) / step - (bend[:-1] + bend[1:]) / 2
    return join(
        [
            Path.of(
                [Bend(step, float(bend[i] + shift[i]), float(bend[i + 1] + shift[i]))],
                Pose(float(x[i]), float(y[i]), 0.0, begin.heading_rad + float(heading[i])),
            )
            for i in range(count)
        ]
    )


def _derivatives(uv: F64, p: F64) -> tuple[F64, F64]:
    """First and second derivatives, (2, N) each."""
    one, zero = np.ones_like(p), np.zeros_like(p)
    return uv @ np.stack([zero, one, 2 * p, 3 * p**2]), uv @ np.stack([zero, zero, 2 * one, 6 * p])
