"""A model of one size from another's: stretched in the vehicle frame, its parts still rigid."""

from functools import lru_cache

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.model import Model, Part
from drivesynth.assets.posing import Channels, Poses
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.geometry.mesh import Mesh, moved
from drivesynth.geometry.transforms import move_points


def stretched(asset: str, parts: tuple[Part, ...], poses: Poses, size_m: Size) -> Model:
    """The parts as a model whose box at rest is `size_m`, standing on the ground below its middle.

    Each mesh takes the stretch as it lies at rest, and its joint moves along: what is together at rest stays
    together, and poses stay rotations. Made for the few per cent between people, not for giants.
    """
    rest = np.asarray(poses({}))
    clouds = [
        move_points(frame, part.mesh.vertices.astype(np.float64))
        for part, frame in zip(parts, rest, strict=True)
    ]
    cloud = np.concatenate(clouds)
    low, high = cloud.min(axis=0), cloud.max(axis=0)
    scale = np.asarray(size_m) / (high - low)
    foot = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    fitted = tuple(
        Part(part.name, _stretched(part.mesh, _linear(frame, scale)), part.tint_rgb, part.tint_905)
        for part, frame in zip(parts, rest, strict=True)
    )

    def moved_poses(channels: Channels) -> F64:
        frames = np.array(poses(channels))
        frames[..., :3, 3] = (frames[..., :3, 3] - foot) * scale
        return frames

    return Model(asset, ASSETS[asset].class_name, size_m, fitted, moved_poses)


def _linear(frame: F64, scale: F64) -> tuple[float, ...]:
    """The vehicle frame's stretch in the part's own frame; rounded, so that alike parts share meshes."""
    turn = frame[:3, :3]
    linear = turn.T @ np.diag(scale) @ turn
    return tuple(float(v) for v in np.round(linear, 6).reshape(-1))


@lru_cache(maxsize=4096)
def _stretched(mesh: Mesh, linear: tuple[float, ...]) -> Mesh:
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(linear, (3, 3))
    return moved(mesh, matrix, f"{mesh.key}/stretched {linear}")
