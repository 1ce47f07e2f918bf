"""The cloud and the boxes from above; forward is up."""

from collections.abc import Sequence

import cv2
import numpy as np

from drivesynth.arrays import F32, F64, U8

# (256, 3) BGR, low to high.
HEIGHT_COLOURS = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_VIRIDIS)[:, 0]

# BGR of what a radar sees at rest, coming and going, and the speed of the full colour.
RESTING, APPROACHING, LEAVING, FAST_MPS = (150, 150, 150), (60, 60, 255), (255, 140, 40), 12.0


def draw_birds_eye(
    points: F32,
    boxes_m: Sequence[F64] = (),
    colours: Sequence[tuple[int, int, int]] = (),
    names: Sequence[str] = (),
    *,
    ahead_m: float = 60.0,
    behind_m: float = 12.0,
    side_m: float = 26.0,
    px_per_m: float = 12.0,
    radar: F64 | None = None,
) -> U8:
    """(H, W, 3) BGR picture.

    points   (N, 4) x forward, y left, z up [m], intensity 0..1
    boxes_m  per box (4, 2) x, y of its corners [m]; the first edge is the front
    colours  BGR per box
    radar    (N, 4) x forward, y left [m], speed over ground along the line of sight, positive going away
             [m/s], cross section [dBsm]
    """
    height_px, width_px = int((ahead_m + behind_m) * px_per_m), int(2 * side_m * px_per_m)
    picture = np.full((height_px, width_px, 3), 18, np.uint8)

    def pixels(xy_m: F64) -> F64:
        return np.stack([(side_m - xy_m[:, 1]) * px_per_m, (ahead_m - xy_m[:, 0]) * px_per_m], axis=1)

    for distance_m in range(10, int(ahead_m) + 10, 10):
        radius = int(distance_m * px_per_m)
        cv2.circle(picture, (width_px // 2, int(ahead_m * px_per_m)), radius, (44, 44, 44), 1, cv2.LINE_AA)

    place = pixels(points[:, :2].astype(np.float64))
    inside = (
        (place[:, 0] >= 0) & (place[:, 0] < width_px - 1) & (place[:, 1] >= 0) & (place[:, 1] < height_px - 1)
    )
    column, row = place[inside].astype(np.int64).T
    height = np.clip((points[inside, 2] + 2.2) / 4.0, 0, 1)
    colour = HEIGHT_COLOURS[(255 * height).astype(np.uint8)]
    bright = np.clip(0.6 + 0.9 * points[inside, 3], 0, 1)[:, None]
    order = np.argsort(points[inside, 2], kind="stable")
    picture[row[order], column[order]] = (colour * bright).astype(np.uint8)[order]

    for box_m, bgr, name in zip(boxes_m, colours, names, strict=True):
        corner = np.round(pixels(box_m)).astype(np.int32)
        cv2.polylines(picture, [corner], True, bgr, 2, cv2.LINE_AA)
        front = (corner[0] + corner[1]) // 2
        cv2.line(
            picture,
            tuple(corner.mean(axis=0).astype(int).tolist()),
            tuple(front.tolist()),
            bgr,
            2,
            cv2.LINE_AA,
        )
        cv2.putText(
            picture, name, (int(corner[:, 0].max()) + 4, int(corner[:, 1].min()) + 10),
            cv2.FONT_HERSHEY_SIMPLEX, 0.45, bgr, 1, cv2.LINE_AA,
        )  # fmt: skip
    if radar is not None:
        _draw_radar(picture, pixels(radar[:, :2]), radar[:, 2], radar[:, 3])
    nose = pixels(np.array([[2.7, 0.0], [0.0, 0.9], [-2.0, 0.9], [-2.0, -0.9], [0.0, -0.9]]))
    cv2.polylines(picture, [nose.astype(np.int32)], True, (240, 240, 240), 1, cv2.LINE_AA)
    return picture


def _draw_radar(picture: U8, place: F64, speed_mps: F64, rcs_dbsm: F64) -> None:
    """Rings the wider the larger the cross section: grey at rest, red coming, blue going."""
    height_px, width_px = picture.shape[:2]
    for (x, y), speed, rcs in zip(place.tolist(), speed_mps.tolist(), rcs_dbsm.tolist(), strict=True):
        if not (0 <= x < width_px and 0 <= y < height_px):
            continue
        share = min(abs(speed) / FAST_MPS, 1.0)
        moving = np.array(APPROACHING if speed < 0 else LEAVING) * share + np.array(RESTING) * (1 - share)
        colour = tuple(
            RESTING if abs(speed) < 0.5 else (0.35 * moving + 0.65 * moving * 255 / moving.max()).tolist()
        )
        radius = int(np.clip(4 + rcs / 5, 2, 9))
        cv2.circle(picture, (round(x), round(y)), radius, colour, 1 if abs(speed) < 0.5 else 2, cv2.LINE_AA)
