"""A recorded trajectory between its rows."""

from collections.abc import Sequence

import numpy as np

from drivesynth.arrays import F64


def recorded(rows: Sequence[tuple[float, float, float, float]], step_s: float, most: int) -> F64:
    """(n, 4) x, y, heading, speed along the heading at multiples of `step_s` from 0 on, n <= `most`.

    rows  time, x, y, heading; times rise. Before the first and after the last row all stands still.

    Through the rows run cubics whose slopes at a row are those of the parabola through it and its
    neighbours, so that speeds have no jumps; headings turn the short way.
    """
    table = np.asarray(rows, np.float64)
    time, values = table[:, 0], np.column_stack([table[:, 1:3], np.unwrap(table[:, 3])])
    count = min(int(np.ceil(time[-1] / step_s)) + 1, most) if time[-1] > 0 else 1
    asked = np.arange(max(count, 2)) * step_s
    if len(time) == 1:
        return np.column_stack([np.repeat(values, len(asked), axis=0), np.zeros(len(asked))])
    slopes = np.gradient(values, time, axis=0, edge_order=2 if len(time) > 2 else 1)
    row = np.clip(np.searchsorted(time, asked, side="right") - 1, 0, len(time) - 2)
    span = (time[row + 1] - time[row])[:, None]
    u = np.clip((asked - time[row])[:, None] / span, 0.0, 1.0)
    a, b, da, db = values[row], values[row + 1], slopes[row] * span, slopes[row + 1] * span
    rise = b - a
    c, d = 3.0 * rise - 2.0 * da - db, da + db - 2.0 * rise
    states = a + u * (da + u * (c + u * d))
    rate = (da + u * (2.0 * c + 3.0 * u * d)) / span
    within = (asked >= time[0] - 1e-9) & (asked <= time[-1] + 1e-9)
    heading = states[:, 2]
    speed = np.where(within, rate[:, 0] * np.cos(heading) + rate[:, 1] * np.sin(heading), 0.0)
    if asked[-1] >= time[-1] - 1e-9:
        speed[-1] = 0.0
    return np.column_stack([states, speed])
