"""What weather sends back to a pulse before its target does, and what it leaves of the target's echo.

Amplitudes are in reflectivities at 1 m: a squarely met target of reflectivity rho at range R has
rho exp(-2 alpha R) / R^2, so that amplitude times the device's `snr_1m` is a signal-to-noise ratio.

Soft echo: Rasshofer, Spies and Spies, "Influences of weather phenomena on automotive laser radar
systems", 2011, section 3. It is broad, and near the threshold the receiver's noise decides where in it
the highest point lies; so it is laid out in bins of one pulse length, each with a noise of its own.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.noise import mix, normal, uniform

F64 = NDArray[np.float64]


_FADES = np.exp(-np.arange(1025) / 16.0)


@step
def fade(x: float) -> Any:
    """exp(-x) within 1e-8 of itself, 0 from 64 on: read off a table, a call into the C library is slow."""
    if not x < 64.0:
        return 0.0
    k = np.int64(x * 16.0)
    f = x - k * (1.0 / 16.0)
    return _FADES[k] * (1.0 - f * (1.0 - f * (1.0 / 2.0 - f * (1.0 / 6.0 - f * (1.0 / 24.0)))))


class Air(NamedTuple):
    """Weather as one device sees it; `snr_1m` and `threshold` as in `echo.Device`.

    smear                      as in `echo.Device`
    soft_first_m, soft_step_m  range of the first bin's echo, and from bin to bin
    soft                       (K,) amplitude of the soft echo, extinction in it; none: clear air
    loudest                    (K,) its bins from the loudest down
    overlap_m                  from where to where the receiver's field of view takes the beam in
    """

    extinction_per_m: float
    snr_1m: float
    threshold: float
    smear: float
    soft_first_m: float
    soft_step_m: float
    soft: Any
    loudest: Any
    soft_peak: float
    soft_cause: int
    overlap_from_m: float
    overlap_full_m: float


@kernel
def overlap(range_m: float, from_m: float, full_m: float) -> Any:
    """Share of the beam at a range that the receiver sees: 0 up to from_m, 1 from full_m on."""
    if range_m <= from_m:
        return 0.0
    if range_m >= full_m:
        return 1.0
    return (range_m - from_m) / (full_m - from_m)


@kernel
def soft_echo(
    range_m: float, end_m: float, alpha_per_m: float, pulse_m: float, from_m: float, full_m: float
) -> Any:
    """Answer of a homogeneous medium per backscatter [1/m]: (c/2) int p(t) exp(-2 alpha x) xi(x) / x^2 dt.

    range_m  where the echo is reported: the middle of the pulse, that spans from one `pulse_m` behind
             it to one before
    end_m    range of the target that ends the medium
    pulse_m  c tau_H / 2: the pulse is sin^2, tau_H long at half its height
    """
    low, high = max(range_m - pulse_m, from_m), min(range_m + pulse_m, end_m)
    middle = min(max(full_m, low), high)
    total = 0.0
    for piece in range(2):  # the overlap has a kink
        begin, end = (low, middle) if piece == 0 else (middle, high)
        step = (end - begin) / 48.0
        if step <= 0.0:
            continue
        for i in range(49):  # Simpson's rule
            x = begin + i * step
            if x <= 0.0:
                continue
            p = np.sin(0.5 * np.pi * (range_m + pulse_m - x) / pulse_m)
            weight = 1.0 if i == 0 or i == 48 else 4.0 if i % 2 else 2.0
            seen = np.exp(-2.0 * alpha_per_m * x) * overlap(x, from_m, full_m) / (x * x)
            total += weight * p * p * seen * step / 3.0
    return total


@inlined
def strongest_soft(air: Air, bits: Any, end_m: float, least: float) -> Any:
    """Range and amplitude of the highest point of a noisy soft echo; (inf, 0) if none is above `least`.

    bits   of this pulse; least  amplitude that something else has already
    """
    best_m, best = np.inf, least
    # Noise is never seen to add more than 4.5 sigma.
    if (air.soft_peak - least) * air.snr_1m < -4.5 or air.soft_peak <= 0.0:
        return np.inf, 0.0
    soft, loudest, noise = air.soft, air.loudest, 1.0 / air.snr_1m
    for i in range(soft.shape[0]):
        k = loudest[i]
        if (soft[k] - best) * air.snr_1m < -4.5:
            break
        range_m = air.soft_first_m + k * air.soft_step_m
        if range_m + 0.5 * air.soft_step_m > end_m:
            continue
        amplitude = soft[k] + normal(mix(bits, k)) * noise
        if amplitude > best:
            best_m, best = range_m + (uniform(mix(bits, 1000 + k)) - 0.5) * air.soft_step_m, amplitude
    return (best_m, best) if best_m < np.inf else (np.inf, 0.0)
