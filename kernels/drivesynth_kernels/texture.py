"""Texture tiles: periodic pictures with mip levels, read with the pixel's footprint in mind.

A texel is four numbers 0..255: shade (128 is 1), share of the second colour, and the two slopes of its
relief (128 is flat). They stand in the four 16-bit lanes of one 64-bit word, so that a weighted sum of
texels is one multiplication each: with weights that add up to 256 no lane flows over. Trilinear reading
of a pyramid after Williams, "Pyramidal Parametrics", SIGGRAPH 1983.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels import simd
from drivesynth_kernels.jit import inlined, step
from drivesynth_kernels.rows import peek

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

# Known by type checkers as what they are to kernels, not as numba's way of declaring them.
bits_of: Any = simd.bits_of
float_of: Any = simd.float_of
floated: Any = simd.floated
halved: Any = simd.halved
higher_of: Any = simd.higher_of
lower_of: Any = simd.lower_of
store: Any = simd.store
truncated: Any = simd.truncated

BITS = 8
SIZE = 1 << BITS  # texels along a side of the finest level
LEVELS = BITS + 1
LEVEL_START = np.cumsum([0] + [(SIZE >> level) ** 2 for level in range(LEVELS)]).astype(np.int64)
TEXELS = int(LEVEL_START[-1])  # of a tile with all its levels

_PER_SHADE, _PER_SHARE = np.float32(1.0 / 32768.0), np.float32(1.0 / 65280.0)
_AHEAD = 1 << 20  # whole periods added so that coordinates are positive: truncating is flooring then


@inlined
def read_level(tiles: I64, tile: int, level: int, x: float, y: float) -> Any:
    """Bilinear reading of one level at (x, y) in tile periods: four lanes of 256 times the texel.

    tiles  (T TEXELS,) one after the other
    """
    bits = BITS - level
    scale = float(256 << bits)
    fx, fy = int((x + _AHEAD) * scale) - 128, int((y + _AHEAD) * scale) - 128
    mask = (1 << bits) - 1
    x0, y0, wx, wy = fx >> 8, fy >> 8, fx & 255, fy & 255
    start = tile * TEXELS + peek(LEVEL_START, level)
    row0 = start + ((y0 & mask) << bits)
    row1 = start + (((y0 + 1) & mask) << bits)
    left, right = x0 & mask, (x0 + 1) & mask
    wd = (wx * wy) >> 8
    wb, wc = wx - wd, wy - wd
    return (
        peek(tiles, row0 + left) * (256 - wx - wc)
        + peek(tiles, row0 + right) * wb
        + peek(tiles, row1 + left) * wc
        + peek(tiles, row1 + right) * wd
    )


@inlined
def unpacked(lanes: int) -> Any:
    """Shade, share 0..1 and slopes of the lanes of `read_level`, float32."""
    return (
        np.float32(lanes & 0xFFFF) * _PER_SHADE,
        np.float32((lanes >> 16) & 0xFFFF) * _PER_SHARE,
        np.float32((lanes >> 32) & 0xFFFF) * _PER_SHADE - np.float32(1),
        np.float32((lanes >> 48) & 0xFFFF) * _PER_SHADE - np.float32(1),
    )


@inlined
def level_of(width: float) -> float:
    """The level whose texels are as wide as `width` [periods]: log2, linear between whole levels."""
    texels = np.float32(min(max(width * SIZE, 1.0), SIZE - 0.5))
    return (texels.view(np.int32) - 0x3F800000) * (1.0 / 8388608.0)  # exponent and mantissa of float32


@step
def read_plain(tiles: I64, tile: int, x: float, y: float, width: float) -> Any:
    """As `read_tile`, of the nearest level alone."""
    return unpacked(read_level(tiles, tile, int(level_of(width) + 0.5), x, y))


@inlined
def levels_of(width: Any) -> Any:
    """As `level_of`, of eight footprints."""
    texels = lower_of(higher_of(width * np.float32(SIZE), np.float32(1)), np.float32(SIZE - 0.5))
    return floated(bits_of(texels) - np.int32(0x3F800000)) * np.float32(1.0 / 8388608.0)


@inlined
def find_texels(tile: Any, level: Any, x: Any, y: Any, spots: I32, at: int, stride: int) -> None:
    """Where eight bilinear readings find their four texels, and what each of these counts, of 256.

    tile, level  int32: where the tile begins, and which of its levels is read; x, y  0..1 of its period
    spots        written from `at` on, `stride` apart: four places of texels, then their four weights
    """
    # 256 << bits as a float is its exponent alone.
    scale = float_of((np.int32(143) - level) * np.int32(8388608))
    fx, fy = truncated(x * scale) - np.int32(128), truncated(y * scale) - np.int32(128)
    side = scale * np.float32(1.0 / 256.0)
    # The levels before this one hold 4^8 + 4^7 + ... texels, down to four times this one's.
    start = truncated((np.float32(SIZE * SIZE) - side * side) * np.float32(1.0 / 3.0) + np.float32(0.5))
    start, side = tile + start * np.int32(4), truncated(side)
    mask = side - np.int32(1)
    x0, y0, wx, wy = halved(fx, 8), halved(fy, 8), fx & np.int32(255), fy & np.int32(255)
    above, below = start + (y0 & mask) * side, start + ((y0 + np.int32(1)) & mask) * side
    left, right = x0 & mask, (x0 + np.int32(1)) & mask
    wd = halved(wx * wy, 8)
    store(spots, at, above + left)
    store(spots, at + stride, above + right)
    store(spots, at + 2 * stride, below + left)
    store(spots, at + 3 * stride, below + right)
    store(spots, at + 4 * stride, np.int32(256) - wx - wy + wd)
    store(spots, at + 5 * stride, wx - wd)
    store(spots, at + 6 * stride, wy - wd)
    store(spots, at + 7 * stride, wd)


@inlined
def sum_texels(tiles: I64, spots: I32, at: int, stride: int) -> Any:
    """What one reading of `find_texels` reads: as `read_level`."""
    return (
        peek(tiles, np.int64(peek(spots, at))) * np.int64(peek(spots, at + 4 * stride))
        + peek(tiles, np.int64(peek(spots, at + stride))) * np.int64(peek(spots, at + 5 * stride))
        + peek(tiles, np.int64(peek(spots, at + 2 * stride))) * np.int64(peek(spots, at + 6 * stride))
        + peek(tiles, np.int64(peek(spots, at + 3 * stride))) * np.int64(peek(spots, at + 7 * stride))
    )


@inlined
def between_levels(near: Any, far: Any, part: Any) -> Any:
    """`part` of 256 of the way from one level's reading to the next one's."""
    # The lanes' high bytes are weighted, so that the sum keeps within 16 bits.
    near, far = (near >> 8) & 0x00FF00FF00FF00FF, (far >> 8) & 0x00FF00FF00FF00FF
    return near * (256 - part) + far * part
