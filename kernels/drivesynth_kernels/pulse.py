"""The pulses of one turn: where they start, what comes back, and how the device writes it down.

Lanes are (R, C): rings top first; within a ring counter-clockwise from azimuth 0. `fire` makes the rays,
`receive` turns what they met into measurements, a ring at a time, so that threads may share the rings.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import kernel
from drivesynth_kernels.noise import mix, normal, uniform

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

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

    reflectivity  negative where the instance's tint decides
    square, grazing  diffuse answer: square cos + grazing sin^2
    gloss, spread2   strength of the mirror-like lobe and its squared width
    retro            1 for retro-reflectors
    """

    reflectivity: Any
    square: Any
    grazing: Any
    gloss: Any
    spread2: Any
    retro: Any


class Device(NamedTuple):
    """The receiver's numbers; names and units as in `scene.device`."""

    snr_1m: float  # of a unit reflectivity at 1 m
    threshold: float
    drop_out: float
    min_m: float
    max_m: float
    sigma_m: float
    snr_m: float
    logarithmic: bool
    at_one: float
    per_e: float
    level_to_m: float
    intensity_sigma: float
    intensity_max: float
    xyz_step_m: float
    range_step_m: float
    intensity_step: float


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
def answer(response: Response, material: int, tint_905: float, cosine: float) -> Any:
    """Reflectivity that a beam sees at incidence cosine: of a Lambertian target met squarely, 1 is white.

    Diffuse: Oren and Nayar, "Generalization of Lambert's Reflectance Model", 1994, in the direction of the
    source. Gloss: the microfacet lobe of Trowbridge and Reitz, 1975, in the same direction. A
    retro-reflector holds to 20 degrees off its axis and fades out at 60.
    """
    rho = response.reflectivity[material]
    if rho < 0.0:
        rho = tint_905
    if response.retro[material] > 0:
        x = min(max((cosine - 0.5) / 0.44, 0.0), 1.0)
        return rho * x * x * (3.0 - 2.0 * x)
    sine2 = max(1.0 - cosine * cosine, 0.0)
    diffuse = rho * (response.square[material] * cosine + response.grazing[material] * sine2)
    spread2 = response.spread2[material]
    k = cosine * cosine * (spread2 - 1.0) + 1.0
    return diffuse + response.gloss[material] * spread2 / (4.0 * k * k * max(cosine, 0.05))


@kernel
def arc_cosine(x: float) -> Any:
    """Within 7e-5 rad: Abramowitz and Stegun, "Handbook of Mathematical Functions", 4.4.45; 0 <= x <= 1."""
    return np.sqrt(max(1.0 - x, 0.0)) * (1.5707288 + x * (-0.2121144 + x * (0.0742610 - 0.0187293 * x)))


@kernel
def code(device: Device, seen: float, range_m: float, offset: float, draw: float) -> Any:
    """The stored intensity of a target of reflectivity `seen`; draw is a standard normal number."""
    if device.logarithmic:
        ratio = device.level_to_m / range_m
        value = device.at_one + device.per_e * np.log(max(seen * min(1.0, ratio * ratio), 1e-9))
    elif seen <= 1.0:
        value = device.at_one * seen
    else:
        value = device.at_one + device.per_e * np.log(seen)
    value = min(max(value + offset + device.intensity_sigma * draw, 0.0), device.intensity_max)
    return snap(value, device.intensity_step)


@kernel
def snap(x: float, step: float) -> Any:
    """The nearest multiple of step; x itself where step is 0."""
    return np.rint(x / step) * step if step > 0.0 else x


@kernel
def receive(
    key: Any, quantiles: F64, device: Device, beams: Beams, lanes: Lanes, response: Response,
    surface: Surface, directions: F32, first_ns: int, period_ns: float, first_ring: int, end_ring: int,
    records: Records,
) -> None:  # fmt: skip
    """Measure rings first_ring .. end_ring - 1 and write their records, each ring sorted by azimuth.

    Laser offsets shift a near point's azimuth against the beam's; files list points by their own.
    """
    columns = lanes.firing.shape[1]
    rank, order = np.empty(columns), np.empty(columns, np.int64)
    for r in range(first_ring, end_ring):
        base = r * columns
        rise, flat = beams.sin_elevation[r], beams.cos_elevation[r]
        left, up = beams.origin_left_m[r], beams.origin_z_m[r]
        for j in range(columns):
            row, c, s = base + j, lanes.cos_azimuth[r, j], lanes.sin_azimuth[r, j]
            bits, more = mix(key, 2 * row), mix(key, 2 * row + 1)
            material, distance = surface.material[r, j], np.float64(surface.range_m[r, j])
            cosine: Any = 0.0
            seen, fate = 0.0, NOTHING
            if surface.instance[r, j] >= 0:
                for a in range(3):
                    cosine += np.float64(surface.normals[r, j, a]) * np.float64(directions[r, j, a])
                cosine = min(abs(cosine), 1.0)
                seen = beams.power[r] * answer(response, material, surface.tint_905[r, j], cosine)
                fate = RETURNED
            chance, hidden = uniform(bits), np.float64(lanes.hidden[r, j])
            if chance < hidden:
                fate = HIDDEN
            snr = 0.0
            if fate == RETURNED:
                snr = device.snr_1m * seen / (distance * distance)
                if snr + normal(more >> np.uint64(32), quantiles) < device.threshold:
                    fate = WEAK
                elif chance < hidden + (1.0 - hidden) * device.drop_out:
                    fate = RANDOM
            measured: Any = distance
            if fate == RETURNED:
                blur = device.snr_m / max(snr, 1.0)
                sigma = np.sqrt(device.sigma_m * device.sigma_m + blur * blur)
                measured = snap(distance + sigma * normal(bits, quantiles), device.range_step_m)
            x = flat * c * measured - left * s
            y = flat * s * measured + left * c
            z = rise * measured + up
            if fate == RETURNED:
                x, y = snap(x, device.xyz_step_m), snap(y, device.xyz_step_m)
                z = snap(z, device.xyz_step_m)
                reach2 = x * x + y * y + z * z
                if reach2 >= device.max_m * device.max_m:
                    fate = NOTHING
                elif reach2 < device.min_m * device.min_m:
                    fate = WEAK
            if fate == RETURNED:
                shift = left / (flat * measured)
                rank[j] = _into_turn(lanes.azimuth[r, j] + shift * (1.0 - shift * shift / 3.0), x, y)
                records.intensity[row] = code(
                    device, seen, distance, beams.intensity_offset[r], normal(more, quantiles)
                )
            else:
                rank[j] = lanes.azimuth[r, j]
                measured, x, y, z = np.inf, flat * c, flat * s, rise
                records.intensity[row] = 0.0
            records.xyz_m[row, 0], records.xyz_m[row, 1], records.xyz_m[row, 2] = x + 0.0, y + 0.0, z
            records.range_m[row], records.fate[row] = measured, fate
            records.incidence_rad[row] = arc_cosine(cosine) if surface.instance[r, j] >= 0 else 0.0
        _sort(rank, order)
        _write_ring(base, r, order, lanes, surface, first_ns, period_ns, beams.delay[r], records)


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
        order[i] = (begin + i) % count
    for i in range(1, count):
        row = order[i]
        k = i
        while k > 0 and rank[order[k - 1]] > rank[row]:
            order[k] = order[k - 1]
            k -= 1
        order[k] = row


@kernel
def _write_ring(
    base: int, ring: int, order: I64, lanes: Lanes, surface: Surface, first_ns: int, period_ns: float,
    delay: float, records: Records,
) -> None:  # fmt: skip
    """Put a ring's records into their order and fill in what needs no measuring."""
    columns = order.shape[0]
    held = np.empty((columns, 6), np.float32)
    fates = np.empty(columns, np.uint8)
    for j in range(columns):
        row = base + j
        held[j, 0], held[j, 1], held[j, 2] = (
            records.xyz_m[row, 0],
            records.xyz_m[row, 1],
            records.xyz_m[row, 2],
        )
        held[j, 3], held[j, 4] = records.range_m[row], records.intensity[row]
        held[j, 5], fates[j] = records.incidence_rad[row], records.fate[row]
    for i in range(columns):
        row, j = base + i, order[i]
        records.xyz_m[row, 0], records.xyz_m[row, 1], records.xyz_m[row, 2] = (
            held[j, 0],
            held[j, 1],
            held[j, 2],
        )
        records.range_m[row], records.intensity[row] = held[j, 3], held[j, 4]
        records.incidence_rad[row], records.fate[row] = held[j, 5], fates[j]
        records.azimuth_rad[row], records.column[row] = lanes.azimuth[ring, j], lanes.firing[ring, j]
        records.time_ns[row] = first_ns + np.int64(np.rint((lanes.firing[ring, j] + delay) * period_ns))
        records.class_id[row], records.actor[row] = surface.class_id[ring, j], surface.actor[ring, j]
        records.instance[row], records.material[row] = surface.instance[ring, j], surface.material[ring, j]
