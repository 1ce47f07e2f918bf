"""Rigs and devices: which sensors a car carries, where, and what each is able to see.

These files describe hardware, so values are bare numbers with the unit in the key (`range_m`).
Vehicle frame: x forward, y left, z up, origin on the ground below the centre of the car's box.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, Field, PositiveInt, field_validator, model_validator

from drivesynth.errors import RequestError
from drivesynth.scene import catalogue
from drivesynth.scene.camera import Camera, CameraDevice, Matrix34, Mount
from drivesynth.scene.device import Lidar
from drivesynth.scene.document import Node, read
from drivesynth.scene.navigation import NavigationDevice, Origin, Outage
from drivesynth.scene.radar import Radar
from drivesynth.scene.validate import FileModel, mistake, validated

Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Matrix33 = Annotated[tuple[float, ...], Field(min_length=9, max_length=9)]


D = TypeVar("D", bound=FileModel)


def _resolved(device: str | D) -> D:
    if isinstance(device, str):
        raise RequestError(f"device {device!r} is only a name; load the rig with load_rig")
    return device


class MaskSector(FileModel):
    """Directions the recording car hides: rings (0 is the top) by azimuth from x, counter-clockwise."""

    rings: tuple[int, int]  # first and last
    azimuth_deg: tuple[float, float]  # from, to; may pass through 360
    hidden: Ratio = 1.0


class LidarSensor(FileModel):
    """A LiDAR on the car: a device, by name or written out, its mount, and what the car hides from it."""

    device: str | Lidar
    mount: Mount
    mask: tuple[MaskSector, ...] = ()

    @property
    def model(self) -> Lidar:
        """The device; `load_rig` has replaced names by what they stand for."""
        return _resolved(self.device)


class RadarSensor(FileModel):
    """A radar on the car.

    trigger_offset_ms  of its burst against the frame time
    cube               also give the power of every cell of range, speed and azimuth
    """

    device: str | Radar
    mount: Mount
    trigger_offset_ms: float = Field(default=0.0, ge=-45.0, le=45.0)
    cube: bool = False

    @property
    def model(self) -> Radar:
        """The device; `load_rig` has replaced names by what they stand for."""
        return _resolved(self.device)


class NavigationSensor(FileModel):
    """An inertial unit with GNSS in the car.

    mount    None: where `label_frame.tr_imu_to_velo` puts it
    antenna  of the GNSS receiver; only its place counts
    origin   where on Earth the world's origin lies
    outages  without satellites, by the time of the scene
    """

    device: str | NavigationDevice
    mount: Mount | None = None
    antenna: Mount = Mount(z_m=1.6)
    origin: Origin = Origin()
    outages: tuple[Outage, ...] = ()

    @property
    def model(self) -> NavigationDevice:
        """The device; `load_rig` has replaced names by what they stand for."""
        return _resolved(self.device)


class LabelFrame(FileModel):
    """The frame labels are written in, as KITTI's calibration files tie it to the LiDAR.

    r0_rect         3 x 3 rectified camera 0 from camera 0; tr_velo_to_cam 3 x 4 camera 0 from LiDAR;
    tr_imu_to_velo  3 x 4 LiDAR from inertial unit; all row by row
    projections     P0 .. P3 of cameras that the calibration files list but that take no pictures here
    """

    r0_rect: Matrix33 = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    tr_velo_to_cam: Matrix34 = (0.0, -1.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    tr_imu_to_velo: Matrix34 = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    projections: dict[Literal["P0", "P1", "P2", "P3"], Matrix34] = Field(default_factory=dict)


class Rig(FileModel):
    """The sensors of a car by name.

    main  of several LiDARs the one whose looking ahead is the frame time, to whose frame labels and cameras
          are tied and whose cloud is KITTI's `velodyne`; the first one unless told
    """

    about: str = ""
    source: str = ""
    name: str = ""
    main: str = ""
    lidars: Annotated[dict[str, LidarSensor], Field(min_length=1)]
    cameras: dict[str, Camera] = Field(default_factory=dict)
    radars: dict[str, RadarSensor] = Field(default_factory=dict)
    navigation: dict[str, NavigationSensor] = Field(default_factory=dict)
    label_frame: LabelFrame = LabelFrame()
    frame_rate_hz: PositiveInt = 10

    @field_validator("cameras", "lidars", "radars", "navigation")
    @classmethod
    def _names_are_words(cls, sensors: dict[str, object]) -> dict[str, object]:
        for name in sensors:
            if not name.isidentifier():
                raise ValueError(f"{name!r} is no name for a sensor; use letters, digits and _")
        return sensors

    @model_validator(mode="after")
    def _no_name_twice(self) -> Self:
        names = [
            name for group in (self.lidars, self.cameras, self.radars, self.navigation) for name in group
        ]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two sensors are named {name}; noise and files go by names")
        if self.main and self.main not in self.lidars:
            raise ValueError(f"main names no LiDAR {self.main!r} of this rig: {', '.join(self.lidars)}")
        return self

    @model_validator(mode="before")
    @classmethod
    def _main_comes_first(cls, value: Any) -> Any:
        lidars = value.get("lidars") if isinstance(value, dict) else None
        if isinstance(lidars, dict) and value.get("main") in lidars:
            first = value["main"]
            return {**value, "lidars": {first: lidars[first]} | lidars}
        return value

    @property
    def main_lidar(self) -> str:
        """The LiDAR whose looking straight ahead is the frame time."""
        return next(iter(self.lidars))


def load_rig(ref: str | Path, beside: Path | None = None) -> Rig:
    """The rig of a name or file, devices resolved; Mistakes where its file is wrong."""
    path = catalogue.find(ref, beside, folder="rigs")
    tree = read(path)
    rig = validated(Rig, tree)
    devices = {
        "cameras": {
            name: camera.model_copy(
                update={"device": _device(CameraDevice, camera.device, tree, ("cameras", name), path)}
            )
            for name, camera in rig.cameras.items()
        },
        "lidars": {
            name: sensor.model_copy(
                update={"device": _device(Lidar, sensor.device, tree, ("lidars", name), path)}
            )
            for name, sensor in rig.lidars.items()
        },
        "radars": {
            name: sensor.model_copy(
                update={"device": _device(Radar, sensor.device, tree, ("radars", name), path)}
            )
            for name, sensor in rig.radars.items()
        },
        "navigation": {
            name: sensor.model_copy(
                update={"device": _device(NavigationDevice, sensor.device, tree, ("navigation", name), path)}
            )
            for name, sensor in rig.navigation.items()
        },
    }
    return rig.model_copy(update={**devices, "name": rig.name or path.stem})


def _device(model: type[D], device: str | D, tree: Node, where: tuple[str, str], rig: Path) -> D:
    """The device itself, or the one that a name beside the rig or in the catalogue stands for."""
    if not isinstance(device, str):
        return device
    try:
        file = catalogue.find(device, rig.parent, folder="devices")
        if file.resolve() == rig.resolve():  # a rig named after its device: its own file is not meant
            file = catalogue.find(f"devices/{device}", rig.parent)
    except RequestError as error:
        raise mistake(tree, (*where, "device"), error.what) from None
    try:
        return read_device(model, file, device)
    except WrongKind as error:
        raise mistake(tree, (*where, "device"), error.what) from None


_DEVICES: tuple[type[BaseModel], ...] = (Lidar, CameraDevice, Radar, NavigationDevice)


class WrongKind(RequestError):
    """A device's file is that of another kind of sensor."""


def read_device(model: type[D], file: Path, name: str) -> D:
    """The device of a file; WrongKind where it is one, but not of this model, Mistakes where it is wrong."""
    node = read(file)
    wanted, given = get_args(model.model_fields["kind"].annotation), node.plain()
    kind = given.get("kind") if isinstance(given, dict) else None
    others = {k for m in _DEVICES for k in get_args(m.model_fields["kind"].annotation)}
    if (
        kind not in wanted and kind in others
    ):  # any other word is misspelt, which the device's own file is told
        raise WrongKind(f"{name} is a {kind}; a {wanted[0]} is needed here")
    return validated(model, node)


def shipped_devices(model: type[BaseModel]) -> list[str]:
    """The catalogue's devices of a model's kinds."""
    wanted = get_args(model.model_fields["kind"].annotation)
    files = {name: catalogue.root() / "devices" / f"{name}.yaml" for name in catalogue.names("devices")}
    return [
        name
        for name, file in files.items()
        if any(line.partition(":")[2].strip() in wanted for line in file.read_text().splitlines()
               if line.startswith("kind:"))
    ]  # fmt: skip
