"""An environment as one device meets it: the tables that the kernels of fog, rain and snow read."""

from dataclasses import dataclass
from functools import lru_cache
from math import pi

import numpy as np
from drivesynth_kernels.air import Air, overlap, soft_echo
from drivesynth_kernels.particles import Particles
from drivesynth_kernels.puffs import Puffs

from drivesynth.arrays import F64
from drivesynth.scenario.model import Environment
from drivesynth.scene.device import Lidar
from drivesynth.sensors import atmosphere, droplets
from drivesynth.sensors.atmosphere import Sizes
from drivesynth.sensors.frame import CAUSE
from drivesynth.sensors.scan import SPEED_OF_LIGHT, scan

_SECTORS = 720  # of azimuth, by which puffs are found
_QUANTILES = 128
_SHELL_GROWS = 1.6
_ROUNDER_CELLS = 1.05  # a footprint with room for rounding
_IN_A_CELL, _LARGEST_CELL_RAD = 0.25, 0.05  # particles
_LARGEST_M = 0.02  # no drop or flake is wider


@dataclass(frozen=True, eq=False)
class Weather:
    """What fills the air for one device. `rain` and `snow` hold no shells where none falls."""

    air: Air
    rain: Particles
    snow: Particles

    @property
    def is_clear(self) -> bool:
        """Whether no pulse could tell this from no weather at all."""
        return self.air.extinction_per_m == 0.0


def extinction_per_m(environment: Environment, wavelength_nm: float) -> float:
    """One way, of everything that fills the air."""
    falling = (sizes for sizes in (_drops(environment), _flakes(environment)) if sizes is not None)
    return sum((alpha for alpha, _, _ in _media(environment, wavelength_nm)), 0.0) + sum(
        sizes.extinction_per_m for sizes in falling
    )


@lru_cache(maxsize=64)
def weather(environment: Environment, lidar: Lidar) -> Weather:
    """The tables of an environment for a device."""
    receiver, device = lidar.receiver, scan(lidar).device
    alpha = extinction_per_m(environment, receiver.wavelength_nm)
    pulse_m = 0.5 * SPEED_OF_LIGHT * receiver.pulse_ns * 1e-9
    media = _media(environment, receiver.wavelength_nm)
    backscatter = sum(medium_alpha / ratio for medium_alpha, ratio, _ in media)
    first_m = receiver.air_overlap_m[0] + 0.5 * pulse_m
    soft = np.zeros(0)
    if backscatter > 0.0:
        # As far as the echo stands out from the noise, and is not a thirtieth of its greatest height.
        reach_m = first_m + pulse_m * np.arange(200)
        window = (alpha, pulse_m, receiver.air_overlap_m[0], receiver.air_overlap_m[1])
        soft = pi * backscatter * np.array([soft_echo(r, np.inf, *window) for r in reach_m])
        heard = soft >= max(0.03 * soft.max(), min(0.7 / device.snr_1m, soft.max()))
        soft = soft[: 1 + int(np.flatnonzero(heard)[-1])]
    loudest = max(media, key=lambda medium: medium[0] / medium[1], default=(0.0, 1.0, "fog"))
    air = Air(
        extinction_per_m=alpha,
        snr_1m=device.snr_1m,
        threshold=device.threshold,
        smear=device.smear,
        soft_first_m=first_m,
        soft_step_m=pulse_m,
        soft=soft,
        loudest=np.argsort(-soft, kind="stable"),
        soft_peak=float(soft.max(initial=0.0)),
        soft_cause=CAUSE[loudest[2]],
        overlap_from_m=receiver.air_overlap_m[0],
        overlap_full_m=receiver.air_overlap_m[1],
    )
    rain = _particles(_drops(environment), atmosphere.DROP_RHO, "rain", lidar, air)
    snow = _particles(_flakes(environment), atmosphere.FLAKE_RHO, "snow", lidar, air)
    return Weather(air, rain, snow)


def _media(environment: Environment, wavelength_nm: float) -> list[tuple[float, float, str]]:
    """Extinction [1/m], lidar ratio [sr] and cause of each medium that fills the air evenly."""
    media = []
    if environment.fog_mor_m is not None:
        alpha = atmosphere.fog_extinction(environment.fog_mor_m, wavelength_nm)
        ratio = environment.fog_lidar_ratio_sr
        if environment.fog_droplets is not None:
            ratio = droplets.optics(environment.fog_droplets, wavelength_nm)[1]
        media.append((alpha, ratio, "fog"))
    if environment.dust_mor_m is not None:
        media.append((atmosphere.extinction_of_mor(environment.dust_mor_m), atmosphere.DUST_SR, "dust"))
    if environment.smoke_mor_m is not None:
        alpha = atmosphere.smoke_extinction(environment.smoke_mor_m, wavelength_nm)
        media.append((alpha, atmosphere.SMOKE_SR, "dust"))
    return media


def _drops(environment: Environment) -> Sizes | None:
    return atmosphere.rain_drops(environment.rain_mm_h) if environment.rain_mm_h > 0.0 else None


def _flakes(environment: Environment) -> Sizes | None:
    return atmosphere.snow_flakes(environment.snow_mm_h) if environment.snow_mm_h > 0.0 else None


def _particles(sizes: Sizes | None, rho: float, cause: str, lidar: Lidar, air: Air) -> Particles:
    """Shells from where the receiver begins to see to where no particle is large enough."""
    receiver = lidar.receiver
    exit_m, divergence = receiver.exit_mm * 1e-3, receiver.divergence_mrad * 1e-3
    least = air.threshold / air.snr_1m
    begin_m = max(receiver.air_overlap_m[0], 0.3)
    grid = np.geomspace(begin_m, max(receiver.max_m, 2.0 * begin_m), 1500)
    view = np.array([overlap(r, receiver.air_overlap_m[0], receiver.air_overlap_m[1]) for r in grid])
    seen = rho * view * np.exp(-2.0 * air.extinction_per_m * grid) / grid**2
    width = exit_m + divergence * grid
    smallest = np.where(seen >= least, width * np.sqrt(least / np.maximum(seen, least)), np.inf)
    per_m3 = np.zeros(len(grid))
    if sizes is not None:
        large = smallest < _LARGEST_M
        per_m3[large] = sizes.n0_per_m4 / sizes.rate_per_m * np.exp(-sizes.rate_per_m * smallest[large])
    # Particles per steradian up to each range.
    strips = 0.5 * (per_m3[1:] * grid[1:] ** 2 + per_m3[:-1] * grid[:-1] ** 2) * np.diff(grid)
    up_to = np.concatenate([[0.0], np.cumsum(strips)])

    edges = [begin_m]
    if up_to[-1] > 0.0:
        end_m = float(grid[np.searchsorted(up_to, up_to[-1] * (1.0 - 1e-5))])
        while edges[-1] < end_m:
            edges.append(min(edges[-1] * _SHELL_GROWS, max(end_m, edges[-1] * 1.01)))
    shells = len(edges) - 1
    near = np.array(edges[:-1])
    reach = 0.5 * _ROUNDER_CELLS * (exit_m / near + divergence)
    cell = np.zeros(shells)
    ranges, most, first_row = np.zeros((shells, _QUANTILES + 1)), np.zeros(shells), [0]
    around, mean = [np.zeros(0, np.int64)], [np.zeros(0)]
    for s in range(shells):
        low, high = np.interp(edges[s : s + 2], grid, up_to)
        ranges[s] = np.interp(np.linspace(low, high, _QUANTILES + 1), up_to, grid)
        ranges[s] = np.clip(ranges[s], edges[s], edges[s + 1])
        inside = (grid >= edges[s] * 0.99) & (grid <= edges[s + 1] * 1.01)
        most[s] = 1.02 * float(seen[inside].max(initial=0.0))
        # Few cells to ask, few particles in them.
        cell[s] = max(2.0 * reach[s], min(np.sqrt(_IN_A_CELL / max(high - low, 1e-12)), _LARGEST_CELL_RAD))
        rows = int(np.ceil(pi / cell[s]))
        border = np.clip(np.arange(rows + 1) * cell[s] - pi / 2, -pi / 2, pi / 2)
        middle = np.cos(0.5 * (border[1:] + border[:-1]))
        columns = np.maximum((2 * pi * middle / cell[s]).astype(np.int64), 1)
        around.append(columns)
        mean.append((high - low) * np.diff(np.sin(border)) * 2 * pi / columns)
        first_row.append(first_row[-1] + rows)
    cells = np.concatenate(around)
    return Particles(
        near_m=near,
        far_m=edges[-1],
        cell_rad=cell,
        reach_rad=reach,
        most=most,
        first_row=np.array(first_row, np.int64),
        around=cells,
        mean=np.concatenate(mean),
        empty=np.exp(-np.concatenate(mean)),
        first_cell=np.concatenate([[0], np.cumsum(cells)]).astype(np.int64)[: len(cells)],
        ranges_m=ranges,
        rate_per_m=sizes.rate_per_m if sizes is not None else 1.0,
        rho=rho,
        least=least,
        exit_m=exit_m,
        divergence_rad=divergence,
        extinction_per_m=air.extinction_per_m,
        overlap_from_m=receiver.air_overlap_m[0],
        overlap_full_m=receiver.air_overlap_m[1],
        cause=CAUSE[cause],
    )


@dataclass(frozen=True, eq=False)
class Balls:
    """Clouds in a sensor's frame: (P, 3) centres and (P,) radii [m], extinction, backscatter, share hit."""

    centre_m: F64
    radius_m: F64
    extinction_per_m: F64
    backscatter_per_m_sr: F64
    hit: F64
    cause: F64

    @staticmethod
    def none() -> "Balls":
        """No clouds."""
        empty = np.zeros(0)
        return Balls(np.zeros((0, 3)), empty, empty, empty, empty, empty)


def puffs(balls: Balls, lidar: Lidar, margin_m: float = 0.0) -> Puffs:
    """The clouds by the sectors of azimuth that may see them, from places up to margin_m off the middle."""
    x, y, radius = balls.centre_m[:, 0], balls.centre_m[:, 1], balls.radius_m + margin_m
    away = np.hypot(x, y)
    half = np.where(away > radius, np.arcsin(np.minimum(radius / np.maximum(away, 1e-9), 1.0)), pi)
    middle = np.arctan2(y, x)
    step = 2 * pi / _SECTORS
    first = np.floor((middle - half) / step).astype(np.int64)
    count = np.minimum(np.floor((middle + half) / step).astype(np.int64) - first + 1, _SECTORS)
    row = np.repeat(np.arange(len(radius)), count)
    sector = (
        np.repeat(first, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    ) % _SECTORS
    order = np.argsort(sector, kind="stable")
    receiver = lidar.receiver
    return Puffs(
        centre_m=np.ascontiguousarray(balls.centre_m),
        radius_m=balls.radius_m,
        extinction_per_m=balls.extinction_per_m,
        backscatter_per_m_sr=balls.backscatter_per_m_sr,
        hit=balls.hit,
        cause=balls.cause.astype(np.int64),
        sector_start=np.searchsorted(sector[order], np.arange(_SECTORS + 1)).astype(np.int64),
        listed=row[order].astype(np.int64),
        pulse_m=0.5 * SPEED_OF_LIGHT * receiver.pulse_ns * 1e-9,
        overlap_from_m=receiver.air_overlap_m[0],
        overlap_full_m=receiver.air_overlap_m[1],
    )
