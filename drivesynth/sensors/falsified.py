"""What faults are made of: what can befall a LiDAR in its mount, and the records of a sweep.

Records are lost, moved along their beams, or put where nothing stands.
"""

from dataclasses import dataclass, replace

import numpy as np

from drivesynth.arrays import F32, F64, I64, Bool
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.scenario.model import Fault
from drivesynth.scene.device import Lidar
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.rig import LidarMount
from drivesynth.sensors.scan import HiddenSector
from drivesynth.streams import generator

_TURN = ((0.0, 180.0), (180.0, 360.0 - 1e-9))  # a sector is less than a turn


@dataclass(frozen=True)
class Active:
    """A fault at work: how long it has been, and a name for its draws."""

    fault: Fault
    age_s: float
    name: str

    @property
    def level(self) -> int:
        """Its severity, from 0."""
        return self.fault.severity - 1

    def draws(self, seed: int, sweep: int) -> tuple[np.random.Generator, np.random.Generator]:
        """What it draws from: the same all the time, and anew each sweep."""
        return generator(seed, self.name), generator(seed, self.name, frame=sweep + 1)


def window(middle_deg: float, width_deg: float, first: int, last: int, loss: float) -> list[HiddenSector]:
    """A part of the cover, rings first to last, behind which some pulses are lost."""
    half = min(width_deg, 360.0 - 1e-9) / 2.0
    return [(first, last, middle_deg - half, middle_deg + half, loss)]


def covered(mount: LidarMount, sectors: list[HiddenSector]) -> LidarMount:
    """The LiDAR behind some more that lies on its window."""
    return replace(mount, covered=(*mount.covered, *sectors))


def with_power(device: Lidar, factor: F64) -> Lidar:
    """The device, each laser (R,) so much weaker."""
    before = np.array(device.beams.power_ratio) if device.beams.power_ratio else np.ones(len(factor))
    beams = device.beams.model_copy(update={"power_ratio": tuple((before * factor).tolist())})
    return device.model_copy(update={"beams": beams})


def turned(mount: LidarMount, angles_rad: F64) -> LidarMount:
    """The LiDAR turned in its mount: roll, pitch, yaw."""
    turn = rigid((0.0, 0.0, 0.0), rotation_xyz(*angles_rad))
    return replace(mount, vehicle_from_lidar=mount.vehicle_from_lidar @ turn)


def silent(mount: LidarMount, rings: I64) -> LidarMount:
    """The LiDAR without some of its beams."""
    return covered(mount, [(int(r), int(r), *half, 1.0) for half in _TURN for r in rings])


def noisier(mount: LidarMount, sigma_m: float) -> LidarMount:
    """The LiDAR with more noise of the range."""
    noise = mount.device.range_noise
    sigma = float(np.hypot(noise.sigma_m, sigma_m))
    wider = {"sigma_m": sigma, "most_m": max(noise.most_m, 4.0 * sigma)}
    device = mount.device.model_copy(update={"range_noise": noise.model_copy(update=wider)})
    return replace(mount, device=device)


def lost(pulses: Pulses, gone: Bool) -> Pulses:
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


def cut_out(pulses: Pulses, cuts: int, share: float, random: np.random.Generator) -> Pulses:
    """Around returns picked at random, the nearest of all returns are lost: holes in the world."""
    there = pulses.returned
    size = int(share * len(there))
    gone = np.zeros(len(pulses.range_m), np.bool_)
    for _ in range(cuts):
        if size == 0 or len(there) <= size:
            break
        picked = pulses.xyz_m[there[random.integers(len(there))]]
        far2 = np.square(pulses.xyz_m[there] - picked).sum(axis=1)
        near = np.argpartition(far2, size)[:size]
        gone[there[near]] = True
        there = np.delete(there, near)
    return lost(pulses, gone)


def ghosts(pulses: Pulses, mount: LidarMount, chance: float, random: np.random.Generator) -> Pulses:
    """Another scanner's pulses: at any range, seen where they arrive before the pulse's own echo."""
    reach = mount.device.receiver
    rows: I64 = np.flatnonzero(random.random(len(pulses.range_m)) < chance)
    range_m = random.uniform(reach.min_m, reach.max_m, len(rows)).astype(np.float32)
    bright = random.uniform(0.0, mount.device.intensity.max, len(rows)).astype(np.float32)
    blind = np.isin(pulses.cause[rows], (CAUSE["dropped-fault"], CAUSE["own-vehicle"]))
    first = (range_m < pulses.range_m[rows]) & ~blind
    return _instead(pulses, rows[first], range_m[first], bright[first])


def shifted(pulses: Pulses, rows: I64, along_m: F64) -> Pulses:
    """Returns whose range is reported otherwise, their points along their beams with it."""
    flat = np.cos(pulses.elevation_rad[rows])
    azimuth, rise = pulses.azimuth_rad[rows], np.sin(pulses.elevation_rad[rows])
    beam = np.column_stack([flat * np.cos(azimuth), flat * np.sin(azimuth), rise])
    xyz, range_m = pulses.xyz_m.copy(), pulses.range_m.copy()
    xyz[rows] += (along_m[:, None] * beam).astype(np.float32)
    range_m[rows] += along_m.astype(np.float32)
    return replace(pulses, xyz_m=xyz, range_m=range_m)


def crossed(
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
    fired = lost(pulses, everything)
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
