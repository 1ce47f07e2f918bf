"""Light of lamps that the air scatters to the eye: cones before headlamps, halos about lanterns.

Light is scattered once, by Henyey and Greenstein's phase function, on its way through an even air; samples
along a ray stand at even angles as the lamp sees them (Kulla and Fajardo, "Importance Sampling Techniques for
Path Tracing in Participating Media", EGSR 2012), since what arrives goes with the inverse square. Nothing
that stands between lamp and air counts: shadows in the air are left out.
"""

import numpy as np
from drivesynth_kernels.lamps import (
    BEAM_COLUMNS,
    BEAM_PER_DEG,
    BEAM_ROWS,
    BEAM_SIDE_DEG,
    BEAM_UP_DEG,
    COSINE,
    L_AHEAD,
    L_KCD,
    L_KIND,
    L_LEFT,
    L_POWER,
    L_UP,
    LOW_BEAM,
    STREET,
    STREET_PER_DEG,
)

from drivesynth.arrays import F32, F64
from drivesynth.sensors.beams import low_beam_table, street_table
from drivesynth.sensors.lamps import Lamps

FORWARD = 0.8  # Henyey and Greenstein's g of fog
_GRID_PX = 12
_STEPS, _BEAM_STEPS = 10, 24  # samples of a ray; a headlamp's beam is narrow
MOST_LAMPS = 16  # lamps that count
_FARTHEST_M = 150.0
NEAREST_M = 0.15  # nearer to a lamp than this its own glow is what is seen


def add_scattered(
    lamps: Lamps, extinction: float, eye_m: F64, directions: F32, range_m: F32, picture: F32
) -> None:
    """Add to the picture (H, W, 3) what the air sends of the lamps' light; extinction [1/m] of the air."""
    import cv2

    height, width = range_m.shape
    rows = np.minimum(np.arange(-(-height // _GRID_PX)) * _GRID_PX + _GRID_PX // 2, height - 1)
    columns = np.minimum(np.arange(-(-width // _GRID_PX)) * _GRID_PX + _GRID_PX // 2, width - 1)
    pick = np.ix_(rows, columns)
    ways = directions[pick].reshape(-1, 3).astype(np.float64)
    ends = np.minimum(range_m[pick].reshape(-1).astype(np.float64), _FARTHEST_M)
    total = np.zeros((len(ways), 3))
    for lamp, rgb in zip(lamps.rows[:MOST_LAMPS], lamps.rgb[:MOST_LAMPS], strict=True):
        total += scattered(lamp, extinction, eye_m, ways, ends)[:, None] * rgb
    grid = total.reshape(len(rows), len(columns), 3).astype(np.float32)
    at_x = (np.arange(width, dtype=np.float32) - np.float32(columns[0])) / _GRID_PX
    at_y = (np.arange(height, dtype=np.float32) - np.float32(rows[0])) / _GRID_PX
    x, y = np.meshgrid(at_x, at_y)
    picture += cv2.remap(grid, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def scattered(
    lamp: F64,
    extinction: float,
    eye_m: F64,
    ways: F64,
    ends_m: F64,
    forward: float = FORWARD,
    steps: int = 0,
) -> F64:
    """(N,) radiance [kcd/m^2] that unit rays (N, 3) gather of a lamp's light up to their ends (N,)."""
    steps = steps or (_BEAM_STEPS if int(lamp[L_KIND]) == LOW_BEAM else _STEPS)
    toward = lamp[:3] - eye_m
    along = ways @ toward
    off = np.maximum(np.sqrt(np.maximum(toward @ toward - along**2, 0.0)), NEAREST_M)
    first, last = np.arctan2(-along, off), np.arctan2(ends_m - along, off)
    share = (np.arange(steps) + 0.5) / steps
    angle = first[:, None] + (last - first)[:, None] * share
    at = along[:, None] + off[:, None] * np.tan(angle)
    from_lamp = at[..., None] * ways[:, None] - toward
    far = np.maximum(np.linalg.norm(from_lamp, axis=-1), NEAREST_M)
    out = from_lamp / far[..., None]
    # Between the light's way and the way to the eye, which is against the ray.
    cosine = -(out * ways[:, None]).sum(axis=-1)
    phase = (1 - forward**2) / (4 * np.pi * (1 + forward**2 - 2 * forward * cosine) ** 1.5)
    light = sent_kcd(lamp, out) * phase * np.exp(-extinction * (at + far))
    return np.asarray(extinction * light.mean(axis=1) * (last - first) / off)


def sent_kcd(lamp: F64, ways: F64) -> F64:
    """(...) what a lamp sends along unit ways (..., 3), as `drivesynth_kernels.lamps` has it."""
    ahead = ways @ lamp[L_AHEAD : L_AHEAD + 3]
    kind, power, kcd = int(lamp[L_KIND]), lamp[L_POWER], lamp[L_KCD]
    if kind == COSINE:
        return np.asarray(kcd * np.maximum(ahead, 0.0) ** power if power > 0.0 else np.full(ahead.shape, kcd))
    before = np.maximum(ahead, 0.0) > 0.0
    if kind == STREET:
        table = street_table().astype(np.float64)
        at = np.degrees(np.arccos(np.clip(ahead, 0.0, 1.0))) * STREET_PER_DEG
        return np.where(before, kcd * np.interp(at, np.arange(len(table)), table), 0.0)
    left, up = ways @ lamp[L_LEFT : L_LEFT + 3], ways @ lamp[L_UP : L_UP + 3]
    x = (np.degrees(np.arctan2(-left, ahead)) + BEAM_SIDE_DEG) * BEAM_PER_DEG
    y = (np.degrees(np.arctan2(up, np.hypot(ahead, left))) + BEAM_UP_DEG) * BEAM_PER_DEG
    x, y = np.clip(x, 0.0, BEAM_COLUMNS - 1.001), np.clip(y, 0.0, BEAM_ROWS - 1.001)
    i, j = x.astype(np.int64), y.astype(np.int64)
    u, v = x - i, y - j
    table = low_beam_table().reshape(BEAM_COLUMNS, BEAM_ROWS).astype(np.float64)
    value = (1 - u) * ((1 - v) * table[i, j] + v * table[i, j + 1])
    value += u * ((1 - v) * table[i + 1, j] + v * table[i + 1, j + 1])
    return np.where(before, kcd * value, 0.0)
