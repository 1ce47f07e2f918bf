"""Faults of a LiDAR on a timeline: what each does to the device, its mount and the records of a sweep.

A fault depends on the scenario's seed, its place in the list and the time: dead beams stay the same ones,
drops and lost packets are new each sweep. Pulses it takes carry the cause dropped-fault.
"""

from dataclasses import dataclass, replace
from math import degrees, radians

import numpy as np

from drivesynth.arrays import F32, F64, I64, Bool
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.scenario.model import Fault
from drivesynth.scene.device import Lidar
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.rig import LidarMount, RigGeometry
from drivesynth.sensors.scan import HiddenSector
from drivesynth.streams import generator
from drivesynth.world.rollout import Rollout

# By severity, 1 to 5.
DEAD_SHARE = (0.03, 0.06, 0.12, 0.25, 0.5)  # of the beams
WEAK_SHARE, WEAK_POWER = (0.1, 0.2, 0.3, 0.4, 0.5), 0.2
LASER_POWER = (0.7, 0.5, 0.35, 0.2, 0.1)
COVER_DEG, COVER_LOSS = (5.0, 10.0, 20.0, 40.0, 80.0), (0.4, 0.6, 0.8, 0.9, 1.0)
DROPS, DROP_DEG, DROP_LOSS = (5, 10, 20, 40, 80), (1.0, 4.0), (0.3, 0.95)
TURNED_DEG = (0.1, 0.25, 0.5, 1.0, 2.0)  # after `_DRIFT_S`, about each axis at most
SHAKEN_DEG = (0.02, 0.05, 0.1, 0.2, 0.4)  # standard deviation from sweep to sweep
CLOCK_S = (0.001, 0.003, 0.01, 0.03, 0.1)  # offset; jitter is a tenth of it
PACKET_LOSS = (0.01, 0.03, 0.1, 0.2, 0.4)
GHOSTS = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)  # a pulse
# Dong et al., "Benchmarking Robustness of 3D Object Detection to Common Corruptions in Autonomous Driving",
# CVPR 2023 (KITTI-C, nuScenes-C), by the severities of its published program.
DENSITY_LOSS = (0.06, 0.12, 0.18, 0.24, 0.3)
CUTS, CUT_SHARE = (2, 3, 5, 7, 10), 0.02  # so many clusters of this share of the returns
SEEN_DEG = (105.0, 90.0, 75.0, 60.0, 45.0)  # to either side of straight ahead
JITTER_M = (0.02, 0.04, 0.06, 0.08, 0.1)
EVEN_M = (0.02, 0.04, 0.06, 0.08, 0.1)  # to either side
HIT_SHARE, HIT_M = (1 / 30, 1 / 25, 1 / 20, 1 / 15, 1 / 10), 0.1
CROSSTALK, CROSSED_M = (0.004, 0.008, 0.012, 0.016, 0.02), 3.0  # of the returns, standard deviation
GLARE, GLARED_M = (0.01, 0.02, 0.03, 0.04, 0.05), 2.0  # of the returns, standard deviation
MOVED_M, MOVED_RAD = (0.02, 0.04, 0.06, 0.08, 0.1), (0.002, 0.004, 0.006, 0.008, 0.01)
HELD_FRAMES = (2, 4, 6, 8, 10)  # that a frozen device shows the same
_GROWS_S, _DRIFT_S = 5.0, 10.0
_PACKET_FIRINGS = 6  # columns of a packet: HDL-64E


@dataclass(frozen=True)
class Active:
    """A fault at work: how long it has been, and a name for its draws."""

    fault: Fault
    age_s: float
    name: str


def active(rollout: Rollout, geometry: RigGeometry, sensor: str, time_s: float) -> list[Active]:
    """The faults of a LiDAR or camera at a time: those of the rig, and those that the story began."""
    main = sensor in geometry.lidars and sensor == geometry.main_lidar.name
    names = {sensor, "lidar"} if main else {sensor}
    listed = list(rollout.scenario.faults)
    for event in rollout.scenario.story:
        begun = rollout.events.get(event.name, np.inf)
        for actions in event.do.values():
            waited = begun
            for action in actions:
                if action.kind == "wait":
                    waited += float(str(action.args.get("for_s", 1.0)))
                elif action.kind == "fault" and np.isfinite(waited):
                    listed.append(Fault.model_validate({**action.args, "from_s": waited}))
    return [
        Active(fault, time_s - fault.from_s, f"faults/{number}")
        for number, fault in enumerate(listed)
        if fault.sensor in names and fault.from_s <= time_s and (fault.to_s is None or time_s < fault.to_s)
    ]


def shown_s(time_s: float, frame_rate_hz: float, faults: list[Active], first_s: float = 0.0) -> float:
    """The time whose frame a device shows: an earlier one while it is frozen, never one before `first_s`.

    It shows the last frame before the fault for as many frames as it holds one, then the last of these.
    """
    for at_work in faults:
        if at_work.fault.kind == "frozen":
            since = int(np.floor(at_work.age_s * frame_rate_hz + 1e-6))
            held = HELD_FRAMES[at_work.fault.severity - 1]
            return round(max(time_s - (since % held + 1) / frame_rate_hz, min(first_s, time_s)), 9)
    return time_s


def struck(mount: LidarMount, faults: list[Active], seed: int, sweep: int) -> LidarMount:
    """The LiDAR as its faults leave it; sweep numbers the sweep, for what changes from one to the next."""
    for at_work in faults:
        mount = _struck(mount, at_work, seed, sweep)
    return mount


def _struck(mount: LidarMount, at_work: Active, seed: int, sweep: int) -> LidarMount:
    fault, level = at_work.fault, at_work.fault.severity - 1
    rings = len(mount.device.beams.elevation_deg)
    always, now = generator(seed, at_work.name), generator(seed, at_work.name, frame=sweep + 1)
    match fault.kind:
        case "dead_beams":
            dead = always.permutation(rings)[: max(1, round(DEAD_SHARE[level] * rings))]
            return _hidden(mount, [(int(r), int(r), 0.0, 180.0, 1.0) for r in dead]
                           + [(int(r), int(r), 180.0, 360.0 - 1e-9, 1.0) for r in dead])  # fmt: skip
        case "weak_beams":
            power = np.ones(rings)
            power[always.permutation(rings)[: max(1, round(WEAK_SHARE[level] * rings))]] = WEAK_POWER
            return replace(mount, device=_with_power(mount.device, power))
        case "weak_laser":
            return replace(mount, device=_with_power(mount.device, np.full(rings, LASER_POWER[level])))
        case "dirt" | "mud":
            width = degrees(fault.sector_rad) if fault.sector_rad is not None else COVER_DEG[level]
            loss = fault.loss_ratio if fault.loss_ratio is not None else COVER_LOSS[level]
            if fault.kind == "mud":
                loss *= min(at_work.age_s / _GROWS_S, 1.0)
            return _hidden(mount, _window(degrees(fault.at_rad), width, 0, rings - 1, loss))
        case "drops":
            sectors: list[HiddenSector] = []
            for _ in range(DROPS[level]):
                width = always.uniform(*DROP_DEG)
                tall = max(1, round(rings * width / 20.0))
                top = int(always.integers(0, max(rings - tall, 1)))
                middle, loss = always.uniform(0.0, 360.0), always.uniform(*DROP_LOSS)
                sectors += _window(middle, width, top, min(top + tall, rings) - 1, loss)
            return _hidden(mount, sectors)
        case "misalignment":
            angles = np.radians(TURNED_DEG[level]) * always.uniform(-1.0, 1.0, 3)
            return _turned(mount, angles * min(at_work.age_s / _DRIFT_S, 1.0))
        case "fov_lost":
            side = SEEN_DEG[level]
            return _hidden(mount, [(0, rings - 1, side, 360.0 - side, 1.0)])
        case "gaussian_noise":
            noise = mount.device.range_noise
            sigma = float(np.hypot(noise.sigma_m, JITTER_M[level]))
            wider = {"sigma_m": sigma, "most_m": max(noise.most_m, 4.0 * sigma)}
            device = mount.device.model_copy(update={"range_noise": noise.model_copy(update=wider)})
            return replace(mount, device=device)
        case "spatial_misalignment":
            moved = mount.vehicle_from_lidar.copy()
            moved[:3, 3] += MOVED_M[level] * always.normal(0.0, 1.0, 3)
            return _turned(
                replace(mount, vehicle_from_lidar=moved), MOVED_RAD[level] * always.normal(0.0, 1.0, 3)
            )
        case "shaken":
            return _turned(mount, radians(SHAKEN_DEG[level]) * now.normal(0.0, 1.0, 3))
    return mount


def marked(pulses: Pulses, mount: LidarMount, faults: list[Active], seed: int, sweep: int) -> Pulses:
    """The sweep's records as they arrive."""
    for at_work in faults:
        level = at_work.fault.severity - 1
        now = generator(seed, at_work.name, frame=sweep + 1)
        match at_work.fault.kind:
            case "clock":
                offset = CLOCK_S[level] + 0.1 * CLOCK_S[level] * now.normal()
                pulses = replace(pulses, time_ns=pulses.time_ns + round(1e9 * offset))
            case "lost_packets":
                packet = pulses.column.astype(np.int64) // _PACKET_FIRINGS
                gone = now.random(int(packet.max(initial=0)) + 1) < PACKET_LOSS[level]
                pulses = _lost(pulses, gone[packet])
            case "interference":
                pulses = _ghosts(pulses, mount, GHOSTS[level], now)
            case "crosstalk":
                pulses = _crossed(pulses, mount, CROSSTALK[level], CROSSED_M, now)
            case "sunlight":
                pulses = _crossed(pulses, mount, GLARE[level], GLARED_M, now)
            case "uniform_noise":
                there = pulses.returned
                pulses = _shifted(pulses, there, now.uniform(-EVEN_M[level], EVEN_M[level], len(there)))
            case "impulse_noise":
                there = pulses.returned
                there = there[now.random(len(there)) < HIT_SHARE[level]]
                pulses = _shifted(pulses, there, HIT_M * now.choice((-1.0, 1.0), len(there)))
            case "density_decrease":
                pulses = _lost(pulses, now.random(len(pulses.range_m)) < DENSITY_LOSS[level])
            case "cutout":
                pulses = _cut_out(pulses, CUTS[level], now)
    return pulses


def _window(middle_deg: float, width_deg: float, first: int, last: int, loss: float) -> list[HiddenSector]:
    half = min(width_deg, 360.0 - 1e-9) / 2.0
    return [(first, last, middle_deg - half, middle_deg + half, loss)]


def _hidden(mount: LidarMount, sectors: list[HiddenSector]) -> LidarMount:
    return replace(mount, hidden=(*mount.hidden, *sectors))


def _with_power(device: Lidar, factor: F64) -> Lidar:
    before = np.array(device.beams.power_ratio) if device.beams.power_ratio else np.ones(len(factor))
    beams = device.beams.model_copy(update={"power_ratio": tuple((before * factor).tolist())})
    return device.model_copy(update={"beams": beams})


def _turned(mount: LidarMount, angles_rad: F64) -> LidarMount:
    turn = rigid((0.0, 0.0, 0.0), rotation_xyz(*angles_rad))
    return replace(mount, vehicle_from_lidar=mount.vehicle_from_lidar @ turn)


def _lost(pulses: Pulses, gone: Bool) -> Pulses:
    """Records that never came: the direction as fired, no range."""
    flat = np.cos(pulses.elevation_rad)
    fired = np.column_stack(
        [
            flat * np.cos(pulses.azimuth_rad),
            flat * np.sin(pulses.azimuth_rad),
            np.sin(pulses.elevation_rad),
        ]
    ).astype(np.float32)
    return replace(
        pulses,
        xyz_m=np.where(gone[:, None], fired, pulses.xyz_m),
        range_m=np.where(gone, np.float32(np.inf), pulses.range_m),
        intensity=np.where(gone, np.float32(0.0), pulses.intensity),
        cause=np.where(gone, np.uint8(CAUSE["dropped-fault"]), pulses.cause),
        ambient=np.where(gone, np.float32(0.0), pulses.ambient),
    )


def _cut_out(pulses: Pulses, cuts: int, random: np.random.Generator) -> Pulses:
    """Around returns picked at random, the nearest of all returns are lost: holes in the world."""
    there = pulses.returned
    size = int(CUT_SHARE * len(there))
    gone = np.zeros(len(pulses.range_m), np.bool_)
    for _ in range(cuts):
        if size == 0 or len(there) <= size:
            break
        picked = pulses.xyz_m[there[random.integers(len(there))]]
        far2 = np.square(pulses.xyz_m[there] - picked).sum(axis=1)
        near = np.argpartition(far2, size)[:size]
        gone[there[near]] = True
        there = np.delete(there, near)
    return _lost(pulses, gone)


def _ghosts(pulses: Pulses, mount: LidarMount, chance: float, random: np.random.Generator) -> Pulses:
    """Another scanner's pulses: at any range, seen where they arrive before the pulse's own echo."""
    reach = mount.device.receiver
    rows: I64 = np.flatnonzero(random.random(len(pulses.range_m)) < chance)
    range_m = random.uniform(reach.min_m, reach.max_m, len(rows)).astype(np.float32)
    bright = random.uniform(0.0, mount.device.intensity.max, len(rows)).astype(np.float32)
    first = (range_m < pulses.range_m[rows]) & (pulses.cause[rows] != CAUSE["dropped-fault"])
    return _instead(pulses, rows[first], range_m[first], bright[first])


def _shifted(pulses: Pulses, rows: I64, along_m: F64) -> Pulses:
    """Returns whose range is reported otherwise, their points along their beams with it."""
    flat = np.cos(pulses.elevation_rad[rows])
    azimuth, rise = pulses.azimuth_rad[rows], np.sin(pulses.elevation_rad[rows])
    beam = np.column_stack([flat * np.cos(azimuth), flat * np.sin(azimuth), rise])
    xyz, range_m = pulses.xyz_m.copy(), pulses.range_m.copy()
    xyz[rows] += (along_m[:, None] * beam).astype(np.float32)
    range_m[rows] += along_m.astype(np.float32)
    return replace(pulses, xyz_m=xyz, range_m=range_m)


def _crossed(
    pulses: Pulses, mount: LidarMount, share: float, sigma_m: float, random: np.random.Generator
) -> Pulses:
    """Returns that a neighbour's pulse, or the sun's light, has moved along their beams."""
    reach = mount.device.receiver
    there = pulses.returned
    rows: I64 = there[random.random(len(there)) < share]
    moved = pulses.range_m[rows] + sigma_m * random.normal(0.0, 1.0, len(rows))
    range_m = np.clip(moved, reach.min_m, reach.max_m).astype(np.float32)
    return _instead(pulses, rows, range_m, pulses.intensity[rows])


def _instead(pulses: Pulses, rows: I64, range_m: F32, bright: F32) -> Pulses:
    """Points where nothing stands in place of what some pulses saw."""
    everything = np.zeros(len(pulses.range_m), np.bool_)
    everything[rows] = True
    fired = _lost(pulses, everything)
    blank = {name: getattr(fired, name).copy() for name in ("actor", "instance", "class_id", "material")}
    for name, column in blank.items():
        column[rows] = -1 if name in ("actor", "instance") else 0
    xyz, ranges, values, cause, incidence = (
        fired.xyz_m.copy(), fired.range_m.copy(), fired.intensity.copy(), fired.cause.copy(),
        fired.incidence_rad.copy(),
    )  # fmt: skip
    xyz[rows] *= range_m[:, None]
    ranges[rows], values[rows], cause[rows], incidence[rows] = range_m, bright, CAUSE["crosstalk"], 0.0
    return replace(
        pulses, xyz_m=xyz, range_m=ranges, intensity=values, cause=cause, incidence_rad=incidence, **blank
    )
