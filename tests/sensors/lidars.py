"""Small devices and worlds that the LiDAR tests share."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.mesh import Mesh, make_mesh
from drivesynth.scene.device import (
    Beams,
    CalibratedIntensity,
    Lidar,
    LogIntensity,
    Quantum,
    RangeNoise,
    Receiver,
    Turn,
)
from drivesynth.sensors.rig import LidarMount
from drivesynth.world.stage import Stage

_QUAD = np.array([[0, 1, 2], [0, 2, 3]])
_CUBE = np.array(
    [
        [0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7], [0, 1, 5], [0, 5, 4],
        [1, 2, 6], [1, 6, 5], [2, 3, 7], [2, 7, 6], [3, 0, 4], [3, 4, 7],
    ]
)  # fmt: skip


_EYES = {"range_m": 500.0, "reflectivity": 0.1, "min_m": 0.2, "max_m": 300.0, "false_alarm": 1e-9}


def device(
    elevations_deg: tuple[float, ...] = (2.0, -2.0, -8.0, -20.0),
    firings: int = 360,
    beams: dict[str, tuple[float, ...]] | None = None,
    turn: dict[str, object] | None = None,
    receiver: dict[str, object] | None = None,
    noise: dict[str, float] | None = None,
    intensity: LogIntensity | CalibratedIntensity | None = None,
    quantum: dict[str, float] | None = None,
) -> Lidar:
    """A device without noise, loss or quantisation unless asked for."""
    return Lidar(
        kind="spinning_lidar",
        name="test",
        beams=Beams(elevation_deg=elevations_deg, **(beams or {})),
        turn=Turn(firings=firings, period_s=0.1, **(turn or {})),  # type: ignore[arg-type]
        receiver=Receiver(**{**_EYES, **(receiver or {})}),  # type: ignore[arg-type]
        range_noise=RangeNoise(**(noise or {})),
        intensity=intensity or CalibratedIntensity(coding="calibrated"),
        quantum=Quantum(**(quantum or {})),
    )


def mounted(
    lidar: Lidar, height_m: float = 2.0, hidden: tuple[tuple[int, int, float, float, float], ...] = ()
):
    vehicle_from_lidar = np.eye(4)
    vehicle_from_lidar[2, 3] = height_m
    return LidarMount("top", lidar, vehicle_from_lidar, hidden)


def quad(key: str, corners: list[list[float]], material: str = "asphalt") -> Mesh:
    return make_mesh(f"lidar/{key}", np.array(corners, np.float64), _QUAD, MATERIAL_ID[material])


def ground(material: str = "asphalt", half_m: float = 400.0) -> Mesh:
    h = half_m
    return quad(f"ground-{material}-{h}", [[-h, -h, 0], [h, -h, 0], [h, h, 0], [-h, h, 0]], material)


def wall(x_m: float, material: str = "asphalt", half_m: float = 60.0) -> Mesh:
    """Upright, square to x, facing back along x."""
    h = half_m
    corners = [[x_m, -h, -h], [x_m, -h, h], [x_m, h, h], [x_m, h, -h]]
    return quad(f"wall-{x_m}-{material}-{h}", corners, material)


def box(key: str, size_m: tuple[float, float, float], material: str = "plaster") -> Mesh:
    """Standing on the origin of its own frame."""
    x, y, z = size_m[0] / 2, size_m[1] / 2, size_m[2]
    corners = [[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0], [-x, -y, z], [x, -y, z], [x, y, z], [-x, y, z]]
    return make_mesh(f"lidar/{key}", np.array(corners, np.float64), _CUBE, MATERIAL_ID[material])


def still(*meshes: Mesh, tint_905: float = 0.5) -> Stage:
    """The meshes where they are, at rest, nobody's."""
    return staged([(mesh, np.eye(4), -1) for mesh in meshes], tint_905=tint_905)


def staged(
    instances: list[tuple[Mesh, F64, int]],
    velocities_mps: dict[int, tuple[float, float, float]] | None = None,
    tint_905: float = 0.5,
) -> Stage:
    """(mesh, world_from_mesh at time 0, actor) instances; row -> velocity for those that move."""
    count, moving = len(instances), velocities_mps or {}
    times = np.linspace(-1.0, 1.0, 5)
    poses = np.array([pose for _, pose, _ in instances])
    keys = np.zeros((len(moving), len(times), 4, 4))
    track = np.full(count, -1, np.int32)
    for k, (row, velocity) in enumerate(moving.items()):
        keys[k], track[row] = poses[row], k
        keys[k, :, :3, 3] += times[:, None] * np.array(velocity)
    return Stage(
        -1.0,
        1.0,
        tuple(mesh for mesh, _, _ in instances),
        np.arange(count, dtype=np.int32),
        poses,
        track,
        times,
        keys,
        np.array([actor for _, _, actor in instances], np.int32),
        np.zeros(count, np.int32),
        np.full((count, 3), 0.5, np.float32),
        np.full(count, tint_905, np.float32),
        np.zeros(count, np.int32),
    )


def driving(speed_mps: float = 0.0, yaw_rate: float = 0.0):
    """Poses of a vehicle at the origin at time 0 that drives along x and turns on the spot."""

    def poses(times_s: F64 | float) -> F64:
        times = np.atleast_1d(times_s)
        result = np.tile(np.eye(4), (len(times), 1, 1))
        c, s = np.cos(yaw_rate * times), np.sin(yaw_rate * times)
        result[:, 0, 0], result[:, 0, 1], result[:, 1, 0], result[:, 1, 1] = c, -s, s, c
        result[:, 0, 3] = speed_mps * times
        return result

    return poses
