"""Where a rig's sensors are and how they project, as matrices between named frames.

KITTI ties its cameras together in the *label* frame, rectified camera 0: `P_i` takes label coordinates to
pixels of camera i, and `R0_rect Tr_velo_to_cam` takes LiDAR coordinates to label coordinates (readme of
the object development kit). Camera i looks along the label frame's axes from the point that P_i sends
nowhere, -K^-1 p4: some centimetres beside the label frame's origin, and some millimetres off in y and z.
"""

from dataclasses import dataclass, field

import numpy as np

from drivesynth.arrays import F64
from drivesynth.errors import RequestError
from drivesynth.geometry.geodesy import Geodetic
from drivesynth.geometry.transforms import inverse, move_points, rigid, rotation_xyz
from drivesynth.scene.camera import Camera, Mount
from drivesynth.scene.device import Lidar
from drivesynth.scene.navigation import NavigationDevice
from drivesynth.scene.radar import Radar
from drivesynth.scene.rig import LabelFrame, LidarSensor, NavigationSensor, Rig
from drivesynth.sensors.lens import Lens
from drivesynth.sensors.scan import HiddenSector

# Camera axes (x right, y down, z forward) of a camera that looks along its mount's x axis.
_MOUNT_FROM_CAMERA = rigid((0.0, 0.0, 0.0), np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]))


@dataclass(frozen=True, eq=False)
class LidarMount:
    """A LiDAR in its place.

    hidden   sectors that the carrying car stands in
    covered  sectors that a fault takes: dirt on the window, a dead laser
    """

    name: str
    device: Lidar
    vehicle_from_lidar: F64
    hidden: tuple[HiddenSector, ...] = ()
    covered: tuple[HiddenSector, ...] = ()


@dataclass(frozen=True, eq=False)
class CameraMount:
    """A camera in its place.

    K                    (3, 3) camera matrix; pixel centres stand at whole numbers
    vehicle_from_camera  (4, 4), origin at the optical centre
    projection           (3, 4) pixels from label coordinates, but for what the lens bends
    time_offset_s        of its middle row's exposure against the frame time
    lens                 how it projects
    model                what else the rig's file says about it
    """

    name: str
    width_px: int
    height_px: int
    K: F64
    vehicle_from_camera: F64
    projection: F64
    time_offset_s: float
    lens: Lens
    model: Camera

    @property
    def row_delay_s(self) -> float:
        """By how much a row is exposed later than the one above it."""
        return self.model.row_delay_us * 1e-6


@dataclass(frozen=True, eq=False)
class RadarMount:
    """A radar in its place, x along its axis; `time_offset_s` of its burst against the frame time."""

    name: str
    device: Radar
    vehicle_from_radar: F64
    time_offset_s: float = 0.0
    cube: bool = False


@dataclass(frozen=True, eq=False)
class NavigationMount:
    """An inertial unit in its place.

    imu_from_antenna  (3,) the lever arm, in the unit's axes
    outages           (from, to) [s] of the rollout without satellites
    """

    name: str
    device: NavigationDevice
    vehicle_from_imu: F64
    imu_from_antenna: F64
    origin: Geodetic
    outages: tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class RigGeometry:
    """A rig's frames; `projections`, `r0_rect`, `camera_from_lidar`, `lidar_from_imu` as files spell them.

    lidars, cameras    by name, in the rig file's order; the first LiDAR is the main one
    label_from_lidar   (4, 4) of the main LiDAR, rotation made exactly orthonormal
    projections        (4, 3, 4) P0 .. P3: pixels of image_0 .. image_3 from label coordinates
    r0_rect            (3, 3) label frame from camera 0
    camera_from_lidar, lidar_from_imu  (4, 4) camera 0, not rectified; inertial unit
    radars             by name
    navigation         by name; the first one is what KITTI's oxts files hold
    """

    name: str
    lidars: dict[str, LidarMount]
    cameras: dict[str, CameraMount]
    label_from_lidar: F64
    projections: F64
    r0_rect: F64
    camera_from_lidar: F64
    lidar_from_imu: F64
    navigation: dict[str, NavigationMount] = field(default_factory=dict)
    radars: dict[str, RadarMount] = field(default_factory=dict)
    frame_rate_hz: int = 10

    @staticmethod
    def of(rig: Rig) -> "RigGeometry":
        """The geometry that a rig's file describes; RequestError where a projection is no pinhole's."""
        lidars = {name: _lidar(name, sensor) for name, sensor in rig.lidars.items()}
        frame = rig.label_frame
        r0_rect = np.array(frame.r0_rect).reshape(3, 3)
        camera_from_lidar = _square(frame.tr_velo_to_cam)
        label_from_lidar = rigid(
            r0_rect @ camera_from_lidar[:3, 3], _nearest_rotation(r0_rect @ camera_from_lidar[:3, :3])
        )
        vehicle_from_label = lidars[rig.main_lidar].vehicle_from_lidar @ inverse(label_from_lidar)
        cameras = {name: _camera(name, camera, vehicle_from_label) for name, camera in rig.cameras.items()}
        vehicle_from_lidar = lidars[rig.main_lidar].vehicle_from_lidar
        vehicle_from_imu = vehicle_from_lidar @ _square(frame.tr_imu_to_velo)
        vehicle_from_imu[:3, :3] = _nearest_rotation(vehicle_from_imu[:3, :3])
        navigation = {
            name: _navigation(name, unit, vehicle_from_imu) for name, unit in rig.navigation.items()
        }
        lidar_from_imu = _square(frame.tr_imu_to_velo)
        if any(unit.mount is not None for unit in list(rig.navigation.values())[:1]):
            # Calibration files tell of the unit whose records are KITTI's.
            lidar_from_imu = inverse(vehicle_from_lidar) @ next(iter(navigation.values())).vehicle_from_imu
        return RigGeometry(
            rig.name,
            lidars,
            cameras,
            label_from_lidar,
            _projections(frame, cameras),
            r0_rect,
            camera_from_lidar,
            lidar_from_imu,
            navigation,
            {
                name: RadarMount(
                    name, radar.model, _pose(radar.mount), radar.trigger_offset_ms * 1e-3, radar.cube
                )
                for name, radar in rig.radars.items()
            },
            rig.frame_rate_hz,
        )

    @property
    def main_lidar(self) -> LidarMount:
        """The LiDAR whose looking straight ahead is the frame time."""
        return next(iter(self.lidars.values()))

    @property
    def vehicle_from_lidar(self) -> F64:
        """(4, 4) of the main LiDAR."""
        return self.main_lidar.vehicle_from_lidar

    @property
    def vehicle_from_label(self) -> F64:
        """(4, 4) of the frame that labels are written in."""
        return self.vehicle_from_lidar @ inverse(self.label_from_lidar)

    @property
    def lidar_from_radar(self) -> dict[str, F64]:
        """(4, 4) main LiDAR from each radar."""
        lidar_from_vehicle = inverse(self.vehicle_from_lidar)
        return {name: lidar_from_vehicle @ radar.vehicle_from_radar for name, radar in self.radars.items()}

    @property
    def lidar_from_further(self) -> dict[str, F64]:
        """(4, 4) main LiDAR from each of the others."""
        lidar_from_vehicle = inverse(self.vehicle_from_lidar)
        others = list(self.lidars)[1:]
        return {name: lidar_from_vehicle @ self.lidars[name].vehicle_from_lidar for name in others}

    def lidar_from_camera(self, camera: str) -> F64:
        """(4, 4) main LiDAR from a camera."""
        return inverse(self.vehicle_from_lidar) @ self.cameras[camera].vehicle_from_camera


def _lidar(name: str, sensor: LidarSensor) -> LidarMount:
    sectors = tuple((*mask.rings, *mask.azimuth_deg, mask.hidden) for mask in sensor.mask)
    return LidarMount(name, sensor.model, _pose(sensor.mount), sectors)


def _navigation(name: str, unit: NavigationSensor, vehicle_from_imu: F64) -> NavigationMount:
    if unit.mount is not None:
        vehicle_from_imu = _pose(unit.mount)
    antenna = np.array([unit.antenna.x_m, unit.antenna.y_m, unit.antenna.z_m])
    return NavigationMount(
        name,
        unit.model,
        vehicle_from_imu,
        move_points(inverse(vehicle_from_imu), antenna[None])[0],
        Geodetic(**unit.origin.model_dump()),
        tuple((outage.from_s, outage.to_s) for outage in unit.outages),
    )


def _camera(name: str, camera: Camera, vehicle_from_label: F64) -> CameraMount:
    if camera.projection is not None:
        projection = np.array(camera.projection).reshape(3, 4)
        k = projection[:, :3].copy()
        if k[2, 2] != 1.0 or k[0, 1] or k[1, 0] or k[2, 0] or k[2, 1]:
            raise RequestError(
                "the left 3 x 3 of a projection must be a camera matrix: fx 0 cx, 0 fy cy, 0 0 1",
                field=f"cameras.{name}.projection",
            )
        vehicle_from_camera = vehicle_from_label @ rigid(-np.linalg.solve(k, projection[:, 3]))
    else:
        assert camera.mount is not None
        rows = [[camera.fx_px, 0.0, camera.cx_px], [0.0, camera.fy_px, camera.cy_px], [0.0, 0.0, 1.0]]
        k = np.array(rows, np.float64)
        vehicle_from_camera = _pose(camera.mount) @ _MOUNT_FROM_CAMERA
        projection = k @ (inverse(vehicle_from_camera) @ vehicle_from_label)[:3]
    return CameraMount(
        name,
        camera.width_px,
        camera.height_px,
        k,
        vehicle_from_camera,
        projection,
        camera.trigger_offset_ms * 1e-3,
        Lens(k[0, 0], k[1, 1], k[0, 2], k[1, 2], camera.lens, camera.distortion),
        camera,
    )


def _projections(frame: LabelFrame, cameras: dict[str, CameraMount]) -> F64:
    """P0 .. P3: of the rig's own cameras, else as the label frame lists them, else the first camera's."""
    own = {f"P{name[6:]}": camera.projection for name, camera in cameras.items() if name.startswith("image_")}
    listed: dict[str, F64] = {
        name: np.array(values).reshape(3, 4) for name, values in frame.projections.items()
    }
    known = {**listed, **own}
    blank = next(iter(known.values()), np.eye(3, 4))
    return np.stack([known.get(f"P{i}", blank) for i in range(4)])


def _pose(mount: Mount) -> F64:
    angles = np.radians([mount.roll_deg, mount.pitch_deg, mount.yaw_deg])
    return rigid((mount.x_m, mount.y_m, mount.z_m), rotation_xyz(*angles))


def _square(upper: tuple[float, ...]) -> F64:
    return np.vstack([np.array(upper).reshape(3, 4), [0.0, 0.0, 0.0, 1.0]])


def _nearest_rotation(matrix: F64) -> F64:
    """The rotation closest to a matrix whose printed digits left it not quite orthonormal."""
    u, _, vt = np.linalg.svd(matrix)
    return np.asarray(u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt)
