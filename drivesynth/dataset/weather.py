"""Weather for clouds on disk: each file is read, put into the weather, and written in its own format."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drivesynth.dataset.storage import STAGING, Storage
from drivesynth.errors import RequestError, did_you_mean
from drivesynth.export import clouds
from drivesynth.export.clouds import Cloud
from drivesynth.scenario.model import Environment
from drivesynth.scene import catalogue
from drivesynth.scene.device import Lidar
from drivesynth.scene.rig import load_rig, shipped_devices
from drivesynth.scene.rig import read_device as device_in
from drivesynth.sensors import wakes
from drivesynth.sensors.rig import RigGeometry
from drivesynth.sensors.scan import HiddenSector
from drivesynth.sensors.weather import Balls
from drivesynth.sensors.weathering import CHANGES, weather_cloud
from drivesynth.streams import stream_key

CHANGES_FOLDER = "changes"

# The device of a PCD file by its number of rings.
_DEVICE_OF_RINGS = {16: "vlp16", 32: "hdl32e", 64: "hdl64e_nominal", 128: "vls128"}
_KITTI_HEIGHT_M = 1.73


@dataclass(frozen=True)
class Wake:
    """Spray of a vehicle ahead that drives as we do: its speed, and how far ahead its rear is."""

    speed_kmh: float
    ahead_m: float


@dataclass(frozen=True)
class Request:
    """What was asked for.

    device  a name or file; None: KITTI's own for .bin, the HDL-32E for .pcd.bin, by rings for .pcd
    full    stored intensity that stands for 1; None: guessed from the file
    """

    environment: Environment
    seed: int = 0
    device: str | None = None
    full: float | None = None
    wake: Wake | None = None

    @property
    def changes_nothing(self) -> bool:
        """No weather at all: files are copied."""
        calm = Environment()
        names = (
            "fog_mor_m",
            "dust_mor_m",
            "smoke_mor_m",
            "rain_mm_h",
            "snow_mm_h",
            "wetness_ratio",
            "snow_cover_ratio",
        )
        return self.wake is None and all(
            getattr(self.environment, name) == getattr(calm, name) for name in names
        )  # fmt: skip


@dataclass(frozen=True)
class Done:
    """One file: how many points were read, and how many of each of CHANGES."""

    path: Path
    points: int
    counts: dict[str, int]


def cloud_files(named: list[Path]) -> list[Path]:
    """The files of a request, folders searched; RequestError where there are none or two of one name."""
    files: list[Path] = []
    for path in named:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.name.lower().endswith(clouds.ENDINGS))
            if not inside:
                raise RequestError(f"{path}: no cloud ({', '.join(clouds.ENDINGS)}) in this folder")
            files += inside
        elif path.is_file():
            clouds.format_of(path.name)
            files.append(path)
        else:
            near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
            raise RequestError(f"{path}: no such file{did_you_mean(path.name, near)}")
    seen: dict[str, Path] = {}
    for path in files:
        if path.name in seen:
            raise RequestError(
                f"{path} and {seen[path.name]} have one name and would be one file; take one at a time"
            )
        seen[path.name] = path
    return files


def weather_files(
    files: list[Path], output: Path, request: Request, told: Callable[[int, int], None] | None = None
) -> Iterator[Done | RequestError]:
    """Write each file's twin in weather to `output`, and beside it, in `changes/`, what became of its points.

    A file that cannot be read yields its mistake, and the others are made. Draws hang on seed and file name.
    """
    for path in files:
        if path.resolve() == (output / path.name).resolve():
            raise RequestError(f"{path} would be overwritten; choose another folder with -o")
    if request.device is not None:
        read_device(request.device)  # a misspelt one is no mistake of each file
    storage = Storage(output)
    try:
        for number, path in enumerate(files, 1):
            try:
                yield _one(path, storage, request)
            except RequestError as error:
                yield error
            if told is not None:
                told(number, len(files))
    finally:
        for folder in (output / STAGING, (output / STAGING).parent):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _one(path: Path, storage: Storage, request: Request) -> Done:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RequestError(f"{path}: cannot be read: {error.strerror}") from None
    cloud = clouds.decode(data, str(path), request.full)
    count = len(cloud.xyz_m)
    if request.changes_nothing or count == 0:
        kept = np.zeros(count, np.uint8)
        changes = clouds.encode_changes(np.arange(count), kept, kept)
        storage.commit({path.name: data, f"{CHANGES_FOLDER}/{path.name}.changes": changes}, path.name)
        return Done(path, count, {"kept": count} | dict.fromkeys(CHANGES[1:], 0))

    device, hidden = device_of(cloud, str(path), request.device)
    key = stream_key(request.seed, f"weather/{path.name}")
    balls = _wake(request, cloud, key) if request.wake is not None else None
    made = weather_cloud(
        cloud.xyz_m, cloud.intensity, cloud.ring, request.environment, device,
        key=key, hidden=hidden, balls=balls,
    )  # fmt: skip
    rows = len(made.xyz_m)
    encoded = clouds.encode(
        cloud, made.xyz_m, made.intensity, _numbered(made.ring, made.source[:rows], cloud), made.source[:rows]
    )
    changes = clouds.encode_changes(made.source, made.change, made.cause)
    storage.commit({path.name: encoded, f"{CHANGES_FOLDER}/{path.name}.changes": changes}, path.name)
    counts = np.bincount(made.change, minlength=len(CHANGES))
    return Done(path, count, dict(zip(CHANGES, counts.tolist(), strict=True)))


def _numbered(ring: np.ndarray, source: np.ndarray, cloud: Cloud) -> np.ndarray:
    """(R,) rings in the file's own numbering: as the points that stayed have it."""
    if cloud.ring is None:
        return ring
    stayed = source >= 0
    file_of_own = np.zeros(int(ring.max(initial=0)) + 1, np.int64)
    file_of_own[ring[stayed]] = cloud.ring[source[stayed]]
    return np.asarray(file_of_own[ring])


def device_of(cloud: Cloud, name: str, asked: str | None) -> tuple[Lidar, tuple[HiddenSector, ...]]:
    """The device that took a cloud, and the sectors its carrier hides from it."""
    hidden: tuple[HiddenSector, ...] = ()
    if asked is None and cloud.format == "kitti":
        mount = RigGeometry.of(load_rig("kitti")).main_lidar
        return mount.device, mount.hidden
    if asked is None and cloud.format == "nuscenes":
        asked = "hdl32e"
    if asked is None:
        if cloud.ring is None:
            raise RequestError(
                f"{name}: the file has no ring field; say which device took it with --device, "
                f"one of {', '.join(shipped_devices(Lidar))}"
            )
        rings = int(cloud.ring.max()) + 1
        fits = [count for count in _DEVICE_OF_RINGS if count >= rings]
        if not fits:
            what = f"{name}: {rings} rings; say which device took it with --device, one of"
            raise RequestError(f"{what} {', '.join(shipped_devices(Lidar))}")
        asked = _DEVICE_OF_RINGS[fits[0]]
    return read_device(asked), hidden


def read_device(name: str) -> Lidar:
    """The LiDAR of a file, or of a name of the catalogue."""
    return device_in(Lidar, catalogue.find(name, folder="devices"), name)


def _wake(request: Request, cloud: Cloud, key: int) -> Balls:
    """Spray of the vehicle ahead, in the sensor's frame at the time of the cloud."""
    assert request.wake is not None
    ahead = np.array([0.0, 1.0, 0.0]) if cloud.format == "nuscenes" else np.array([1.0, 0.0, 0.0])
    film_mm = request.environment.spray_film_mm
    speed = request.wake.speed_kmh / 3.6
    # Both drive on over a world at rest; the sensor stands at the origin at time 0.
    rear = request.wake.ahead_m * ahead - np.array([0.0, 0.0, _KITTI_HEIGHT_M])
    return wakes.spray(wakes.driving(rear, speed * ahead), 0.0, film_mm, np.zeros(3), key, "ahead")


def environment_of(
    *,
    fog_mor_m: float | None = None,
    fog_lidar_ratio_sr: float | None = None,
    dust_mor_m: float | None = None,
    smoke_mor_m: float | None = None,
    rain_mm_h: float = 0.0,
    snow_mm_h: float = 0.0,
    wetness_ratio: float | None = None,
    snow_cover_ratio: float = 0.0,
    spray_film_mm: float = 1.0,
) -> Environment:
    """The environment of a filter's flags: rain wets the road, to 80 % unless told otherwise."""
    environment = Environment(
        fog_mor_m=fog_mor_m,
        dust_mor_m=dust_mor_m,
        smoke_mor_m=smoke_mor_m,
        rain_mm_h=rain_mm_h,
        snow_mm_h=snow_mm_h,
        wetness_ratio=wetness_ratio if wetness_ratio is not None else 0.8 * (rain_mm_h > 0.0),
        snow_cover_ratio=snow_cover_ratio,
        spray_film_mm=spray_film_mm,
    )
    if fog_lidar_ratio_sr is None:
        return environment
    return environment.model_copy(update={"fog_lidar_ratio_sr": fog_lidar_ratio_sr})
