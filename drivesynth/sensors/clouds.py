"""Spray behind vehicles and steam of exhausts before a camera: the clouds that the LiDAR's pulses meet.

Each is a ball whose extinction counts as much as pulses that come by meet it; along a pixel's ray it takes
light by Beer and Lambert, and sends as much of the light around, and of lamps, to the eye.
"""

import numpy as np
from drivesynth_kernels.veils import draw_balls

from drivesynth.arrays import F32, F64
from drivesynth.geometry.transforms import inverse
from drivesynth.sensors.lamps import NONE, Lamps
from drivesynth.sensors.lens import Lens
from drivesynth.sensors.light import Light
from drivesynth.sensors.lit_air import lit, phase_of_cloud
from drivesynth.sensors.secondary import colours
from drivesynth.sensors.weather import Balls

_NEAR_M = 0.3


def draw_clouds(
    picture: F32,
    range_m: F32,
    directions: F32,
    balls: Balls,
    light: Light,
    lens: Lens,
    world_from_camera: F64,
    lamps: Lamps = NONE,
) -> None:
    """Lay clouds (world frame) over the picture (H, W, 3); range_m (H, W) along unit directions (H, W, 3)."""
    if not len(balls.radius_m):
        return
    height, width = picture.shape[:2]
    camera_from_world = inverse(world_from_camera)
    own = balls.centre_m @ camera_from_world[:3, :3].T + camera_from_world[:3, 3]
    away = np.linalg.norm(own, axis=1)
    inside = away < balls.radius_m + _NEAR_M
    pixels = lens.project(own)
    # Off the axis a pinhole draws a ball longer than in the middle.
    wide = 1.2 * lens.fx_px * balls.radius_m / np.maximum(away - balls.radius_m, _NEAR_M)
    wide *= (
        np.where(own[:, 2] > 0.1, away / np.maximum(own[:, 2], 0.1), 1.0) ** 2 if lens.is_straight else 1.0
    )
    there = np.isfinite(pixels).all(axis=1) & (pixels[:, 0] > -wide) & (pixels[:, 1] > -wide)
    there &= (pixels[:, 0] < width + wide) & (pixels[:, 1] < height + wide)
    chosen = np.flatnonzero(there | inside)
    chosen = chosen[np.argsort(-away[chosen], kind="stable")]
    boxes = np.tile(np.array([0, width - 1, 0, height - 1]), (len(chosen), 1))
    for row, one in enumerate(chosen.tolist()):
        if not inside[one]:
            (x, y), w = pixels[one], wide[one]
            boxes[row, :2] = np.clip([np.floor(x - w), np.ceil(x + w)], 0, width - 1)
            boxes[row, 2:] = np.clip([np.floor(y - w), np.ceil(y + w)], 0, height - 1)
    known = colours(light)
    # Lit from above and, forward-scattering, by the sun behind it.
    shine = 0.6 * known["sky"] + 0.25 * known["ground"] + 0.08 * known["sun"] / np.pi
    dense = (balls.extinction_per_m * balls.hit)[chosen]
    eye_m = world_from_camera[:3, 3].copy()
    rgb = np.tile(shine, (len(chosen), 1))
    if lamps.shine:
        rgb += lit(lamps, balls.centre_m[chosen], eye_m, light.air.extinction, phase_of_cloud)
    draw_balls(
        boxes.astype(np.int64), balls.centre_m[chosen], balls.radius_m[chosen], dense, rgb, eye_m,
        directions, range_m, picture,
    )  # fmt: skip
