"""Poses of parts: still ones, wheels that turn and steer, frames that lean."""

from collections.abc import Callable, Mapping

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.model import Model, Part
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.transforms import rigid

Channels = Mapping[str, float]
Poses = Callable[[Channels], F64]


def turned_x(angle_rad: float) -> F64:
    """(4, 4) rotation about x: y toward z."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[1.0, 0, 0, 0], [0, c, -s, 0], [0, s, c, 0], [0, 0, 0, 1]])


def turned_y(angle_rad: float) -> F64:
    """(4, 4) rotation about y: z toward x, the way a wheel rolls forward."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, 0, s, 0], [0, 1.0, 0, 0], [-s, 0, c, 0], [0, 0, 0, 1]])


def turned_z(angle_rad: float) -> F64:
    """(4, 4) rotation about z: x toward y, to the left."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1.0, 0], [0, 0, 0, 1]])


def at(x: float, y: float, z: float) -> F64:
    """(4, 4) shift."""
    return rigid((x, y, z))


def still(count: int) -> Poses:
    """Poses of parts that never move against the vehicle frame."""
    frames = np.broadcast_to(np.eye(4), (count, 4, 4))
    return lambda channels: frames


def statue(
    asset: str, size_m: Size, mesh: Mesh, rgb: tuple[float, float, float] = (0.5, 0.5, 0.5), rho: float = 0.4
) -> Model:
    """A model of one part that never moves."""
    return Model(asset, ASSETS[asset].class_name, size_m, (Part("body", mesh, rgb, rho),), still(1))
