"""The rays of one pass over a picture and what they meet, told as from one place at one instant.

A pinhole's rays are a lattice and go the quick way. A bent lens has rays of its own; a pass that looks
through another point of the lens crosses the plane of focus where the middle does. A rolling shutter's rows
start each at their own time: what they meet is then carried by its instance to the middle row's instant, so
that light is found there and then for the whole picture.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from drivesynth_kernels.screen import aim

from drivesynth.arrays import F32, F64, I32, Bool
from drivesynth.geometry.transforms import inverse
from drivesynth.sensors.cast import Caster, Hits, Surface
from drivesynth.sensors.exposure import Pass, Taking
from drivesynth.sensors.lens import Lens, pixel_rays
from drivesynth.sensors.motion import instances_at
from drivesynth.sensors.shading import in_rows
from drivesynth.sensors.viewpoint import Projects, Viewpoint
from drivesynth.world.stage import Stage

EDGE_TILE = (4, 4)  # samples by pixels: at edges, small tiles meet fewer triangles


@dataclass(frozen=True)
class Met:
    """What a pass's rays met.

    origin_m, time_s   (3,) where and when the picture counts as seen from
    pose               (4, 4) world_from_camera then
    directions         (H, W, 3) unit, world; zero where the lens shows nothing
    hits               along these directions from the origin
    depth_m            (H, W) as `CameraFrame` has it
    """

    origin_m: F64
    time_s: float
    pose: F64
    directions: F32
    hits: Hits
    depth_m: F32


class Aiming:
    """Aims the passes of one picture.

    poses   (N,) rollout times -> (N, 4, 4) world_from_camera
    time_s  of the middle row, in the middle of its exposure
    """

    def __init__(
        self, caster: Caster, stage: Stage, camera: Projects, poses: Callable[[F64], F64], time_s: float,
        taking: Taking, threads: int,
    ) -> None:  # fmt: skip
        self._caster, self._stage, self._camera, self._poses = caster, stage, camera, poses
        self._time_s, self._taking, self._threads = time_s, taking, threads
        self._rolling = taking.row_delay_s > 0.0

    @property
    def lit(self) -> Bool | None:
        """(H, W) pixels that the lens shows anything in; None where it shows something in all."""
        if self._camera.lens.is_straight:
            return None
        there = self._own().any(axis=-1)
        return None if there.all() else np.asarray(there)

    def meet(self, sample: Pass) -> Met:
        """What the rays through all pixels of one pass meet."""
        time_s = self._time_s + sample.later_s
        pose = np.asarray(self._poses(np.array([time_s]))[0])
        if self._rolling or not self._camera.lens.is_straight or sample.opening_m != (0.0, 0.0):
            return self._met_by_own_rays(sample, time_s, pose)
        x, y = _pixel_grid(self._camera.width_px, self._camera.height_px)
        origin = np.ascontiguousarray(pose[:3, 3])
        directions = pixel_directions(self._camera, pose, x, y, sample.shift_px, self._threads)
        hits = self._caster.image(origin, directions, time_s)
        ahead = pose[:3, 2].astype(np.float32)
        return Met(origin, time_s, pose, directions, hits, hits.range_m * (directions @ ahead))

    def meet_points(self, x_px: F32, y_px: F32) -> tuple[Hits, Surface]:
        """What rays through image points meet, each at its row's time."""
        camera, caster = self._camera, self._caster
        pose = np.asarray(self._poses(np.array([self._time_s]))[0])
        if camera.lens.is_straight and not self._rolling:
            directions = pixel_directions(camera, pose, x_px, y_px, threads=self._threads)
            origin = np.ascontiguousarray(pose[:3, 3])
            hits = caster.image(origin, directions, self._time_s, EDGE_TILE)
            return hits, caster.surface(hits)
        column, row = np.rint(x_px).astype(np.int64), np.rint(y_px).astype(np.int64)
        own, across, down = self._own(), *_slopes(camera.lens, camera.width_px, camera.height_px)
        rays = own[row, column] + (x_px - column)[..., None] * across[row, column]
        rays += (y_px - row)[..., None] * down[row, column]
        limits = np.where(own[row, column].any(axis=-1), np.float32(np.inf), np.float32(0))
        view = Viewpoint(camera, self._poses, self._time_s, self._taking.row_delay_s)
        row_times = view.times_s(np.arange(camera.height_px, dtype=np.float64))
        poses = self._poses(row_times)[row]
        directions = _unit((poses[..., :3, :3] @ rays[..., None])[..., 0])
        hits = caster.bundles(poses[..., :3, 3], directions, row_times[row], limits)
        return hits, caster.surface(hits)

    def _own(self) -> F64:
        return pixel_rays(self._camera.lens, self._camera.width_px, self._camera.height_px)

    def _met_by_own_rays(self, sample: Pass, time_s: float, pose: F64) -> Met:
        camera = self._camera
        view = Viewpoint(camera, self._poses, time_s, self._taking.row_delay_s)
        own = self._own()
        there = own.any(axis=-1)
        if sample.shift_px != (0.0, 0.0):
            across, down = _slopes(camera.lens, camera.width_px, camera.height_px)
            own = own + sample.shift_px[0] * across + sample.shift_px[1] * down
        start = np.array([*sample.opening_m, 0.0])
        if self._taking.focus is not None and start.any():
            # The point of the plane of focus that the middle of the lens sees there.
            ahead = np.maximum(own[..., 2:], 1e-3)
            own = own * (self._taking.focus.distance_m / ahead) - start
        rays = view.rays()
        turns = self._poses(rays.times_s) if self._rolling else pose[None]
        directions = _unit(own @ np.swapaxes(turns[:, :3, :3], 1, 2))
        directions[~there] = 0.0
        begin_m = turns[:, :3, 3] + turns[:, :3, :3] @ start
        straight = camera.lens.is_straight
        rays = replace(
            rays,
            origins_m=np.broadcast_to(begin_m, (len(own), 3)),
            directions=directions,
            limits_m=np.where(there, np.float32(np.inf), np.float32(0)),
            straight=straight,
        )
        hits = rays.cast(self._caster)
        origin = np.ascontiguousarray(pose[:3, 3] + pose[:3, :3] @ start)
        along = np.ones_like(own[..., 2])
        if camera.lens.model != "kannala_brandt":
            along = own[..., 2] / np.maximum(np.linalg.norm(own, axis=-1), 1e-12)
        found = np.isfinite(hits.range_m)
        depth = np.where(found, hits.range_m, np.float32(0)) * along.astype(np.float32)
        depth[~found] = np.inf
        if self._rolling:
            starts, times = rays.origins_m, rays.times_s
            directions, hits = self._at_one_instant(starts, times, directions, hits, origin, time_s)
        return Met(origin, time_s, pose, directions, hits, depth)

    def _at_one_instant(
        self, origins_m: F64, times_s: F64, directions: F32, hits: Hits, origin_m: F64, time_s: float
    ) -> tuple[F32, Hits]:
        """Directions and hits, as from one place at one instant, of what rows met at their own times."""
        found = np.isfinite(hits.range_m)
        row = np.nonzero(found)[0]
        far = hits.range_m[found].astype(np.float64)[:, None]
        points = origins_m[row] + far * directions[found]
        instance = hits.instance[found]
        moving = np.flatnonzero(self._stage.track[instance] >= 0)
        if len(moving):
            carried = self._carried(instance[moving], times_s[row[moving]], time_s)
            moved = carried[:, :3, :3] @ points[moving][..., None]
            points[moving] = moved[..., 0] + carried[:, :3, 3]
        away = points - origin_m
        ranges, ways = hits.range_m.copy(), directions.copy()
        ranges[found] = np.linalg.norm(away, axis=1)
        ways[found] = _unit(away)
        return ways, replace(hits, range_m=ranges)

    def _carried(self, instance: I32, times_s: F64, time_s: float) -> F64:
        """(N, 4, 4) where each instance takes a point of its own from a time to one instant."""
        asked, back = np.unique(np.stack([instance, times_s]), axis=1, return_inverse=True)
        rows = asked[0].astype(np.int64)
        then, now = instances_at(self._stage, rows, asked[1]), instances_at(self._stage, rows, time_s)
        return np.asarray((now @ inverse(then))[back.reshape(-1)])


def pixel_directions(
    camera: Projects,
    world_from_camera: F64,
    x_px: F64 | F32,
    y_px: F64 | F32,
    shift_px: tuple[float, float] = (0.0, 0.0),
    threads: int = 1,
) -> F32:
    """Unit directions (..., 3) in the world through image points of a pinhole: x right, y down."""
    columns, rows = (np.ascontiguousarray(a, np.float32).reshape(-1) for a in (x_px, y_px))
    directions = np.empty(3 * len(columns), np.float32)
    straight, shift = camera.lens, np.array(shift_px, np.float64)
    lens = np.array([straight.fx_px, straight.fy_px, straight.cx_px, straight.cy_px])
    rotation = world_from_camera[:3, :3].reshape(-1)

    def work(begin: int, end: int) -> None:
        aim(begin, end, columns, rows, shift, lens, rotation, directions)

    in_rows(work, len(columns), threads)
    return directions.reshape(*np.shape(x_px), 3)


def _unit(vectors: F64) -> F32:
    lengths = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return np.asarray(vectors / lengths, np.float32)


@lru_cache(maxsize=4)
def _slopes(lens: Lens, width_px: int, height_px: int) -> tuple[F64, F64]:
    """By how much the ray changes from pixel to pixel, across and down, (H, W, 3) each."""
    rays = pixel_rays(lens, width_px, height_px)
    there = rays.any(axis=-1, keepdims=True)
    slopes = []
    for axis in (1, 0):
        if rays.shape[axis] == 1:
            slopes.append(np.zeros_like(rays))
            continue
        slope = np.gradient(rays, axis=axis)
        # At the rim of what the lens shows, the neighbour beyond has no ray.
        whole = np.abs(slope).max(axis=-1, keepdims=True) < 0.2
        slopes.append(np.where(there & whole, slope, 0.0))
    return slopes[0], slopes[1]


@lru_cache(maxsize=8)
def _pixel_grid(width: int, height: int) -> tuple[F32, F32]:
    """(H, W) columns and rows of all pixels."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return x, y
