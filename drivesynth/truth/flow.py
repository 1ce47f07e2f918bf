"""Where the surface that a pixel shows has moved one frame later: optical flow and stereo's disparities.

Each pixel's point is taken from where its ray meets the world, carried along by its instance, wheels and
limbs included, and projected into the next picture. Scene flow as in KITTI's benchmark of 2015 is flow with
the disparities of the same points now and then.
"""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F32, F64, I32, Bool
from drivesynth.geometry.transforms import inverse
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.motion import instances_at
from drivesynth.sensors.viewpoint import Viewpoint
from drivesynth.world.build import stage as staged
from drivesynth.world.rollout import Rollout
from drivesynth.world.stage import Stage

_NEARER = 0.02  # [m] by which something must be nearer to hide a point, and a tenth of that for each metre


@dataclass(frozen=True)
class Flow:
    """Of one camera's pixels (H, W) toward the next frame; inf where the sky is, or no next frame.

    flow_px        (H, W, 2) x right, y down
    visible        whether the point is seen in the next picture: inside it, and nothing before it
    disparity_px, next_disparity_px  of the pixel's point now and in the next frame; inf without a right eye
    """

    flow_px: F32
    visible: Bool
    disparity_px: F32
    next_disparity_px: F32


def flow_of(
    rollout: Rollout,
    left: tuple[Viewpoint, Viewpoint],
    right: tuple[Viewpoint, Viewpoint] | None,
    threads: int = 1,
) -> Flow:
    """left, right  a camera and its right eye, each at this frame and the next."""
    now, then = left
    rays = now.rays()
    shape = rays.limits_m.shape
    half_s = 0.5 * now.camera.height_px * now.row_delay_s
    begin, end = now.time_s - half_s, then.time_s + half_s
    flow, visible = np.full((*shape, 2), np.inf), np.zeros(shape, np.bool_)
    here, later = np.full(shape, np.inf), np.full(shape, np.inf)
    if end <= rollout.time_s[-1] + 1e-9:
        stage = staged(rollout, begin, end)
        caster = Caster(stage, threads=threads)
        hits = rays.cast(caster)
        there = np.isfinite(hits.range_m)
        y, x = np.nonzero(there)
        far = hits.range_m[there].astype(np.float64)[:, None]
        points = rays.origins_m[y] + far * rays.directions[there].astype(np.float64)
        carried = _Carried(stage, points, hits.instance[there], rays.times_s[y])
        target = then.project(carried)
        flow[there] = target[:, :2] - np.stack([x, y], axis=-1)
        visible[there] = _seen(then, caster, carried(np.array([then.time_s])), target)
        if right is not None:
            here[there] = x - right[0].project(carried)[:, 0]
            with np.errstate(invalid="ignore"):
                later[there] = target[:, 0] - right[1].project(carried)[:, 0]
    for values in (flow, here, later):
        values[~np.isfinite(values)] = np.inf
    flow[np.isinf(flow).any(axis=-1)] = np.inf
    return Flow(flow.astype(np.float32), visible, here.astype(np.float32), later.astype(np.float32))


class _Carried:
    """Points of a stage's surfaces, wherever their instances take them."""

    def __init__(self, stage: Stage, points_m: F64, instance: I32, times_s: F64) -> None:
        """points_m (N, 3) as they are at (N,) times, world."""
        self._stage, self._points = stage, points_m
        self._moving = np.flatnonzero(stage.track[instance] >= 0)
        self._rows = instance[self._moving]
        mesh_from_world = inverse(self._poses(times_s[self._moving]))
        self._own = _moved(mesh_from_world, points_m[self._moving])

    def __call__(self, times_s: F64) -> F64:
        """(N, 3) at (N,) times or one."""
        points = self._points.copy()
        late = times_s[self._moving] if len(times_s) > 1 else np.full(len(self._rows), times_s[0])
        points[self._moving] = _moved(self._poses(late), self._own)
        return points

    def _poses(self, times_s: F64) -> F64:
        """(N, 4, 4) of the moving points' instances; worked out once for each instance and time."""
        asked, back = np.unique(np.stack([self._rows, times_s]), axis=1, return_inverse=True)
        poses = instances_at(self._stage, asked[0].astype(np.int64), asked[1])
        return poses[back.reshape(-1)]


def _moved(a_from_b: F64, points_b: F64) -> F64:
    return np.asarray((a_from_b[:, :3, :3] @ points_b[..., None])[..., 0] + a_from_b[:, :3, 3])


def _seen(view: Viewpoint, caster: Caster, points_m: F64, pixels: F64) -> Bool:
    """Which points are inside the picture with nothing before them, by the world of its middle row's time."""
    inside = (
        (pixels[:, 0] >= -0.5)
        & (pixels[:, 0] <= view.camera.width_px - 0.5)
        & (pixels[:, 1] >= -0.5)
        & (pixels[:, 1] <= view.camera.height_px - 0.5)
    )
    eye_m = view.world_from_camera[:3, 3].copy()
    away = points_m - eye_m
    far = np.linalg.norm(away, axis=1)
    limits = np.where(inside, far - _NEARER * (1.0 + 0.1 * far), 0.0)
    ways = (away / np.maximum(far, 1e-9)[:, None]).astype(np.float32)
    met = caster.from_lamp(eye_m, ways[None], np.maximum(limits, 0.0).astype(np.float32)[None], view.time_s)
    return np.asarray(inside & (met[0] < 0))
