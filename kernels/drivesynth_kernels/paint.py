"""What colour a surface has at a point, and how its texture bends the normal there."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import inlined
from drivesynth_kernels.lighting import DX, FAR, GX, LOT, NX, RED, WIDTH, get3, load8, store
from drivesynth_kernels.rows import peek, poke
from drivesynth_kernels.texture import (
    TEXELS,
    between_levels,
    find_texels,
    floated,
    levels_of,
    sum_texels,
    truncated,
    unpacked,
)

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
    """A number of the texture table, float32; `row` is where the texture begins."""
    return peek(looks.textures, row + column)


# Rows of what is read of textures, LOT each: where the tile begins and what part of the way from a level to
# the next one is taken; then what `find_texels` writes for the level before, the one behind, the coarse one.
_START, _PART, _NEAR, _FAR, _COARSE = 0, 1, 2, 10, 18
SPOTS = 26
# And of where: s and t in periods of the fine and of the coarse reading, 0..1, and their footprints.
_FINE_S, _FINE_T, _FINE_WIDTH, _COARSE_S, _COARSE_T, _COARSE_WIDTH = 0, 1, 2, 3, 4, 5
PLACES = 6


class Brush(NamedTuple):
    """Scratch of a lot's textures; rows of LOT, as far as `textured` goes.

    textured  (LOT,) which samples of the lot have a texture
    wear      (LOT,) where their textures begin in the table
    axes      (2 LOT,) where in the frames the texture's axes s and t stand
    places    (PLACES LOT,) float32; spots (SPOTS LOT,) int32
    texels    (2 LOT,) the sum of texels around, then of coarse ones, as `texture` packs them
    """

    textured: I64
    wear: I64
    axes: I64
    places: F32
    spots: I32
    texels: I64


@inlined
def note_place(brush: Any, row: int, n: int, periods: float) -> None:
    """Where in its period a coordinate stands."""
    poke(brush.places, row * LOT + n, np.float32(periods - np.floor(periods)))


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
    number, own = 0, np.int64(3 if origin.shape[0] > 3 else 0)
    for k in range(count):
        i = np.int64(peek(who, k))
        texture = np.int64(peek(looks.materials, M_SIZE * np.int64(peek(material, i)) + M_TEXTURE))
        if texture == 0:
            continue
        dx, dy, dz = get3(lot, DX, k)
        gx, gy, gz = get3(lot, GX, k)
        far = np.float64(peek(lot, FAR * LOT + k))
        at = own * i
        px, py, pz = (
            peek(origin, at) + far * dx,
            peek(origin, at + 1) + far * dy,
            peek(origin, at + 2) + far * dz,
        )
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
        s = along(frames, s_axis, px, py, pz) + peek(frames, s_axis + 3)
        t = along(frames, t_axis, px, py, pz) + peek(frames, t_axis + 3)
        width = peek(lot, WIDTH * LOT + k)
        per_m = worn(looks, T_SIZE * texture, T_PER_M)
        note_place(brush, _FINE_S, number, s * per_m)
        note_place(brush, _FINE_T, number, t * per_m)
        poke(brush.places, _FINE_WIDTH * LOT + number, width * per_m)
        per_m = worn(looks, T_SIZE * texture, T_COARSE_PER_M)
        note_place(brush, _COARSE_S, number, s * per_m + 0.31)
        note_place(brush, _COARSE_T, number, t * per_m + 0.67)
        # Only its wide waves: the fine ones would look like blots.
        poke(brush.places, _COARSE_WIDTH * LOT + number, max(width * per_m, np.float32(0.04)))
        poke(brush.spots, _START * LOT + number, np.int32(TEXELS * texture))
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
    samples under way at once; addresses are found eight at a time.
    """
    number = place(count, origin, instance, material, looks, frames, who, lot, brush)
    places, spots = brush.places, brush.spots
    for n in range(0, number, 8):
        tile = load8(spots, _START * LOT + n)
        x, y = load8(places, _FINE_S * LOT + n), load8(places, _FINE_T * LOT + n)
        level = levels_of(load8(places, _FINE_WIDTH * LOT + n))
        low = truncated(level)
        store(spots, _PART * LOT + n, truncated((level - floated(low)) * np.float32(256)))
        find_texels(tile, low, x, y, spots, _NEAR * LOT + n, LOT)
        find_texels(tile, low + np.int32(1), x, y, spots, _FAR * LOT + n, LOT)
        x, y = load8(places, _COARSE_S * LOT + n), load8(places, _COARSE_T * LOT + n)
        low = truncated(levels_of(load8(places, _COARSE_WIDTH * LOT + n)) + np.float32(0.5))
        find_texels(tile, low, x, y, spots, _COARSE * LOT + n, LOT)
    for n in range(number):
        near = sum_texels(looks.tiles, spots, _NEAR * LOT + n, LOT)
        far = sum_texels(looks.tiles, spots, _FAR * LOT + n, LOT)
        poke(brush.texels, n, between_levels(near, far, np.int64(peek(spots, _PART * LOT + n))))
        poke(brush.texels, LOT + n, sum_texels(looks.tiles, spots, _COARSE * LOT + n, LOT))
    none, whole = np.float32(0), np.float32(1)
    for n in range(number):
        wear, k = peek(brush.wear, n), peek(brush.textured, n)
        tone, share, slope_s, slope_t = unpacked(peek(brush.texels, n))
        if worn(looks, wear, T_COARSE_PER_M) > none:
            coarse, coarse_share, _, _ = unpacked(peek(brush.texels, LOT + n))
            tone *= whole + worn(looks, wear, T_COARSE) * (coarse - whole)
            share = min(max(share + coarse_share - np.float32(0.5), none), whole)
        second = share * tone
        first = tone - second
        for channel in range(3):
            tint = first * worn(looks, wear, T_FIRST_R + channel) + second * worn(
                looks, wear, T_SECOND_R + channel
            )
            at = (RED + channel) * LOT + k
            poke(lot, at, min(peek(lot, at) * tint, whole))
        slope_s *= worn(looks, wear, T_RELIEF)
        slope_t *= worn(looks, wear, T_RELIEF)
        s_axis, t_axis = peek(brush.axes, n), peek(brush.axes, LOT + n)
        for axis in range(3):
            at = (NX + axis) * LOT + k
            bend = slope_s * np.float32(peek(frames, s_axis + axis))
            bend += slope_t * np.float32(peek(frames, t_axis + axis))
            poke(lot, at, peek(lot, at) - bend)
