"""KITTI's object layout: which files a frame has, and the lists beside them.

    training/{velodyne,image_2,image_3,label_2,calib}/NNNNNN.*    ImageSets/{train,val,trainval,test}.txt
    training/oxts/NNNNNN.txt                                      of rigs with an inertial unit, as KITTI raw
    training/{velodyne,calib}_NAME/NNNNNN.*                       of each further LiDAR, as if alone
    drivesynth/radar_*/NNNNNN.{pcd,csv}                           of rigs with radars, nuScenes' fields
    training/{image_0,image_1,image_NAME}/NNNNNN.png              of further cameras
    drivesynth/{depth_2,instance_2}/NNNNNN.png                    what KITTI has no place for
    drivesynth/raw_*/NNNNNN.png                                   of cameras that give their chip's numbers
    drivesynth/cameras/NNNNNN.json                                where P0 .. P3 do not say all of the cameras

Readme of the object development kit. Frames of the test split stand under testing/, where readers
look for the ids of test.txt.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from drivesynth.arrays import F32, F64, I32, U8
from drivesynth.errors import RequestError
from drivesynth.export import calib, images, labels, oxts, radar, velodyne
from drivesynth.export.calib import Calibration
from drivesynth.export.labels import Label
from drivesynth.sensors.frame import Frame
from drivesynth.truth.model import ActorTruth

CAMERAS = ("image_2", "image_3")
LABELLED = CAMERAS[0]  # the camera whose picture decides about the labels
LISTS = ("train", "val", "trainval", "test")
# Ids have six digits.
MOST_FRAMES = 1_000_000


def frame_id(number: int) -> str:
    """Six digits, as KITTI's readers expect."""
    return f"{number:06d}"


def folder(split: str) -> str:
    """Where a split's frames stand."""
    return "testing" if split == "test" else "training"


def picture_folder(camera: str) -> str:
    """Where a camera's pictures stand: KITTI's own folders for its names, `image_NAME` for others."""
    return camera if camera.startswith("image_") else f"image_{camera}"


def check_rig(lidars: Iterable[str], cameras: Iterable[str]) -> None:
    """RequestError where a rig lacks what this layout is built around: a LiDAR and the labelled camera."""
    lidars, pictures = list(lidars), sorted(cameras)
    if not lidars or LABELLED not in pictures:
        raise RequestError(
            f"KITTI's layout needs a LiDAR and a camera named {LABELLED}; "
            f"this rig has LiDARs {lidars} and cameras {pictures}; use a rig like `kitti`",
            field="rig",
        )


def encode(
    frame: Frame,
    truths: Sequence[ActorTruth],
    calibration: Calibration,
    name: str,
    split: str = "train",
    lidar_from_radar: Mapping[str, F64] = MappingProxyType({}),
    lidar_from_further: Mapping[str, F64] = MappingProxyType({}),
    cameras: bytes = b"",
) -> dict[str, bytes]:
    """Path inside the dataset -> bytes of all files of a frame, the main LiDAR's point cloud last.

    lidar_from_radar    (4, 4) by the name of each radar of the frame
    lidar_from_further  (4, 4) by the name of each LiDAR but the main one, which is the first
    cameras             the file about lenses and places of the rig's cameras, where there is need of one

    Readers find frames by their clouds or by the lists: what comes last here is given its name last.
    """
    check_rig(frame.sweeps, frame.images)
    lidar, *further = frame.sweeps
    base = folder(split)
    left = frame.images[LABELLED]
    files = {
        f"drivesynth/depth_2/{name}.png": images.encode_depth(left.depth_m),
        f"drivesynth/instance_2/{name}.png": images.encode_instance(left.actor),
        f"{base}/calib/{name}.txt": calib.encode(calibration),
    }
    for camera, picture in frame.images.items():
        files[f"{base}/{picture_folder(camera)}/{name}.png"] = images.encode_rgb(picture.rgb)
        if picture.raw is not None:
            files[f"drivesynth/raw_{camera.removeprefix('image_')}/{name}.png"] = images.encode_raw(
                picture.raw
            )
    if cameras:
        files[f"drivesynth/cameras/{name}.json"] = cameras
    for number, (unit, navigation) in enumerate(frame.navigation.items()):
        files[f"drivesynth/navigation_{unit}/{name}.csv"] = oxts.encode_records(navigation)
        if number == 0:
            files[f"{base}/oxts/{name}.txt"] = oxts.encode(navigation.oxts[-1])
    for sensor, found in frame.radars.items():
        place = f"drivesynth/radar_{sensor}/{name}"
        files[f"{place}.pcd"] = radar.encode(found, lidar_from_radar[sensor])
        files[f"{place}.csv"] = radar.encode_labels(found)
        if found.cube is not None:
            files[f"{place}.npz"] = radar.encode_cube(found.cube)
    for other in further:
        seen = calibration.seen_from(lidar_from_further[other])
        files[f"{base}/calib_{other}/{name}.txt"] = calib.encode(seen)
        files[f"{base}/velodyne_{other}/{name}.bin"] = velodyne.encode(frame.sweeps[other])
    files[f"{base}/label_2/{name}.txt"] = labels.encode(labels.labels(truths, LABELLED, lidar))
    files[f"{base}/velodyne/{name}.bin"] = velodyne.encode(frame.sweeps[lidar])
    return files


@dataclass(frozen=True)
class KittiFrame:
    """A frame read back; pictures that are not there are None.

    cloud     (R, 4) x, y, z in the LiDAR's frame [m], reflectance
    rgb       camera name -> (H, W, 3)
    depth_m   (H, W) of image_2, inf where there is none
    actor     (H, W) of image_2, -1 for surroundings
    """

    cloud: F32
    calibration: Calibration
    labels: list[Label]
    rgb: dict[str, U8]
    depth_m: F32 | None
    actor: I32 | None


def read(root: Path, name: str, split: str = "train") -> KittiFrame:
    """One frame of a dataset in KITTI's layout, ours or anybody's."""
    base = root / folder(split)

    def data(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise RequestError(f"{path}: cannot be read: {error.strerror}") from None

    cloud, text = base / "velodyne" / f"{name}.bin", base / "calib" / f"{name}.txt"
    rows = base / "label_2" / f"{name}.txt"
    pictures = {camera: base / camera / f"{name}.png" for camera in CAMERAS}
    depth = root / "drivesynth" / "depth_2" / f"{name}.png"
    instance = root / "drivesynth" / "instance_2" / f"{name}.png"
    return KittiFrame(
        velodyne.decode(data(cloud), str(cloud)),
        calib.decode(data(text), str(text)),
        labels.decode(data(rows), str(rows)) if rows.exists() else [],
        {
            camera: images.decode_rgb(data(path), str(path))
            for camera, path in pictures.items()
            if path.exists()
        },
        images.decode_depth(data(depth), str(depth)) if depth.exists() else None,
        images.decode_instance(data(instance), str(instance)) if instance.exists() else None,
    )


def encode_lists(frames: Mapping[str, str]) -> dict[str, bytes]:
    """The four lists from frame id -> split; readers want all of them, empty ones too."""
    split_of = {name: frames[name] for name in sorted(frames)}
    members = {
        "train": [name for name, split in split_of.items() if split not in ("val", "test")],
        "val": [name for name, split in split_of.items() if split == "val"],
        "trainval": [name for name, split in split_of.items() if split != "test"],
        "test": [name for name, split in split_of.items() if split == "test"],
    }
    return {
        f"ImageSets/{listed}.txt": "".join(name + "\n" for name in members[listed]).encode()
        for listed in LISTS
    }
