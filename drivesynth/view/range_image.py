"""The cloud as its scanner saw it: one row a ring, one column an azimuth step, coloured by range."""

import cv2
import numpy as np

from drivesynth.arrays import F32, I64, U8
from drivesynth.sensors.firings import rings_in_order

COLUMNS = 2048
NEAREST_M, FARTHEST_M = 3.0, 80.0
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
    picture = np.zeros((64, COLUMNS, 3), np.uint8)
    if len(points):
        xyz_m = points[:, :3]
        ring = rings_of(xyz_m)
        row = ring * 64 // (int(ring.max()) + 1) if ring.max() >= 64 else ring
        azimuth_rad = np.arctan2(xyz_m[:, 1], xyz_m[:, 0])
        column = ((0.5 - azimuth_rad / (2 * np.pi)) * COLUMNS).astype(np.int64) % COLUMNS
        range_m = np.linalg.norm(xyz_m, axis=1)
        nearness = 1 - np.log(np.clip(range_m, NEAREST_M, FARTHEST_M) / NEAREST_M) / np.log(
            FARTHEST_M / NEAREST_M
        )
        shade = (40 + 215 * nearness).astype(np.uint8)
        order = np.argsort(-range_m)  # the nearest of several points in a cell stays
        picture[row[order], column[order]] = NEARNESS_COLOURS[shade[order]]
    return np.asarray(cv2.resize(picture, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)
