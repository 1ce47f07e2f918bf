"""The pulses of one turn: where they start, what comes back, and how the device writes it down.

Lanes are (R, C): rings top first; within a ring counter-clockwise from azimuth 0. `fire` makes the rays,
`receive` turns what they met into measurements, a ring at a time, so that threads may share the rings.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.echo import Device, answer, arc_cosine, code, snap, stretched
from drivesynth_kernels.jit import kernel
from drivesynth_kernels.noise import mix, normal, uniform

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_S32 = np.uint64(32)

# What became of a pulse; the caller maps it to its own causes.
RETURNED, WEAK, RANDOM, HIDDEN, NOTHING = 0, 1, 2, 3, 4


class Beams(NamedTuple):
    """The lasers as kernels read them, (R,) each: see `scene.device.Beams`."""

    cos_elevation: Any
    sin_elevation: Any
    origin_z_m: Any
    origin_left_m: Any
    power: Any
    intensity_offset: Any
    delay: Any  # after the firing's first laser, in firing periods


class Lanes(NamedTuple):
    """The pulses of a turn as kernels read them, (R, C) each."""

    cos_azimuth: Any
    sin_azimuth: Any
    azimuth: Any  # [rad] 0 .. 2 pi, rising along a ring
    firing: Any  # number of the firing in the turn
    hidden: Any  # share of pulses that meet the carrier's own body


class Response(NamedTuple):
    """How materials answer a beam, (M,) each.

    reflectivity  negative where the instance's tint decides; the rest as in `echo.answer`
    """

    reflectivity: Any
    square: Any
    grazing: Any
    gloss: Any
    flakes: Any
    spread2: Any
    retro: Any


class Surface(NamedTuple):
    """What the pulses met, (R, C) each; normals (R, C, 3) world frame, of either side."""

    range_m: Any
    instance: Any
    actor: Any
    material: Any
    class_id: Any
    tint_905: Any
    normals: Any


class Records(NamedTuple):
    """Where the measurements go, (R C,) each: the columns of `sensors.frame.Pulses`; xyz_m (R C, 3)."""

    xyz_m: Any
    azimuth_rad: Any
    range_m: Any
    intensity: Any
    column: Any
    time_ns: Any
    class_id: Any
    actor: Any
    instance: Any
    material: Any
    incidence_rad: Any
    fate: Any


@kernel
def fire(
    beams: Beams, lanes: Lanes, world_from_lidar: F64, first_s: float, period_s: float,
    origins_m: F64, directions: F32, times_s: F64,
) -> None:  # fmt: skip
    """The rays of one turn.

    world_from_lidar  (C + 1, 4, 4) at the instants of the firings; first_s, period_s say when those are
    origins_m, times_s, directions  (R, C, 3), (R, C), (R, C, 3) written: world frame, unit directions
    """
    o, d = np.empty(3), np.empty(3)
    for r in range(lanes.firing.shape[0]):
        rise, flat, delay = beams.sin_elevation[r], beams.cos_elevation[r], beams.delay[r]
        left, o[2], d[2] = beams.origin_left_m[r], beams.origin_z_m[r], rise
        for j in range(lanes.firing.shape[1]):
            c, s, firing = lanes.cos_azimuth[r, j], lanes.sin_azimuth[r, j], lanes.firing[r, j]
            o[0], o[1], d[0], d[1] = -left * s, left * c, flat * c, flat * s
            times_s[r, j] = first_s + (firing + delay) * period_s
            early, late = world_from_lidar[firing], world_from_lidar[firing + 1]
            for a in range(3):
                x, y = 0.0, 0.0
                for b in range(3):
                    turn = early[a, b] + delay * (late[a, b] - early[a, b])
                    x += turn * o[b]
                    y += turn * d[b]
                origins_m[r, j, a] = x + early[a, 3] + delay * (late[a, 3] - early[a, 3])
                directions[r, j, a] = y


@kernel
def receive(
    key: Any, device: Device, beams: Beams, lanes: Lanes, response: Response, surface: Surface,
    directions: F32, first_ns: int, period_ns: float, first_ring: int, end_ring: int, records: Records,
) -> None:  # fmt: skip
    """Measure rings first_ring .. end_ring - 1 and write their records, each ring sorted by azimuth.

    Laser offsets shift a near point's azimuth against the beam's; files list points by their own.
    """
    columns = lanes.firing.shape[1]
    rank, order = np.empty(columns), np.empty(columns, np.int64)
    held, fates = np.empty((columns, 6), np.float32), np.empty(columns, np.uint8)
    for r in range(first_ring, end_ring):
        _measure_ring(key, r, device, beams, lanes, response, surface, directions, rank, held, fates)
        _sort(rank, order)
        _write_ring(r, order, lanes, surface, first_ns, period_ns, beams.delay[r], held, fates, records)


@kernel
def _measure_ring(
    key: Any, r: int, device: Device, beams: Beams, lanes: Lanes, response: Response, surface: Surface,
    directions: F32, rank: F64, held: F32, fates: Any,
) -> None:  # fmt: skip
    """Measure one ring.

    rank   (C,) written: azimuth of the stored point, of the beam where nothing is stored
    held   (C, 6) written: x, y, z, range, intensity, incidence; fates (C,) written
    """
    # Arrays are taken out of their tuples here: inside the loop numba would count references each time.
    columns = rank.shape[0]
    cosines, sines, azimuths, hiding = lanes.cos_azimuth, lanes.sin_azimuth, lanes.azimuth, lanes.hidden
    ranges, materials, instances = surface.range_m, surface.material, surface.instance
    tints, normals = surface.tint_905, surface.normals
    rhos, squares, grazings, retros = response.reflectivity, response.square, response.grazing, response.retro
    glosses, flakes, spreads2 = response.gloss, response.flakes, response.spread2
    rise, flat = beams.sin_elevation[r], beams.cos_elevation[r]
    left, up, power = beams.origin_left_m[r], beams.origin_z_m[r], beams.power[r]
    offset = beams.intensity_offset[r]

    for j in range(columns):
        row, c, s = r * columns + j, cosines[r, j], sines[r, j]
        bits, more = mix(key, 2 * row), mix(key, 2 * row + 1)
        distance: Any = np.float64(ranges[r, j])
        cosine: Any = 0.0
        seen, snr, fate = 0.0, 0.0, NOTHING
        if instances[r, j] >= 0:
            for a in range(3):
                cosine += np.float64(normals[r, j, a]) * np.float64(directions[r, j, a])
            cosine = min(abs(cosine), 1.0)
            m = materials[r, j]
            rho = rhos[m] if rhos[m] >= 0.0 else np.float64(tints[r, j])
            seen = power * stretched(device.smear * distance, cosine)
            seen *= answer(
                rho, squares[m], grazings[m], glosses[m], flakes[m], spreads2[m], retros[m], cosine
            )
            snr = device.snr_1m * seen / (distance * distance)
            fate = RETURNED

        # What never comes back.
        chance, hidden = uniform(bits), np.float64(hiding[r, j])
        if chance < hidden:
            fate = HIDDEN
        elif fate == RETURNED and snr + normal(more >> _S32) < device.threshold:
            fate = WEAK
        elif fate == RETURNED and chance < hidden + (1.0 - hidden) * device.drop_out:
            fate = RANDOM

        # The measured point, as far as the device reports it.
        x, y, z = flat * c, flat * s, rise
        if fate == RETURNED:
            blur = device.snr_m / max(snr, 1.0)
            sigma = np.sqrt(device.sigma_m * device.sigma_m + blur * blur)
            error = min(max(sigma * normal(bits), -device.most_m), device.most_m)
            measured = snap(distance + error, device.range_step_m, device.per_range_step)
            x = snap(x * measured - left * s, device.xyz_step_m, device.per_xyz_step)
            y = snap(y * measured + left * c, device.xyz_step_m, device.per_xyz_step)
            z = snap(z * measured + up, device.xyz_step_m, device.per_xyz_step)
            reach2 = x * x + y * y + z * z
            if reach2 >= device.max_m * device.max_m:
                fate = NOTHING
            elif reach2 < device.min_m * device.min_m:
                fate = WEAK
        if fate == RETURNED:
            shift = left / (flat * measured)
            rank[j] = _into_turn(azimuths[r, j] + shift * (1.0 - shift * shift / 3.0), x, y)
            held[j, 3], held[j, 4] = measured, code(device, seen, distance, offset, normal(more))
        else:
            rank[j] = azimuths[r, j]
            x, y, z = flat * c, flat * s, rise
            held[j, 3], held[j, 4] = np.inf, 0.0
        held[j, 0], held[j, 1], held[j, 2] = x + 0.0, y + 0.0, z  # no negative zeros
        held[j, 5] = arc_cosine(cosine) if instances[r, j] >= 0 else 0.0
        fates[j] = fate


@kernel
def _into_turn(azimuth: float, x: float, y: float) -> float:
    """The azimuth in 0 .. 2 pi; beside the seam the stored y decides, as it does for who reads the file."""
    turn = 2.0 * np.pi
    if azimuth < 0.0:
        azimuth += turn
    elif azimuth >= turn:
        azimuth -= turn
    if x > 0.0 and abs(y) < 0.002:
        return turn if y < 0.0 else y * 1e-9
    return azimuth


@kernel
def _sort(rank: F64, order: I64) -> None:
    """Rows by rank: an insertion sort, since they are nearly in order; what fell over the seam goes first."""
    count = rank.shape[0]
    begin = 0
    while begin < count // 2 and rank[begin] > np.pi:  # shifted clockwise over the seam: these end the ring
        begin += 1
    for i in range(count):
        order[i] = begin + i if begin + i < count else begin + i - count
    for i in range(1, count):
        row = order[i]
        k = i
        while k > 0 and rank[order[k - 1]] > rank[row]:
            order[k] = order[k - 1]
            k -= 1
        order[k] = row


@kernel
def _write_ring(
    ring: int, order: I64, lanes: Lanes, surface: Surface, first_ns: int, period_ns: float, delay: float,
    held: F32, fates: Any, records: Records,
) -> None:  # fmt: skip
    """Write a ring's records in their order, with what needs no measuring."""
    columns = order.shape[0]
    xyz, ranges, intensities, incidences = (
        records.xyz_m, records.range_m, records.intensity, records.incidence_rad,
    )  # fmt: skip
    azimuths, times, out_columns, out_fates = (
        records.azimuth_rad, records.time_ns, records.column, records.fate,
    )  # fmt: skip
    classes, actors, instances, materials = (
        records.class_id, records.actor, records.instance, records.material,
    )  # fmt: skip
    lane_azimuth, firing = lanes.azimuth, lanes.firing
    met_class, met_actor = surface.class_id, surface.actor
    met_instance, met_material = surface.instance, surface.material
    for i in range(columns):
        row, j = ring * columns + i, order[i]
        xyz[row, 0], xyz[row, 1], xyz[row, 2] = held[j, 0], held[j, 1], held[j, 2]
        ranges[row], intensities[row], incidences[row] = held[j, 3], held[j, 4], held[j, 5]
        out_fates[row], out_columns[row] = fates[j], firing[ring, j]
        azimuths[row] = lane_azimuth[ring, j]
        times[row] = first_ns + np.int64((firing[ring, j] + delay) * period_ns + 0.5)
        classes[row], actors[row] = met_class[ring, j], met_actor[ring, j]
        instances[row], materials[row] = met_instance[ring, j], met_material[ring, j]
