"""Raindrops and snowflakes that a beam meets one by one.

The air about the device is cut into shells of range, a shell into cells of direction, at least as wide as
the beam's footprint there and so wide that most hold no particle. How many particles a cell holds, and where, is a hash of the cell: a Poisson
process in space, thinned to those large enough to matter. The same flake is met by every pulse that
passes it, whatever the order of asking; nothing is stored.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.air import fade, overlap
from drivesynth_kernels.jit import kernel, step
from drivesynth_kernels.noise import mix, uniform

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


@step
def strongest_particle(
    p: Particles, key: Any, azimuth: float, elevation: float, flat: float, end_m: float, least: float
) -> Any:
    """Range and amplitude of the strongest echo before `end_m`; (inf, 0) if none is above `least`.

    flat  cosine of the elevation
    """
    best_m, best = np.inf, max(least, p.least)
    near, cells, reaches, most, first_row = p.near_m, p.cell_rad, p.reach_rad, p.most, p.first_row
    around, mean, empties = p.around, p.mean, p.empty
    first_cell, quantiles = p.first_cell, p.ranges_m
    steps = quantiles.shape[1] - 1
    turn = 2.0 * np.pi
    share = azimuth / turn
    share -= np.floor(share)
    per_reach = 1.0 / (turn * max(flat, 1e-6))
    for s in range(near.shape[0]):
        if near[s] >= end_m:
            break
        if most[s] <= best:
            continue
        reach, height = reaches[s], elevation + 0.5 * np.pi
        per_cell, beside = 1.0 / cells[s], reach * per_reach
        low = np.int64(max((height - reach) * per_cell, 0.0))
        high = np.int64((height + reach) * per_cell)
        for row in range(low, high + 1):
            e = first_row[s] + row
            if row < 0 or e >= first_row[s + 1] or mean[e] <= 0.0:
                continue
            empty, columns = empties[e], around[e]
            left = np.int64(np.floor((share - beside) * columns))
            right = np.int64(np.floor((share + beside) * columns))
            if right - left >= columns:
                left, right = np.int64(0), columns - 1
            for column in range(left, right + 1):
                a = column + columns if column < 0 else column - columns if column >= columns else column
                cell = (first_cell[e] + a) * 64
                # How many are here: the Poisson law read off from below.
                u, chance, count = uniform(mix(key, cell)), empty, 0
                total = chance
                while u > total and count < 31:
                    count += 1
                    chance *= mean[e] / count
                    total += chance
                for i in range(count):
                    bits = mix(key, cell + 1 + 2 * i)
                    q = uniform(bits << _S42) * steps
                    k = np.int64(q)
                    range_m = quantiles[s, k] + (q - k) * (quantiles[s, k + 1] - quantiles[s, k])
                    if range_m >= end_m:
                        continue
                    width = p.exit_m + p.divergence_rad * range_m
                    up = range_m * ((row + uniform(bits)) * cells[s] - 0.5 * np.pi - elevation)
                    aside = (a + uniform(bits << _S21)) / columns - share
                    aside = range_m * flat * turn * (aside - np.floor(aside + 0.5))
                    if up * up + aside * aside > 0.25 * width * width:
                        continue
                    size = smallest_m(p, range_m)
                    size -= np.log(uniform(mix(key, cell + 2 + 2 * i))) / p.rate_per_m
                    part = min(size / width, 1.0)
                    seen = p.rho * part * part * fade(2.0 * p.extinction_per_m * range_m)
                    seen *= overlap(range_m, p.overlap_from_m, p.overlap_full_m) / (range_m * range_m)
                    if seen > best:
                        best_m, best = range_m, seen
    return (best_m, best) if best_m < np.inf else (np.inf, 0.0)


@kernel
def strongest_particles(
    p: Particles, key: Any, azimuth: F64, elevation: F64, end_m: float, found: F64
) -> None:
    """`strongest_particle` of N pulses, of any strength, written to found (N, 2)."""
    for i in range(azimuth.shape[0]):
        found[i, 0], found[i, 1] = strongest_particle(
            p, key, azimuth[i], elevation[i], np.cos(elevation[i]), end_m, 0.0
        )
