"""What one pulse's echo is worth: how a surface answers a beam, and how the device codes it."""

from typing import Any, NamedTuple

import numpy as np

from drivesynth_kernels.jit import inlined, kernel, step

# Added and taken off again, it rounds to whole numbers, halves to even: float64 has no finer steps up there.
# np.rint would be a call into the C library, four times a pulse.
_ROUNDER = 1.5 * 2.0**52

_AS_DEEP = 0.45  # of a crown's leaves


class Device(NamedTuple):
    """The receiver's numbers; names and units as in `scene.device`."""

    snr_1m: float  # of a unit reflectivity at 1 m
    threshold: float
    false_alarm: float
    drop_out: float
    darkness: float  # share of the noise's variance that needs no sun ...
    sunlight: float  # ... and the rest, per unit reflectivity of what the sun shines on; 0: none at all
    pulse_m: float  # half-power length of the pulse, as range
    overlap_from_m: float  # where transmitter and receiver begin to see the same spot ...
    overlap_to_m: float  # ... and where they do so wholly
    returns: int  # return mode of `waveform`
    returns_most: int  # echoes a pulse may give
    apart_m: float
    rings: bool  # records of a row are sorted by azimuth
    angle_sigma_rad: float
    min_m: float
    max_m: float
    smear: float  # a footprint's length along the beam per metre of range and tangent, in pulse lengths
    sigma_m: float
    snr_m: float
    most_m: float
    logarithmic: bool
    at_one: float
    per_e: float
    level_to_m: float
    far_per_e: float  # taken off the value per e-fold of range beyond it
    floor: float
    intensity_sigma: float
    intensity_max: float
    xyz_step_m: float
    per_xyz_step: float
    range_step_m: float
    per_range_step: float
    intensity_step: float
    per_intensity_step: float


@kernel
def answer(
    rho: float, square: float, grazing: float, gloss: float, flakes: float, spread2: float, retro: bool,
    cosine: float,
) -> Any:  # fmt: skip
    """Reflectivity that a beam sees at incidence cosine: of a Lambertian target met squarely, 1 is white.

    rho               the material's own
    square, grazing   diffuse answer per rho: square cos + grazing sin^2
    gloss, flakes     strength of the lobe around the mirror direction, and more of it per rho
    spread2           its squared width

    Diffuse: Oren and Nayar, "Generalization of Lambert's Reflectance Model", 1994, in the direction of the
    source. Gloss: the microfacet lobe of Trowbridge and Reitz, 1975, in the same direction. A
    retro-reflector holds to 20 degrees off its axis and fades out at 60.
    """
    if retro:
        x = min(max((cosine - 0.5) / 0.44, 0.0), 1.0)
        return rho * x * x * (3.0 - 2.0 * x)
    sine2 = max(1.0 - cosine * cosine, 0.0)
    diffuse = rho * (square * cosine + grazing * sine2)
    lobe = gloss + flakes * rho
    if lobe <= 0.0:  # most of what there is: spare it two divisions
        return diffuse
    k = cosine * cosine * (spread2 - 1.0) + 1.0
    return diffuse + lobe * spread2 / (4.0 * k * k * max(cosine, 0.05))


@kernel
def stretched(smear: float, cosine: float) -> Any:
    """Peak of an echo against one met squarely: a slanted footprint answers over a longer time.

    smear  the footprint's width in pulse lengths; the echo is as long as pulse and slant together
    """
    cosine2 = cosine * cosine
    return cosine / np.sqrt(cosine2 + smear * smear * (1.0 - cosine2) + 1e-12)


@step
def shared(beam_rad: float, range_m: float, leaf2: float) -> Any:
    """Share of a footprint that the part of a crown holds which sends the echo.

    leaf2  1 / the square of what hangs in one depth, a tuft of leaves [1/m^2]. As wide as the tuft, the beam
           leaves half of its power to others; of these some hang as deep as the pulse is long, and answer with it.
    """
    if leaf2 <= 0.0:
        return 1.0
    return _AS_DEEP + (1.0 - _AS_DEEP) / (1.0 + leaf2 * (beam_rad * range_m) ** 2)


@inlined
def overlap(device: Device, range_m: float) -> Any:
    """Share of an echo that a receiver beside its transmitter sees: little up close, linear, then 1.

    What is solid and close is bright enough even for the stray light that a receiver sees off its axis.
    """
    if range_m >= device.overlap_to_m:
        return 1.0
    return max((range_m - device.overlap_from_m) / (device.overlap_to_m - device.overlap_from_m), 0.01)


@kernel
def arc_cosine(x: float) -> Any:
    """Within 7e-5 rad: Abramowitz and Stegun, "Handbook of Mathematical Functions", 4.4.45; 0 <= x <= 1."""
    return np.sqrt(max(1.0 - x, 0.0)) * (1.5707288 + x * (-0.2121144 + x * (0.0742610 - 0.0187293 * x)))


@inlined
def code(device: Device, seen: float, range_m: float, near_m: float, offset: float, draw: float) -> Any:
    """The stored intensity of a target of reflectivity `seen`; draw is a standard normal number.

    near_m, offset  of the laser, see `scene.device.Beams`
    """
    if device.logarithmic:
        if range_m < near_m:
            seen *= (range_m / near_m) ** 2
        value = device.at_one + device.per_e * np.log(max(seen, 1e-9))
        if range_m > device.level_to_m:
            value -= device.far_per_e * np.log(range_m / device.level_to_m)
    elif seen <= 1.0:
        value = device.at_one * seen
    else:
        value = device.at_one + device.per_e * np.log(seen)
    value += device.intensity_sigma * draw
    value = min(max(value + offset, 0.0), device.intensity_max) if value >= device.floor else 0.0
    return snap(value, device.intensity_step, device.per_intensity_step)


@step
def snap(x: float, step: float, per_step: float) -> Any:
    """The nearest multiple of step; x itself where step is 0. per_step is 1 / step: division is slow."""
    return ((x * per_step + _ROUNDER) - _ROUNDER) * step if step > 0.0 else x
