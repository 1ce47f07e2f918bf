"""Clouds that do not fill the air: spray behind a wheel, an exhaust plume. Balls of droplets.

A pulse that passes one is weakened along its chord and may be answered from within. The droplets
stand in clumps, so only a share of the pulses find one (Linnhoff, Scheuble et al., "Measuring the
Influence of Environmental Conditions on Automotive Lidar Sensors", Sensors 2022; model of road spray).
"""

from typing import Any, NamedTuple

import numpy as np

from drivesynth_kernels.air import fade, overlap
from drivesynth_kernels.jit import step
from drivesynth_kernels.noise import mix, normal, uniform


class Puffs(NamedTuple):
    """P balls about the sensor, and which of them each sector of azimuth may meet.

    centre_m, radius_m  (P, 3), (P,)
    extinction_per_m, backscatter_per_m_sr, hit  (P,); hit is the share of pulses answered
    cause               (P,)
    sector_start        (B + 1,) into `listed`: B equal sectors of azimuth from x on
    listed              rows of the balls a sector sees
    """

    centre_m: Any
    radius_m: Any
    extinction_per_m: Any
    backscatter_per_m_sr: Any
    hit: Any
    cause: Any
    sector_start: Any
    listed: Any
    pulse_m: float
    overlap_from_m: float
    overlap_full_m: float


@step
def strongest_puff(
    p: Puffs, bits: Any, azimuth: float, ox: float, oy: float, oz: float, x: float, y: float, z: float,
    end_m: float, least: float,
) -> Any:  # fmt: skip
    """Range, amplitude and cause of the strongest answer, and what is left of an echo from `end_m`.

    bits     of this pulse
    azimuth  0 .. 2 pi, of the unit direction x, y, z; ox, oy, oz  where the pulse begins
    """
    best_m, best, cause, left = np.inf, least, 0, 1.0
    centres, radii, alphas, betas = p.centre_m, p.radius_m, p.extinction_per_m, p.backscatter_per_m_sr
    hits, causes, start, listed = p.hit, p.cause, p.sector_start, p.listed
    sectors = start.shape[0] - 1
    sector = min(max(np.int64(azimuth * sectors / (2.0 * np.pi)), 0), sectors - 1)
    for entry in range(start[sector], start[sector + 1]):
        row = listed[entry]
        cx, cy, cz, r = centres[row, 0] - ox, centres[row, 1] - oy, centres[row, 2] - oz, radii[row]
        middle = x * cx + y * cy + z * cz
        half2 = r * r - (cx * cx + cy * cy + cz * cz - middle * middle)
        if half2 <= 0.0:
            continue
        half = np.sqrt(half2)
        enter, leave = max(middle - half, 0.0), min(middle + half, end_m)
        if leave <= enter:
            continue
        draw = mix(bits, 5000 + row)
        if uniform(draw) >= hits[row]:
            continue
        alpha, chord = alphas[row], leave - enter
        before = left
        left *= fade(2.0 * alpha * chord)
        # Spread about the middle of the chord; what a pulse is long answers together.
        range_m = 0.5 * (enter + leave) + chord / 6.0 * normal(draw)
        range_m = min(max(range_m, enter), leave)
        if range_m <= p.overlap_from_m:
            continue
        depth = min(chord, p.pulse_m)
        seen = np.pi * betas[row] * (1.0 - fade(2.0 * alpha * depth)) / (2.0 * alpha)
        seen *= before * overlap(range_m, p.overlap_from_m, p.overlap_full_m) / (range_m * range_m)
        if seen > best:
            best_m, best, cause = range_m, seen, causes[row]
    if best_m == np.inf:
        best = 0.0
    return best_m, best, cause, left
