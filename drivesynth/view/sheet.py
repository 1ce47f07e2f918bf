"""One picture of one frame: the camera with boxes, the range image, the bird's eye."""

from pathlib import Path

import cv2
import numpy as np

from drivesynth.arrays import F64, U8
from drivesynth.errors import RequestError, WorkError
from drivesynth.export import calib, extras, labels, radar, velodyne
from drivesynth.geometry.transforms import inverse, move_points
from drivesynth.view.birds_eye import draw_birds_eye
from drivesynth.view.camera import COLOURS, corners_rect_m, draw_camera
from drivesynth.view.range_image import draw_range_image

GAP_PX = 6
TELLING_S = 0.8  # before a collision: near enough to see who it is, far enough to see where


def frame_ids(dataset: Path) -> list[str]:
    """Ids of all frames of a KITTI-style object dataset, sorted."""
    folder = training(dataset) / "velodyne"
    ids = sorted(path.stem for path in folder.glob("*.bin"))
    if not ids:
        raise RequestError(f"{dataset}: no frame found; a KITTI dataset has training/velodyne/*.bin")
    return ids


def choose_frame(dataset: Path, asked: str | None) -> str:
    """The frame that was asked for, else the most critical one; RequestError where there is none such.

    Most critical: the ego is about to touch an actor that the camera shows, as the frame's notes say. A
    dataset without notes has its first frame drawn.
    """
    if not dataset.exists():
        raise RequestError(f"{dataset}: no such folder; name a dataset, or a scene with its .yaml")
    ids = frame_ids(dataset)
    if asked is not None:
        name = asked.zfill(6)
        if name not in ids:
            raise RequestError(f"{dataset}: no frame {asked}; it has {ids[0]} to {ids[-1]}")
        return name
    return min(ids, key=lambda name: _urgency(dataset / "drivesynth" / "frames" / f"{name}.json"))


def _urgency(notes_file: Path) -> float:
    """How far from the telling moment: the nearest collision with an actor that shows well is then due.

    inf where there is none.
    """
    if not notes_file.exists():
        return float("inf")
    notes = extras.decode(_bytes(notes_file), str(notes_file))
    shown = [
        truth.name
        for truth in notes.actors
        if any(view.visible_ratio > 0.5 and view.truncated_ratio < 0.2 for view in truth.views.values())
    ]
    left_s = (notes.criticality.get(name, {}).get("ttc_s", float("inf")) for name in shown)
    return min((abs(ttc_s - TELLING_S) for ttc_s in left_s), default=float("inf"))


def training(dataset: Path) -> Path:
    """The folder that holds velodyne/, image_2/ ...: `training` below the dataset, or the dataset itself."""
    inner = dataset / "training"
    return inner if inner.is_dir() else dataset


def draw_frame(dataset: Path, frame_id: str) -> U8:
    """(H, W, 3) BGR sheet of a frame on disk, ours or anybody's in KITTI's layout."""
    folder = training(dataset)
    cloud_file, calib_file = folder / "velodyne" / f"{frame_id}.bin", folder / "calib" / f"{frame_id}.txt"
    cloud = velodyne.decode(_bytes(cloud_file), str(cloud_file))
    calibration = calib.decode(_bytes(calib_file), str(calib_file))
    label_file = folder / "label_2" / f"{frame_id}.txt"
    rows = labels.decode(_bytes(label_file), str(label_file)) if label_file.exists() else []

    lidar_from_rect = inverse(calibration.rect_from_lidar)
    objects = [row for row in rows if row.cares]
    boxes: list[F64] = [move_points(lidar_from_rect, corners_rect_m(row))[:4, :2] for row in objects]
    birds_eye = draw_birds_eye(
        cloud,
        boxes,
        [COLOURS.get(row.type, (255, 255, 255)) for row in objects],
        [row.type for row in objects],
        radar=_radar(dataset, frame_id),
    )
    image_file = folder / "image_2" / f"{frame_id}.png"
    image = cv2.imread(str(image_file)) if image_file.exists() else None
    if image is None and image_file.exists():
        raise RequestError(f"{image_file}: not a picture that can be read")
    strips = [draw_range_image(cloud, 1242 if image is None else image.shape[1])]
    if image is not None:
        bare = np.asarray(image, np.uint8)
        strips = [draw_camera(bare, rows, calibration), bare, *strips]
    return _beside(_stack(strips), birds_eye)


def _radar(dataset: Path, frame_id: str) -> F64 | None:
    """(N, 4) for `draw_birds_eye`, of all radars; None where there is none."""
    parts = []
    for path in sorted((dataset / "drivesynth").glob(f"radar_*/{frame_id}.pcd")):
        cloud = radar.decode(_bytes(path), str(path))
        rows = cloud.rows
        place = move_points(cloud.lidar_from_radar, np.stack([rows["x"], rows["y"], rows["z"]], axis=1))
        azimuth = np.arctan2(rows["y"], rows["x"])
        speed = rows["vx_comp"] * np.cos(azimuth) + rows["vy_comp"] * np.sin(azimuth)
        parts.append(np.column_stack([place[:, :2], speed, rows["rcs"]]).astype(np.float64))
    return np.concatenate(parts) if parts else None


def write_png(path: Path, bgr: U8) -> None:
    """Write the picture whole or not at all."""
    encoded, data = cv2.imencode(".png", bgr)
    assert encoded
    partial = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data.tobytes())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise WorkError(f"{path}: cannot be written: {error.strerror}") from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RequestError(f"{path}: cannot be read: {error.strerror}") from None


def _stack(pictures: list[U8]) -> U8:
    """Pictures of one width, one above the other."""
    gap = np.zeros((GAP_PX, pictures[0].shape[1], 3), np.uint8)
    rows = [row for picture in pictures for row in (picture, gap)]
    return np.concatenate(rows[:-1])


def _beside(left: U8, right: U8) -> U8:
    """Two pictures side by side, the right one scaled to the height of the left one."""
    height = max(left.shape[0], 720)
    scaled = cv2.resize(
        right, (round(right.shape[1] * height / right.shape[0]), height), interpolation=cv2.INTER_AREA
    )
    padded = np.zeros((height, left.shape[1] + GAP_PX, 3), np.uint8)
    padded[: left.shape[0], : left.shape[1]] = left
    return np.concatenate([padded, np.asarray(scaled, np.uint8)], axis=1)
