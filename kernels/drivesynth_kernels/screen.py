"""Passes over the picture: rays aimed, shadow edges softened, edges found and resolved."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels import simd
from drivesynth_kernels.jit import kernel, step
from drivesynth_kernels.rows import peek, poke, read3, write3

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

# Known by type checkers as what they are to kernels, not as numba's way of declaring them.
bits: Any = simd.bits
higher_of: Any = simd.higher_of
load8: Any = simd.load8
load16: Any = simd.load16
lower_of: Any = simd.lower_of
lowest_bit: Any = simd.lowest_bit
lowest_lane: Any = simd.lowest_lane
select: Any = simd.select
spread16: Any = simd.spread16

BLOCK = 8  # edge pixels are listed by blocks of this side, so that tiles of rays stay narrow


@kernel
def aim(
    begin: int, end: int, columns: F32, rows: F32, shift: F64, lens: F64, rotation: F64, directions: F32
) -> None:
    """Rays begin..end of `directions` (3 N,): unit, world, through image points (column, row) + shift.

    lens      fx, fy, cx, cy [px], pixel centres at whole numbers
    rotation  (9,) of world_from_camera, by rows
    """
    per_x, per_y = 1.0 / lens[0], 1.0 / lens[1]
    off_x, off_y = shift[0] - lens[2], shift[1] - lens[3]
    ax, ay, az, bx, by, bz = rotation[0], rotation[3], rotation[6], rotation[1], rotation[4], rotation[7]
    cx, cy, cz = rotation[2], rotation[5], rotation[8]
    for i in range(begin, end):
        x, y = (peek(columns, i) + off_x) * per_x, (peek(rows, i) + off_y) * per_y
        norm = 1.0 / np.sqrt(x * x + y * y + 1.0)
        write3(
            directions,
            i,
            norm * (x * ax + y * bx + cx),
            norm * (x * ay + y * by + cy),
            norm * (x * az + y * bz + cz),
        )


@kernel
def stand_points(
    begin: int,
    end: int,
    origin: F64,
    directions: F32,
    range_m: F32,
    material: I32,
    leafy: I32,
    geometric: F32,
    toward_sun: F64,
    points: F64,
    active: Bool,
) -> None:
    """Where samples begin..end stand (3 N,), and whether the sun could light them from before or behind.

    Leaves let light through, so they count from both sides.
    """
    ox, oy, oz, sx, sy, sz = origin[0], origin[1], origin[2], toward_sun[0], toward_sun[1], toward_sun[2]
    for i in range(begin, end):
        distance = np.float64(peek(range_m, i))
        there = distance < np.inf
        if not there:
            distance = np.float64(0)
        dx, dy, dz = read3(directions, i)
        poke(points, 3 * i, ox + distance * dx)
        poke(points, 3 * i + 1, oy + distance * dy)
        poke(points, 3 * i + 2, oz + distance * dz)
        gx, gy, gz = read3(geometric, i)
        lit = gx * sx + gy * sy + gz * sz > 0.0 or peek(leafy, np.int64(peek(material, i))) > 0
        active[i] = there and lit


@kernel
def soften_sun(begin: int, end: int, instance: I32, active: Bool, blocked: Bool, sun: F32) -> None:
    """Rows begin..end of `sun`: along a shadow's edge, the lit share of the 3 x 3 pixels around.

    instance, sun  (H, W)
    active         (H, W) where the sun could shine; blocked (H, W): where something stands before it

    Only pixels of the same instance count.
    """
    height, width = instance.shape
    for y in range(begin, end):
        for x in range(width):
            if not active[y, x]:
                sun[y, x] = 0.0
                continue
            own = blocked[y, x]
            even = (
                blocked[max(y - 1, 0), x] == own
                and blocked[min(y + 1, height - 1), x] == own
                and blocked[y, max(x - 1, 0)] == own
                and blocked[y, min(x + 1, width - 1)] == own
            )
            if even:
                sun[y, x] = 0.0 if own else 1.0
                continue
            lit, count = 0, 0
            for j in range(max(y - 1, 0), min(y + 2, height)):
                for i in range(max(x - 1, 0), min(x + 2, width)):
                    if active[j, i] and instance[j, i] == instance[y, x]:
                        count += 1
                        lit += not blocked[j, i]
            sun[y, x] = lit / count


@kernel
def brightness(begin: int, end: int, picture: F32, white: float, tone: F32) -> None:
    """Samples begin..end of `tone` (N,): the root of the luminance of radiance (3 N,), 1 is white."""
    red, green, blue = np.float32(0.2126 / white), np.float32(0.7152 / white), np.float32(0.0722 / white)
    for i in range(begin, end):
        luminance = (
            red * peek(picture, 3 * i) + green * peek(picture, 3 * i + 1) + blue * peek(picture, 3 * i + 2)
        )
        poke(tone, i, np.sqrt(min(max(luminance, np.float32(0)), np.float32(1))))


@step
def differs(i, j, instance, material, leafy, normals):
    """Whether two pixels show different surfaces; leaves against leaves are one."""
    own, other = np.int64(peek(material, i)), np.int64(peek(material, j))
    green = peek(leafy, own) > 0
    if peek(instance, i) != peek(instance, j) or own != other:
        return not (green and peek(leafy, other) > 0)
    if peek(instance, i) < 0 or green:
        return False
    ax, ay, az = read3(normals, i)
    bx, by, bz = read3(normals, j)
    return ax * bx + ay * by + az * bz <= 0.95


@kernel
def edge_strength(
    begin: int,
    end: int,
    width: int,
    instance: I32,
    material: I32,
    leafy: I32,
    normals: F32,
    tone: F32,
    least: float,
    strength: U8,
    counts: I64,
) -> None:
    """Rows begin..end of `strength` (H W,): 255 times the step in tone to a neighbour of another surface.

    instance, material, tone (H W,); leafy (M,); normals (3 H W,); steps below `least` count as 0, which
    `strength` is before; counts (256,) how often there is each strength but 0 is added.
    Leaves against leaves do not count: their noise is what they look like, and there are many.
    """
    height, floor = tone.shape[0] // width, np.float32(least)
    for y in range(begin, end):
        x = np.int64(0)
        while x < width:
            i, number = y * width + x, 1
            left = np.int64(1)  # bits of the pixels that are to be looked at, of `number`
            if 0 < y < height - 1 and 0 < x < width - 8:
                own = load8(tone, i)
                up, down = own - load8(tone, i - width), own - load8(tone, i + width)
                before, after = own - load8(tone, i - 1), own - load8(tone, i + 1)
                most = higher_of(higher_of(up, down), higher_of(before, after))
                fewest = lower_of(lower_of(up, down), lower_of(before, after))
                left, number = bits(higher_of(most, -fewest) > floor), 8
            while left != 0:
                k = i + lowest_bit(left)
                left &= left - 1
                found = edge_of(
                    k, y, x + k - i, width, height, instance, material, leafy, normals, tone, floor
                )
                if found > 0:
                    poke(strength, k, found)
                    poke(counts, np.int64(found), peek(counts, np.int64(found)) + 1)
            x += number


@step
def edge_of(
    i: int, y: int, x: int, width: int, height: int, instance: I32, material: I32, leafy: I32, normals: F32,
    tone: F32, least: Any,
) -> Any:  # fmt: skip
    """The strength of one pixel of `edge_strength`."""
    own, best = peek(tone, i), least
    up, down = i - width if y > 0 else i, i + width if y < height - 1 else i
    left, right = i - 1 if x > 0 else i, i + 1 if x < width - 1 else i
    for j in (up, down, left, right):
        rise = abs(own - peek(tone, j))
        if rise > best and differs(i, j, instance, material, leafy, normals):
            best = rise
    return np.uint8(255.0 * best) if best > least else np.uint8(0)


@kernel
def list_edges(strength: U8, threshold: int, pixels: I64) -> int:
    """Fill `pixels` (N,) with flat indices of pixels from the threshold on, block by block; how many."""
    height, width = strength.shape
    count = 0
    for top in range(0, height, BLOCK):
        for left in range(0, width, BLOCK):
            for y in range(top, min(top + BLOCK, height)):
                for x in range(left, min(left + BLOCK, width)):
                    if strength[y, x] >= threshold and count < pixels.shape[0]:
                        pixels[count] = y * width + x
                        count += 1
    return count


@step
def cut(picture, pixel, brightest):
    """A pixel's colour, no channel above the brightest."""
    r, g, b = read3(picture, pixel)
    return min(r, brightest), min(g, brightest), min(b, brightest)


@kernel
def resolve_edges(
    begin: int,
    end: int,
    width: int,
    pixels: I64,
    extra_instance: I32,
    extra_material: I32,
    extra_range: F32,
    instance: I32,
    material: I32,
    range_m: F32,
    picture: F32,
    brightest: float,
    blended: F32,
) -> None:
    """Colours begin..end of `blended` (3 P,): the mean over each pixel's centre and its extra samples.

    pixels   (P,) flat indices; extra_* (S, P) what the pixels' extra rays met
    instance, material, range_m, picture  (H W,) and (3 H W,) what the centres' rays met and show

    An extra sample takes the colour of that one of the nine pixels around whose centre shows the same
    surface, nearest in range; one that shows what no centre does takes the pixel's own. So an edge
    costs rays but no shading (as in multisampling).
    """
    height, samples, count = instance.shape[0] // width, extra_instance.shape[0], extra_instance.shape[1]
    instances, materials, ranges = (
        extra_instance.reshape(-1),
        extra_material.reshape(-1),
        extra_range.reshape(-1),
    )
    share = 1.0 / (1 + samples)
    # The pixels around, in lanes: who they show, of what, how far; lanes left over show nobody there is.
    who, what, away = np.full(16, -2, np.int32), np.zeros(16, np.int32), np.zeros(16, np.float32)
    around = np.zeros(16, np.int64)
    nothing, never = np.float32(0), np.float32(np.inf)
    for k in range(begin, end):
        pixel = peek(pixels, k)
        y, x = pixel // width, pixel % width
        lanes = 0
        for j in range(max(y - 1, 0), min(y + 2, height)):
            for i in range(j * width + max(x - 1, 0), j * width + min(x + 2, width)):
                poke(around, lanes, i)
                poke(who, lanes, peek(instance, i))
                poke(what, lanes, peek(material, i))
                poke(away, lanes, peek(range_m, i))
                lanes += 1
        for lane in range(lanes, 9):
            poke(who, lane, np.int32(-2))
        total_r, total_g, total_b = cut(picture, pixel, brightest)
        for s in range(samples):
            sample = s * count + k
            shown, far = peek(instances, sample), peek(ranges, sample)
            alike = (load16(who, 0) == shown) & (load16(what, 0) == peek(materials, sample))
            nearest = pixel
            if bits(alike) != 0:
                apart = load16(away, 0) - far if shown >= 0 else spread16(nothing)
                apart = select(alike, higher_of(apart, -apart), never)
                nearest = peek(around, lowest_bit(bits(apart == lowest_lane(apart))))
            r, g, b = cut(picture, nearest, brightest)
            total_r, total_g, total_b = total_r + r, total_g + g, total_b + b
        write3(blended, k, total_r * share, total_g * share, total_b * share)
