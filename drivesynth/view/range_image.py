"""The cloud as its scanner saw it, coloured by range: one row a ring, one column an azimuth step.

A device without rings, as one that draws rosettes, is shown as dots where it looked, by their angles.
"""

import cv2
import numpy as np

from drivesynth.arrays import F32, I64, U8
from drivesynth.sensors.firings import rings_in_order

COLUMNS = 2048
NEAREST_M, FARTHEST_M = 3.0, 80.0
_DOT_PX = 2
_FALLING = 0.9  # share of rings that lie lower than the one before, where they are rings at all
# (256, 3) BGR, far to near.
NEARNESS_COLOURS = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_TURBO)[:, 0]


def rings_of(xyz_m: F32) -> I64:
    """(N,) ring of each point of a KITTI cloud: stored ring by ring, each from azimuth 0 onwards.

    A cloud stored in another order is split by apparent elevation into 64 rows instead.
    """
    ring = rings_in_order(xyz_m)
    if ring is not None:
        return ring
    elevation_rad = np.arctan2(xyz_m[:, 2], np.hypot(xyz_m[:, 0], xyz_m[:, 1]))
    low, high = np.percentile(elevation_rad, [0.1, 99.9])
    row: I64 = np.clip((high - elevation_rad) / max(high - low, 1e-6) * 63, 0, 63).astype(np.int64)
    return row


def draw_range_image(points: F32, width_px: int = 1242, height_px: int = 192) -> U8:
    """(H, W, 3) BGR picture of an (N, 4) cloud; straight ahead is in the middle, left is left.

    Near is warm, far is cold, no return is black.
    """
    if len(points) and not _has_rings(points[:, :3]):
        return _dots(points[:, :3], width_px, height_px)
    picture = np.zeros((64, COLUMNS, 3), np.uint8)
    if len(points):
        xyz_m = points[:, :3]
        ring = rings_of(xyz_m)
        row = ring * 64 // (int(ring.max()) + 1) if ring.max() >= 64 else ring
        azimuth_rad = np.arctan2(xyz_m[:, 1], xyz_m[:, 0])
        column = ((0.5 - azimuth_rad / (2 * np.pi)) * COLUMNS).astype(np.int64) % COLUMNS
        order, colour = _far_first(xyz_m)
        picture[row[order], column[order]] = colour
    return np.asarray(cv2.resize(picture, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)


def _far_first(xyz_m: F32) -> tuple[I64, U8]:
    """Rows in the order to draw them, so that the nearest of several stays, and their colours."""
    range_m = np.linalg.norm(xyz_m, axis=1)
    depth = np.log(np.clip(range_m, NEAREST_M, FARTHEST_M) / NEAREST_M) / np.log(FARTHEST_M / NEAREST_M)
    order = np.argsort(-range_m)
    colours: U8 = NEARNESS_COLOURS[(40 + 215 * (1 - depth)).astype(np.uint8)[order]]
    return order, colours


def _has_rings(xyz_m: F32) -> bool:
    """Whether the cloud is stored ring by ring, each below the one before; a few points may be."""
    ring = rings_in_order(xyz_m)
    if ring is None:
        return len(xyz_m) < COLUMNS
    elevation = np.arctan2(xyz_m[:, 2], np.hypot(xyz_m[:, 0], xyz_m[:, 1]))
    mean = np.bincount(ring, elevation) / np.maximum(np.bincount(ring), 1)
    return bool(np.mean(np.diff(mean) < 0.0) >= _FALLING)


def _dots(xyz_m: F32, width_px: int, height_px: int) -> U8:
    """By azimuth and elevation, a degree as wide as high; up to twice as high as rings would be."""
    azimuth = np.degrees(np.arctan2(xyz_m[:, 1], xyz_m[:, 0])).astype(np.float64)
    elevation = np.degrees(np.arctan2(xyz_m[:, 2], np.hypot(xyz_m[:, 0], xyz_m[:, 1]))).astype(np.float64)
    (right, left), (low, high) = (np.percentile(angle, [0.05, 99.95]) for angle in (azimuth, elevation))
    px_per_deg = min(width_px / max(left - right, 1.0), 2 * height_px / max(high - low, 1.0))
    tall = max(int(np.ceil((high - low) * px_per_deg)), 1) + _DOT_PX
    picture = np.zeros((tall, width_px, 3), np.uint8)
    order, colour = _far_first(xyz_m)
    column = (width_px / 2 - (azimuth - (left + right) / 2) * px_per_deg).astype(np.int64)[order]
    row = ((high - elevation) * px_per_deg).astype(np.int64)[order]
    inside = (column >= 0) & (column < width_px - _DOT_PX) & (row >= 0) & (row < tall - _DOT_PX)
    for down in range(_DOT_PX):
        for aside in range(_DOT_PX):
            picture[row[inside] + down, column[inside] + aside] = colour[inside]
    return picture
