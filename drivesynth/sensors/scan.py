"""A device's turn as tables: which pulse leaves when, whither, and what its carrier hides."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from drivesynth_kernels import echo, pulse, waveform

from drivesynth.arrays import F64, I64, U8
from drivesynth.assets.materials import material_table
from drivesynth.scene.device import CalibratedIntensity, Lidar

# A sector that the carrier hides: rings first..last, azimuths [deg] from..to, share of pulses.
HiddenSector = tuple[int, int, float, float, float]

SPEED_OF_LIGHT = 299_792_458.0

_RETURNS = {
    "strongest": waveform.STRONGEST,
    "last": waveform.LAST,
    "first": waveform.FIRST,
    "dual": waveform.DUAL,
    "triple": waveform.TRIPLE,
}

# What a coat or a metal leaves of a surface's diffuse answer, and the lobe around the mirror direction it
# makes instead: of the coat itself, and of flakes or metal in proportion to the reflectivity. Tuned so that
# cars look to the kitti device as they do in KITTI's scans: half of their returns 0, a few per cent bright.
_COAT_KEEPS, _METAL_KEEPS = 0.03, 0.3
_COAT_LOBE, _FLAKES_LOBE, _METAL_LOBE = 0.05, 0.4, 0.6
_COAT_WIDENS = 2.0  # paint is wavy and full of flakes: its lobe is wider than the eye's highlight
_LEAST_SPREAD2 = 0.03**2  # a real surface curves within the beam's footprint


@dataclass(frozen=True, eq=False)
class Scan:
    """Everything about a sweep that does not change from sweep to sweep, in the form kernels read.

    period_s  of the whole sweep; steps  poses of the carrier taken over it, less one
    ring      (R,) of each row of lanes
    wraps     the last column of the lanes is a neighbour of the first
    """

    beams: pulse.Beams
    lanes: pulse.Lanes
    device: echo.Device
    period_s: float
    steps: int
    ring: U8
    wraps: bool

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the lanes."""
        rows, columns = self.lanes.moment.shape
        return int(rows), int(columns)

    @property
    def step_s(self) -> float:
        """From pose to pose."""
        return self.period_s / self.steps


@lru_cache(maxsize=32)
def scan(lidar: Lidar, hidden: tuple[HiddenSector, ...] = ()) -> Scan:
    """The tables of a device on a carrier that hides some sectors."""
    rings = len(lidar.beams.elevation_deg)
    return Scan(
        _beams(lidar),
        _lanes(lidar, hidden),
        _device(lidar),
        lidar.turn.period_s,
        lidar.turn.firings,
        np.arange(rings, dtype=np.uint8),
        True,
    )


def _column(values: Sequence[float], count: int, blank: float = 0.0) -> F64:
    return np.array(values) if len(values) else np.full(count, blank)


def _beams(lidar: Lidar) -> pulse.Beams:
    listed, count = lidar.beams, len(lidar.beams.elevation_deg)
    return pulse.Beams(
        _column(listed.origin_z_m, count),
        _column(listed.origin_left_m, count),
        _column(listed.power_ratio, count, 1.0),
        _column(listed.intensity_offset, count),
        _column(listed.range_bias_m, count),
    )


def _lanes(lidar: Lidar, hidden: Sequence[HiddenSector]) -> pulse.Lanes:
    """The head goes on turning while a firing's lasers take their turn; an encoder is read once a firing."""
    turn, rings = lidar.turn, len(lidar.beams.elevation_deg)
    delay = _column(lidar.beams.fire_offset_us, rings) * 1e-6 / (turn.period_s / turn.firings)
    firing = np.arange(turn.firings)
    if turn.encoder_steps:
        share = np.floor(firing / turn.firings * turn.encoder_steps) / turn.encoder_steps  # of a turn
        share = np.broadcast_to(share, (rings, turn.firings))
    else:
        share = (firing + delay[:, None]) / turn.firings
    angle = 2 * np.pi * share - np.pi
    if turn.direction == "clockwise":
        angle = -angle
    offset = np.radians(_column(lidar.beams.azimuth_offset_deg, rings))
    azimuth = (angle + offset[:, None]) % (2 * np.pi)
    order = np.argsort(azimuth, axis=1, kind="stable")
    azimuth = np.take_along_axis(azimuth, order, axis=1)
    elevation = np.broadcast_to(np.radians(np.array(lidar.beams.elevation_deg))[:, None], azimuth.shape)
    return _lanes_of(azimuth, elevation, order + delay[:, None], order, hidden)


def _lanes_of(
    azimuth: F64, elevation: F64, moment: F64, column: I64, hidden: Sequence[HiddenSector]
) -> pulse.Lanes:
    blocked = np.zeros(azimuth.shape, np.float32)
    degrees = np.degrees(azimuth)
    for first, last, begin, end, ratio in hidden:
        inside = (degrees[first : last + 1] - begin) % 360.0 < (end - begin) % 360.0
        blocked[first : last + 1] = np.maximum(blocked[first : last + 1], np.float32(ratio) * inside)
    return pulse.Lanes(
        np.cos(azimuth),
        np.sin(azimuth),
        np.cos(elevation),
        np.sin(elevation),
        azimuth,
        elevation.astype(np.float32),
        moment,
        column.astype(np.uint16),
        blocked,
    )


def _device(lidar: Lidar) -> echo.Device:
    """Normalised by the data sheet: the SNR at its range and reflectivity is what its figures ask for."""
    receiver, intensity, quantum = lidar.receiver, lidar.intensity, lidar.quantum
    normal = NormalDist()
    threshold = normal.inv_cdf(1.0 - receiver.false_alarm)
    snr_sheet = threshold + normal.inv_cdf(receiver.detection)
    pulse_m = 0.5 * SPEED_OF_LIGHT * receiver.pulse_ns * 1e-9
    if isinstance(intensity, CalibratedIntensity):
        at_one = intensity.diffuse
        per_e = (intensity.max - intensity.diffuse) / (intensity.decades * np.log(10.0))
        level_to_m = 0.0
    else:
        at_one, per_e, level_to_m = intensity.at_one, intensity.per_e, intensity.level_to_m
    return echo.Device(
        snr_1m=snr_sheet * receiver.range_m**2 / receiver.reflectivity,
        threshold=threshold,
        false_alarm=receiver.false_alarm,
        drop_out=receiver.drop_out,
        darkness=1.0 - receiver.sun_share,
        sunlight=receiver.sun_share / receiver.reflectivity,
        pulse_m=pulse_m,
        overlap_from_m=receiver.overlap_m[0],
        overlap_to_m=receiver.overlap_m[1],
        returns=_RETURNS[receiver.returns],
        returns_most={"dual": 2, "triple": 3}.get(receiver.returns, 1),
        apart_m=receiver.apart_m,
        rings=True,
        angle_sigma_rad=np.radians(receiver.angle_noise_deg),
        min_m=receiver.min_m,
        max_m=receiver.max_m,
        smear=receiver.divergence_mrad * 1e-3 / pulse_m,
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
