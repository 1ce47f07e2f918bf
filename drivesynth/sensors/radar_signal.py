"""From echoes to a list of detections: cells of range and speed per element, beams, CFAR, estimates.

Each echo answers in the cells around its own with the shape of a Hann window's main lobe (side lobes, from
-31 dB, are left out), with the phases of its direction across the row. Thermal noise is added in every cell
and element; beams are weighted sums of elements. Power of a cell without an echo is then exponential with
mean 1, which the threshold's false-alarm rate rests on.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F32, F64, I64
from drivesynth.sensors.frame import RADAR_CAUSE, Detections, RadarCube
from drivesynth.sensors.radar_echo import Echoes
from drivesynth.sensors.radar_waveform import (
    Waveform,
    beam_cosines,
    beam_width_rad,
    beams,
    pattern,
    steering,
    weights,
)
from drivesynth.sensors.threads import in_pieces

_REACH = np.arange(-2, 3)  # cells to either side that a main lobe touches
_LEAST_SNR = 1e-2  # of one element: weaker echoes drown
BLOCK = 50  # ranges whose noise is drawn in one go
_NEIGHBOURS = [(r, v, a) for a in (0, -1, 1) for r in (0, -1, 1) for v in (0, -1, 1) if r or v or a]


@dataclass(frozen=True)
class Signal:
    """Echoes as the receiver has them; S rows.

    amplitude  (S,) complex, of one element, in units of the noise
    range_cell, speed_cell  (S,) where they fall, in cells and parts of cells
    phases     (S, C) complex64 across the row, of the direction each comes from
    """

    echoes: Echoes
    amplitude: np.ndarray
    range_cell: F64
    speed_cell: F64
    phases: np.ndarray


def window(offset_cells: F64) -> F64:
    """Amplitude of a Hann window's spectrum, 1 in the middle, 0.5 a cell beside it, 0 from two cells on."""
    x = np.abs(np.asarray(offset_cells, np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.sinc(x) / (1.0 - x**2)
    return np.asarray(np.where(np.abs(x - 1.0) < 1e-6, 0.5, np.where(x < 2.0, value, 0.0)))


def signal(waveform: Waveform, echoes: Echoes, draws: np.ndarray, loss_db_per_km: float = 0.0) -> Signal:
    """Amplitudes by the radar equation; `draws` (D, 3) of `radar_echo.amplitudes`."""
    device = waveform.device
    gain = pattern(device.antennas, echoes.azimuth_rad, echoes.elevation_rad) ** 2
    gain *= 10 ** (-2.0 * loss_db_per_km * echoes.range_m / 1e4)
    snr = waveform.snr_1m * echoes.rcs_m2 * gain / np.maximum(echoes.range_m, 0.1) ** 4
    snr *= np.abs(echoes.factor) ** 2
    kept = np.flatnonzero((snr > _LEAST_SNR) & (echoes.range_m < waveform.range_end_m))
    part = echoes.rows(kept)
    column = np.where(part.swerling == 3, 2, part.swerling)
    turn = part.factor / np.maximum(np.abs(part.factor), 1e-12)
    return Signal(
        part,
        np.sqrt(snr[kept]) * turn * draws[part.draw, column],
        part.range_m / waveform.range_step_m,
        (waveform.folded_mps(part.speed_mps) + waveform.speed_end_mps) / waveform.speed_step_mps,
        steering(device.antennas, np.sin(part.azimuth_rad) * np.cos(part.elevation_rad)).astype(np.complex64),
    )


def received(
    waveform: Waveform, heard: Signal, key: Callable[[int], np.random.Generator], threads: int = 1
) -> tuple[np.ndarray, F32]:
    """What the elements hear, (R, V, C) complex64, and the power of the beams, (R, V, A).

    key  generator of the noise of a block of ranges: blocks are the same for any number of threads
    """
    chirps, antennas = waveform.device.chirps, waveform.device.antennas
    cells = np.empty((chirps.samples, chirps.count, antennas.elements), np.complex64)
    power = np.empty((chirps.samples, chirps.count, 2 * antennas.elements), np.float32)
    slots, sums = _sums(waveform, heard)
    form = beams(antennas).astype(np.complex64)

    def work(begin: int, end: int) -> None:
        for first in range(begin, end, BLOCK):
            part = cells[first : first + BLOCK]
            part[...] = noise(part.shape, key(first // BLOCK))
            flat = part.reshape(-1, antennas.elements)
            low, high = np.searchsorted(slots, [first * chirps.count, first * chirps.count + len(flat)])
            flat[slots[low:high] - first * chirps.count] += sums[low:high]
            power[first : first + BLOCK] = beam_power(part, form)

    in_pieces(threads, chirps.samples, work, BLOCK)
    return cells, power


def noise(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Complex64 of unit power."""
    pairs = rng.standard_normal((*shape, 2), np.float32)
    pairs *= np.float32(np.sqrt(0.5))
    return np.asarray(pairs.view(np.complex64)[..., 0])


def _sums(waveform: Waveform, heard: Signal) -> tuple[I64, np.ndarray]:
    """Cells that echoes fall into, rising, range by range, and what they add there, (K, C) complex64."""
    chirps, antennas = waveform.device.chirps, waveform.device.antennas
    if not len(heard.amplitude):
        return np.zeros(0, np.int64), np.zeros((0, antennas.elements), np.complex64)
    rows = np.rint(heard.range_cell).astype(np.int64)[:, None] + _REACH
    columns = np.rint(heard.speed_cell).astype(np.int64)[:, None] + _REACH
    shape = window(rows - heard.range_cell[:, None])[:, :, None]
    shape = shape * window(columns - heard.speed_cell[:, None])[:, None, :]
    inside = ((rows >= 0) & (rows < chirps.samples))[:, :, None] & (shape != 0.0)
    where = rows[:, :, None] * chirps.count + columns[:, None, :] % chirps.count
    echo = np.broadcast_to(np.arange(len(rows))[:, None, None], inside.shape)[inside]
    flat, share = where[inside], shape[inside].astype(np.float32)
    # One slot a cell: sums do not depend on anything but the echoes' order.
    order = np.argsort(flat, kind="stable")
    flat = flat[order]
    begin = np.flatnonzero(np.concatenate([[True], flat[1:] != flat[:-1]]))
    across = heard.amplitude[:, None].astype(np.complex64) * heard.phases
    return flat[begin], np.add.reduceat(across[echo[order]] * share[order, None], begin, axis=0)


def beam_power(cells: np.ndarray, form: np.ndarray) -> F32:
    """(..., A) power in every beam of (..., C) cells; `form` (C, A) of `radar_waveform.beams`."""
    formed = cells.reshape(-1, form.shape[0]) @ form
    power = formed.real**2
    power += formed.imag**2
    return np.asarray(power.reshape(*cells.shape[:-1], form.shape[1]))


def candidates(waveform: Waveform, power: F32) -> tuple[I64, I64, I64]:
    """Range, speed and beam of the cells that can exceed the threshold at all.

    A cell exceeds it by noise alone only where its training cells are quiet, but not arbitrarily quiet: given
    that it does, their mean times their number n is Gamma distributed with shape n and rate n + scale. Cells
    that would need a mean below the 1e-4 quantile of that are left out (Wilson and Hilferty, 1931).
    """
    cfar = waveform.device.cfar
    shape = 2 * cfar.train
    quantile = max(shape * (1.0 - 1.0 / (9 * shape) - 3.72 / (3.0 * np.sqrt(shape))) ** 3, 0.0)
    flat = np.flatnonzero(power.reshape(-1) > np.float32(cfar.scale * quantile / (shape + cfar.scale)))
    beam = flat % power.shape[2]
    cell = flat // power.shape[2]
    return cell // power.shape[1], cell % power.shape[1], beam


def exceeding(waveform: Waveform, power: F32, r: I64, v: I64, a: I64) -> np.ndarray:
    """(N,) which of these cells exceed the threshold over the mean of their training cells."""
    cfar, count = waveform.device.cfar, power.shape[1]
    away = np.arange(cfar.guard + 1, cfar.guard + cfar.train + 1)
    around = np.zeros(len(r), np.float32)
    for offset in np.concatenate([-away, away]).tolist():
        around += power[r, (v + offset) % count, a]
    return np.asarray(power[r, v, a] > np.float32(cfar.scale / (2 * cfar.train)) * around)


def peaks(power: F32, r: I64, v: I64, a: I64) -> np.ndarray:
    """(N,) which cells are larger than all their neighbours; speeds go round."""
    ranges, speeds, beams_ = power.shape
    flat, best, result = power.reshape(-1), np.arange(len(r)), np.zeros(len(r), np.bool_)
    here = power[r, v, a]
    for dr, dv, da in _NEIGHBOURS:
        speed = v + dv
        if dv:
            speed %= speeds
        at = ((r + dr) * speeds + speed) * beams_ + a + da
        stays = flat[np.minimum(np.maximum(at, 0), len(flat) - 1)] < here
        if dr:
            stays |= r == (0 if dr < 0 else ranges - 1)
        if da:
            stays |= a == (0 if da < 0 else beams_ - 1)
        best, r, v, a, here = best[stays], r[stays], v[stays], a[stays], here[stays]
    result[best] = True
    return result


def between(low: F64, middle: F64, high: F64) -> F64:
    """Where a parabola through three log powers peaks, in cells from the middle one; at most half a cell."""
    a, b, c = (np.log(np.maximum(x, 1e-30)) for x in (low, middle, high))
    bend = a - 2.0 * b + c
    with np.errstate(divide="ignore", invalid="ignore"):
        step = 0.5 * (a - c) / bend
    return np.asarray(np.where(bend < 0.0, np.clip(step, -0.5, 0.5), 0.0))


def detections(
    waveform: Waveform,
    heard: Signal,
    cells: np.ndarray,
    power: F32,
    own_velocity_mps: F64,
    time_ns: int,
    rng: np.random.Generator,
    loss_db_per_km: float = 0.0,
) -> Detections:
    """The list: one detection a peak, measured in it, told whose echo it is.

    own_velocity_mps  (3,) of the radar, its own axes
    rng               of the noise in the difference of the two tiers
    """
    device = waveform.device
    r, v, a = candidates(waveform, power)
    found = np.flatnonzero(peaks(power, r, v, a))
    found = found[exceeding(waveform, power, r[found], v[found], a[found])]
    # A strong echo's side lobes in azimuth are no echoes: they stand in the very cell of its main lobe.
    strongest = power[r[found], v[found]].max(axis=1)
    found = found[power[r[found], v[found], a[found]] > strongest * 10 ** (-device.cfar.side_lobe_db / 10)]
    cosines = beam_cosines(device.antennas)
    found = found[np.abs(cosines[a[found]]) <= np.sin(np.radians(device.view.azimuth_deg))]
    found = found[np.argsort(-power[r[found], v[found], a[found]], kind="stable")][: device.cfar.most]
    r, v, a = r[found], v[found], a[found]
    high = power[r, v, a].astype(np.float64)
    count = power.shape[1]

    def at(dr: int, dv: int, da: int) -> F64:
        row, beam = np.clip(r + dr, 0, power.shape[0] - 1), np.clip(a + da, 0, power.shape[2] - 1)
        return np.asarray(power[row, (v + dv) % count, beam], np.float64)

    range_m = (r + between(at(-1, 0, 0), high, at(1, 0, 0))) * waveform.range_step_m
    speed = (v + between(at(0, -1, 0), high, at(0, 1, 0))) * waveform.speed_step_mps - waveform.speed_end_mps
    cosine = cosines[a] + between(at(0, 0, -1), high, at(0, 0, 1)) * (cosines[1] - cosines[0])

    summed, signal_power, difference, owner = _at_peaks(waveform, heard, cells, r, v, a)
    elevation = np.zeros(len(r))
    tier = device.antennas.tier_spacing_wavelengths
    if tier:
        pairs = rng.standard_normal((len(r), 2)) * np.sqrt(0.5)
        difference = difference + pairs[:, 0] + 1j * pairs[:, 1]
        ratio = np.imag(difference * np.conj(summed)) / np.maximum(np.abs(summed) ** 2, 1e-30)
        elevation = np.arcsin(np.clip(np.arctan(ratio) / (np.pi * tier), -1.0, 1.0))
        elevation = np.clip(elevation, *np.radians([-device.view.elevation_deg, device.view.elevation_deg]))
    azimuth = np.arcsin(np.clip(cosine / np.cos(elevation), -1.0, 1.0))

    snr = np.maximum(high - 1.0, 0.1)
    array_gain = float(weights(device.antennas).sum() ** 2)
    loss = 10 ** (-2.0 * loss_db_per_km * range_m / 1e4) * pattern(device.antennas, azimuth, elevation) ** 2
    rcs = snr / array_gain * np.maximum(range_m, 0.1) ** 4 / (waveform.snr_1m * loss)
    spread = 1.0 / np.sqrt(2.0 * snr)
    ahead = np.stack(
        [np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)], axis=1
    )
    real = (owner >= 0) & (signal_power > 0.25 * high)
    rows = np.maximum(owner, 0)
    echoes = heard.echoes
    blank = len(echoes.actor) == 0

    def told(column: np.ndarray, otherwise: int) -> np.ndarray:
        return np.full(len(r), otherwise) if blank else np.asarray(np.where(real, column[rows], otherwise))

    true_speed = np.zeros(len(r)) if blank else echoes.speed_mps[rows]
    folds = np.where(real, np.rint((true_speed - speed) / (2.0 * waveform.speed_end_mps)), 0)

    def single(column: F64) -> F32:
        return np.asarray(column, np.float32)

    return Detections(
        time_ns=time_ns,
        range_m=single(range_m),
        azimuth_rad=single(azimuth),
        elevation_rad=single(elevation),
        speed_mps=single(speed),
        own_speed_mps=single(-(ahead @ own_velocity_mps)),
        rcs_dbsm=single(10 * np.log10(rcs)),
        snr_db=single(10 * np.log10(snr)),
        range_sigma_m=single(waveform.range_step_m / 1.6 * spread),
        azimuth_sigma_rad=single(beam_width_rad(device.antennas) / np.cos(azimuth) / 1.6 * spread),
        speed_sigma_mps=single(waveform.speed_step_mps / 1.6 * spread),
        folds=folds.astype(np.int32),
        actor=told(echoes.actor, -1).astype(np.int32),
        class_id=told(echoes.class_id, 0).astype(np.int32),
        cause=told(echoes.cause, RADAR_CAUSE["noise"]).astype(np.uint8),
    )


def _at_peaks(
    waveform: Waveform, heard: Signal, cells: np.ndarray, r: I64, v: I64, a: I64
) -> tuple[np.ndarray, F64, np.ndarray, I64]:
    """At each peak: the beam's complex value, the echoes' part of its power, the tiers' difference, the echo
    that contributes most (of the actor and cause that do), -1 where there is none."""
    antennas, count = waveform.device.antennas, waveform.device.chirps.count
    form = beams(antennas)
    summed = np.einsum("nc,cn->n", cells[r, v].astype(np.complex128), form[:, a])
    signal_power, difference = np.zeros(len(r)), np.zeros(len(r), np.complex128)
    owner = np.full(len(r), -1)
    if not len(heard.amplitude):
        return summed, signal_power, difference, owner
    by_range = np.argsort(heard.range_cell, kind="stable")
    low, high = np.searchsorted(heard.range_cell[by_range], [r - 2.0, r + 2.0])
    peak = np.repeat(np.arange(len(r)), high - low)
    begin = np.cumsum(high - low) - (high - low)
    row = by_range[np.arange(len(peak)) - begin[peak] + low[peak]]
    gap = (heard.speed_cell[row] - v[peak] + count / 2) % count - count / 2
    near = np.abs(gap) < 2.0
    peak, row, gap = peak[near], row[near], gap[near]
    if not len(peak):
        return summed, signal_power, difference, owner
    answer = np.einsum("nc,nc->n", heard.phases[row], form[:, a[peak]].T)
    part = window(heard.range_cell[row] - r[peak]) * window(gap) * heard.amplitude[row] * answer

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(peak, values.real, len(r)) + 1j * np.bincount(peak, values.imag, len(r))

    sine = np.sin(heard.echoes.elevation_rad[row])
    tilt = np.tan(np.clip(np.pi * antennas.tier_spacing_wavelengths * sine, -1.5, 1.5))
    signal_power, difference = np.abs(total(part)) ** 2, total(1j * tilt * part)
    powers = np.abs(part) ** 2
    # Whose power is most, of actor and cause; and of those echoes the strongest.
    party = (heard.echoes.actor[row].astype(np.int64) + 1) * 16 + heard.echoes.cause[row]
    _, which = np.unique(peak * (int(party.max()) + 1) + party, return_inverse=True)
    whole = np.bincount(which, powers)[which]
    order = np.lexsort((powers, whole, peak))
    last = np.flatnonzero(np.concatenate([peak[order][1:] != peak[order][:-1], [True]]))
    owner[peak[order][last]] = row[order][last]
    return summed, signal_power, difference, owner


def cube(waveform: Waveform, power: F32) -> RadarCube:
    """The power with the middles of its cells."""
    chirps, antennas = waveform.device.chirps, waveform.device.antennas
    speeds = np.arange(chirps.count) * waveform.speed_step_mps - waveform.speed_end_mps
    cosines = np.clip(beam_cosines(antennas), -1.0, 1.0)
    return RadarCube(
        power,
        (np.arange(chirps.samples) * waveform.range_step_m).astype(np.float32),
        speeds.astype(np.float32),
        np.arcsin(cosines).astype(np.float32),
    )
