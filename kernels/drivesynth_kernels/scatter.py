"""The strongest thing in the air before a pulse's target; weather put into a sweep, or a measured cloud."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.air import Air, fade, strongest_soft
from drivesynth_kernels.echo import Device, arc_cosine, code, snap
from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.noise import mix, normal
from drivesynth_kernels.particles import Near, Particles, nothing_near, strongest_particle
from drivesynth_kernels.puffs import Puffs, strongest_puff
from drivesynth_kernels.pulse import Surface

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U32 = NDArray[np.uint32]

KEPT, MOVED, LOST, ADDED, NOTHING = 0, 1, 2, 3, 4

_S32 = np.uint64(32)


@inlined
def strongest_scatter(
    air: Air, rain: Particles, snow: Particles, key: Any, bits: Any,
    azimuth: float, elevation: float, flat: float, end_m: float, least: float,
    near_rain: Near, near_snow: Near,
) -> Any:  # fmt: skip
    """Range, amplitude and cause of the strongest echo of fog, rain or snow; amplitude 0: none above `least`.

    key            of the sweep: where the particles are; bits: of the pulse
    flat           cosine of the elevation
    end_m, least   range and amplitude of what the pulse meets, the threshold at least
    near_rain, near_snow  as in `strongest_particle`
    """
    best_m, best, cause = np.inf, least, 0
    at_m, amplitude = strongest_soft(air, bits, end_m, best)
    if amplitude > best:
        best_m, best, cause = at_m, amplitude, air.soft_cause
    if snow.near_m.shape[0]:
        at_m, amplitude = strongest_particle(snow, key, azimuth, elevation, flat, end_m, best, near_snow)
        if amplitude > best:
            best_m, best, cause = at_m, amplitude, snow.cause
    if rain.near_m.shape[0]:
        at_m, amplitude = strongest_particle(rain, key, azimuth, elevation, flat, end_m, best, near_rain)
        if amplitude > best:
            best_m, best, cause = at_m, amplitude, rain.cause
    if best_m == np.inf:
        best = 0.0
    return best_m, best, cause


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
    _weather_points(
        key, device, air, rain, snow, puffs, origin_z_m, words, xyz_m,
        intensity, seen, surface, empty, change, causes, nothing_near(rain), nothing_near(snow),
    )  # fmt: skip


@step
def _weather_points(
    key: Any, device: Device, air: Air, rain: Particles, snow: Particles, puffs: Puffs,
    origin_z_m: F64, words: U32, xyz_m: F32, intensity: F32, seen: F64, surface: F64, empty: Any,
    change: Any, causes: Any, near_rain: Near, near_snow: Near,
) -> None:  # fmt: skip
    """In a step, where nobody counts references."""
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
        after = before * surface[i] * fade(2.0 * air.extinction_per_m * range_m)
        at_m, amplitude, cause, left = np.inf, 0.0, 0, 1.0
        least = max(after + draw * noise, air.threshold * noise)
        if puffs.radius_m.shape[0]:
            at_m, amplitude, cause, left = strongest_puff(
                puffs, bits, azimuth, 0.0, 0.0, 0.0, x, y, z, range_m, least
            )
            after *= left
        other_m, other, why = strongest_scatter(
            air, rain, snow, key, bits, azimuth, elevation, np.sqrt(max(1.0 - z * z, 0.0)), range_m,
            max(least, amplitude), near_rain, near_snow,
        )  # fmt: skip
        if other > amplitude:
            at_m, amplitude, cause = other_m, other, why
        if amplitude > 0.0 and at_m >= device.min_m and at_m < device.max_m:
            xyz_m[i, 0], xyz_m[i, 1], xyz_m[i, 2] = x * at_m, y * at_m, z * at_m + origin_z_m[i]
            intensity[i] = code(device, amplitude * at_m * at_m, at_m, 0.0, 0.0, normal(mix(bits, 2)))
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
                value = min(max(value, 0.0), device.intensity_max) if value >= device.floor else 0.0
                intensity[i] = snap(value, device.intensity_step, device.per_intensity_step)


class Ground(NamedTuple):
    """What water and snow do to surfaces.

    wet_ratio        (A,) answer of a wet road against dry, by incidence in equal steps from 0 to pi / 2
    wetness          share of the road's surface under a film
    puddle, snow     patches whose height is above this are under water, under snow; inf: none
    mirrors_from     cosine below which standing water sends nothing back
    road             (M,) whether a material is a road's
    reflectivity, square  (M,) as in `pulse.Response`
    snow_rho         of snow
    patch_m          how large patches are
    key              where they are: the same for all sensors and times
    """

    wet_ratio: Any
    wetness: float
    puddle: float
    snow: float
    mirrors_from: float
    road: Any
    reflectivity: Any
    square: Any
    snow_rho: float
    patch_m: float
    key: Any


@inlined
def patch_height(x: float, y: float, key: Any, known: F64) -> Any:
    """A noise that is smooth over 1 and spread like a standard normal number: bilinear between hashes.

    known  (6,) where the last call was, and the hashes there: neighbours ask for the same; at first inf
    """
    column, row = np.floor(x), np.floor(y)
    if column != known[4] or row != known[5]:
        known[4], known[5] = column, row
        for corner in range(4):
            i, j = corner & 1, corner >> 1
            # Rows are far apart in the counting, so that no two corners share a number.
            known[corner] = normal(mix(key, (np.int64(column) + i) + (np.int64(row) + j) * 1048576))
    u, v = x - column, y - row
    u, v = u * u * (3.0 - 2.0 * u), v * v * (3.0 - 2.0 * v)
    w, z = 1.0 - u, 1.0 - v
    height = z * (w * known[0] + u * known[1]) + v * (w * known[2] + u * known[3])
    return height / np.sqrt((u * u + w * w) * (v * v + z * z))


@kernel
def patch_heights(x: F64, y: F64, key: Any, height: F64) -> None:
    """`patch_height` of (N,) places, written to height (N,)."""
    known = np.full(6, np.inf)
    for i in range(x.shape[0]):
        height[i] = patch_height(x[i], y[i], key, known)


@kernel
def air_of_sweep(
    key: Any, air: Air, rain: Particles, snow: Particles, puffs: Puffs, ground: Ground, single: bool,
    azimuths: F64, elevations: F32, flats: F64, origins_m: F64, directions: F32, centre_m: F64,
    surface: Surface, power: F64, hidden: F32, first_row: int, end_row: int, share: F32, range_m: F32, strength: F32, cause: Any,
) -> None:  # fmt: skip
    """What weather makes of rows first_row .. end_row - 1 of a sweep, lanes (R, C).

    single     the device reports one echo, the strongest: what a surface clearly drowns is left out
    power      (R,) of the lasers
    centre_m   (3,) world: `puffs` are about it, along the world's axes
    share      (R, C) multiplied by what is left of the surface's echo
    range_m, strength, cause  (R, C, 2) written: echoes of the air and of puffs; range 0: none
    """
    _air_of_sweep(
        key, air, rain, snow, puffs, ground, single, azimuths, elevations, flats, origins_m, directions, centre_m,
        surface, power, hidden, first_row, end_row, share, range_m, strength, cause, np.full(6, np.inf),
        nothing_near(rain), nothing_near(snow),
    )  # fmt: skip


@step
def _air_of_sweep(
    key: Any, air: Air, rain: Particles, snow: Particles, puffs: Puffs, ground: Ground, single: bool,
    azimuths: F64, elevations: F32, flats: F64, origins_m: F64, directions: F32, centre_m: F64,
    surface: Surface, power: F64, hidden: F32, first_row: int, end_row: int, share: F32, range_m: F32, strength: F32, cause: Any,
    known: F64, near_rain: Near, near_snow: Near,
) -> None:  # fmt: skip
    """In a step, where nobody counts references."""
    noise = 1.0 / air.snr_1m
    floor = (air.threshold - 3.0) * noise
    columns = azimuths.shape[1]
    ranges, normals, materials = surface.range_m, surface.normals, surface.material
    instances, tints, actors = surface.instance, surface.tint_905, surface.actor
    rhos, squares, roads, wet_ratio = ground.reflectivity, ground.square, ground.road, ground.wet_ratio
    covered = ground.wetness > 0.0 or ground.snow < np.inf
    some_puffs = puffs.radius_m.shape[0] > 0
    for r in range(first_row, end_row):
        for j in range(columns):
            range_m[r, j, 0], range_m[r, j, 1] = 0.0, 0.0
            if hidden[r, j] >= 1.0:
                continue
            bits = mix(key, 4 * (r * columns + j) + 1)
            end_m, surely = np.inf, 0.0
            if instances[r, j] >= 0:
                end_m = np.float64(ranges[r, j])
                left = fade(2.0 * air.extinction_per_m * end_m)
                cosine = 0.0
                for a in range(3):
                    cosine += np.float64(normals[r, j, a]) * np.float64(directions[r, j, a])
                cosine = abs(cosine)
                m = materials[r, j]
                rho = rhos[m] if rhos[m] >= 0.0 else -rhos[m] * np.float64(tints[r, j])
                if covered and abs(normals[r, j, 2]) > 0.7 and actors[r, j] < 0:
                    left *= _covered(
                        ground, roads[m], rho, cosine,
                        origins_m[r, j, 0] + end_m * directions[r, j, 0],
                        origins_m[r, j, 1] + end_m * directions[r, j, 1],
                        wet_ratio,
                        known,
                    )  # fmt: skip
                share[r, j] *= left
                # Diffuse reflection alone, at half of what it should be; the root is for `echo.stretched`.
                surely = 0.35 * min(rho, 1.0) * squares[m] * cosine * power[r] * share[r, j] / (end_m * end_m)
                slant = air.smear * end_m
                surely *= 1.0 if cosine >= slant else cosine / slant
            least = max(surely - 5.0 * noise, floor) if single else floor
            if some_puffs:
                x, y = np.float64(directions[r, j, 0]), np.float64(directions[r, j, 1])
                turn = np.arctan2(y, x)
                at_m, amplitude, why, behind = strongest_puff(
                    puffs, bits, turn if turn >= 0.0 else turn + 2.0 * np.pi,
                    origins_m[r, j, 0] - centre_m[0], origins_m[r, j, 1] - centre_m[1],
                    origins_m[r, j, 2] - centre_m[2], x, y, np.float64(directions[r, j, 2]), end_m, least,
                )  # fmt: skip
                share[r, j] *= behind
                if amplitude > 0.0:
                    range_m[r, j, 1], cause[r, j, 1] = at_m, why
                    strength[r, j, 1] = amplitude * at_m * at_m
                    least = max(least, amplitude) if single else least
            at_m, amplitude, why = strongest_scatter(
                air,
                rain,
                snow,
                key,
                bits,
                azimuths[r, j],
                np.float64(elevations[r, j]),
                flats[r, j],
                end_m,
                least,
                near_rain,
                near_snow,
            )
            if amplitude > 0.0:
                range_m[r, j, 0], cause[r, j, 0] = at_m, why
                strength[r, j, 0] = amplitude * at_m * at_m


@inlined
def _covered(
    ground: Ground, road: Any, rho: float, cosine: float, x: float, y: float, wet_ratio: F64, known: F64
) -> Any:
    """Factor on the echo of a surface that looks up, at a place of the world."""
    if ground.snow == np.inf and not road:
        return 1.0
    height = patch_height(x / ground.patch_m, y / ground.patch_m, ground.key, known)
    if height > ground.snow:
        return ground.snow_rho / max(rho, 0.02)
    if not road or ground.wetness <= 0.0:
        return 1.0
    # Water gathers where snow does not: the other end of the same heights.
    if -height > ground.puddle and cosine < ground.mirrors_from:
        return 0.0
    at = arc_cosine(min(cosine, 1.0)) * (wet_ratio.shape[0] - 1) / (0.5 * np.pi)
    k = min(np.int64(at), wet_ratio.shape[0] - 2)
    wet = wet_ratio[k] + (at - k) * (wet_ratio[k + 1] - wet_ratio[k])
    return 1.0 - ground.wetness + ground.wetness * wet
