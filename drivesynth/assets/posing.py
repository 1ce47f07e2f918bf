"""Poses of parts: still ones, wheels that turn and steer, frames that lean.

Angles and places may be numbers or arrays over instants; frames then have the same leading shape.
"""

from collections.abc import Callable, Mapping

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.model import Model, Part
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.geometry.mesh import Mesh

Number = float | F64
Channels = Mapping[str, Number]
Poses = Callable[[Channels], F64]

_DIAGONAL = np.arange(4)


def _turned(angle_rad: Number, first: int, second: int) -> F64:
    """(..., 4, 4) rotation that takes axis `first` toward axis `second`."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    frame = np.zeros((*np.shape(angle_rad), 4, 4))
    frame[..., _DIAGONAL, _DIAGONAL] = 1.0
    frame[..., first, first] = frame[..., second, second] = cos
    frame[..., second, first], frame[..., first, second] = sin, -sin
    return frame


def turned_x(angle_rad: Number) -> F64:
    """(..., 4, 4) rotation about x: y toward z."""
    return _turned(angle_rad, 1, 2)


def turned_y(angle_rad: Number) -> F64:
    """(..., 4, 4) rotation about y: z toward x, the way a wheel rolls forward."""
    return _turned(angle_rad, 2, 0)


def turned_z(angle_rad: Number) -> F64:
    """(..., 4, 4) rotation about z: x toward y, to the left."""
    return _turned(angle_rad, 0, 1)


def at(x: Number, y: Number, z: Number) -> F64:
    """(..., 4, 4) shift."""
    frame = np.zeros((*np.broadcast_shapes(np.shape(x), np.shape(y), np.shape(z)), 4, 4))
    frame[..., _DIAGONAL, _DIAGONAL] = 1.0
    frame[..., 0, 3], frame[..., 1, 3], frame[..., 2, 3] = x, y, z
    return frame


def together(*frames: F64) -> F64:
    """(P, ..., 4, 4) of frames, (..., 4, 4) each; one that does not move serves all instants."""
    shape = np.broadcast_shapes(*(frame.shape for frame in frames))
    return np.stack([np.broadcast_to(frame, shape) for frame in frames])


def still(count: int) -> Poses:
    """Poses of parts that never move against the vehicle frame."""
    frames = np.broadcast_to(np.eye(4), (count, 4, 4))
    return lambda channels: frames


def statue(
    asset: str, size_m: Size, mesh: Mesh, rgb: tuple[float, float, float] = (0.5, 0.5, 0.5), rho: float = 0.4
) -> Model:
    """A model of one part that never moves."""
    return Model(asset, ASSETS[asset].class_name, size_m, (Part("body", mesh, rgb, rho),), still(1))
