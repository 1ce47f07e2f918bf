"""Faults of a LiDAR on a timeline: what each does to the device, its mount and the records of a sweep.

A fault depends on the scenario's seed, its place in the list and the time: dead beams stay the same ones,
drops and lost packets are new each sweep. Pulses it takes carry the cause dropped-fault.
"""

from dataclasses import replace
from math import degrees, radians

import numpy as np

from drivesynth.scenario.model import Fault
from drivesynth.sensors.falsified import (
    Active,
    covered,
    crossed,
    cut_out,
    ghosts,
    lost,
    noisier,
    shifted,
    silent,
    turned,
    window,
    with_power,
)
from drivesynth.sensors.frame import Pulses
from drivesynth.sensors.graded import GRADED, KEY_FRAME_S, graded_mount, graded_pulses, late
from drivesynth.sensors.rig import LidarMount, RigGeometry
from drivesynth.sensors.scan import HiddenSector
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


def shown_s(
    time_s: float, frame_rate_hz: float, faults: list[Active], first_s: float = 0.0, seed: int = 0
) -> float:
    """The time whose frame a device shows: an earlier one while it is frozen, never one before `first_s`.

    It shows the last frame before the fault for as many frames as it holds one, then the last of these.
    """
    for at_work in faults:
        if at_work.fault.kind == "temporal_misalignment" and late(at_work, seed, round(time_s * 1e3)):
            return round(max(time_s - KEY_FRAME_S, min(first_s, time_s)), 9)
        if at_work.fault.kind == "frozen":
            since = int(np.floor(at_work.age_s * frame_rate_hz + 1e-6))
            held = HELD_FRAMES[at_work.level]
            return round(max(time_s - (since % held + 1) / frame_rate_hz, min(first_s, time_s)), 9)
    return time_s


def struck(mount: LidarMount, faults: list[Active], seed: int, sweep: int) -> LidarMount:
    """The LiDAR as its faults leave it; sweep numbers the sweep, for what changes from one to the next."""
    for at_work in faults:
        theirs = at_work.fault.benchmark in GRADED
        mount = (graded_mount if theirs else _struck)(mount, at_work, seed, sweep)
    return mount


def _struck(mount: LidarMount, at_work: Active, seed: int, sweep: int) -> LidarMount:
    fault, level, rings = at_work.fault, at_work.level, len(mount.device.beams.elevation_deg)
    always, now = at_work.draws(seed, sweep)
    match fault.kind:
        case "dead_beams":
            dead = always.permutation(rings)[: max(1, round(DEAD_SHARE[level] * rings))]
            return silent(mount, dead)
        case "weak_beams":
            power = np.ones(rings)
            power[always.permutation(rings)[: max(1, round(WEAK_SHARE[level] * rings))]] = WEAK_POWER
            return replace(mount, device=with_power(mount.device, power))
        case "weak_laser":
            return replace(mount, device=with_power(mount.device, np.full(rings, LASER_POWER[level])))
        case "dirt" | "mud":
            width = degrees(fault.sector_rad) if fault.sector_rad is not None else COVER_DEG[level]
            loss = fault.loss_ratio if fault.loss_ratio is not None else COVER_LOSS[level]
            if fault.kind == "mud":
                loss *= min(at_work.age_s / _GROWS_S, 1.0)
            return covered(mount, window(degrees(fault.at_rad), width, 0, rings - 1, loss))
        case "drops":
            sectors: list[HiddenSector] = []
            for _ in range(DROPS[level]):
                width = always.uniform(*DROP_DEG)
                tall = max(1, round(rings * width / 20.0))
                top = int(always.integers(0, max(rings - tall, 1)))
                middle, loss = always.uniform(0.0, 360.0), always.uniform(*DROP_LOSS)
                sectors += window(middle, width, top, min(top + tall, rings) - 1, loss)
            return covered(mount, sectors)
        case "misalignment":
            angles = np.radians(TURNED_DEG[level]) * always.uniform(-1.0, 1.0, 3)
            return turned(mount, angles * min(at_work.age_s / _DRIFT_S, 1.0))
        case "fov_lost":
            side = SEEN_DEG[level]
            return covered(mount, [(0, rings - 1, side, 360.0 - side, 1.0)])
        case "gaussian_noise":
            return noisier(mount, JITTER_M[level])
        case "spatial_misalignment":
            moved = mount.vehicle_from_lidar.copy()
            moved[:3, 3] += MOVED_M[level] * always.normal(0.0, 1.0, 3)
            return turned(
                replace(mount, vehicle_from_lidar=moved), MOVED_RAD[level] * always.normal(0.0, 1.0, 3)
            )
        case "shaken":
            return turned(mount, radians(SHAKEN_DEG[level]) * now.normal(0.0, 1.0, 3))
    return mount


def marked(pulses: Pulses, mount: LidarMount, faults: list[Active], seed: int, sweep: int) -> Pulses:
    """The sweep's records as they arrive."""
    for at_work in faults:
        if at_work.fault.benchmark in GRADED:
            pulses = graded_pulses(pulses, mount, at_work, seed, sweep)
            continue
        level, (_, now) = at_work.level, at_work.draws(seed, sweep)
        match at_work.fault.kind:
            case "clock":
                offset = CLOCK_S[level] + 0.1 * CLOCK_S[level] * now.normal()
                pulses = replace(pulses, time_ns=pulses.time_ns + round(1e9 * offset))
            case "lost_packets":
                packet = pulses.column.astype(np.int64) // _PACKET_FIRINGS
                gone = now.random(int(packet.max(initial=0)) + 1) < PACKET_LOSS[level]
                pulses = lost(pulses, gone[packet])
            case "interference":
                pulses = ghosts(pulses, mount, GHOSTS[level], now)
            case "crosstalk":
                pulses = crossed(pulses, mount, CROSSTALK[level], CROSSED_M, now)
            case "sunlight":
                pulses = crossed(pulses, mount, GLARE[level], GLARED_M, now)
            case "uniform_noise":
                there = pulses.returned
                pulses = shifted(pulses, there, now.uniform(-EVEN_M[level], EVEN_M[level], len(there)))
            case "impulse_noise":
                there = pulses.returned
                there = there[now.random(len(there)) < HIT_SHARE[level]]
                pulses = shifted(pulses, there, HIT_M * now.choice((-1.0, 1.0), len(there)))
            case "density_decrease":
                pulses = lost(pulses, now.random(len(pulses.range_m)) < DENSITY_LOSS[level])
            case "cutout":
                pulses = cut_out(pulses, CUTS[level], CUT_SHARE, now)
    return pulses
