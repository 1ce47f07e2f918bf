"""Light of lamps nearby: what a lamp sends to each sample of a picture, before anything stands between.

Compiled only when a frame has lamps to shine. A lamp is a row of numbers; blocks of samples that it cannot
reach are passed over by their boxes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import inlined, kernel
from drivesynth_kernels.rows import peek, poke, read3, write3

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Bool = NDArray[np.bool_]

# A lamp's numbers: where it is; its axes ahead, left, up; how it shares its light out; kcd at 1; reach^2 [m^2].
L_AT, L_AHEAD, L_LEFT, L_UP, L_KIND, L_POWER, L_KCD, L_REACH2 = 0, 3, 6, 9, 12, 13, 14, 15
L_SIZE = 16
COSINE, LOW_BEAM, STREET = 0, 1, 2  # a power of the cosine ahead (0: even all around), or a table
BLOCK = 64
SHORT_M = 0.02  # rays from a lamp end this far before the surface they light

# The tables: of a low beam, degrees to either side and up or down; of a street lamp, degrees from ahead.
BEAM_SIDE_DEG, BEAM_UP_DEG, BEAM_PER_DEG = 60, 20, 4
BEAM_COLUMNS, BEAM_ROWS = 2 * BEAM_SIDE_DEG * BEAM_PER_DEG + 1, 2 * BEAM_UP_DEG * BEAM_PER_DEG + 1
STREET_DEG, STREET_PER_DEG = 90, 2

# Sheeting of EN 12899-1, class RA2, white: 250, 180 and 5 cd/(lx m^2) at 0.2, 0.33 and 2 degrees lie on
# one exponential; the material's red is 0.72.
_RETRO, _RETRO_PER_DEG = 365.0 / 0.72, 2.15
# Road paint with beads: 0.2 cd/(lx m^2) to a driver (EN 1436, class R4 when dry), over a white of 0.72.
_BEADS, _BEADS_PER_DEG = 0.2 / 0.72, 0.15
_THROUGH_LEAVES = 0.6
_OWN2_M2 = 0.36  # what is nearer to a lamp than this squared is its own car: lenses sit in bows of its body

# Columns of `tells`: leaves let light through; Oren and Nayar's A and B; sheets and beads send it back.
T_LEAFY, T_OREN_A, T_OREN_B, T_SHEET, T_BEADS = 0, 1, 2, 3, 4
T_SIZE = 5


@kernel
def bound_blocks(begin: int, end: int, directions: F32, range_m: F32, boxes: F32) -> None:
    """Boxes begin..end of `boxes` (6 B,), from the eye: low, high corner of BLOCK samples; sky counts not."""
    for block in range(begin, end):
        for axis in range(3):
            low, high = np.float32(np.inf), np.float32(-np.inf)
            for i in range(BLOCK * block, min(BLOCK * (block + 1), range_m.shape[0])):
                far = peek(range_m, i)
                if far < np.inf:
                    at = far * peek(directions, 3 * i + axis)
                    low, high = min(low, at), max(high, at)
            poke(boxes, 6 * block + axis, low)
            poke(boxes, 6 * block + 3 + axis, high)


@inlined
def along(lamp: F64, row: int, x: float, y: float, z: float) -> Any:
    """A direction along one of the lamp's axes."""
    return lamp[row] * x + lamp[row + 1] * y + lamp[row + 2] * z


@inlined
def beam(table: F32, ahead: float, left: float, up: float) -> Any:
    """A low beam's table between its nodes; its last ones beyond."""
    right_deg = np.degrees(np.arctan2(-left, ahead))
    up_deg = np.degrees(np.arctan2(up, np.sqrt(ahead * ahead + left * left)))
    x = min(max((right_deg + BEAM_SIDE_DEG) * BEAM_PER_DEG, 0.0), BEAM_COLUMNS - 1.001)
    y = min(max((up_deg + BEAM_UP_DEG) * BEAM_PER_DEG, 0.0), BEAM_ROWS - 1.001)
    i, j = int(x), int(y)
    u, v = x - i, y - j
    at = BEAM_ROWS * i + j
    a, b = np.float64(peek(table, at)), np.float64(peek(table, at + 1))
    c, d = np.float64(peek(table, at + BEAM_ROWS)), np.float64(peek(table, at + BEAM_ROWS + 1))
    return (1.0 - u) * ((1.0 - v) * a + v * b) + u * ((1.0 - v) * c + v * d)


@inlined
def sent(lamp: F64, low_beam: F32, street: F32, x: float, y: float, z: float) -> Any:
    """What the lamp sends toward unit (x, y, z) [kcd]."""
    ahead = along(lamp, L_AHEAD, x, y, z)
    kind = int(lamp[L_KIND])
    if kind == COSINE:
        power = lamp[L_POWER]
        if power == 0.0:
            return lamp[L_KCD]
        return lamp[L_KCD] * ahead**power if ahead > 0.0 else 0.0
    if ahead <= 0.0:
        return 0.0
    if kind == STREET:
        at = np.degrees(np.arccos(min(ahead, 1.0))) * STREET_PER_DEG
        k = min(int(at), STREET_DEG * STREET_PER_DEG - 1)
        before = np.float64(peek(street, k))
        return lamp[L_KCD] * (before + (at - k) * (np.float64(peek(street, k + 1)) - before))
    left, up = along(lamp, L_LEFT, x, y, z), along(lamp, L_UP, x, y, z)
    return lamp[L_KCD] * beam(low_beam, ahead, left, up)


@inlined
def near_box(boxes: F32, block: int, x: float, y: float, z: float, reach2: float) -> bool:
    """Whether a point is nearer to a block's box than its reach."""
    square = 0.0
    low, high = np.float64(peek(boxes, 6 * block)), np.float64(peek(boxes, 6 * block + 3))
    off = max(max(low - x, x - high), 0.0)
    square += off * off
    low, high = np.float64(peek(boxes, 6 * block + 1)), np.float64(peek(boxes, 6 * block + 4))
    off = max(max(low - y, y - high), 0.0)
    square += off * off
    low, high = np.float64(peek(boxes, 6 * block + 2)), np.float64(peek(boxes, 6 * block + 5))
    off = max(max(low - z, z - high), 0.0)
    return square + off * off < reach2


@kernel
def shine(
    begin: int,
    end: int,
    eye: F64,
    lamp: F64,
    least: float,
    directions: F32,
    range_m: F32,
    material: I32,
    normals: F32,
    tells: F32,
    boxes: F32,
    low_beam: F32,
    street: F32,
    rays: F32,
    limits: F32,
    received: F32,
) -> None:
    """Blocks begin..end: what the lamp sends to their samples.

    eye (3,) and lamp (L_SIZE,), world; least: illuminance below which a sample is left out [klx]
    tells           (T_SIZE M,) of each material; beads as far as they are not under water
    rays, limits    (3 N,), (N,) written: from the lamp to the sample, how far that is; 0 is left out
    received        (2 N,) written: illuminance over pi, and what a white retro-reflector sends back
    """
    ox, oy, oz = lamp[L_AT] - eye[0], lamp[L_AT + 1] - eye[1], lamp[L_AT + 2] - eye[2]
    reach2 = lamp[L_REACH2]
    for block in range(begin, end):
        first, last = BLOCK * block, min(BLOCK * (block + 1), range_m.shape[0])
        near = near_box(boxes, block, ox, oy, oz, reach2)
        for i in range(first, last):
            poke(limits, i, np.float32(0))
            far = np.float64(peek(range_m, i))
            if not near or not far < np.inf:
                continue
            dx, dy, dz = read3(directions, i)
            x, y, z = far * dx - ox, far * dy - oy, far * dz - oz
            square = x * x + y * y + z * z
            if square > reach2 or square < _OWN2_M2:
                continue
            per = 1.0 / np.sqrt(square)
            x, y, z = per * x, per * y, per * z
            nx, ny, nz = read3(normals, i)
            told = T_SIZE * np.int64(peek(material, i))
            cosine = -(nx * x + ny * y + nz * z)
            rough = np.float64(peek(tells, told + T_OREN_A))
            if cosine > 0.0:
                # Rough surfaces light up toward where the light comes from: a Lambertian road dies at grazing.
                facing = max(-(nx * dx + ny * dy + nz * dz), 0.02)
                s = x * dx + y * dy + z * dz - cosine * facing
                t = max(cosine, facing) if s > 0.0 else 1.0
                rough += np.float64(peek(tells, told + T_OREN_B)) * s / t
            else:
                cosine *= -_THROUGH_LEAVES * np.float64(peek(tells, told + T_LEAFY))
            if cosine <= 0.0:
                continue
            across = sent(lamp, low_beam, street, x, y, z) * per * per
            back = 0.0
            sheet, beads = peek(tells, told + T_SHEET), np.float64(peek(tells, told + T_BEADS))
            if sheet > 0.0 or beads > 0.0:
                apart = np.degrees(np.arccos(min(max(x * dx + y * dy + z * dz, -1.0), 1.0)))
                entrance = min(max(2.0 * cosine - 1.0, 0.0), 1.0)
                back = across * _RETRO * np.exp(-_RETRO_PER_DEG * apart) * entrance if sheet > 0.0 else 0.0
                back += across * beads * _BEADS * np.exp(-_BEADS_PER_DEG * apart)
            cosine *= rough
            if across * cosine + back < least:
                continue
            write3(rays, i, x, y, z)
            poke(limits, i, np.float32(max(1.0 / per - SHORT_M, 0.5 / per)))
            poke(received, 2 * i, np.float32(across * cosine * (1.0 / np.pi)))
            poke(received, 2 * i + 1, np.float32(back))


@kernel
def add_light(
    begin: int, end: int, red: float, green: float, blue: float, albedo: F32, limits: F32, blocked: I32,
    received: F32, picture: F32,
) -> None:  # fmt: skip
    """Add a lamp's light to samples begin..end of the picture (3 N,), where nothing stands before it.

    red, green, blue  the lamp's colour; albedo (3 N,); blocked (N,): what the lamp's ray met, -1 is nothing
    """
    for i in range(begin, end):
        if not peek(limits, i) > np.float32(0) or peek(blocked, i) >= 0:
            continue
        total = np.float64(peek(received, 2 * i)) + np.float64(peek(received, 2 * i + 1))
        r, g, b = read3(albedo, i)
        was_r, was_g, was_b = read3(picture, i)
        write3(picture, i, was_r + red * r * total, was_g + green * g * total, was_b + blue * b * total)
