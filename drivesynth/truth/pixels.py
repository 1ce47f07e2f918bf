"""What the pixels of a camera show, without noise, each at its centre and at its row's own time.

Everything of one camera comes from the same rays: what depth says stands there is what flow moves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from drivesynth.arrays import F32, F64, I32, U8
from drivesynth.errors import RequestError, did_you_mean
from drivesynth.sensors.camera import albedo_at
from drivesynth.sensors.lens import pixel_rays
from drivesynth.sensors.light import light_of
from drivesynth.sensors.motion import world_from_vehicle
from drivesynth.sensors.render import Observation
from drivesynth.sensors.rig import CameraMount, RigGeometry
from drivesynth.sensors.viewpoint import Rays, Viewpoint
from drivesynth.truth.cityscapes import semantic
from drivesynth.truth.flow import Flow, flow_of
from drivesynth.truth.masks import Mask, masks_of
from drivesynth.world.rollout import Rollout

# What may be asked for.
KINDS = (
    "depth", "instance", "semantic", "panoptic", "normals", "albedo", "flow", "scene_flow", "masks",
)  # fmt: skip
# The right eye of a left one, where a rig has both.
_RIGHT_OF = {"image_0": "image_1", "image_2": "image_3"}


@dataclass(frozen=True)
class PixelTruth:
    """One camera's pixels, (H, W) of each; what was not asked for is None or empty.

    depth_m   along the optical axis, of a kannala_brandt lens along the ray; inf for the sky
    actor     row of `scenario.everyone`, -1 for surroundings and sky
    semantic  Cityscapes ids
    normals   (H, W, 3) unit, camera frame, toward the camera; zero for the sky
    albedo    (H, W, 3) linear, below the gloss, wet or white where the weather makes it so; zero for the sky
    flow      to the next frame
    masks     by actor
    """

    depth_m: F32
    actor: I32
    semantic: U8
    normals: F32 | None = None
    albedo: F32 | None = None
    flow: Flow | None = None
    masks: dict[int, Mask] = field(default_factory=dict)


def checked(kinds: Iterable[str], cameras: Iterable[str]) -> tuple[str, ...]:
    """The kinds in their order, `all` for all that the cameras allow; RequestError names what is wrong."""
    wanted, known = set(kinds), set(cameras)
    paired = any({left, right} <= known for left, right in _RIGHT_OF.items())
    for kind in sorted(wanted - {"all", *KINDS}):
        hint = did_you_mean(kind, KINDS) or f"; known are {', '.join(KINDS)} and all"
        raise RequestError(f"no image of truth is called {kind!r}{hint}", field="truth")
    if "scene_flow" in wanted and not paired:
        raise RequestError(
            "scene flow needs a stereo pair, cameras image_2 and image_3; use a rig like `kitti`",
            field="truth",
        )
    if "all" in wanted:
        wanted = set(KINDS) if paired else set(KINDS) - {"scene_flow"}
    return tuple(kind for kind in KINDS if kind in wanted)


def pixels(
    seen: Observation, rollout: Rollout, kinds: Sequence[str], cameras: Sequence[str] | None = None
) -> dict[str, PixelTruth]:
    """By camera: what was asked for. Flow leads to the frame one period of the rig later."""
    names = list(seen.geometry.cameras) if cameras is None else cameras
    return {name: _of_camera(seen, rollout, name, set(kinds)) for name in names}


def viewpoint(rollout: Rollout, camera: CameraMount, time_s: float) -> Viewpoint:
    """A rig's camera around the exposure that belongs to a frame time."""

    def poses(times_s: F64) -> F64:
        return np.asarray(world_from_vehicle(rollout, times_s) @ camera.vehicle_from_camera)

    return Viewpoint(camera, poses, time_s + camera.time_offset_s, camera.row_delay_s)


def _of_camera(seen: Observation, rollout: Rollout, name: str, kinds: set[str]) -> PixelTruth:
    geometry, caster, time_s = seen.geometry, seen.caster, seen.frame.time_s
    camera = geometry.cameras[name]
    eye = viewpoint(rollout, camera, time_s)
    rays = eye.rays()
    hits = rays.cast(caster)
    surface = caster.surface(hits)
    there = np.isfinite(hits.range_m)
    depth_m = np.where(there, hits.range_m, np.float32(0))
    if camera.lens.model != "kannala_brandt":
        depth_m *= _along_axis(camera)
    ids = semantic(surface.class_id, surface.material, there)
    truth = partial(PixelTruth, np.where(there, depth_m, np.float32(np.inf)), surface.actor, ids)

    normals = albedo = flow = None
    times = np.broadcast_to(rays.times_s[:, None], there.shape)
    if kinds & {"normals", "albedo"}:
        geometric, smooth = caster.normals(hits, times if rays.rolling else eye.time_s, rays.directions)
        if "normals" in kinds:
            normals = _in_camera(smooth, eye, rays)
        if "albedo" in kinds:
            light = light_of(rollout.scenario.environment)
            albedo = albedo_at(
                seen.stage, light, eye.world_from_camera[:3, 3], rays.directions, hits, surface, geometric,
                smooth, eye.time_s, 1.0 / camera.lens.fx_px, caster.threads,
            )  # fmt: skip
    if kinds & {"flow", "scene_flow"}:
        flow = flow_of(rollout, *_pair(rollout, geometry, name, time_s), caster.threads)
    masks = masks_of(seen, rollout, rays, eye, surface.actor) if "masks" in kinds else {}
    return truth(normals, albedo, flow, masks)


def _along_axis(camera: CameraMount) -> F32:
    """(H, W) cosine between rays and optical axis."""
    return pixel_rays(camera.lens, camera.width_px, camera.height_px)[..., 2].astype(np.float32)


def _in_camera(normals: F32, eye: Viewpoint, rays: Rays) -> F32:
    """World directions (H, W, 3) in the camera's frame of each row's time."""
    turns = eye.poses(rays.times_s)[:, :3, :3] if rays.rolling else eye.world_from_camera[None, :3, :3]
    return np.asarray(normals @ turns.astype(np.float32), np.float32)


def _pair(
    rollout: Rollout, geometry: RigGeometry, name: str, time_s: float
) -> tuple[tuple[Viewpoint, Viewpoint], tuple[Viewpoint, Viewpoint] | None]:
    """The camera at this frame and the next, and its right eye's where there is one."""
    period_s = 1.0 / geometry.frame_rate_hz

    def both(camera: CameraMount) -> tuple[Viewpoint, Viewpoint]:
        return viewpoint(rollout, camera, time_s), viewpoint(rollout, camera, time_s + period_s)

    right = geometry.cameras.get(_RIGHT_OF.get(name, ""))
    return both(geometry.cameras[name]), None if right is None else both(right)
