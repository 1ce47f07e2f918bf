"""What colour a surface has at a point, and how its texture bends the normal there."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import inlined
from drivesynth_kernels.lighting import DX, FAR, GX, LOT, NX, RED, WIDTH, get3, put3
from drivesynth_kernels.rows import peek, poke
from drivesynth_kernels.texture import read_lanes, read_plain_lanes, unpacked

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

# Columns of the material table.
M_R, M_G, M_B, M_ROUGHNESS, M_METALLIC, M_COAT, M_OREN_A, M_OREN_B = 0, 1, 2, 3, 4, 5, 6, 7
M_TINTED, M_TEXTURE, M_POROUS, M_LEAFY, M_EMISSION, M_LAMP = 8, 9, 10, 11, 12, 13
M_SIZE = 16
LAMP_TAIL, LAMP_HEAD, LAMP_RED, LAMP_AMBER, LAMP_GREEN = 1, 2, 3, 4, 5

# Columns of the texture table.
T_PER_M, T_RELIEF, T_COARSE_PER_M, T_COARSE = 0, 1, 2, 3
T_FIRST_R, T_FIRST_G, T_FIRST_B = 4, 5, 6  # what the albedo is multiplied with where the share is 0
T_SECOND_R, T_SECOND_G, T_SECOND_B = 7, 8, 9  # and where it is 1
T_SIZE = 12


class Looks(NamedTuple):
    """The tables that surfaces are painted from.

    Flat, so that reading takes one address and no view counts references from all threads at once.
    materials  (M M_SIZE,) float32; textures (T T_SIZE,) float32
    tiles      ((T + 1) TEXELS,) int64; the last is the clouds'
    sky        (TABLE TABLE 3,) float32 radiance of the cloudless sky [kcd/m^2], hemi-octahedral
    """

    materials: F32
    textures: F32
    tiles: I64
    sky: F32


@inlined
def worn(looks: Looks, row: Any, column: int) -> Any:
    """A number of the texture table; `row` is where the texture begins."""
    return np.float64(peek(looks.textures, row + column))


class Brush(NamedTuple):
    """Scratch of a lot's textures; rows of LOT, as far as `textured` goes.

    textured  (LOT,) which samples of the lot have a texture
    wear      (LOT,) where their textures begin in the table
    axes      (2 LOT,) where in the frames the texture's axes s and t stand
    place     (2 LOT,) s and t [m]
    texels    (2 LOT,) the sum of texels around, then of coarse ones, as `texture` packs them
    """

    textured: I64
    wear: I64
    axes: I64
    place: F64
    texels: I64


@inlined
def place(
    count: int,
    origin: F64,
    instance: I32,
    material: I32,
    looks: Looks,
    frames: F64,
    who: I32,
    lot: F32,
    brush: Any,
) -> int:
    """Find the texture coordinates of a lot's samples that have a texture; how many do."""
    number = 0
    for k in range(count):
        i = np.int64(peek(who, k))
        texture = np.int64(peek(looks.materials, M_SIZE * np.int64(peek(material, i)) + M_TEXTURE))
        if texture == 0:
            continue
        dx, dy, dz = get3(lot, DX, k)
        gx, gy, gz = get3(lot, GX, k)
        far = np.float64(peek(lot, FAR * LOT + k))
        px, py, pz = origin[0] + far * dx, origin[1] + far * dy, origin[2] + far * dz
        x_axis = 12 * np.int64(peek(instance, i))
        y_axis, z_axis = x_axis + 4, x_axis + 8
        facing_x = abs(along(frames, x_axis, gx, gy, gz))
        facing_y = abs(along(frames, y_axis, gx, gy, gz))
        facing_z = abs(along(frames, z_axis, gx, gy, gz))
        level = facing_z >= facing_x and facing_z >= facing_y
        s_axis = y_axis if not level and facing_x >= facing_y else x_axis
        t_axis = y_axis if level else z_axis
        poke(brush.textured, number, k)
        poke(brush.wear, number, T_SIZE * texture)
        poke(brush.axes, number, s_axis)
        poke(brush.axes, LOT + number, t_axis)
        poke(brush.place, number, along(frames, s_axis, px, py, pz) + peek(frames, s_axis + 3))
        poke(brush.place, LOT + number, along(frames, t_axis, px, py, pz) + peek(frames, t_axis + 3))
        number += 1
    return number


@inlined
def along(frames: F64, axis: Any, x: float, y: float, z: float) -> Any:
    """The part of a vector along an axis of a frame."""
    return peek(frames, axis) * x + peek(frames, axis + 1) * y + peek(frames, axis + 2) * z


@inlined
def paint(
    count: int,
    origin: F64,
    instance: I32,
    material: I32,
    looks: Looks,
    frames: F64,
    who: I32,
    lot: F32,
    brush: Any,
) -> None:
    """Lay their textures onto a lot: albedo multiplied, normals bent by the relief and not of unit length.

    frames  (12 I,) rows of three by four: texture coordinates are the mesh's own axes, taken by pairs for the
            plane that the face lies nearest to

    By short loops: reading a texel waits for its address and that for the level, so what helps is many
    samples under way at once.
    """
    number = place(count, origin, instance, material, looks, frames, who, lot, brush)
    for n in range(number):
        wear = peek(brush.wear, n)
        per_m, width = worn(looks, wear, T_PER_M), peek(lot, WIDTH * LOT + peek(brush.textured, n))
        s, t = peek(brush.place, n), peek(brush.place, LOT + n)
        poke(brush.texels, n, read_lanes(looks.tiles, wear // T_SIZE, s * per_m, t * per_m, width * per_m))
    for n in range(number):
        wear = peek(brush.wear, n)
        per_m, width = worn(looks, wear, T_COARSE_PER_M), peek(lot, WIDTH * LOT + peek(brush.textured, n))
        s, t = peek(brush.place, n) * per_m + 0.31, peek(brush.place, LOT + n) * per_m + 0.67
        # Only its wide waves: the fine ones would look like blots.
        wide = max(width * per_m, 0.04)
        poke(brush.texels, LOT + n, read_plain_lanes(looks.tiles, wear // T_SIZE, s, t, wide))
    for n in range(number):
        wear, k = peek(brush.wear, n), peek(brush.textured, n)
        tone, share, slope_s, slope_t = unpacked(peek(brush.texels, n))
        if worn(looks, wear, T_COARSE_PER_M) > 0.0:
            coarse, coarse_share, _, _ = unpacked(peek(brush.texels, LOT + n))
            tone *= 1.0 + worn(looks, wear, T_COARSE) * (coarse - 1.0)
            share = min(max(share + coarse_share - 0.5, 0.0), 1.0)
        second = share * tone
        first = tone - second
        r = first * worn(looks, wear, T_FIRST_R) + second * worn(looks, wear, T_SECOND_R)
        g = first * worn(looks, wear, T_FIRST_G) + second * worn(looks, wear, T_SECOND_G)
        b = first * worn(looks, wear, T_FIRST_B) + second * worn(looks, wear, T_SECOND_B)
        red, green, blue = get3(lot, RED, k)
        put3(lot, RED, k, min(red * r, 1.0), min(green * g, 1.0), min(blue * b, 1.0))

        slope_s *= worn(looks, wear, T_RELIEF)
        slope_t *= worn(looks, wear, T_RELIEF)
        s_axis, t_axis = peek(brush.axes, n), peek(brush.axes, LOT + n)
        nx, ny, nz = get3(lot, NX, k)
        put3(
            lot,
            NX,
            k,
            nx - slope_s * peek(frames, s_axis) - slope_t * peek(frames, t_axis),
            ny - slope_s * peek(frames, s_axis + 1) - slope_t * peek(frames, t_axis + 1),
            nz - slope_s * peek(frames, s_axis + 2) - slope_t * peek(frames, t_axis + 2),
        )
