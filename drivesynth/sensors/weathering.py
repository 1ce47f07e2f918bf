"""Weather put into a measured cloud, as if the scanner had met it: the models of the simulated sweep.

What the file does not tell is inferred: rings and lost pulses from the order of the points, the
reflectivity a device saw from its intensity coding, the ground from the heights of the points.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import pi

import numpy as np
from drivesynth_kernels import scatter
from drivesynth_kernels.echo import Device
from drivesynth_kernels.pulse import Beams

from drivesynth.arrays import F32, F64, I64, U8, Bool
from drivesynth.scenario.model import Environment
from drivesynth.scene.device import Lidar
from drivesynth.sensors import atmosphere
from drivesynth.sensors.air import PATCH_M, height_above, puddle_share
from drivesynth.sensors.firings import Firings, firings
from drivesynth.sensors.scan import HiddenSector, scan
from drivesynth.sensors.weather import Balls, puffs, weather

# What became of a pulse, in the order of the kernel's numbers.
CHANGES = ("kept", "moved", "lost", "added")

_GROUND_WITHIN_M, _GROUND_SLOPE = 0.2, 0.005
_SNOW_BRIGHTENS = 4.0  # fresh snow against asphalt at 905 nm: 0.8 to 0.2
_ROAD_RHO = 0.17


@dataclass(frozen=True, eq=False)
class Weathered:
    """A cloud in weather: R points of the result, then the L points that were lost.

    xyz_m, intensity  (R, 3), (R,)
    ring              (R,) 0 is the top ring
    source            (R + L,) row in the cloud that was read, -1 for added points
    change, cause     (R + L,) index into CHANGES, and into `frame.CAUSES` (0 where kept or lost)
    """

    xyz_m: F32
    intensity: F32
    ring: I64
    source: I64
    change: U8
    cause: U8


def weather_cloud(
    xyz_m: F32,
    intensity: F32,
    ring: I64 | None,
    environment: Environment,
    lidar: Lidar,
    *,
    key: int,
    hidden: tuple[HiddenSector, ...] = (),
    balls: Balls | None = None,
) -> Weathered:
    """A cloud as the device would have stored it in this environment.

    xyz_m, intensity  (N, 3), (N,) sensor frame [m], 0..1; rows that are not finite are kept as they are
    ring              (N,) or None, see `firings`
    key               names the draws (`streams.stream_key`); they hang on each pulse's place, not its row
    hidden            sectors that the carrier hides
    balls             clouds of spray or steam
    """
    sound = np.isfinite(xyz_m).all(axis=1) & (np.abs(xyz_m).sum(axis=1) > 0.0)
    rows = np.flatnonzero(sound)
    points, known = xyz_m[rows], ring[rows] if ring is not None else None
    found = firings(points, known, lidar, hidden)
    plan, air = scan(lidar), weather(environment, lidar)

    count, empties = len(points), len(found.empty_ring)
    rings = np.concatenate([found.ring, found.empty_ring])
    height = plan.beams.origin_z_m[rings]
    xyz = np.empty((count + empties, 3), np.float32)
    xyz[:count] = points
    xyz[count:] = _rays(found, np.radians(np.array(lidar.beams.elevation_deg)))
    xyz[count:, 2] += height[count:]
    value = np.zeros(count + empties, np.float32)
    value[:count] = intensity[rows]
    seen = np.zeros(count + empties)
    seen[:count] = seen_by(plan.device, plan.beams, found.ring, points, value[:count])
    surface = np.ones(count + empties)
    surface[:count] = _surface(points, seen[:count], environment, key)

    change, cause = np.empty(count + empties, np.uint8), np.empty(count + empties, np.uint8)
    empty = np.arange(count + empties) >= count
    scatter.weather_points(
        np.uint64(key), plan.device, air.air, air.rain, air.snow,
        puffs(balls if balls is not None else Balls.none(), lidar),
        height, xyz.view(np.uint32).copy(), xyz, value, seen, surface, empty, change, cause,
    )  # fmt: skip
    return _gathered(xyz_m, intensity, rows, found, xyz, value, rings, change, cause)


def _rays(found: Firings, elevation_rad: F64) -> F64:
    """(M, 3) where the beams of the empty pulses end, from where they leave."""
    elevation, azimuth = elevation_rad[found.empty_ring], found.empty_azimuth_rad
    flat = np.cos(elevation)
    unit = np.column_stack([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)])
    return np.asarray(unit * found.empty_end_m[:, None])


def _gathered(
    xyz_m: F32, intensity: F32, rows: I64, found: Firings, xyz: F32, value: F32, rings: I64,
    change: U8, cause: U8,
) -> Weathered:  # fmt: skip
    """Points in the order of the cloud, each added one behind its neighbour in the ring; then the lost."""
    count = len(rows)
    all_xyz, all_value = xyz_m.copy(), intensity.copy()
    all_ring = np.zeros(len(xyz_m), np.int64)
    all_change, all_cause = np.zeros(len(xyz_m), np.uint8), np.zeros(len(xyz_m), np.uint8)
    all_xyz[rows], all_value[rows], all_ring[rows] = xyz[:count], value[:count], rings[:count]
    all_change[rows], all_cause[rows] = change[:count], cause[:count]

    born = np.flatnonzero(change == scatter.ADDED)
    after = rows[found.empty_after[born - count]] if len(born) else np.zeros(0, np.int64)
    order = np.argsort(after, kind="stable")
    born, after = born[order], after[order]
    stays = np.flatnonzero(all_change != scatter.LOST)
    lost = np.flatnonzero(all_change == scatter.LOST)
    place = np.searchsorted(stays, after, side="right")

    def merged(kept: np.ndarray, added: np.ndarray) -> np.ndarray:
        return np.insert(kept, place, added, axis=0)

    source = merged(stays, np.full(len(born), -1, np.int64))
    states = merged(all_change[stays], change[born]), merged(all_cause[stays], cause[born])
    return Weathered(
        xyz_m=merged(all_xyz[stays], xyz[born]),
        intensity=merged(all_value[stays], value[born]),
        ring=merged(all_ring[stays], rings[born]),
        source=np.concatenate([source, lost]),
        change=np.concatenate([states[0], all_change[lost]]),
        cause=np.concatenate([states[1], all_cause[lost]]),
    )


def seen_by(device: Device, beams: Beams, ring: I64, xyz_m: F32, intensity: F32) -> F64:
    """(N,) reflectivity that the device saw, from what it stored: the inverse of `echo.code`.

    ring  (N,) of each point, a row of `beams`

    A point stored as 0 lies between the threshold and what is stored as 0: taken in the middle.
    """
    range2 = np.maximum(np.sum(xyz_m.astype(np.float64) ** 2, axis=1), 1e-4)
    least = device.threshold * range2 / device.snr_1m
    value = intensity.astype(np.float64) - beams.intensity_offset[ring]
    if device.logarithmic:
        value = np.where(intensity <= 0.0, np.maximum(value, device.floor), value)
        value += 0.5 * device.far_per_e * np.log(np.maximum(range2 / device.level_to_m**2, 1.0))
        seen = np.exp((value - device.at_one) / device.per_e)
        seen *= np.maximum(beams.near_m[ring] ** 2 / range2, 1.0)
    else:
        bright = np.exp((np.minimum(value, device.intensity_max) - device.at_one) / device.per_e)
        seen = np.where(value <= device.at_one, value / device.at_one, bright)
        seen = np.maximum(seen, 0.5 * device.intensity_step / device.at_one)
    dark = intensity <= 0.0
    seen[dark] = np.sqrt(seen * np.minimum(least, seen))[dark]
    return np.asarray(np.maximum(seen, 1e-9))


def _surface(xyz_m: F32, seen: F64, environment: Environment, key: int) -> F64:
    """(N,) factor on what the device sees of a point: water and snow on the ground."""
    factor = np.ones(len(xyz_m))
    wet, cover = environment.wetness_ratio, environment.snow_cover_ratio
    if wet <= 0.0 and cover <= 0.0:
        return factor
    ground, height = ground_points(xyz_m)
    if not ground.any():
        return factor
    at = xyz_m[ground].astype(np.float64)
    range_m = np.linalg.norm(at, axis=1)
    incidence = np.arccos(np.clip(height / range_m, 0.0, 1.0))
    result = np.ones(len(at))
    if wet > 0.0:
        angles = np.linspace(0.0, pi / 2 - 1e-3, 181)
        table = [atmosphere.wet_ratio(angle, _ROAD_RHO) for angle in angles]
        result *= 1.0 - wet + wet * np.interp(incidence, angles, table)
        # Standing water mirrors the beam away, but for what is met nearly squarely.
        puddles = _patches(at, key, height_above(puddle_share(environment))) & (incidence > np.radians(10.0))
        result[puddles] = 0.0
    if cover > 0.0:
        white = _patches(at, key + 1, height_above(cover))
        usual = _usual(range_m, seen[ground])
        result[white] = (_SNOW_BRIGHTENS * usual / np.maximum(seen[ground], 1e-6))[white]
    factor[ground] = result
    return factor


def ground_points(xyz_m: F32) -> tuple[Bool, float]:
    """(N,) which points lie on the plane below the sensor, and how far below it that is [m]."""
    near = (np.hypot(xyz_m[:, 0], xyz_m[:, 1]) < 25.0) & (xyz_m[:, 2] < -0.5) & (xyz_m[:, 2] > -4.0)
    if not near.any():
        return np.zeros(len(xyz_m), np.bool_), 0.0
    count, edges = np.histogram(xyz_m[near, 2], bins=np.arange(-4.0, -0.45, 0.05))
    level = float(edges[int(np.argmax(count))]) + 0.025
    slack = _GROUND_WITHIN_M + _GROUND_SLOPE * np.hypot(xyz_m[:, 0], xyz_m[:, 1])
    return np.abs(xyz_m[:, 2] - level) < slack, -level


def _patches(xyz_m: F64, key: int, above: float) -> Bool:
    """(N,) whether a point of the ground lies in a patch, see `scatter.patch_height`."""
    height = np.empty(len(xyz_m))
    scatter.patch_heights(xyz_m[:, 0] / PATCH_M, xyz_m[:, 1] / PATCH_M, np.uint64(key), height)
    return np.asarray(height > above)


def _usual(range_m: F64, seen: F64) -> F64:
    """(N,) the median of what is seen at about the same range."""
    bins = np.minimum((range_m / 2.0).astype(np.int64), 60)
    order = np.argsort(bins, kind="stable")
    edges = np.searchsorted(bins[order], np.arange(62))
    median = np.array([np.median(seen[order[a:b]]) if b > a else 0.0 for a, b in pairwise(edges)])
    return np.asarray(median[bins])
