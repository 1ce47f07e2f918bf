"""A beam has a width: which footprints see an edge, and the rays that look there, behind glass and in mirrors."""

from typing import Any

import numpy as np

from drivesynth_kernels.echo import Device, answer, shared, stretched
from drivesynth_kernels.jit import kernel, step
from drivesynth_kernels.pulse import F32, F64, I64, Response, Surface

# Bits of a pulse's flag; the first four say on which side the depth jumps.
NEXT, BEFORE, BELOW, ABOVE, PANE, MIRROR, RETRO = 1, 2, 4, 8, 16, 32, 64
EDGE = NEXT | BEFORE | BELOW | ABOVE

TOGETHER = 16  # probes that are traced as one tile

_GAP_M = 0.2  # neighbours this close in range make no echo of two parts ...
_STEP_M = 0.15  # ... nor do those that lie this close to one plane
_ROOM = 0.1  # reflectivity of seats, curtains and furniture
_ENTER_M = 0.01  # how far behind a pane the ray goes on: past its other face


@kernel
def mark(
    surface: Surface, response: Response, directions: F32, hidden: F32, wraps: bool, stacked: bool, flags: Any
) -> Any:  # fmt: skip
    """Flag the pulses that need a second look; returns how many sides have an edge.

    An edge lies between two neighbours that see different depths, unless both lie on one plane.
    hidden   (R, C) 1 where the carrier itself is in the way: nothing beyond matters
    wraps    the last column is a neighbour of the first; stacked: rows are neighbours of each other
    flags    (R, C) uint8, written
    """
    rows, columns = flags.shape
    instances, materials = surface.instance, surface.material
    panes, mirrors, retros = response.transmits, response.mirrors, response.retro
    for r in range(rows):
        for j in range(columns):
            flag = 0
            if instances[r, j] >= 0 and hidden[r, j] < 1.0:
                m = materials[r, j]
                flag = PANE * (panes[m] > 0.0) + MIRROR * (mirrors[m] != 0.0) + RETRO * retros[m]
            flags[r, j] = flag
    sides = 0
    for r in range(rows):
        for j in range(columns):
            k = j + 1 if j + 1 < columns else 0
            if hidden[r, j] >= 1.0:
                continue
            if (k > 0 or wraps) and _apart(surface, directions, r, j, r, k):
                flags[r, j] |= NEXT
                flags[r, k] |= BEFORE
                sides += 2
            if stacked and r + 1 < rows and _apart(surface, directions, r, j, r + 1, j):
                flags[r, j] |= BELOW
                flags[r + 1, j] |= ABOVE
                sides += 2
    return sides


@step
def _apart(surface: Surface, directions: F32, r: int, j: int, q: int, k: int) -> Any:
    """Whether the hits of pulses (r, j) and (q, k) lie on different things."""
    one, other = surface.instance[r, j] >= 0, surface.instance[q, k] >= 0
    if not (one and other):
        return one or other
    d, e = surface.range_m[r, j], surface.range_m[q, k]
    if abs(d - e) < _GAP_M:
        return False
    normals = surface.normals
    along, beside, back, front = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
    for a in range(3):
        along += normals[r, j, a] * directions[r, j, a]
        beside += normals[r, j, a] * directions[q, k, a]
        back += normals[q, k, a] * directions[r, j, a]
        front += normals[q, k, a] * directions[q, k, a]
    return abs(d * along - e * beside) > _STEP_M and abs(d * back - e * front) > _STEP_M


@kernel
def probe(
    flags: Any, origins: F64, directions: F32, times: F64, reach_rad: float,
    shots: I64, out_origins: F64, out_directions: F32, out_times: F64, out_limits: F32,
) -> Any:  # fmt: skip
    """Rays from the middle of a beam towards each neighbour that sees another depth; returns how many.

    flags (R, C), origins (R, C, 3), directions (R, C, 3), times (R, C) of the pulses
    shots, out_  written: pulse and ray of each probe, `room_for_probes` of them

    Probes stand in groups of `TOGETHER` from one stretch of a row, close in direction and time as a tile
    of rays must be; those that fill a group up have shot -1 and a limit of 0.
    """
    rows, columns = flags.shape
    found = 0
    for r in range(rows):
        for start in range(0, columns, TOGETHER):
            begun = found
            for j in range(start, min(start + TOGETHER, columns)):
                flag = flags[r, j] & EDGE
                if flag == 0:
                    continue
                for side in range(4):
                    if not flag & (1 << side):
                        continue
                    q = r + (side == 2) - (side == 3)
                    k = (j + (side == 0) - (side == 1) + columns) % columns
                    gap2 = 0.0
                    for a in range(3):
                        gap = np.float64(directions[q, k, a]) - np.float64(directions[r, j, a])
                        gap2 += gap * gap
                    share = reach_rad / np.sqrt(max(gap2, 1e-12))
                    length2 = 0.0
                    for a in range(3):
                        gap = np.float64(directions[q, k, a]) - np.float64(directions[r, j, a])
                        d = np.float64(directions[r, j, a]) + share * gap
                        length2 += d * d
                        out_directions[found, a] = d
                        out_origins[found, a] = origins[r, j, a]
                    scale = 1.0 / np.sqrt(length2)
                    for a in range(3):
                        out_directions[found, a] *= scale
                    shots[found], out_times[found] = r * columns + j, times[r, j]
                    out_limits[found] = np.inf
                    found += 1
            last = found - 1
            while found > begun and found % TOGETHER:
                shots[found], out_times[found], out_limits[found] = -1, out_times[last], 0.0
                for a in range(3):
                    out_directions[found, a] = out_directions[last, a]
                    out_origins[found, a] = out_origins[last, a]
                found += 1
    return found


def room_for_probes(shape: tuple[int, int], sides: int) -> int:
    """How many rays `probe` writes at most."""
    stretches = shape[0] * -(-shape[1] // TOGETHER)
    return sides + (TOGETHER - 1) * min(stretches, sides)


@kernel
def split(
    shots: I64, range_m: F32, instance: Any, directions: F32, surface: Surface, own_directions: F32,
    columns: int, marked: Any,
) -> None:  # fmt: skip
    """Mark the pulses whose footprint does hold an edge: a probe met another depth than the middle.

    shots, range_m, instance, directions  (K,) of the probes; own_directions (R, C, 3); marked (R C,) bool
    """
    for i in range(shots.shape[0]):
        if shots[i] < 0:
            continue
        r, j = shots[i] // columns, shots[i] % columns
        one, other = surface.instance[r, j] >= 0, instance[i] >= 0
        if one != other:
            marked[shots[i]] = True
        elif one:
            d, e = surface.range_m[r, j], range_m[i]
            along, beside = np.float32(0), np.float32(0)
            for a in range(3):
                along += surface.normals[r, j, a] * own_directions[r, j, a]
                beside += surface.normals[r, j, a] * directions[i, a]
            if abs(d - e) > _GAP_M and abs(d * along - e * beside) > _STEP_M:
                marked[shots[i]] = True


@kernel
def spread(
    shots: I64, origins: F64, directions: F32, times: F64, offsets_rad: F64,
    out_origins: F64, out_directions: F32, out_times: F64,
) -> None:  # fmt: skip
    """Rays of the sub-beams of some pulses.

    shots        (E,) rows of origins (N, 3), directions (N, 3), times (N,)
    offsets_rad  (S, 2) from the beam's middle, along two directions across it
    out_         (E, S, 3), (E, S, 3), (E, S) written
    """
    u, v = np.empty(3), np.empty(3)
    for i in range(shots.shape[0]):
        row = shots[i]
        x, y, z = (
            np.float64(directions[row, 0]), np.float64(directions[row, 1]), np.float64(directions[row, 2]),
        )  # fmt: skip
        flat = np.sqrt(x * x + y * y)
        if flat > 1e-6:
            u[0], u[1], u[2] = -y / flat, x / flat, 0.0
        else:
            u[0], u[1], u[2] = 1.0, 0.0, 0.0
        v[0], v[1], v[2] = y * u[2] - z * u[1], z * u[0] - x * u[2], x * u[1] - y * u[0]
        for s in range(offsets_rad.shape[0]):
            a, b = offsets_rad[s, 0], offsets_rad[s, 1]
            scale = 1.0 / np.sqrt(1.0 + a * a + b * b)
            for axis in range(3):
                out_origins[i, s, axis] = origins[row, axis]
                out_directions[i, s, axis] = (directions[row, axis] + a * u[axis] + b * v[axis]) * scale
            out_times[i, s] = times[row]


@kernel
def fresnel(cosine: float, index: float) -> Any:
    """Share of unpolarised light that one face of a dielectric reflects: Fresnel's equations."""
    sine2 = (1.0 - cosine * cosine) / (index * index)
    inner = np.sqrt(max(1.0 - sine2, 0.0))
    s = (cosine - index * inner) / (cosine + index * inner)
    p = (inner - index * cosine) / (inner + index * cosine)
    return 0.5 * (s * s + p * p)


@kernel
def both_faces(cosine: float, index: float) -> Any:
    """Share that a pane reflects: both faces, without interference, 2 R / (1 + R)."""
    one = fresnel(cosine, index)
    return 2.0 * one / (1.0 + one)


@kernel
def go_on(
    weights: F32, before_m: F32, range_m: F32, instance: Any, material: Any, normals: F32,
    origins: F64, directions: F32, transmits: F64, mirrors: F64, least: float, reflect: bool,
    out_row: I64, out_weight: F32, out_before: F32, out_origins: F64, out_directions: F32,
) -> Any:  # fmt: skip
    """Rays that go on from panes, or come off mirrors; returns how many there are.

    weights, before_m  (N,) of the rays that came: their share of the pulse, and the way to their origins
    least              a ray that keeps less of the pulse's power, both ways, is not followed
    out_               written: row of the ray it goes on from, its weight, the way to its origin, the ray
    """
    found = 0
    for i in range(range_m.shape[0]):
        if instance[i] < 0:
            continue
        m = material[i]
        kind = mirrors[m]
        if not (kind != 0.0 if reflect else transmits[m] > 0.0):
            continue
        cosine = 0.0
        for a in range(3):
            cosine += np.float64(normals[i, a]) * np.float64(directions[i, a])
        level = min(abs(cosine), 1.0)
        if not reflect:
            kept = transmits[m] * (1.0 - both_faces(level, 1.52)) / (1.0 - both_faces(1.0, 1.52))
        elif kind < 0.0:
            kept = both_faces(level, -kind) if transmits[m] > 0.0 else fresnel(level, -kind)
        else:
            kept = kind
        weight = weights[i] * kept * kept
        if weight < least:
            continue
        enter = 0.0 if reflect else _ENTER_M
        for a in range(3):
            d = np.float64(directions[i, a])
            n = np.float64(normals[i, a])
            if reflect:
                turned = d - 2.0 * cosine * n
                lift = -2e-3 * n if cosine > 0.0 else 2e-3 * n
                out_directions[found, a] = turned
                out_origins[found, a] = origins[i, a] + d * range_m[i] + lift
            else:
                out_directions[found, a] = d
                out_origins[found, a] = origins[i, a] + d * (range_m[i] + enter)
        out_row[found], out_weight[found] = i, weight
        out_before[found] = before_m[i] + range_m[i] + enter
        found += 1
    return found


@kernel
def weigh(
    row: I64, weights: F32, before_m: F32, range_m: F32, instance: Any, material: Any, tint_905: F32,
    normals: F32, directions: F32, power: F64, columns: int, device: Device, response: Response,
    indoors: bool, strength: F32, cosine: F32,
) -> None:  # fmt: skip
    """What further rays' hits add to the reflectivity that their pulses see.

    row  (K,) pulse in the (R, C) lanes; power (R,) of the lasers
    indoors  the rays have come through glass: what they meet from its inner side is no painted shell but a
             dark, furnished room
    strength, cosine  (K,) written; 0 and -1 for a miss
    """
    rhos, squares, grazings, retros = response.reflectivity, response.square, response.grazing, response.retro
    glosses, flakes, spreads2 = response.gloss, response.flakes, response.spread2
    panes = response.transmits
    for i in range(row.shape[0]):
        strength[i], cosine[i] = 0.0, -1.0
        if instance[i] < 0:
            continue
        lit = 0.0
        for a in range(3):
            lit += np.float64(normals[i, a]) * np.float64(directions[i, a])
        inner = indoors and lit > 0.0
        lit = min(abs(lit), 1.0)
        m = material[i]
        if inner and panes[m] > 0.0:  # out by another window: nothing comes back
            continue
        rho = rhos[m] if rhos[m] >= 0.0 else -rhos[m] * np.float64(tint_905[i])
        seen = (
            _ROOM * lit
            if inner
            else answer(rho, squares[m], grazings[m], glosses[m], flakes[m], spreads2[m], retros[m], lit)
        )
        way_m = before_m[i] + range_m[i]
        seen *= stretched(device.smear * way_m, lit)
        seen *= shared(device.smear * device.pulse_m, way_m, response.leaf2[m])
        strength[i], cosine[i] = weights[i] * power[row[i] // columns] * seen, lit


@kernel
def bloom(
    strength: F32, range_m: F32, flags: Any, directions: F32, wraps: bool, least: float, skirt: float,
    mrad: float, reach_rad: float, shot: I64, source: I64, level: F32,
) -> Any:  # fmt: skip
    """Pulses beside a retro-reflector that receive light of its own pulse's skirt; returns how many.

    strength   (R, C) reflectivity seen, 0 but for retro-reflectors; range_m, flags (R, C); directions (R, C, 3)
    skirt      share of the beam that falls 1 mrad beside its middle, falling with the square of the angle
    least      strength / range^2 that can be heard; reach_rad: nobody looks farther
    shot, source, level  written, as far as they reach: pulse, the pulse that met the reflector, strength
    """
    rows, columns = flags.shape
    found = 0
    for r in range(rows):
        for j in range(columns):
            if strength[r, j] <= 0.0:
                continue
            floor = least * range_m[r, j] * range_m[r, j]
            for q in range(rows):
                up = np.float64(directions[q, j, 2]) - np.float64(directions[r, j, 2])
                if abs(up) > reach_rad:
                    continue
                for way in (-1, 1):
                    k = j if way > 0 else j - 1
                    for _ in range(columns // 2):
                        if k >= columns or k < 0:
                            if not wraps:
                                break
                            k += columns if k < 0 else -columns
                        away2 = 0.0
                        for a in range(3):
                            gap = np.float64(directions[q, k, a]) - np.float64(directions[r, j, a])
                            away2 += gap * gap
                        if away2 > reach_rad * reach_rad:
                            break
                        spill, away2 = 0.0, away2 * 1e6
                        if away2 > 0.25 * mrad * mrad:
                            spill = strength[r, j] * skirt / max(away2, 1.0)
                        if spill > floor and found < shot.shape[0] and not flags[q, k] & RETRO:
                            shot[found], source[found] = q * columns + k, r * columns + j
                            level[found] = spill
                            found += 1
                        k += way
    return found
