"""Point clouds in the formats people have them in, read alike and written back in their own.

KITTI's velodyne `.bin` (see `velodyne`), nuScenes' LIDAR_TOP `.pcd.bin` (little-endian float32 rows x, y,
z, intensity 0..255, ring from the bottom; nuScenes development kit, `LidarPointCloud.from_file`), and
`.pcd`. Beside each written cloud stands what became of its points, see `encode_changes`.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from drivesynth.arrays import F32, I64, U8, U32
from drivesynth.errors import RequestError
from drivesynth.export import pcd, velodyne

ENDINGS = (".pcd.bin", ".bin", ".pcd")
_RINGS = ("ring", "channel", "laser_id", "laser_number")
_INTENSITIES = ("intensity", "reflectivity", "remission", "i")
_FARTHEST_M = 10_000.0  # what lies farther was no float32 coordinate

Format = Literal["kitti", "nuscenes", "pcd"]


@dataclass(frozen=True, eq=False)
class Cloud:
    """N points of a file. `table` holds all of their columns as the file does; `header` a PCD file's.

    xyz_m      (N, 3) sensor frame
    intensity  (N,) 0..1; `full` is what the file calls 1; a half of it where the file has none
    ring       (N,) as numbered in the file; None where it has none
    """

    format: Format
    table: Any
    xyz_m: F32
    intensity: F32
    ring: I64 | None
    full: float
    header: pcd.Pcd | None = None


def format_of(name: str) -> Format:
    """The format by the file's ending; RequestError where there is none for it."""
    lower = name.lower()
    if lower.endswith(".pcd.bin"):
        return "nuscenes"
    if lower.endswith(".bin"):
        return "kitti"
    if lower.endswith(".pcd"):
        return "pcd"
    raise RequestError(f"{name}: no cloud by its name; take .bin (KITTI), .pcd.bin (nuScenes) or .pcd")


def decode(data: bytes, name: str, full: float | None = None) -> Cloud:
    """A cloud from a file's bytes; RequestError where they are none.

    full  the stored intensity that stands for 1; None: 1, or 255 or 65535 where values are above 1 or 255
    """
    kind = format_of(name)
    if kind == "pcd":
        return _from_pcd(pcd.decode(data, name), name, full)
    width = 4 if kind == "kitti" else 5
    row = 4 * width
    if len(data) % row:
        other = "a nuScenes file is called .pcd.bin" if kind == "kitti" else "a KITTI file is called .bin"
        raise RequestError(
            f"{name}: {len(data)} bytes are not whole rows of {width} float32; is it cut off? ({other})"
        )
    table = velodyne.decode(data, name) if kind == "kitti" else np.frombuffer(data, "<f4").reshape(-1, 5)
    far = np.abs(table[:, :3]) > _FARTHEST_M
    if far.any():
        number = int(np.flatnonzero(far.any(axis=1))[0])
        raise RequestError(
            f"{name}: point {number} lies {np.abs(table[number, :3]).max():.3g} m away; "
            f"are these rows of {width} float32?"
        )
    if kind == "kitti":
        scale = full or _full(table[:, 3])
        return Cloud(kind, table, table[:, :3], _ratio(table[:, 3], scale), None, scale)
    ring = table[:, 4].astype(np.int64)
    if np.any(ring != table[:, 4]) or (len(ring) and ring.min() < 0):
        raise RequestError(f"{name}: the fifth column is no ring number; is it a nuScenes LIDAR_TOP file?")
    scale = full or 255.0
    return Cloud(kind, table, table[:, :3], _ratio(table[:, 3], scale), ring, scale)


def _from_pcd(file: pcd.Pcd, name: str, full: float | None) -> Cloud:
    table = file.points
    fields = table.dtype.names or ()
    xyz = np.column_stack([table[axis].astype(np.float32) for axis in "xyz"])
    ring_field = next((field for field in _RINGS if field in fields), None)
    value_field = _intensity_field(file)
    scale, intensity = 1.0, np.full(len(table), 0.5, np.float32)
    if value_field is not None:
        values = table[value_field].astype(np.float32)
        scale = full or _full(values)
        intensity = _ratio(values, scale)
    ring = table[ring_field].astype(np.int64) if ring_field is not None else None
    return Cloud("pcd", table, xyz, intensity, ring, scale, file)


def _intensity_field(file: pcd.Pcd) -> str | None:
    return next((field for field in _INTENSITIES if field in (file.points.dtype.names or ())), None)


def _ratio(values: F32, full: float) -> F32:
    ratio: F32 = (values / np.float32(full)).astype(np.float32)
    return ratio


def _full(values: F32) -> float:
    """What stands for 1, guessed from the largest value."""
    largest = float(np.nanmax(values, initial=0.0))
    return 1.0 if largest <= 1.0 else 255.0 if largest <= 255.0 else 65535.0


def encode(cloud: Cloud, xyz_m: F32, intensity: F32, ring: I64, source: I64) -> bytes:
    """The file with R points in place of its own: columns of those that stayed are carried along.

    ring    (R,) in the file's own numbering, for points that are new
    source  (R,) row of each in the cloud, -1 for new ones
    """
    new = source < 0
    table = cloud.table[np.maximum(source, 0)].copy()
    table[new] = np.zeros((), table.dtype)
    same = ~new & (intensity == cloud.intensity[source])
    values = np.minimum(intensity.astype(np.float64) * cloud.full, cloud.full)
    if cloud.full > 1.0:  # stored in whole counts
        values = np.round(values)
    if cloud.header is not None:
        for axis in range(3):
            field = "xyz"[axis]
            # Coordinates kept in float64 keep their digits where they did not change.
            moved = table[field].astype(np.float32) != xyz_m[:, axis]
            table[field] = np.where(moved, xyz_m[:, axis], table[field])
        value_field = _intensity_field(cloud.header)
        if value_field is not None:
            table[value_field] = np.where(same, table[value_field], values)
        for field in _RINGS:
            if field in (table.dtype.names or ()):
                table[field] = np.where(new, ring, table[field])
        return pcd.encode(pcd.Pcd(cloud.header.header, table))
    table[:, :3] = xyz_m
    table[:, 3] = np.where(same, table[:, 3], values)
    if cloud.format == "nuscenes":
        table[:, 4] = np.where(new, ring, table[:, 4])
    return np.ascontiguousarray(table, "<f4").tobytes()


def encode_changes(source: I64, change: U8, cause: U8) -> bytes:
    """What became of the points: little-endian uint32 pairs, those of the new cloud in order, then the lost.

    First word: change (0 kept, 1 moved, 2 lost, 3 added) + 256 cause (row of `sensors.frame.CAUSES`).
    Second: row in the cloud that was read, 0xFFFFFFFF for an added point.
    """
    words = np.empty((len(source), 2), "<u4")
    words[:, 0] = change.astype(np.uint32) | cause.astype(np.uint32) << np.uint32(8)
    words[:, 1] = np.where(source < 0, 0xFFFFFFFF, source)
    return words.tobytes()


def decode_changes(data: bytes) -> tuple[I64, U8, U8]:
    """`source` (-1 for added), `change`, `cause` as `encode_changes` took them."""
    words: U32 = np.frombuffer(data, "<u4").reshape(-1, 2)
    source = words[:, 1].astype(np.int64)
    source[source == 0xFFFFFFFF] = -1
    return source, (words[:, 0] & 0xFF).astype(np.uint8), (words[:, 0] >> 8).astype(np.uint8)
