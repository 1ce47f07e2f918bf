"""One turn of a LiDAR through a moving world: a record for every pulse, lost ones included."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from drivesynth_kernels import pulse

from drivesynth.arrays import F32, F64
from drivesynth.geometry.transforms import inverse
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.laps import Laps
from drivesynth.sensors.rig import LidarMount
from drivesynth.sensors.scan import Scan, response, scan

# What the kernel calls a pulse's fate, as a cause. The carrier's own body is a fault that never heals.
_CAUSE_OF_FATE = np.zeros(5, np.uint8)
_CAUSE_OF_FATE[pulse.RETURNED] = CAUSE["surface"]
_CAUSE_OF_FATE[pulse.WEAK] = CAUSE["dropped-weak"]
_CAUSE_OF_FATE[pulse.RANDOM] = CAUSE["dropped-random"]
_CAUSE_OF_FATE[pulse.HIDDEN] = CAUSE["dropped-fault"]
_CAUSE_OF_FATE[pulse.NOTHING] = CAUSE["no-surface"]

Poses = Callable[[F64], F64]  # (N,) rollout times -> (N, 4, 4) world_from_vehicle


def sweep_span_s(mount: LidarMount, time_s: float) -> tuple[float, float]:
    """First and last instant of the turn that looks straight ahead at `time_s`."""
    half = mount.device.turn.period_s / 2.0
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
    timings_s: dict[str, float] | None = None,
) -> Pulses:
    """The turn around `time_s`, as fired: points stand where the device at its own firing time saw them.

    poses      where the vehicle is at given times
    key        names the noise (`streams.stream_key`)
    frozen     hold vehicle and world as they are at `time_s`: the oracle's cloud, by the same noise
    timings_s  seconds spent are added here, by step of the work
    """
    laps = Laps(mount.name)
    plan = scan(mount.device, mount.hidden)
    lanes, (first_s, _) = plan.lanes, sweep_span_s(mount, time_s)
    instants = first_s + plan.period_s * np.arange(plan.firings + 1, dtype=np.float64)
    if frozen:
        instants[:] = time_s
    world_from_lidar = np.ascontiguousarray(poses(instants) @ mount.vehicle_from_lidar)

    shape = lanes.firing.shape
    origins, directions = np.empty((*shape, 3)), np.empty((*shape, 3), np.float32)
    times = np.empty(shape)
    pulse.fire(plan.beams, lanes, world_from_lidar, first_s, plan.period_s, origins, directions, times)
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
    pulses = _measure(plan, met, directions, first_s, key, threads)
    laps.end("measure")
    if timings_s is not None:
        timings_s.update(laps.seconds)
    return pulses


def _measure(
    plan: Scan, met: pulse.Surface, directions: F32, first_s: float, key: int, threads: int
) -> Pulses:
    rings, columns = plan.lanes.firing.shape
    count = rings * columns
    records = pulse.Records(
        np.empty((count, 3), np.float32),
        np.empty(count, np.float32),
        np.empty(count, np.float32),
        np.empty(count, np.float32),
        np.empty(count, np.uint16),
        np.empty(count, np.int64),
        np.empty(count, np.uint8),
        np.empty(count, np.int32),
        np.empty(count, np.int32),
        np.empty(count, np.uint8),
        np.empty(count, np.float32),
        np.empty(count, np.uint8),
    )
    fixed = (
        np.uint64(key),
        plan.device,
        plan.beams,
        plan.lanes,
        response(),
        met,
        directions,
    )
    clock = (round(first_s * 1e9), plan.period_s * 1e9)

    def work(first: int) -> None:
        pulse.receive(*fixed, *clock, first, min(first + step, rings), records)

    step = -(-rings // threads)
    if threads == 1:
        work(0)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(0, rings, step)))

    elevation = np.arcsin(plan.beams.sin_elevation).astype(np.float32)
    return Pulses(
        xyz_m=records.xyz_m,
        azimuth_rad=records.azimuth_rad,
        elevation_rad=np.repeat(elevation, columns),
        range_m=records.range_m,
        intensity=records.intensity,
        ring=np.repeat(np.arange(rings, dtype=np.uint8), columns),
        column=records.column,
        time_ns=records.time_ns,
        echo=np.zeros(count, np.uint8),
        class_id=records.class_id,
        actor=records.actor,
        instance=records.instance,
        material=records.material,
        incidence_rad=records.incidence_rad,
        cause=_CAUSE_OF_FATE[records.fate],
    )


def compensated(pulses: Pulses, mount: LidarMount, poses: Poses, time_s: float) -> F64:
    """(R, 3) returns as if all had been fired at `time_s`: the ego's motion taken out, actors' left in."""
    rows = pulses.returned
    times, which = np.unique(pulses.time_ns[rows], return_inverse=True)
    world_from_lidar = poses(times.astype(np.float64) * 1e-9) @ mount.vehicle_from_lidar
    lidar_from_world = inverse((poses(np.array([time_s])) @ mount.vehicle_from_lidar)[0])
    moved = (lidar_from_world @ world_from_lidar)[which]
    points: F64 = np.einsum("nij,nj->ni", moved[:, :3, :3], pulses.xyz_m[rows])
    return points + moved[:, :3, 3]
