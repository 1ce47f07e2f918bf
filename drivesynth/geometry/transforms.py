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


def rotation_vector(rotation: F64) -> F64:
    """(..., 3) axis times angle [rad] of (..., 3, 3) rotations by less than half a turn."""
    r = rotation
    doubled = np.stack(
        [r[..., 2, 1] - r[..., 1, 2], r[..., 0, 2] - r[..., 2, 0], r[..., 1, 0] - r[..., 0, 1]], axis=-1
    )
    sine = np.linalg.norm(doubled, axis=-1) / 2
    angle = np.arctan2(sine, (np.trace(r, axis1=-2, axis2=-1) - 1) / 2)
    scale = np.where(sine > 1e-9, angle / np.maximum(2 * sine, 1e-9), 0.5)
    return np.asarray(doubled * scale[..., None])


def rotation_by(vector_rad: F64) -> F64:
    """(..., 3, 3) rotations about (..., 3) axes by their lengths [rad]: Rodrigues' formula."""
    angle = np.linalg.norm(vector_rad, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vector_rad, -1, 0)
    cross = np.zeros((*vector_rad.shape, 3))
    cross[..., 2, 1], cross[..., 0, 2], cross[..., 1, 0] = x, y, z
    cross -= np.swapaxes(cross, -1, -2)
    # sin(a) / a and (1 - cos(a)) / a^2, which numpy's sinc has without a division by 0
    turned = np.sinc(angle / np.pi) * cross + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * (cross @ cross)
    return np.asarray(_IDENTITY + turned)


def move_points(a_from_b: F64, points_b: F64) -> F64:
    """(N, 3) points in frame b as points in frame a."""
    return points_b @ a_from_b[:3, :3].T + a_from_b[:3, 3]


def turn_vectors(a_from_b: F64, vectors_b: F64) -> F64:
    """(N, 3) directions in frame b as directions in frame a: rotated, not moved."""
    return vectors_b @ a_from_b[:3, :3].T


def wrap_angle(angle_rad: F64 | float) -> F64:
    """The same angle in (-pi, pi]."""
    return np.asarray(-((np.pi - np.asarray(angle_rad)) % (2 * np.pi) - np.pi))
