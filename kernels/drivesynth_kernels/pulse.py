"""The pulses of one sweep: where they start, what comes back, and how the device writes it down.

Lanes are (R, C). Of a spinning device: rings top first; within a ring counter-clockwise from azimuth 0. Of
others: as `sensors.scan` lays them out. `fire` makes the rays, `receive` turns what they met into
measurements, a row at a time, so that threads may share the rows.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.echo import Device, answer, arc_cosine, code, overlap, shared, snap, stretched
from drivesynth_kernels.jit import kernel, step
from drivesynth_kernels.noise import mix, normal, uniform
from drivesynth_kernels.records import ALARM, Held, Records, into_turn, sort_ring, write_row
from drivesynth_kernels.waveform import MOST, Echo, choose_echoes, find_echoes

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_S32 = np.uint64(32)
# Draws of their own for later echoes and for what is rarely needed.
_MORE, _RARE = np.uint64(0xD1B54A32D192ED03), np.uint64(0x8CB92BA72F3D8DD7)

# What became of a pulse, where it is not the cause that a target carries; the caller maps these to its own
# causes. MIXED: a peak between surfaces; `records.ALARM`: noise alone passed the threshold.
RETURNED = 0
WEAK, RANDOM, HIDDEN, NOTHING, MIXED, OWN = 101, 102, 103, 104, 105, 107

# A peak farther from all targets than this stands for none of them.
_MIXED_M = 0.03


class Beams(NamedTuple):
    """The lasers as kernels read them, one for each row of lanes: see `scene.device.Beams`."""

    origin_z_m: Any
    origin_left_m: Any
    power: Any
    intensity_offset: Any
    near_m: Any
    range_bias_m: Any


class Lanes(NamedTuple):
    """The pulses of a sweep as kernels read them, (R, C) each."""

    cos_azimuth: Any
    sin_azimuth: Any
    cos_elevation: Any
    sin_elevation: Any
    azimuth: Any  # [rad] 0 .. 2 pi; rising along a ring
    elevation: Any
    moment: Any  # since the sweep's start, in steps between its poses
    column: Any
    hidden: Any  # share of pulses that something on the device or the carrier swallows ...
    own: Any  # ... and of these the carrier's own body, at most `hidden`


class Response(NamedTuple):
    """How materials answer a beam, (M,) each.

    reflectivity  negative where the instance's tint decides, times its absolute value; the rest as in
                  `echo.answer`
    transmits     of a pane: share of a beam that goes through, once; 0 for all else
    mirrors       share of a beam that comes off as from a mirror; negative: a dielectric of that index; 0: none
    leaf2         of crowns, see `echo.shared`; 0 for all else
    """

    reflectivity: Any
    square: Any
    grazing: Any
    gloss: Any
    flakes: Any
    spread2: Any
    retro: Any
    transmits: Any
    mirrors: Any
    leaf2: Any


class Surface(NamedTuple):
    """What the pulses met, (R, C) each; normals (R, C, 3) world frame, of either side."""

    range_m: Any
    instance: Any
    actor: Any
    material: Any
    class_id: Any
    tint_905: Any
    normals: Any


class Targets(NamedTuple):
    """What pulses meet beside their first surface: those of pulse i are rows first[i] .. first[i + 1] - 1.

    first     (R C + 1,)
    share     (R C,) of a pulse's power that goes to its first surface and comes back from there
    strength  (K,) reflectivity that the beam sees, of its whole power; the rest (K,) as in `Records`
    """

    first: Any
    share: Any
    range_m: Any
    strength: Any
    cause: Any
    instance: Any
    actor: Any
    material: Any
    class_id: Any
    cosine: Any


@kernel
def fire(
    beams: Beams, lanes: Lanes, world_from_lidar: F64, first_s: float, step_s: float,
    origins_m: F64, directions: F32, times_s: F64,
) -> None:  # fmt: skip
    """The rays of one sweep.

    world_from_lidar  (P + 1, 4, 4), step_s apart, the first at first_s
    origins_m, times_s, directions  (R, C, 3), (R, C), (R, C, 3) written: world frame, unit directions
    """
    o, d = np.empty(3), np.empty(3)
    last = world_from_lidar.shape[0] - 2
    for r in range(lanes.moment.shape[0]):
        left, o[2] = beams.origin_left_m[r], beams.origin_z_m[r]
        for j in range(lanes.moment.shape[1]):
            c, s, moment = lanes.cos_azimuth[r, j], lanes.sin_azimuth[r, j], lanes.moment[r, j]
            flat, d[2] = lanes.cos_elevation[r, j], lanes.sin_elevation[r, j]
            o[0], o[1], d[0], d[1] = -left * s, left * c, flat * c, flat * s
            times_s[r, j] = first_s + moment * step_s
            pose = min(np.int64(moment), last)
            share = moment - pose
            early, late = world_from_lidar[pose], world_from_lidar[pose + 1]
            for a in range(3):
                x, y = 0.0, 0.0
                for b in range(3):
                    turn = early[a, b] + share * (late[a, b] - early[a, b])
                    x += turn * o[b]
                    y += turn * d[b]
                origins_m[r, j, a] = x + early[a, 3] + share * (late[a, 3] - early[a, 3])
                directions[r, j, a] = y


@kernel
def receive(
    key: Any, device: Device, beams: Beams, lanes: Lanes, response: Response, surface: Surface,
    targets: Targets, directions: F32, first_ns: int, step_ns: float, first_row: int, end_row: int,
    records: Records, used: I64,
) -> None:  # fmt: skip
    """Measure rows first_row .. end_row - 1 of the lanes and write their records.

    Rings are sorted by azimuth: laser offsets shift a near point's azimuth against the beam's, and files
    list points by their own. used (R,) written: how many records each row has.
    """
    columns, most = lanes.moment.shape[1], device.returns_most
    held = Held(
        np.empty(columns), np.empty(columns, np.int64), np.empty(columns, np.int64),
        np.empty((columns, most), np.uint8), np.empty((columns, most), np.int64),
        np.empty((columns, most, 6), np.float32),
    )  # fmt: skip
    echo = Echo(
        np.empty(MOST), np.empty(MOST), np.empty(MOST, np.int64), np.empty(MOST), np.empty(MOST),
        np.empty(MOST, np.int64), np.empty(MOST, np.bool_), np.empty(MOST, np.int64),
    )  # fmt: skip
    for r in range(first_row, end_row):
        _measure_row(key, r, device, beams, lanes, response, surface, targets, directions, echo, held)
        if device.rings:
            sort_ring(held.rank, held.order)
        else:
            for j in range(columns):
                held.order[j] = j
        used[r] = write_row(r, most, lanes, surface, targets, first_ns, step_ns, held, records)


@step
def _measure_row(
    key: Any, r: int, device: Device, beams: Beams, lanes: Lanes, response: Response, surface: Surface,
    targets: Targets, directions: F32, echo: Echo, held: Held,
) -> None:  # fmt: skip
    """Measure one row of lanes into `held`."""
    # Arrays are taken out of their tuples here: inside the loop numba would count references each time.
    rank, number, held_fate, held_target, point = (
        held.rank, held.number, held.fate, held.target, held.point,
    )  # fmt: skip
    columns = rank.shape[0]
    cosines, sines, azimuths, hiding = lanes.cos_azimuth, lanes.sin_azimuth, lanes.azimuth, lanes.hidden
    flats, rises = lanes.cos_elevation, lanes.sin_elevation
    ranges, materials, instances = surface.range_m, surface.material, surface.instance
    tints, normals = surface.tint_905, surface.normals
    rhos, squares, grazings, retros = response.reflectivity, response.square, response.grazing, response.retro
    glosses, flakes, spreads2 = response.gloss, response.flakes, response.spread2
    leaves2, own, beam_rad = response.leaf2, lanes.own, device.smear * device.pulse_m
    first, shares, target_cause, target_cosine = targets.first, targets.share, targets.cause, targets.cosine
    target_range, target_strength = targets.range_m, targets.strength
    list_range, list_power, list_target = echo.range_m, echo.power, echo.target
    peaks, heights, sources, heard, chosen = echo.peak_m, echo.height, echo.source, echo.heard, echo.chosen
    left, up, power = beams.origin_left_m[r], beams.origin_z_m[r], beams.power[r]
    offset, bias, near_m = beams.intensity_offset[r], beams.range_bias_m[r], beams.near_m[r]

    for j in range(columns):
        row, c, s = r * columns + j, cosines[r, j], sines[r, j]
        flat, rise = flats[r, j], rises[r, j]
        bits, more = mix(key, 2 * row), mix(key, 2 * row + 1)

        # The first surface, and what else the pulse met.
        cosine: Any = 0.0
        rho: Any = 0.0
        listed = 0
        if instances[r, j] >= 0:
            distance: Any = np.float64(ranges[r, j])
            for a in range(3):
                cosine += np.float64(normals[r, j, a]) * np.float64(directions[r, j, a])
            cosine = min(abs(cosine), 1.0)
            m = materials[r, j]
            rho = rhos[m] if rhos[m] >= 0.0 else -rhos[m] * np.float64(tints[r, j])
            seen = power * np.float64(shares[row]) * stretched(device.smear * distance, cosine)
            seen *= answer(
                rho, squares[m], grazings[m], glosses[m], flakes[m], spreads2[m], retros[m], cosine
            )
            seen *= shared(beam_rad, distance, leaves2[m]) * overlap(device, distance) / (distance * distance)
            list_range[0], list_power[0], list_target[0] = distance, seen, -1
            listed = 1
        begin, end = first[row], first[row + 1]
        if end > begin:
            for k in range(begin, end):
                if listed < MOST and target_range[k] > 0.0:
                    distance = np.float64(target_range[k])
                    list_range[listed], list_target[listed] = distance, k
                    seen = np.float64(target_strength[k]) * overlap(device, distance)
                    list_power[listed] = seen / (distance * distance)
                    listed += 1
            found = find_echoes(echo, listed, device.pulse_m)
        else:
            found = listed
            peaks[0], heights[0], sources[0] = list_range[0], list_power[0], 0

        # What never comes back.
        chance, hidden = uniform(bits), np.float64(hiding[r, j])
        gain = device.snr_1m
        if device.sunlight > 0.0:
            gain /= np.sqrt(device.darkness + device.sunlight * min(rho, 1.0))
        fate, count, main = NOTHING, 0, -1
        if chance < hidden:
            fate = OWN if chance < np.float64(own[r, j]) else HIDDEN
        elif found > 0:
            fate = WEAK
            heard[0] = gain * heights[0] + normal(more >> _S32) >= device.threshold
            if found == 1:
                count, chosen[0] = int(heard[0]), 0
            else:
                for e in range(1, found):
                    draw = normal(mix(key ^ _MORE, row * MOST + e))
                    heard[e] = gain * heights[e] + draw >= device.threshold
                count = choose_echoes(echo, found, device.returns, device.apart_m)
            if count > 0 and chance < hidden + (1.0 - hidden) * device.drop_out:
                fate, count = RANDOM, 0
            elif count == 0:
                main = list_target[sources[0]]
        if fate == WEAK and count > 0:
            main = list_target[sources[chosen[0]]]
        alarm = chance >= hidden and fate != RANDOM and count == 0
        if alarm:
            draw = mix(key ^ _RARE, row)
            alarm = uniform(draw) < device.false_alarm
            if alarm:
                share = np.float64(draw & np.uint64(0xFFFFFFFF)) / 4294967296.0
                peaks[0] = device.min_m + (device.max_m - device.min_m) * share
                heights[0], sources[0], chosen[0], count = device.threshold / gain, -1, 0, 1
        if device.angle_sigma_rad > 0.0 and count > 0:
            draw = mix(key ^ _RARE, -1 - row)
            aside, above = (
                device.angle_sigma_rad * normal(draw),
                device.angle_sigma_rad * normal(draw >> _S32),
            )
            c, s = c - aside * s, s + aside * c
            flat, rise = flat - above * rise, rise + above * flat

        # The measured points, as far as the device reports them.
        stored = 0
        rank[j] = azimuths[r, j]
        for e in range(count):
            k = chosen[e]
            distance, target = peaks[k], -1 if sources[k] < 0 else list_target[sources[k]]
            seen = heights[k] * distance * distance / overlap(device, distance)
            if e > 0:
                bits = mix(key ^ _MORE, -1 - (row * MOST + e))
            blur = device.snr_m / max(gain * heights[k], 1.0)
            sigma = np.sqrt(device.sigma_m * device.sigma_m + blur * blur)
            error = min(max(sigma * normal(bits), -device.most_m), device.most_m)
            measured = snap(distance + error + bias, device.range_step_m, device.per_range_step)
            x = snap(flat * c * measured - left * s, device.xyz_step_m, device.per_xyz_step)
            y = snap(flat * s * measured + left * c, device.xyz_step_m, device.per_xyz_step)
            z = snap(rise * measured + up, device.xyz_step_m, device.per_xyz_step)
            reach2 = x * x + y * y + z * z
            if reach2 >= device.max_m * device.max_m or reach2 < device.min_m * device.min_m:
                fate = NOTHING if reach2 >= device.max_m * device.max_m else WEAK
                continue
            if sources[k] < 0:
                point_fate, lit = ALARM, cosine
            else:
                point_fate = RETURNED if target < 0 else int(target_cause[target])
                lit = cosine if target < 0 else np.float64(target_cosine[target])
                if end > begin and abs(distance - list_range[sources[k]]) > _MIXED_M:
                    point_fate = MIXED
            if stored == 0:
                shift = left / (flat * measured)
                rank[j] = into_turn(azimuths[r, j] + shift * (1.0 - shift * shift / 3.0), x, y)
            held_fate[j, stored], held_target[j, stored] = point_fate, target
            point[j, stored, 0], point[j, stored, 1], point[j, stored, 2] = x + 0.0, y + 0.0, z  # no -0
            point[j, stored, 3] = measured
            point[j, stored, 4] = code(device, seen, distance, near_m, offset, normal(more))
            point[j, stored, 5] = arc_cosine(lit) if sources[k] >= 0 and lit >= 0.0 else 0.0
            stored += 1
        if stored == 0:
            stored = 1
            held_fate[j, 0], held_target[j, 0] = fate, main
            point[j, 0, 0], point[j, 0, 1], point[j, 0, 2] = flat * c + 0.0, flat * s + 0.0, rise
            point[j, 0, 3], point[j, 0, 4] = np.inf, 0.0
            point[j, 0, 5] = arc_cosine(cosine) if instances[r, j] >= 0 else 0.0
        number[j] = stored
