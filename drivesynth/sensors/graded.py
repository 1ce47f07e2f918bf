"""Faults of Robo3D and MultiCorrupt by their own figures, three grades each; KITTI-C's are in `faults`.

Kong et al., "Robo3D", ICCV 2023; Beemelmanns, Zhang, Eckstein, "MultiCorrupt", IV 2024: the figures of their
published programs, ldkong1205/Robo3D (create/) and ika-rwth-aachen/MultiCorrupt (converter/). Where these
move finished points, here a device or its mount goes wrong.
"""

from dataclasses import replace

import numpy as np

from drivesynth.assets.classes import CLASSES
from drivesynth.geometry.transforms import inverse, rigid, rotation_xyz
from drivesynth.sensors.falsified import Active, crossed, lost, noisier, silent
from drivesynth.sensors.frame import Pulses
from drivesynth.sensors.rig import LidarMount

GRADED = ("robo3d", "multicorrupt")

# Robo3D. Beams are drawn with replacement, from the fifth to the sixth last of 64: fewer fall silent.
MISSING_BEAMS, MISSING_FROM, MISSING_TO = (0.25, 0.5, 0.75), 4 / 64, 59 / 64
CROSS_SENSOR_STEP = (4.0, 2.0, 1.33)  # of the beams that go, from the second on; of the columns every other
CROSSTALK, CROSSED_M = (0.006, 0.008, 0.01), 3.0
UNECHOED = (0.75, 0.85, 0.95)  # of what vehicles return
UNECHOED_LEAST = 10  # points of a class from which any are lost
UNECHOED_CLASSES = ((10,), (11,), (15,), (18,), (20, 13, 16))  # SemanticKITTI's ids, by its training classes
# MultiCorrupt.
KEPT_BEAM_STEP = (2, 4, 8)  # from the second lowest on
REDUCED_POINTS = (0.7, 0.8, 0.9)
MISALIGNED_CHANCE, MISALIGNED_DEG, MISALIGNED_M = (0.2, 0.4, 0.6), (1.0, 2.0, 3.0), 2.0
LATE_CHANCE, KEY_FRAME_S = (0.2, 0.4, 0.6), 0.5  # the key frame before, of two a second
MISSING_CHANCE = (0.2, 0.4, 0.6)
# Both: how far the whole sweep is shifted, one sigma an axis, and how noisy it is, as a share of that: what
# they add to x and y.
BLUR_M = {"robo3d": (0.04, 0.08, 0.1), "multicorrupt": (0.06, 0.1, 0.13)}
BLUR_NOISE = {"robo3d": 0.1, "multicorrupt": float(np.sqrt((0.15**2 + 0.2**2) / 2.0))}

# MultiCorrupt works on nuScenes' frame, x right, y forward; ours is x forward, y left.
_OURS_FROM_NUSCENES = rotation_xyz(0.0, 0.0, -np.pi / 2.0)


def graded_mount(mount: LidarMount, at_work: Active, seed: int, sweep: int) -> LidarMount:
    """The LiDAR as such a fault leaves it."""
    fault, level, rings = at_work.fault, at_work.level, len(mount.device.beams.elevation_deg)
    always, now = at_work.draws(seed, sweep)
    match fault.kind:
        case "beam_missing":
            first, end = round(MISSING_FROM * rings), max(round(MISSING_TO * rings), 1)
            return silent(mount, np.unique(always.integers(first, end, round(MISSING_BEAMS[level] * rings))))
        case "cross_sensor":
            count = round(rings / CROSS_SENSOR_STEP[level])
            gone = (1.0 + CROSS_SENSOR_STEP[level] * np.arange(count)).astype(np.int64)
            return silent(mount, gone[gone < rings])
        case "beams_reducing":
            from_below = rings - 1 - np.arange(rings)
            return silent(mount, np.flatnonzero(from_below % KEPT_BEAM_STEP[level] != min(1, rings - 1)))
        case "motion_blur":
            sigma = BLUR_M[str(fault.benchmark)][level]
            away = rigid(now.normal(0.0, sigma, 3))
            moved = replace(mount, vehicle_from_lidar=mount.vehicle_from_lidar @ away)
            return noisier(moved, sigma * BLUR_NOISE[str(fault.benchmark)])
        case "spatial_misalignment" if now.random() < MISALIGNED_CHANCE[level]:
            # Their matrices turn by the negative angle: x, then y, then z.
            angle = -np.radians(MISALIGNED_DEG[level])
            turn = np.eye(3)
            for axis in np.eye(3):
                turn = turn @ rotation_xyz(*(angle * axis))
            theirs = _OURS_FROM_NUSCENES @ turn @ _OURS_FROM_NUSCENES.T
            away_m = _OURS_FROM_NUSCENES @ np.array([MISALIGNED_M, 0.0, 0.0])
            wrong_from_right = rigid(away_m, theirs)
            return replace(mount, vehicle_from_lidar=mount.vehicle_from_lidar @ inverse(wrong_from_right))
    return mount


def graded_pulses(pulses: Pulses, mount: LidarMount, at_work: Active, seed: int, sweep: int) -> Pulses:
    """The sweep's records as such a fault leaves them."""
    level, (_, now) = at_work.level, at_work.draws(seed, sweep)
    match at_work.fault.kind:
        case "cross_sensor":
            return lost(pulses, pulses.column % 2 == 1)
        case "crosstalk":
            return crossed(pulses, mount, CROSSTALK[level], CROSSED_M, now)
        case "points_reducing":
            return lost(pulses, now.random(len(pulses.range_m)) < REDUCED_POINTS[level])
        case "incomplete_echo":
            there = pulses.returned
            gone = np.zeros(len(pulses.range_m), np.bool_)
            for ids in UNECHOED_CLASSES:
                ours = [number for number, row in enumerate(CLASSES) if row.semantic_kitti in ids]
                rows = there[np.isin(pulses.class_id[there], ours)]
                if len(rows) > UNECHOED_LEAST:
                    gone[now.permutation(rows)[: int(UNECHOED[level] * len(rows))]] = True
            return lost(pulses, gone)
    return pulses


def late(at_work: Active, seed: int, number: int) -> bool:
    """Whether a device shows the key frame before at its frame of this number."""
    _, now = at_work.draws(seed, number)
    return bool(now.random() < LATE_CHANCE[at_work.level])
