"""Rigid transforms as (4, 4) float64 matrices, named destination first: `world_from_lidar`."""

import numpy as np

from drivesynth.arrays import F64

_IDENTITY = np.eye(3)


def rotation_xyz(
    roll_rad: float | F64 = 0.0, pitch_rad: float | F64 = 0.0, yaw_rad: float | F64 = 0.0
) -> F64:
    """(..., 3, 3) Rz(yaw) Ry(pitch) Rx(roll) for angles of one shape.

    Right-handed, so positive pitch dips the nose (x forward, z up).
    """
    cr, sr = np.cos(roll_rad), np.sin(roll_rad)
    cp, sp = np.cos(pitch_rad), np.sin(pitch_rad)
    cy, sy = np.cos(yaw_rad), np.sin(yaw_rad)
    rows = np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )
    return rows if rows.ndim == 2 else np.ascontiguousarray(np.moveaxis(rows, (0, 1), (-2, -1)))


def rigid(translation_m: F64 | tuple[float, float, float], rotation: F64 | None = None) -> F64:
    """The transform that rotates by (..., 3, 3) `rotation`, then moves by (..., 3) `translation_m`."""
    place = np.asarray(translation_m, np.float64)
    turn = _IDENTITY if rotation is None else rotation
    transform = np.zeros((*np.broadcast_shapes(place.shape[:-1], turn.shape[:-2]), 4, 4))
    transform[..., :3, :3] = turn
    transform[..., :3, 3] = place
    transform[..., 3, 3] = 1.0
    return transform


def inverse(a_from_b: F64) -> F64:
    """`b_from_a` of a rigid transform; leading axes are kept, (..., 4, 4)."""
    result = np.zeros_like(a_from_b)
    rotation_t = np.swapaxes(a_from_b[..., :3, :3], -1, -2)
    result[..., :3, :3] = rotation_t
    result[..., :3, 3] = -np.einsum("...ij,...j->...i", rotation_t, a_from_b[..., :3, 3])
    result[..., 3, 3] = 1.0
    return result


def move_points(a_from_b: F64, points_b: F64) -> F64:
    """(N, 3) points in frame b as points in frame a."""
    return points_b @ a_from_b[:3, :3].T + a_from_b[:3, 3]


def turn_vectors(a_from_b: F64, vectors_b: F64) -> F64:
    """(N, 3) directions in frame b as directions in frame a: rotated, not moved."""
    return vectors_b @ a_from_b[:3, :3].T


def wrap_angle(angle_rad: F64 | float) -> F64:
    """The same angle in (-pi, pi]."""
    return np.asarray(-((np.pi - np.asarray(angle_rad)) % (2 * np.pi) - np.pi))
