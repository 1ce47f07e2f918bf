"""One sweep of a LiDAR through a moving world: a record for every pulse and echo, lost ones included."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from drivesynth_kernels import blank, echo, pulse, records

from drivesynth.arrays import F32, F64
from drivesynth.geometry.transforms import inverse
from drivesynth.scene.device import Lidar
from drivesynth.sensors.ambient import ambient
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.footprint import SUB_BEAMS, look_again
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.laps import Laps
from drivesynth.sensors.light import Light
from drivesynth.sensors.rig import LidarMount
from drivesynth.sensors.scan import Scan, never_closes, scan
from drivesynth.sensors.targets import Medium, Shots, Targets
from drivesynth.sensors.threads import in_pieces

# What the kernel calls a pulse's fate, as a cause; a returned one carries its target's.
_CAUSE_OF_FATE = np.arange(256).astype(np.uint8)
_CAUSE_OF_FATE[pulse.WEAK] = CAUSE["dropped-weak"]
_CAUSE_OF_FATE[pulse.RANDOM] = CAUSE["dropped-random"]
_CAUSE_OF_FATE[pulse.HIDDEN] = CAUSE["dropped-fault"]
_CAUSE_OF_FATE[pulse.OWN] = CAUSE["own-vehicle"]
_CAUSE_OF_FATE[pulse.NOTHING] = CAUSE["no-surface"]
_CAUSE_OF_FATE[pulse.MIXED] = CAUSE["edge-mix"]
_CAUSE_OF_FATE[records.ALARM] = CAUSE["false-alarm"]

Poses = Callable[[F64], F64]  # (N,) rollout times -> (N, 4, 4) world_from_vehicle


def sweep_span_s(mount: LidarMount, time_s: float) -> tuple[float, float]:
    """First and last instant of the sweep around `time_s`: of a turn, when it looks straight ahead."""
    half = mount.device.period_s / 2.0
    return time_s - half, time_s + half


def sweep(
    caster: Caster,
    mount: LidarMount,
    poses: Poses,
    time_s: float,
    *,
    key: int,
    threads: int = 1,
    frozen: bool = False,
    quality: str = "standard",
    sun_klx: float | None = None,
    light: Light | None = None,
    medium: Medium | None = None,
    timings_s: dict[str, float] | None = None,
) -> Pulses:
    """The sweep around `time_s`, as fired: points stand where the device at its own firing time saw them.

    poses      where the vehicle is at given times
    key        names the noise (`streams.stream_key`)
    frozen     hold vehicle and world as they are at `time_s`: the oracle's cloud, by the same noise
    quality    "draft" takes the middle ray for the whole beam, "high" has more sub-beams at edges
    sun_klx    light on level ground, for devices whose noise it makes; that of the data sheet unless told
    light      sun and sky, for devices that report what they see of it
    medium     the air, where it is not clear
    timings_s  seconds spent are added here, by step of the work
    """
    laps = Laps(mount.name)
    first_s, _ = sweep_span_s(mount, time_s)
    since_s = first_s if never_closes(mount.device) else 0.0
    plan = scan(mount.device, mount.hidden, since_s, mount.covered)
    lanes = plan.lanes
    if sun_klx is not None:
        plan = replace(plan, device=_under_sun(plan, sun_klx))
    instants = first_s + plan.step_s * np.arange(plan.steps + 1, dtype=np.float64)
    if frozen:
        instants[:] = time_s
    world_from_lidar = np.ascontiguousarray(poses(instants) @ mount.vehicle_from_lidar)

    shape = plan.shape
    origins, directions = np.empty((*shape, 3)), np.empty((*shape, 3), np.float32)
    times = np.empty(shape)
    pulse.fire(plan.beams, lanes, world_from_lidar, first_s, plan.step_s, origins, directions, times)
    if frozen:
        times[:] = time_s
    laps.end("fire")

    hits = caster.sweep(origins, directions, times)
    laps.end("cast")
    surface = caster.surface(hits)
    _, normals = caster.normals(hits, times)
    laps.end("gather")
    met = pulse.Surface(
        hits.range_m,
        hits.instance,
        surface.actor,
        surface.material,
        surface.class_id,
        surface.tint_905,
        normals,
    )
    mirrors = met if medium is None else medium.mirrored(met, origins, directions)
    targets = look_again(caster, plan, mirrors, origins, directions, times, SUB_BEAMS[quality])
    laps.end("edges")
    if medium is not None:
        targets = medium(Shots(plan, origins, directions, times, hits.range_m, met, key, threads), targets)
    laps.end("air")
    pulses = _measure(plan, met, targets, directions, first_s, key, threads)
    _blank(pulses, mount.device, key)
    if light is not None and mount.device.receiver.ambient:
        wavelength_nm = mount.device.receiver.wavelength_nm
        murk = 0.0 if medium is None else medium.extinction_per_m
        image = ambient(caster, light, wavelength_nm, plan.response, met, origins, directions, time_s, murk)
        # A ring's records stand by azimuth, lanes as fired.
        lane = np.argsort(lanes.column, axis=1)[pulses.ring, pulses.column]
        pulses = replace(pulses, ambient=image[pulses.ring, lane])
    laps.end("measure")
    if timings_s is not None:
        timings_s.update(laps.seconds)
    return pulses


def _under_sun(plan: Scan, sun_klx: float) -> echo.Device:
    """The device in another light than its data sheet's."""
    return plan.device._replace(sunlight=plan.device.sunlight * sun_klx / plan.sun_klx)


def _measure(
    plan: Scan, met: pulse.Surface, targets: Targets, directions: F32, first_s: float, key: int, threads: int
) -> Pulses:
    (rows, columns), most = plan.shape, plan.device.returns_most
    count = rows * columns * most
    written = records.Records(
        xyz_m=np.empty((count, 3), np.float32),
        azimuth_rad=np.empty(count, np.float32),
        elevation_rad=np.empty(count, np.float32),
        range_m=np.empty(count, np.float32),
        intensity=np.empty(count, np.float32),
        column=np.empty(count, np.uint16),
        time_ns=np.empty(count, np.int64),
        echo=np.empty(count, np.uint8),
        class_id=np.empty(count, np.uint8),
        actor=np.empty(count, np.int32),
        instance=np.empty(count, np.int32),
        material=np.empty(count, np.uint8),
        incidence_rad=np.empty(count, np.float32),
        fate=np.empty(count, np.uint8),
    )
    used = np.empty(rows, np.int64)
    fixed = (
        np.uint64(key),
        plan.device,
        plan.beams,
        plan.lanes,
        plan.response,
        met,
        targets.listed(),
        directions,
    )
    clock = (round(first_s * 1e9), plan.step_s * 1e9)

    def work(first: int, end: int) -> None:
        pulse.receive(*fixed, *clock, first, end, written, used)

    in_pieces(threads, rows, work)
    columns_of = written._asdict()
    columns_of["cause"] = _CAUSE_OF_FATE.take(columns_of.pop("fate"))
    columns_of["ring"] = np.repeat(plan.ring, columns * most)
    columns_of["ambient"] = np.zeros(count, np.float32)
    if most > 1:
        kept = np.flatnonzero(np.arange(columns * most) < used[:, None])
        columns_of = {name: column[kept] for name, column in columns_of.items()}
    return Pulses(**columns_of)


def _blank(pulses: Pulses, device: Lidar, key: int) -> None:
    """Take the intensity of those returns whose laser reports none."""
    blanks = device.blanks
    if blanks is not None:
        share = np.array(blanks.share)
        offset = np.array(device.beams.intensity_offset) if device.beams.intensity_offset else 0.0 * share
        blank.blank(
            np.uint64(key), share, offset, blanks.level, blanks.fall, blanks.run_firings,
            pulses.ring, pulses.column, pulses.range_m, pulses.intensity,
        )  # fmt: skip


CLOUDS = ("compensated", "oracle")


def cloud(pulses: Pulses, xyz_m: F32 | F64 | None = None) -> F32:
    """(R, 4) x, y, z and intensity of the returns; xyz_m (R, 3) where they are to stand elsewhere."""
    rows = pulses.returned
    found = np.empty((len(rows), 4), np.float32)
    found[:, :3] = pulses.xyz_m[rows] if xyz_m is None else xyz_m
    found[:, 3] = pulses.intensity[rows]
    return found


def compensated(pulses: Pulses, mount: LidarMount, poses: Poses, time_s: float) -> F64:
    """(R, 3) returns as if all had been fired at `time_s`: the ego's motion taken out, actors' left in."""
    rows = pulses.returned
    times, which = np.unique(pulses.time_ns[rows], return_inverse=True)
    world_from_lidar = poses(times.astype(np.float64) * 1e-9) @ mount.vehicle_from_lidar
    lidar_from_world = inverse((poses(np.array([time_s])) @ mount.vehicle_from_lidar)[0])
    moved = (lidar_from_world @ world_from_lidar)[which]
    points: F64 = np.einsum("nij,nj->ni", moved[:, :3, :3], pulses.xyz_m[rows])
    return points + moved[:, :3, 3]
