"""The tightest box of a given heading around a surface, in the frame of the labels.

KITTI's labels turn about the y axis of rectified camera 0, and that camera is tilted against the
road. A box of the actor's nominal size set upright on the road would lie beside the surface it labels, so
the box is measured where it will be read.
"""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.geometry.transforms import turn_vectors
from drivesynth.truth.model import Box3D


def tight_box(points_label_m: F64, heading_label: F64) -> Box3D:
    """The box around (V, 3) points whose length runs along the heading's yaw.

    heading_label  (3,) where the actor faces; label frame: x right, y down, z forward
    """
    rotation_y = float(np.arctan2(-heading_label[2], heading_label[0]))
    cos, sin = np.cos(rotation_y), np.sin(rotation_y)
    # Columns: the box's own axes (length, down, width) in the label frame, a turn about +y.
    label_from_box = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
    along = (
        label_from_box.T @ points_label_m.T
    )  # a row each: numpy finds the least of a row ten times as fast
    low, high = along.min(axis=1), along.max(axis=1)
    middle = (low + high) / 2
    middle[1] = high[1]  # y is down: the highest y is the lowest point
    length, height, width = (float(edge) for edge in high - low)
    return Box3D(length, width, height, label_from_box @ middle, rotation_y)


def heading(label_from_world: F64, world_from_vehicle: F64) -> F64:
    """(3,) direction of the actor's x axis in the label frame."""
    forward: F64 = turn_vectors(label_from_world, world_from_vehicle[:3, 0])
    return forward


def corners(box: Box3D) -> F64:
    """(8, 3) corners in the label frame: the bottom face, then the top face."""
    cos, sin = np.cos(box.rotation_y_rad), np.sin(box.rotation_y_rad)
    label_from_box = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
    length, width = box.length_m / 2, box.width_m / 2
    bottom = np.array([[length, 0, width], [length, 0, -width], [-length, 0, -width], [-length, 0, width]])
    own = np.concatenate([bottom, bottom - [0.0, box.height_m, 0.0]])
    return np.asarray(own @ label_from_box.T + box.bottom_center_m)


def inside(box: Box3D, points_label_m: F64, grown_m: float = 0.0) -> np.ndarray:
    """(N,) whether points of the label frame lie in the box, every face moved out by `grown_m`."""
    cos, sin = np.cos(box.rotation_y_rad), np.sin(box.rotation_y_rad)
    label_from_box = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
    own = (points_label_m - box.bottom_center_m) @ label_from_box + [0.0, box.height_m / 2, 0.0]
    half = np.array([box.length_m, box.height_m, box.width_m]) / 2 + grown_m
    return np.asarray((np.abs(own) <= half).all(axis=1))
