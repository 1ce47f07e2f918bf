"""Where a camera's rays start, go and when: all at one instant, or each row at its own.

A rolling shutter exposes row after row while the car drives on and the world moves, as a LiDAR's columns are
fired one after the other: rays of a row start where the camera was then and meet the world of then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from drivesynth.arrays import F32, F64
from drivesynth.geometry.transforms import inverse
from drivesynth.sensors.cast import Caster, Hits
from drivesynth.sensors.lens import Lens, pixel_rays

_ROUNDS = 4  # of asking which row a moving point shows in: each leaves a thousandth of the error


class Projects(Protocol):
    """What a camera's lens and chip are: pixel centres stand at whole numbers."""

    @property
    def width_px(self) -> int:
        """Columns."""

    @property
    def height_px(self) -> int:
        """Rows."""

    @property
    def lens(self) -> Lens:
        """How it projects."""


@dataclass(frozen=True)
class Rays:
    """The rays of a picture's H rows and W columns.

    origins_m, times_s  (H, 3), (H,) of each row
    directions          (H, W, 3) unit, world; zero where the lens shows nothing
    limits_m            (H, W) inf, 0 where there is no ray
    straight, rolling   whether they form a lattice; whether rows differ in origin and time
    """

    origins_m: F64
    directions: F32
    times_s: F64
    limits_m: F32
    straight: bool
    rolling: bool

    def cast(self, caster: Caster, part: tuple[slice, slice] = (slice(None), slice(None))) -> Hits:
        """What they meet, or those of some rows and columns; a ray that does not exist misses."""
        directions, limits = self.directions[part], self.limits_m[part]
        origins, times = self.origins_m[part[0]], self.times_s[part[0]]
        if not self.rolling and self.straight:
            return caster.image(origins[0].copy(), directions, float(times[0]))
        if not self.rolling:
            return caster.mirrored(origins[0].copy(), directions, limits, float(times[0]))
        return caster.bundles(
            np.broadcast_to(origins[:, None], directions.shape),
            directions,
            np.broadcast_to(times[:, None], limits.shape),
            limits,
        )


@dataclass(frozen=True)
class Viewpoint:
    """A camera around one exposure.

    poses        (N,) rollout times -> (N, 4, 4) world_from_camera
    time_s       when its middle row is exposed
    row_delay_s  by how much a row is later than the one above it
    """

    camera: Projects
    poses: Callable[[F64], F64]
    time_s: float
    row_delay_s: float = 0.0

    @property
    def world_from_camera(self) -> F64:
        """(4, 4) of the middle row."""
        return np.asarray(self.poses(np.array([self.time_s]))[0])

    def times_s(self, y_px: F64) -> F64:
        """When the rows are exposed."""
        return np.asarray(self.time_s + (y_px - 0.5 * (self.camera.height_px - 1)) * self.row_delay_s)

    def rays(self) -> "Rays":
        """The rays through all pixel centres."""
        own = pixel_rays(self.camera.lens, self.camera.width_px, self.camera.height_px)
        times = self.times_s(np.arange(len(own), dtype=np.float64))
        if self.row_delay_s == 0.0:
            pose = self.world_from_camera
            directions = np.asarray(own @ pose[:3, :3].T, np.float32)
            origins = np.broadcast_to(pose[:3, 3], (len(own), 3))
        else:
            poses = self.poses(times)
            directions = np.asarray(own @ np.swapaxes(poses[:, :3, :3], 1, 2), np.float32)
            origins = poses[:, :3, 3]
        limits = np.where(own.any(axis=-1), np.float32(np.inf), np.float32(0))
        return Rays(origins, directions, times, limits, self.camera.lens.is_straight, self.row_delay_s > 0.0)

    def project(self, carried: Callable[[F64], F64]) -> F64:
        """(N, 3) image points x, y and depth [m] along the axis of points that may move.

        carried  (N,) or (1,) times -> (N, 3) where the points are then, world
        inf where the lens does not see them; each is found in the row that is exposed when it shows there.
        """
        height = self.camera.height_px
        if self.row_delay_s == 0.0:
            camera_from_world = inverse(self.world_from_camera)
            own = carried(np.array([self.time_s])) @ camera_from_world[:3, :3].T + camera_from_world[:3, 3]
            return np.column_stack([self.camera.lens.project(own), own[:, 2]])
        times = np.array([self.time_s])
        for _ in range(_ROUNDS):
            points, camera_from_world = carried(times), inverse(self.poses(times))
            own = (camera_from_world[:, :3, :3] @ points[..., None])[..., 0] + camera_from_world[:, :3, 3]
            pixels = self.camera.lens.project(own)
            rows = np.where(np.isfinite(pixels[:, 1]), pixels[:, 1], 0.5 * (height - 1))
            times = self.times_s(np.clip(rows, 0.0, height - 1.0))
        return np.column_stack([pixels, own[:, 2]])
