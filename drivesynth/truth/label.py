"""The truth of a frame: every actor's box, visibility and returns, hidden actors included."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.geometry.transforms import inverse, move_points
from drivesynth.sensors.frame import CameraFrame
from drivesynth.sensors.motion import world_from_everyone, world_from_vehicle
from drivesynth.sensors.render import Observation
from drivesynth.sensors.rig import RigGeometry
from drivesynth.truth.box import heading, tight_box
from drivesynth.truth.model import ActorTruth
from drivesynth.truth.silhouette import Eye, view
from drivesynth.truth.surface import actor_points
from drivesynth.world.rollout import Rollout


def actors(seen: Observation, rollout: Rollout) -> tuple[ActorTruth, ...]:
    """The truth about every actor that stands in the world at the frame time, in the scenario's order.

    Boxes are of the frame time and in the frame of the labels; views are of each camera's exposure.
    """
    frame, caster, rig = seen.frame, seen.caster, seen.geometry
    time_s = frame.time_s
    step = int(np.clip(np.searchsorted(rollout.time_s, time_s), 0, len(rollout.time_s) - 1))
    there = [actor for actor in np.flatnonzero(rollout.present[step]).tolist() if actor > 0]
    label_from_world = inverse(frame.world_from_vehicle @ rig.vehicle_from_label)
    surfaces = actor_points(seen.stage, there, time_s)
    eyes = {name: _eye(name, seen.sight, rollout, rig) for name in seen.sight}
    counts = {name: _counts(sweep.actor[sweep.solid], rollout) for name, sweep in frame.sweeps.items()}
    everyone, poses = rollout.scenario.everyone, world_from_everyone(rollout, time_s)
    truths = []
    for actor, points_m in surfaces.items():
        pose = poses[actor]
        truths.append(
            ActorTruth(
                name=everyone[actor].name,
                actor=actor,
                class_name=everyone[actor].class_name,
                box=tight_box(move_points(label_from_world, points_m), heading(label_from_world, pose)),
                world_from_vehicle=pose,
                size_m=everyone[actor].size_m,
                speed_mps=float(np.interp(time_s, rollout.time_s, rollout.speed_mps[:, actor])),
                lidar_points={name: int(count[actor]) for name, count in counts.items()},
                views={
                    name: view(caster, seen.stage.actor, actor, points_m, eye, seen.sight[name])
                    for name, eye in eyes.items()
                },
            )
        )
    return tuple(truths)


def _counts(actor: np.ndarray, rollout: Rollout) -> np.ndarray:
    """(A,) returns per actor, of its own surfaces."""
    return np.bincount(actor[actor >= 0], minlength=len(rollout.scenario.everyone))


def _eye(name: str, sight: dict[str, CameraFrame], rollout: Rollout, rig: RigGeometry) -> Eye:
    camera, time_s = rig.cameras[name], sight[name].time_ns * 1e-9
    vehicle: F64 = world_from_vehicle(rollout, np.array([time_s]))[0]
    return Eye(camera.lens, vehicle @ camera.vehicle_from_camera, camera.width_px, camera.height_px, time_s)
