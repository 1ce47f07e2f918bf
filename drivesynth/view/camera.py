"""The camera's picture with the labels drawn on it: 2-D boxes thin, 3-D boxes with their front."""

from collections.abc import Sequence

import cv2
import numpy as np

from drivesynth.arrays import F64, U8
from drivesynth.export.calib import Calibration
from drivesynth.export.labels import Label

# BGR by KITTI type.
COLOURS: dict[str, tuple[int, int, int]] = {
    "Car": (80, 220, 60),
    "Van": (220, 200, 40),
    "Truck": (230, 120, 40),
    "Pedestrian": (60, 60, 255),
    "Person_sitting": (120, 60, 255),
    "Cyclist": (220, 60, 230),
    "Tram": (200, 120, 120),
    "Misc": (60, 200, 250),
    "DontCare": (150, 150, 150),
}
NEAR_M = 0.3

# Rows of `corners_rect_m`: the lower face, front first, then the upper one in the same order.
_EDGES = [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7)]


def corners_rect_m(label: Label) -> F64:
    """(8, 3) corners in rectified camera 0: lower front left, front right, rear right, rear left; upper."""
    height_m, width_m, length_m = label.size_m
    x = np.array([0.5, 0.5, -0.5, -0.5] * 2) * length_m
    z = np.array([0.5, -0.5, -0.5, 0.5] * 2) * width_m
    y = np.repeat([0.0, -height_m], 4)
    cosine, sine = np.cos(label.rotation_y_rad), np.sin(label.rotation_y_rad)
    turned = np.stack([cosine * x + sine * z, y, -sine * x + cosine * z], axis=1)
    return np.asarray(turned + np.array(label.location_m))


def draw_camera(bgr: U8, labels: Sequence[Label], calibration: Calibration, camera: int = 2) -> U8:
    """A copy of the (H, W, 3) BGR picture with the boxes on it."""
    picture = bgr.copy()
    for label in sorted(labels, key=lambda row: -row.location_m[2]):  # near ones are drawn last
        colour = COLOURS.get(label.type, (255, 255, 255))
        left, top, right, bottom = (round(value) for value in label.box_px)
        if right > left:
            cv2.rectangle(picture, (left, top), (right, bottom), colour, 1, cv2.LINE_AA)
        if not label.cares:
            continue
        corners = corners_rect_m(label)
        for start, end in _EDGES:
            _draw_edge(picture, corners[start], corners[end], calibration, camera, colour)
        for start, end in ((0, 5), (1, 4)):  # a cross on the front face
            _draw_edge(picture, corners[start], corners[end], calibration, camera, colour)
        text = f"{label.type} {np.hypot(label.location_m[0], label.location_m[2]):.0f} m"
        cv2.putText(
            picture, text, (left, max(top - 4, 10)), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA
        )
    return picture


def _draw_edge(
    picture: U8, start_m: F64, end_m: F64, calibration: Calibration, camera: int, colour: tuple[int, int, int]
) -> None:
    """One edge, cut off where it passes behind the camera."""
    if max(start_m[2], end_m[2]) < NEAR_M:
        return
    ends = []
    for own, other in ((start_m, end_m), (end_m, start_m)):
        if own[2] < NEAR_M:
            own = own + (other - own) * (NEAR_M - own[2]) / (other[2] - own[2])
        ends.append(own)
    pixels = np.clip(calibration.project(np.array(ends), camera)[:, :2], -8000, 8000)
    first, second = np.round(pixels).astype(int).tolist()
    cv2.line(picture, first, second, colour, 1, cv2.LINE_AA)
