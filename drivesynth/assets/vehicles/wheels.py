"""Wheels: a tyre with shoulders, a rim with spokes; and how they turn, steer and roll."""

from collections.abc import Sequence

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.posing import Channels, together, turned_x, turned_y, turned_z
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, join, revolve
from drivesynth.kept import made_once

TYRE, RIM, TRIM = (MATERIAL_ID[name] for name in ("tyre", "rim", "car_trim"))
AXLE_ALONG_Y = turned_x(-np.pi / 2)  # a shape turned about z becomes one turned about y


@made_once(256)
def wheel(
    radius: float, width: float, spokes: int = 5, rim_share: float = 0.66, coarse: bool = False
) -> Mesh:
    """A wheel about the y axis whose spokes look to +y; its tread touches z = -radius.

    rim_share  rim radius over tyre radius: 0.66 for a car's 16-inch rim
    coarse     a tyre with a disc in it, for wheels far away
    """
    half, rim = width / 2, rim_share * radius
    if coarse:
        tread = [(0.0, -0.8 * half), (rim, -half), (radius, -0.75 * half), (radius, 0.75 * half), (rim, half),
                 (rim, 0.8 * half), (0.0, 0.7 * half)]  # fmt: skip
        simple = revolve(tread, 12, [TYRE, TYRE, TYRE, TYRE, RIM, RIM]).placed(AXLE_ALONG_Y)
        return simple.mesh(f"wheel/{radius:.3f}x{width:.3f}/coarse/{rim_share:.2f}")
    tyre = revolve(
        [
            (rim, -0.8 * half), (rim + 0.3 * (radius - rim), -half), (0.95 * radius, -0.97 * half),
            (radius, -0.72 * half), (radius, 0.72 * half), (0.95 * radius, 0.97 * half),
            (rim + 0.3 * (radius - rim), half), (rim, 0.8 * half),
        ],
        20,
        TYRE,
        closed=True,
    )  # fmt: skip
    barrel = revolve(
        [(0.90 * rim, 0.78 * half), (rim, 0.80 * half), (rim, -0.8 * half), (0.88 * rim, -0.8 * half)],
        16,
        RIM,
        closed=True,
    )
    brake = revolve([(0.0, 0.1 * half), (0.88 * rim, 0.1 * half), (0.88 * rim, 0.0), (0.0, 0.0)], 12, TRIM)
    hub = revolve([(0.0, 0.62 * half), (0.20 * rim, 0.60 * half), (0.24 * rim, 0.1 * half)], 10, RIM)
    parts = [tyre, barrel, brake, hub, *(_spoke(rim, half, k * 2 * np.pi / spokes) for k in range(spokes))]
    upright = join(parts).placed(AXLE_ALONG_Y)
    return upright.mesh(f"wheel/{radius:.3f}x{width:.3f}/{spokes}/{rim_share:.2f}")


def _spoke(rim: float, half: float, turn: float) -> Shape:
    reach, depth = 0.8 * rim, 0.16 * half
    bar = box((reach, 0.30 * rim, depth), RIM, (0.15 * rim + reach / 2, 0.0, 0.58 * half))
    return bar.placed(turned_z(turn))


def rolling(hubs: Sequence[tuple[float, float, float]], steered: Sequence[bool], channels: Channels) -> F64:
    """(W, ..., 4, 4) vehicle_from_wheel of wheels at these hubs [m]; right ones (y < 0) are turned about.

    Steering is the same on both sides: the few degrees between them (Ackermann) are not seen.
    """
    spin, steer = turned_y(channels.get("wheel_rad", 0.0)), turned_z(channels.get("steer_rad", 0.0))
    left, right = (spin, steer @ spin), (spin @ turned_z(np.pi), steer @ spin @ turned_z(np.pi))
    rows = zip(hubs, steered, strict=True)
    frames = together(*((left if y >= 0 else right)[turns] for (_, y, _), turns in rows))
    frames[..., :3, 3] = np.array(hubs).reshape(len(hubs), *(1,) * (frames.ndim - 3), 3)
    return frames
