"""A device's turn as tables: which pulse leaves when, whither, and what its carrier hides."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from drivesynth_kernels import echo, pulse

from drivesynth.arrays import F64
from drivesynth.assets.materials import material_table
from drivesynth.scene.device import CalibratedIntensity, Lidar

# A sector that the carrier hides: rings first..last, azimuths [deg] from..to, share of pulses.
HiddenSector = tuple[int, int, float, float, float]

SPEED_OF_LIGHT = 299_792_458.0

# What a coat or a metal leaves of a surface's diffuse answer, and the lobe around the mirror direction it
# makes instead: of the coat itself, and of flakes or metal in proportion to the reflectivity. Tuned so that
# cars look to the kitti device as they do in KITTI's scans: half of their returns 0, a few per cent bright.
_COAT_KEEPS, _METAL_KEEPS = 0.03, 0.3
_COAT_LOBE, _FLAKES_LOBE, _METAL_LOBE = 0.05, 0.4, 0.6
_COAT_WIDENS = 2.0  # paint is wavy and full of flakes: its lobe is wider than the eye's highlight
_LEAST_SPREAD2 = 0.03**2  # a real surface curves within the beam's footprint


@dataclass(frozen=True, eq=False)
class Scan:
    """Everything about a turn that does not change from turn to turn, in the form kernels read."""

    beams: pulse.Beams
    lanes: pulse.Lanes
    device: echo.Device
    period_s: float  # from firing to firing

    @property
    def firings(self) -> int:
        """Per turn."""
        return int(self.lanes.firing.shape[1])


@lru_cache(maxsize=32)
def scan(lidar: Lidar, hidden: tuple[HiddenSector, ...] = ()) -> Scan:
    """The tables of a device on a carrier that hides some sectors."""
    beams = _beams(lidar)
    lanes = _lanes(lidar, beams.delay, hidden)
    return Scan(beams, lanes, _device(lidar), lidar.turn.period_s / lidar.turn.firings)


def _beams(lidar: Lidar) -> pulse.Beams:
    listed = lidar.beams
    elevation = np.radians(np.array(listed.elevation_deg))

    def column(values: Sequence[float], blank: float = 0.0) -> F64:
        return np.array(values) if len(values) else np.full(len(elevation), blank)

    return pulse.Beams(
        np.cos(elevation),
        np.sin(elevation),
        column(listed.origin_z_m),
        column(listed.origin_left_m),
        column(listed.power_ratio, 1.0),
        column(listed.intensity_offset),
        column(listed.fire_offset_us) * 1e-6 / (lidar.turn.period_s / lidar.turn.firings),
    )


def _lanes(lidar: Lidar, delay: F64, hidden: Sequence[HiddenSector]) -> pulse.Lanes:
    """The head goes on turning while a firing's lasers take their turn; an encoder is read once a firing."""
    turn, rings = lidar.turn, len(lidar.beams.elevation_deg)
    firing = np.arange(turn.firings)
    if turn.encoder_steps:
        share = np.floor(firing / turn.firings * turn.encoder_steps) / turn.encoder_steps  # of a turn
        share = np.broadcast_to(share, (rings, turn.firings))
    else:
        share = (firing + delay[:, None]) / turn.firings
    angle = 2 * np.pi * share - np.pi
    if turn.direction == "clockwise":
        angle = -angle
    offset = np.radians(np.array(lidar.beams.azimuth_offset_deg or (0.0,) * rings))
    azimuth = (angle + offset[:, None]) % (2 * np.pi)
    order = np.argsort(azimuth, axis=1, kind="stable")
    azimuth = np.take_along_axis(azimuth, order, axis=1)
    blocked = np.zeros(azimuth.shape, np.float32)
    degrees = np.degrees(azimuth)
    for first, last, begin, end, ratio in hidden:
        inside = (degrees[first : last + 1] - begin) % 360.0 < (end - begin) % 360.0
        blocked[first : last + 1] = np.maximum(blocked[first : last + 1], np.float32(ratio) * inside)
    return pulse.Lanes(np.cos(azimuth), np.sin(azimuth), azimuth, order.astype(np.int64), blocked)


def _device(lidar: Lidar) -> echo.Device:
    """Normalised by the data sheet: the SNR at its range and reflectivity is what its figures ask for."""
    receiver, intensity, quantum = lidar.receiver, lidar.intensity, lidar.quantum
    normal = NormalDist()
    threshold = normal.inv_cdf(1.0 - receiver.false_alarm)
    snr_sheet = threshold + normal.inv_cdf(receiver.detection)
    if isinstance(intensity, CalibratedIntensity):
        at_one = intensity.diffuse
        per_e = (intensity.max - intensity.diffuse) / (intensity.decades * np.log(10.0))
        level_to_m = 0.0
    else:
        at_one, per_e, level_to_m = intensity.at_one, intensity.per_e, intensity.level_to_m
    return echo.Device(
        snr_1m=snr_sheet * receiver.range_m**2 / receiver.reflectivity,
        threshold=threshold,
        drop_out=receiver.drop_out,
        min_m=receiver.min_m,
        max_m=receiver.max_m,
        smear=receiver.divergence_mrad * 1e-3 / (0.5 * SPEED_OF_LIGHT * receiver.pulse_ns * 1e-9),
        sigma_m=lidar.range_noise.sigma_m,
        snr_m=lidar.range_noise.snr_m,
        most_m=lidar.range_noise.most_m,
        logarithmic=not isinstance(intensity, CalibratedIntensity),
        at_one=at_one,
        per_e=float(per_e),
        level2_m2=level_to_m**2,
        intensity_sigma=intensity.sigma,
        intensity_max=intensity.max,
        xyz_step_m=quantum.xyz_m,
        per_xyz_step=1.0 / quantum.xyz_m if quantum.xyz_m else 0.0,
        range_step_m=quantum.range_m,
        per_range_step=1.0 / quantum.range_m if quantum.range_m else 0.0,
        intensity_step=quantum.intensity,
        per_intensity_step=1.0 / quantum.intensity if quantum.intensity else 0.0,
    )


@lru_cache(maxsize=1)
def response() -> pulse.Response:
    """How each material of the table answers at 905 nm."""
    table = material_table()
    sigma2 = table.oren_nayar_rad.astype(np.float64) ** 2
    kept = (1.0 - table.clear_coat * (1.0 - _COAT_KEEPS)) * (1.0 - table.metallic * (1.0 - _METAL_KEEPS))
    kept *= (1.0 - table.transmission) ** 2  # in and, if it comes back at all, out again
    return pulse.Response(
        np.where(table.tinted > 0, -1.0, table.rho_905).astype(np.float64),
        kept * (1.0 - 0.5 * sigma2 / (sigma2 + 0.33)),
        kept * 0.45 * sigma2 / (sigma2 + 0.09),
        table.clear_coat * _COAT_LOBE,
        np.maximum(table.clear_coat * _FLAKES_LOBE, table.metallic * _METAL_LOBE),
        np.maximum(
            table.roughness.astype(np.float64) ** 4 * np.where(table.clear_coat, _COAT_WIDENS, 1.0),
            _LEAST_SPREAD2,
        ),
        table.retro > 0,
    )
