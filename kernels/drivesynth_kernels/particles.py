"""Raindrops and snowflakes that a beam meets one by one.

The air about the device is cut into shells of range, a shell into cells of direction, at least as wide as
the beam's footprint there and so wide that most hold no particle. How many particles a cell holds, and where, is a hash of the cell: a Poisson
process in space, thinned to those large enough to matter. The same flake is met by every pulse that
passes it, whatever the order of asking; only what lies around the last pulse is kept for the next.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.air import fade, overlap
from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.noise import mix, uniform
from drivesynth_kernels.rows import peek, poke

F64 = NDArray[np.float64]

_S21, _S42 = np.uint64(21), np.uint64(42)


class Particles(NamedTuple):
    """One kind of particle; S shells, E rows of cells from the nadir up over all shells, Q quantiles.

    near_m, cell_rad  (S,) shells and their cells' height; far_m is where the last one ends
    reach_rad         (S,) half the angle that a beam is wide, at most
    most              (S,) no echo of the shell is stronger
    first_row         (S + 1,) of each shell's rows
    around, mean      (E,) cells of a row about the axis; particles per cell
    empty             (E,) chance that a cell holds none, exp(-mean)
    first_cell        (E,) number of a row's first cell, unlike any other row's
    ranges_m          (S, Q + 1) quantiles of a particle's range
    rate_per_m        diameters D follow exp(-rate D)
    rho               a particle's reflectivity, as a disc that faces the beam
    least             amplitude that is drawn at all
    exit_m, divergence_rad  the beam is exit + divergence * range wide
    """

    near_m: Any
    far_m: float
    cell_rad: Any
    reach_rad: Any
    most: Any
    first_row: Any
    around: Any
    mean: Any
    empty: Any
    first_cell: Any
    ranges_m: Any
    rate_per_m: float
    rho: float
    least: float
    exit_m: float
    divergence_rad: float
    extinction_per_m: float
    overlap_from_m: float
    overlap_full_m: float
    cause: int


@step
def smallest_m(p: Particles, range_m: float) -> Any:
    """Diameter whose echo at a range, wholly in the beam, has the amplitude `least`; inf where none has."""
    seen = p.rho * overlap(range_m, p.overlap_from_m, p.overlap_full_m) / (range_m * range_m)
    seen *= fade(2.0 * p.extinction_per_m * range_m)
    if seen < p.least:
        return np.inf
    return (p.exit_m + p.divergence_rad * range_m) * np.sqrt(p.least / seen)


# Columns of `Near.listed`.
_ELEVATION, _SHARE, _RANGE, _REACH2, _DRAW, _SEEN, _COLUMNS = 0, 1, 2, 3, 4, 5, 6
_MOST_LISTED = 320
# And of `Near.bounds`.
_LOW, _HIGH, _LEFT, _RIGHT, _NUMBER, _LAST, _BOUNDS = 0, 1, 2, 3, 4, 5, 6
_LISTED = 6.0  # particles that a list is to hold about


class Near(NamedTuple):
    """What lies around the last pulse, shell by shell: neighbours ask for the same particles.

    bounds  (6 S,) rows of cells from and to, share of the turn from and to, how many are listed, elevation of
            the last pulse
    listed  (S _MOST_LISTED _COLUMNS,) elevation, share of the turn, range, square of the angle up to which
            a beam meets it, the draw its size comes from, amplitude (below 0: not yet known)
    """

    bounds: F64
    listed: F64


@kernel
def nothing_near(p: Particles) -> Near:
    """Before the first pulse."""
    shells = p.near_m.shape[0]
    bounds = np.zeros((shells, _BOUNDS))
    bounds[:, _LEFT], bounds[:, _RIGHT], bounds[:, _LAST] = 2.0, -2.0, np.inf
    return Near(bounds.reshape(-1), np.empty(shells * _MOST_LISTED * _COLUMNS))


@inlined
def strongest_particle(
    p: Particles,
    key: Any,
    azimuth: float,
    elevation: float,
    flat: float,
    end_m: float,
    least: float,
    near: Near,
) -> Any:
    """Range and amplitude of the strongest echo before `end_m`; (inf, 0) if none is above `least`.

    flat  cosine of the elevation
    near  written: what lies around
    """
    best_m, best = np.inf, max(least, p.least)
    begins, reaches, most = p.near_m, p.reach_rad, p.most
    bounds, listed = near.bounds, near.listed
    turn = 2.0 * np.pi
    share = azimuth / turn
    share -= np.floor(share)
    per_reach = 1.0 / (turn * max(flat, 1e-6))
    around = flat * turn
    for s in range(begins.shape[0]):
        if begins[s] >= end_m:
            break
        if most[s] <= best:
            continue
        beside, at = reaches[s] * per_reach, _BOUNDS * s
        left, right = share - beside, share + beside
        # A ring's pulses mostly share their elevation.
        known = peek(bounds, at + _LAST) == elevation
        known = known and left >= peek(bounds, at + _LEFT) and right <= peek(bounds, at + _RIGHT)
        if not known:
            _list_near(p, key, s, elevation, left, right, bounds, listed)
        first = _MOST_LISTED * s * _COLUMNS
        for k in range(first, first + _COLUMNS * np.int64(peek(bounds, at + _NUMBER)), _COLUMNS):
            up = peek(listed, k + _ELEVATION) - elevation
            aside = around * (peek(listed, k + _SHARE) - share)
            if up * up + aside * aside > peek(listed, k + _REACH2) or peek(listed, k + _RANGE) >= end_m:
                continue
            if peek(listed, k + _SEEN) < 0.0:
                poke(listed, k + _SEEN, _seen(p, peek(listed, k + _RANGE), peek(listed, k + _DRAW)))
            if peek(listed, k + _SEEN) > best:
                best_m, best = peek(listed, k + _RANGE), peek(listed, k + _SEEN)
    return (best_m, best) if best_m < np.inf else (np.inf, 0.0)


@step
def _seen(p: Particles, range_m: float, draw: float) -> Any:
    """Amplitude of a particle at a range, wholly in the beam."""
    size = smallest_m(p, range_m) - np.log(draw) / p.rate_per_m
    part = min(size / (p.exit_m + p.divergence_rad * range_m), 1.0)
    seen = p.rho * part * part * fade(2.0 * p.extinction_per_m * range_m)
    return seen * overlap(range_m, p.overlap_from_m, p.overlap_full_m) / (range_m * range_m)


@step
def _list_near(
    p: Particles, key: Any, s: int, elevation: float, left: float, right: float, bounds: F64, listed: F64
) -> None:  # fmt: skip
    """List the particles of a shell about an elevation from share `left` to `right`, where they are not.

    Where these follow on those listed so far, more in the same direction: it is likely asked for next.
    """
    at, reach, height, per_cell = _BOUNDS * s, p.reach_rad[s], elevation + 0.5 * np.pi, 1.0 / p.cell_rad[s]
    low = np.int64(max((height - reach) * per_cell, 0.0))
    high = min(np.int64((height + reach) * per_cell), p.first_row[s + 1] - p.first_row[s] - 1)
    from_share, to_share = peek(bounds, at + _LEFT), peek(bounds, at + _RIGHT)
    poke(bounds, at + _LAST, elevation)
    same_rows = low >= peek(bounds, at + _LOW) and high <= peek(bounds, at + _HIGH)
    if same_rows and left >= from_share and right <= to_share:
        return
    first, mean, empties, columns_of = p.first_row[s], p.mean, p.empty, p.around
    quantiles, first_cell = p.ranges_m, p.first_cell
    steps = quantiles.shape[1] - 1
    centre, middle = 0.5 * (left + right), first + (low + high) // 2
    more = min(_LISTED / max(mean[middle] * (high - low + 1), 1e-3), 64.0) / columns_of[middle]
    if right > to_share and from_share <= left <= to_share:
        right += more
    elif left < from_share and from_share <= right <= to_share:
        left -= more
    poke(bounds, at + _LOW, float(low))
    poke(bounds, at + _HIGH, float(high))
    poke(bounds, at + _LEFT, left)
    poke(bounds, at + _RIGHT, right)
    number = 0
    for row in range(low, high + 1):
        e = first + row
        if mean[e] <= 0.0:
            continue
        empty, columns = empties[e], columns_of[e]
        begin, end = np.int64(np.floor(left * columns)), np.int64(np.floor(right * columns))
        if end - begin >= columns:  # about a pole; the list is for this pulse alone
            begin = np.int64(np.floor((centre - 0.5) * columns)) + 1
            end = begin + columns - 1
            poke(bounds, at + _LEFT, 2.0)
            poke(bounds, at + _RIGHT, -2.0)
        for column in range(begin, end + 1):
            a = column + columns if column < 0 else column - columns if column >= columns else column
            cell = (first_cell[e] + a) * 64
            # How many are here: the Poisson law read off from below.
            u = uniform(mix(key, cell))
            if u <= empty:
                continue
            chance, count = empty, 0
            total = chance
            while u > total and count < 31:
                count += 1
                chance *= mean[e] / count
                total += chance
            for i in range(min(count, _MOST_LISTED - number)):
                bits = mix(key, cell + 1 + 2 * i)
                q = uniform(bits << _S42) * steps
                k = np.int64(q)
                range_m = quantiles[s, k] + (q - k) * (quantiles[s, k + 1] - quantiles[s, k])
                angle = 0.5 * (p.exit_m / range_m + p.divergence_rad)
                to = (_MOST_LISTED * s + number) * _COLUMNS
                poke(listed, to + _ELEVATION, (row + uniform(bits)) * p.cell_rad[s] - 0.5 * np.pi)
                poke(listed, to + _SHARE, (column + uniform(bits << _S21)) / columns)
                poke(listed, to + _RANGE, range_m)
                poke(listed, to + _REACH2, angle * angle)
                poke(listed, to + _DRAW, uniform(mix(key, cell + 2 + 2 * i)))
                poke(listed, to + _SEEN, -1.0)
                number += 1
    poke(bounds, at + _NUMBER, float(number))


@kernel
def strongest_particles(
    p: Particles, key: Any, azimuth: F64, elevation: F64, end_m: float, found: F64
) -> None:
    """`strongest_particle` of N pulses, of any strength, written to found (N, 2)."""
    near = nothing_near(p)
    for i in range(azimuth.shape[0]):
        found[i, 0], found[i, 1] = strongest_particle(
            p, key, azimuth[i], elevation[i], np.cos(elevation[i]), end_m, 0.0, near
        )
