"""A device's turn as tables: which pulse leaves when, whither, and what its carrier hides."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from drivesynth_kernels import echo, pulse, waveform

from drivesynth.arrays import F32, F64, I64, U8
from drivesynth.assets.materials import material_table
from drivesynth.scene.device import CalibratedIntensity, Lidar

# A sector that the carrier, or a fault, hides: rings first..last, azimuths [deg] from..to, share of pulses.
HiddenSector = tuple[int, int, float, float, float]

SPEED_OF_LIGHT = 299_792_458.0

_POSES = 4096  # of the carrier, at most, in a sweep
_LONG_NM = 1200.0
_POLISHED = 0.06  # roughness up to which a surface throws a picture
_MIRROR = 0.9  # of a metal that does

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
_COAT_KEEPS, _METAL_KEEPS = 0.06, 0.3
_COAT_LOBE, _FLAKES_LOBE, _METAL_LOBE = 0.05, 0.4, 0.6
_COAT_WIDENS = 2.0  # paint is wavy and full of flakes: its lobe is wider than the eye's highlight
_LEAST_SPREAD2 = 0.03**2  # a real surface curves within the beam's footprint ...
_PANE_SPREAD2 = 0.01**2  # ... but a pane hardly does: it answers within a degree or two of its normal


@dataclass(frozen=True, eq=False)
class Scan:
    """Everything about a sweep that does not change from sweep to sweep, in the form kernels read.

    period_s  of the whole sweep; steps  poses of the carrier taken over it, less one
    ring      (R,) of each row of lanes
    wraps     the last column of the lanes is a neighbour of the first; stacked: so are rows of each other
    beam_rad  radius at which the beam falls to 1/e^2 of its middle; skirt, bloom_rad, crosstalk, sun_klx: see
              `Receiver`
    """

    beams: pulse.Beams
    lanes: pulse.Lanes
    device: echo.Device
    response: pulse.Response
    period_s: float
    steps: int
    ring: U8
    wraps: bool
    stacked: bool
    beam_rad: float
    skirt: float
    bloom_rad: float
    crosstalk: float
    sun_klx: float

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
def scan(
    lidar: Lidar,
    hidden: tuple[HiddenSector, ...] = (),
    since_s: float = 0.0,
    covered: tuple[HiddenSector, ...] = (),
) -> Scan:
    """The tables of a device on a carrier that hides some sectors.

    since_s  when the sweep begins, for devices whose pattern does not come round with it (`never_closes`)
    covered  sectors that a fault takes
    """
    lanes = _LANES[lidar.kind](lidar, hidden, since_s)
    blocked = _blocked(np.degrees(lanes.azimuth), covered)
    lanes = lanes._replace(hidden=np.maximum(lanes.own, blocked))
    rows = len(lanes.moment)
    receiver = lidar.receiver
    return Scan(
        _beams(lidar, rows),
        lanes,
        _device(lidar),
        response(receiver.wavelength_nm),
        lidar.turn.period_s,
        min(lidar.turn.firings, _POSES),
        np.arange(rows, dtype=np.uint8),
        wraps=lidar.kind == "spinning_lidar",
        stacked=lidar.kind != "rosette_lidar",
        beam_rad=receiver.divergence_mrad * 0.5e-3,
        skirt=receiver.skirt,
        bloom_rad=np.radians(receiver.bloom_deg),
        crosstalk=receiver.crosstalk,
        sun_klx=receiver.sun_klx,
    )


def never_closes(lidar: Lidar) -> bool:
    """Whether each sweep looks along other directions than the one before."""
    return lidar.kind == "rosette_lidar"


def _column(values: Sequence[float], count: int, blank: float = 0.0) -> F64:
    return np.array(values) if len(values) else np.full(count, blank)


def _beams(lidar: Lidar, rows: int) -> pulse.Beams:
    """One laser a row; the modules of a MEMS device share every row and are alike."""
    listed, count = lidar.beams, len(lidar.beams.elevation_deg)
    if count != rows:
        blank = np.zeros(rows)
        return pulse.Beams(blank, blank, np.ones(rows), blank, blank, blank)
    return pulse.Beams(
        _column(listed.origin_z_m, count),
        _column(listed.origin_left_m, count),
        _column(listed.power_ratio, count, 1.0),
        _column(listed.intensity_offset, count),
        _column(listed.near_m, count),
        _column(listed.range_bias_m, count),
    )


def _spinning(lidar: Lidar, hidden: Sequence[HiddenSector], _: float) -> pulse.Lanes:
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
    # Poses are taken once a firing.
    scale = min(turn.firings, _POSES) / turn.firings
    return _lanes_of(azimuth, elevation, (order + delay[:, None]) * scale, order, hidden)


def _sector(lidar: Lidar, hidden: Sequence[HiddenSector], _: float) -> pulse.Lanes:
    assert lidar.sector is not None
    turn, rings = lidar.turn, len(lidar.beams.elevation_deg)
    delay = _column(lidar.beams.fire_offset_us, rings)[:, None] * 1e-6 / (turn.period_s / turn.firings)
    firing = np.arange(turn.firings) + np.minimum(delay, 0.999)
    begin, end = np.radians(lidar.sector.from_deg), np.radians(lidar.sector.to_deg)
    azimuth = begin + (end - begin) * (firing + 0.5) / turn.firings
    azimuth = azimuth + np.radians(_column(lidar.beams.azimuth_offset_deg, rings))[:, None]
    elevation = np.broadcast_to(np.radians(np.array(lidar.beams.elevation_deg))[:, None], azimuth.shape)
    return _lanes_of(azimuth, elevation, *_when(firing, turn.firings), hidden)


def _mems(lidar: Lidar, hidden: Sequence[HiddenSector], _: float) -> pulse.Lanes:
    """Rows are lines; modules stand side by side, left to right; every second line is swept back."""
    assert lidar.mems is not None
    mems, shots = lidar.mems, lidar.turn.firings // lidar.mems.lines
    modules = np.argsort(-_column(lidar.beams.azimuth_offset_deg, len(lidar.beams.elevation_deg)))
    centre = np.radians(_column(lidar.beams.azimuth_offset_deg, len(modules)))[modules]
    tilt = np.radians(np.array(lidar.beams.elevation_deg))[modules]
    along = (np.arange(shots) + 0.5) / shots  # left to right
    line = np.arange(mems.lines)[:, None, None]
    azimuth = centre[:, None] + np.radians(mems.width_deg) * (0.5 - along)
    elevation = np.radians(mems.top_deg + (mems.bottom_deg - mems.top_deg) * line / (mems.lines - 1))
    number = np.where(line % 2 == 0, np.arange(shots), shots - 1 - np.arange(shots)) + line * shots
    shape = (mems.lines, len(modules), shots)
    azimuth, elevation, number = (
        np.broadcast_to(column, shape).reshape(mems.lines, -1)
        for column in (azimuth, elevation + tilt[:, None], number)
    )
    return _lanes_of(azimuth, elevation, *_when(number, mems.lines * shots), hidden)


def _rosette(lidar: Lidar, hidden: Sequence[HiddenSector], since_s: float) -> pulse.Lanes:
    """Rows are lasers, columns shots in time; small deflections add up as vectors."""
    turn, lasers = lidar.turn, len(lidar.beams.elevation_deg)
    delay = _column(lidar.beams.fire_offset_us, lasers)[:, None] * 1e-6 / (turn.period_s / turn.firings)
    firing = np.arange(turn.firings) + np.minimum(delay, 0.999)
    seconds = since_s + firing * (turn.period_s / turn.firings)
    if lidar.prisms is not None:
        prisms = lidar.prisms
        rates = np.array([prisms.first_rpm, prisms.second_rpm]) * 2 * np.pi / 60
        bend = np.radians(prisms.deflection_deg) * np.exp(1j * rates[:, None, None] * seconds).sum(axis=0)
        away = np.abs(bend)
        side = np.where(away > 0, np.sin(away) / np.maximum(away, 1e-12), 1.0)
        azimuth = np.arctan2(side * bend.real, np.cos(away))
        elevation = np.arcsin(np.clip(side * bend.imag, -1.0, 1.0))
    else:
        assert lidar.nod is not None
        nod = lidar.nod
        azimuth = 2 * np.pi * nod.turn_rpm / 60 * seconds - np.pi
        swing = 1.0 - np.abs(2.0 * (nod.nod_rpm / 60 * seconds % 1.0) - 1.0)
        elevation = np.radians(nod.bottom_deg + (nod.top_deg - nod.bottom_deg) * swing)
    elevation = elevation + np.radians(np.array(lidar.beams.elevation_deg))[:, None]
    azimuth = azimuth + np.radians(_column(lidar.beams.azimuth_offset_deg, lasers))[:, None]
    return _lanes_of(azimuth, elevation, *_when(firing, turn.firings), hidden)


def _when(firing: F64 | I64, count: int) -> tuple[F64, I64]:
    """Moments in steps between poses, and columns, of firings 0 .. count."""
    moment: F64 = np.asarray(firing, np.float64) * (min(count, _POSES) / count)
    return moment, np.asarray(firing, np.int64)


def _lanes_of(
    azimuth: F64, elevation: F64, moment: F64, column: I64, hidden: Sequence[HiddenSector]
) -> pulse.Lanes:
    azimuth = azimuth % (2 * np.pi)
    blocked = _blocked(np.degrees(azimuth), hidden)
    return pulse.Lanes(
        np.cos(azimuth),
        np.sin(azimuth),
        np.cos(elevation),
        np.sin(elevation),
        np.ascontiguousarray(azimuth),
        elevation.astype(np.float32),
        np.ascontiguousarray(moment, np.float64),
        column.astype(np.uint16),
        blocked,
        blocked,
    )


def _blocked(degrees: F64, sectors: Sequence[HiddenSector]) -> F32:
    """(R, C) share of the pulses at these azimuths that some sectors swallow."""
    blocked = np.zeros(degrees.shape, np.float32)
    for first, last, begin, end, ratio in sectors:
        inside = (degrees[first : last + 1] - begin) % 360.0 < (end - begin) % 360.0
        blocked[first : last + 1] = np.maximum(blocked[first : last + 1], np.float32(ratio) * inside)
    return blocked


_LANES = {
    "spinning_lidar": _spinning,
    "sector_lidar": _sector,
    "mems_lidar": _mems,
    "rosette_lidar": _rosette,
}


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
        level_to_m, far_per_e, floor = 0.0, 0.0, 0.0
    else:
        at_one, per_e, level_to_m = intensity.at_one, intensity.per_e, intensity.level_to_m
        far_per_e, floor = per_e * intensity.falls_as, intensity.floor
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
        rings=lidar.kind == "spinning_lidar",
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
        level_to_m=level_to_m,
        far_per_e=float(far_per_e),
        floor=floor,
        intensity_sigma=intensity.sigma,
        intensity_max=intensity.max,
        xyz_step_m=quantum.xyz_m,
        per_xyz_step=1.0 / quantum.xyz_m if quantum.xyz_m else 0.0,
        range_step_m=quantum.range_m,
        per_range_step=1.0 / quantum.range_m if quantum.range_m else 0.0,
        intensity_step=quantum.intensity,
        per_intensity_step=1.0 / quantum.intensity if quantum.intensity else 0.0,
    )


def oren_nayar(sigma_rad: F64) -> tuple[F64, F64]:
    """A and B of a rough surface's answer towards the source, A cos + B sin^2 in place of cos.

    sigma_rad  deviation of its facets' slopes; Oren and Nayar, "Generalization of Lambert's Reflectance
               Model", SIGGRAPH 1994, with viewer and light in one direction
    """
    sigma2 = sigma_rad**2
    return 1.0 - 0.5 * sigma2 / (sigma2 + 0.33), 0.45 * sigma2 / (sigma2 + 0.09)


@lru_cache(maxsize=4)
def response(wavelength_nm: float = 905.0) -> pulse.Response:
    """How each material of the table answers, at 905 nm or, for devices beyond 1,200 nm, at 1550 nm."""
    table = material_table()
    kept = (1.0 - table.clear_coat * (1.0 - _COAT_KEEPS)) * (1.0 - table.metallic * (1.0 - _METAL_KEEPS))
    kept *= (1.0 - table.transmission) ** 2  # in and, if it comes back at all, out again
    rho = (table.rho_905 if wavelength_nm < _LONG_NM else table.rho_1550).astype(np.float64)
    square, grazing = oren_nayar(table.oren_nayar_rad.astype(np.float64))
    polished = table.roughness <= _POLISHED
    least = np.where(table.transmission > 0.0, _PANE_SPREAD2, _LEAST_SPREAD2)
    return pulse.Response(
        np.where(table.tinted > 0, -rho / np.maximum(table.rho_905, 1e-9), rho),
        kept * square,
        kept * grazing,
        table.clear_coat * _COAT_LOBE,
        np.maximum(table.clear_coat * _FLAKES_LOBE, table.metallic * _METAL_LOBE),
        np.maximum(
            table.roughness.astype(np.float64) ** 4 * np.where(table.clear_coat, _COAT_WIDENS, 1.0),
            least,
        ),
        table.retro > 0,
        table.transmission.astype(np.float64),
        np.where(polished, np.where(table.metallic > 0.5, _MIRROR, -table.index.astype(np.float64)), 0.0),
        np.where(table.leaf_m > 0.0, 1.0 / np.maximum(table.leaf_m.astype(np.float64), 1e-3) ** 2, 0.0),
    )
