"""Passes over the picture: rays aimed, shadow edges softened, edges found and resolved."""

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

BLOCK = 8  # edge pixels are listed by blocks of this side, so that tiles of rays stay narrow


@kernel
def aim(
    begin: int, end: int, columns: F32, rows: F32, shift: F64, lens: F64, rotation: F64, directions: F32
) -> None:
    """Rays begin..end of `directions` (N, 3): unit, world, through image points (column, row) + shift.

    lens      fx, fy, cx, cy [px], pixel centres at whole numbers
    rotation  (3, 3) of world_from_camera
    """
    for i in range(begin, end):
        x = (columns[i] + shift[0] - lens[2]) / lens[0]
        y = (rows[i] + shift[1] - lens[3]) / lens[1]
        norm = 1.0 / np.sqrt(x * x + y * y + 1.0)
        for axis in range(3):
            directions[i, axis] = norm * (x * rotation[axis, 0] + y * rotation[axis, 1] + rotation[axis, 2])


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
    """Where samples begin..end stand (N, 3), and whether the sun could light them from before or behind.

    Leaves let light through, so they count from both sides.
    """
    for i in range(begin, end):
        distance = float(range_m[i])
        there = distance < np.inf
        if not there:
            distance = 0.0
        for axis in range(3):
            points[i, axis] = origin[axis] + distance * directions[i, axis]
        facing = (
            geometric[i, 0] * toward_sun[0]
            + geometric[i, 1] * toward_sun[1]
            + geometric[i, 2] * toward_sun[2]
        )
        active[i] = there and (facing > 0.0 or leafy[material[i]] > 0)


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
    """Samples begin..end of `tone` (N,): the root of the luminance of radiance (N, 3), 1 is white."""
    for i in range(begin, end):
        luminance = 0.2126 * picture[i, 0] + 0.7152 * picture[i, 1] + 0.0722 * picture[i, 2]
        tone[i] = np.sqrt(min(max(luminance / white, 0.0), 1.0))


@kernel
def edge_strength(
    begin: int,
    end: int,
    instance: I32,
    material: I32,
    leafy: I32,
    normals: F32,
    tone: F32,
    least: float,
    strength: U8,
) -> None:
    """Rows begin..end of `strength` (H, W): 255 times the step in tone to a neighbour of another surface.

    instance, material, tone (H, W); leafy (M,); normals (H, W, 3); steps below `least` count as 0.
    Leaves against leaves do not count: their noise is what they look like, and there are many.
    """
    height, width = instance.shape
    for y in range(begin, end):
        for x in range(width):
            best = least
            for side in range(4):
                j = y + (side == 0) - (side == 1)
                i = x + (side == 2) - (side == 3)
                if j < 0 or i < 0 or j >= height or i >= width:
                    continue
                step = abs(tone[y, x] - tone[j, i])
                if step <= best:
                    continue
                if instance[y, x] == instance[j, i] and material[y, x] == material[j, i]:
                    cosine = (
                        normals[y, x, 0] * normals[j, i, 0]
                        + normals[y, x, 1] * normals[j, i, 1]
                        + normals[y, x, 2] * normals[j, i, 2]
                    )
                    if instance[y, x] < 0 or leafy[material[y, x]] > 0 or cosine > 0.95:
                        continue
                elif leafy[material[y, x]] > 0 and leafy[material[j, i]] > 0:
                    continue
                best = step
            strength[y, x] = int(255.0 * best) if best > least else 0


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


@kernel
def resolve_edges(
    begin: int,
    end: int,
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
    """Colours begin..end of `blended` (P, 3): the mean over each pixel's centre and its extra samples.

    pixels   (P,) flat indices; extra_* (S, P) what the pixels' extra rays met
    instance, material, range_m, picture  (H, W) and (H, W, 3) what the centres' rays met and show

    An extra sample takes the colour of that one of the nine pixels around whose centre shows the same
    surface, nearest in range; one that shows what no centre does takes the pixel's own. So an edge
    costs rays but no shading (as in multisampling).
    """
    height, width = instance.shape
    for k in range(begin, end):
        y, x = pixels[k] // width, pixels[k] % width
        total_r = min(picture[y, x, 0], brightest)
        total_g = min(picture[y, x, 1], brightest)
        total_b = min(picture[y, x, 2], brightest)
        for s in range(extra_instance.shape[0]):
            from_y, from_x, least = y, x, np.inf
            for j in range(max(y - 1, 0), min(y + 2, height)):
                for i in range(max(x - 1, 0), min(x + 2, width)):
                    if instance[j, i] != extra_instance[s, k] or material[j, i] != extra_material[s, k]:
                        continue
                    apart = abs(range_m[j, i] - extra_range[s, k]) if instance[j, i] >= 0 else 0.0
                    if apart < least:
                        from_y, from_x, least = j, i, apart
            total_r += min(picture[from_y, from_x, 0], brightest)
            total_g += min(picture[from_y, from_x, 1], brightest)
            total_b += min(picture[from_y, from_x, 2], brightest)
        share = 1.0 / (1 + extra_instance.shape[0])
        blended[k, 0], blended[k, 1], blended[k, 2] = total_r * share, total_g * share, total_b * share
