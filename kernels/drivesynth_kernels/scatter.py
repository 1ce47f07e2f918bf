"""The strongest thing in the air before a pulse's target; and weather put into a measured cloud."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.air import Air, strongest_soft
from drivesynth_kernels.echo import Device, code, snap
from drivesynth_kernels.jit import kernel
from drivesynth_kernels.noise import mix, normal
from drivesynth_kernels.particles import Particles, strongest_particle
from drivesynth_kernels.puffs import Puffs, strongest_puff

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U32 = NDArray[np.uint32]

KEPT, MOVED, LOST, ADDED, NOTHING = 0, 1, 2, 3, 4

_S32 = np.uint64(32)


@kernel
def strongest_scatter(
    air: Air, rain: Particles, snow: Particles, puffs: Puffs, key: Any, bits: Any,
    azimuth: float, elevation: float, x: float, y: float, z: float, end_m: float, least: float,
) -> Any:  # fmt: skip
    """Range, amplitude and cause of the strongest echo of the air, 0 if none is above `least`; what is left.

    key            of the sweep: where the particles are; bits: of the pulse
    azimuth        0 .. 2 pi; x, y, z  the same direction
    end_m, least   range and amplitude of what the pulse meets, the threshold at least
    left           of the target's echo behind spray and smoke, besides the even extinction
    """
    best_m, best, cause, left = np.inf, least, 0, 1.0
    if puffs.radius_m.shape[0]:
        at_m, amplitude, why, left = strongest_puff(puffs, key, bits, azimuth, x, y, z, end_m, best)
        if amplitude > best:
            best_m, best, cause = at_m, amplitude, why
    at_m, amplitude = strongest_soft(air, bits, end_m, best)
    if amplitude > best:
        best_m, best, cause = at_m, amplitude, air.soft_cause
    if snow.near_m.shape[0]:
        at_m, amplitude = strongest_particle(snow, key, azimuth, elevation, end_m, best)
        if amplitude > best:
            best_m, best, cause = at_m, amplitude, snow.cause
    if rain.near_m.shape[0]:
        at_m, amplitude = strongest_particle(rain, key, azimuth, elevation, end_m, best)
        if amplitude > best:
            best_m, best, cause = at_m, amplitude, rain.cause
    if best_m == np.inf:
        best = 0.0
    return best_m, best, cause, left


@kernel
def weather_points(
    key: Any, device: Device, air: Air, rain: Particles, snow: Particles, puffs: Puffs,
    origin_z_m: F64, words: U32, xyz_m: F32, intensity: F32, seen: F64, surface: F64, empty: Any,
    change: Any, causes: Any,
) -> None:  # fmt: skip
    """Put weather into N pulses of a measured cloud; those that met nothing are `empty`.

    origin_z_m  (N,) height at which the beam leaves
    words       (N, 3) bits of the coordinates: what a pulse's own draws are named by
    xyz_m, intensity  (N, 3), (N,) changed in place; an empty pulse's xyz_m is where its beam ends
    seen        (N,) reflectivity that the device saw, 0 for empty ones
    surface     (N,) what water or snow on the surface makes of it; 0: nothing comes back
    change, causes  (N,) written: what became of the pulse; why, where it is MOVED or ADDED
    """
    snr, noise = air.snr_1m, 1.0 / air.snr_1m
    for i in range(xyz_m.shape[0]):
        change[i], causes[i] = NOTHING if empty[i] else KEPT, 0
        x, y, z = np.float64(xyz_m[i, 0]), np.float64(xyz_m[i, 1]), np.float64(xyz_m[i, 2])
        z -= origin_z_m[i]
        range_m = np.sqrt(x * x + y * y + z * z)
        if not range_m > 0.01:
            continue
        x, y, z = x / range_m, y / range_m, z / range_m
        name = (np.uint64(words[i, 0]) << _S32) ^ np.uint64(words[i, 1])
        bits = mix(mix(np.uint64(key) ^ name, 0), words[i, 2])
        azimuth = np.arctan2(y, x)
        if azimuth < 0.0:
            azimuth += 2.0 * np.pi
        elevation = np.arcsin(z)

        # The target as the device had it: noise that let it be seen is still there.
        before, draw = 0.0, 0.0
        if not empty[i]:
            before = seen[i] / (range_m * range_m)
            draw = max(normal(mix(bits, 1)), air.threshold - before * snr)
        after = before * surface[i] * np.exp(-2.0 * air.extinction_per_m * range_m)
        at_m, amplitude, cause, left = strongest_scatter(
            air, rain, snow, puffs, key, bits, azimuth, elevation, x, y, z, range_m,
            max(after + draw * noise, air.threshold * noise),
        )  # fmt: skip
        after *= left
        if amplitude > 0.0 and at_m >= device.min_m and at_m < device.max_m:
            xyz_m[i, 0], xyz_m[i, 1], xyz_m[i, 2] = x * at_m, y * at_m, z * at_m + origin_z_m[i]
            intensity[i] = code(device, amplitude * at_m * at_m, at_m, 0.0, normal(mix(bits, 2)))
            change[i], causes[i] = ADDED if empty[i] else MOVED, cause
        elif not empty[i]:
            if after * snr + draw < air.threshold * (1.0 - 1e-12):
                change[i] = LOST
            elif after != before:
                factor = after / before
                if device.logarithmic:
                    value = intensity[i] + device.per_e * np.log(factor)
                else:
                    value = intensity[i] * factor
                value = min(max(value, 0.0), device.intensity_max)
                intensity[i] = snap(value, device.intensity_step, device.per_intensity_step)
