"""Texture tiles: periodic pictures with mip levels, read with the pixel's footprint in mind.

A texel is four numbers 0..255: shade (128 is 1), share of the second colour, and the two slopes of its
relief (128 is flat). They stand in the four 16-bit lanes of one 64-bit word, so that a weighted sum of
texels is one multiplication each: with weights that add up to 256 no lane flows over. Trilinear reading
of a pyramid after Williams, "Pyramidal Parametrics", SIGGRAPH 1983.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import inlined, step
from drivesynth_kernels.rows import peek

I64 = NDArray[np.int64]

BITS = 8
SIZE = 1 << BITS  # texels along a side of the finest level
LEVELS = BITS + 1
LEVEL_START = np.cumsum([0] + [(SIZE >> level) ** 2 for level in range(LEVELS)]).astype(np.int64)
TEXELS = int(LEVEL_START[-1])  # of a tile with all its levels

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
    """Shade, share 0..1 and slopes of the lanes of `read_level`."""
    return (
        (lanes & 0xFFFF) * (1.0 / 32768.0),
        ((lanes >> 16) & 0xFFFF) * (1.0 / 65280.0),
        ((lanes >> 32) & 0xFFFF) * (1.0 / 32768.0) - 1.0,
        ((lanes >> 48) & 0xFFFF) * (1.0 / 32768.0) - 1.0,
    )


@inlined
def level_of(width: float) -> float:
    """The level whose texels are as wide as `width` [periods]: log2, linear between whole levels."""
    texels = np.float32(min(max(width * SIZE, 1.0), SIZE - 0.5))
    return (texels.view(np.int32) - 0x3F800000) * (1.0 / 8388608.0)  # exponent and mantissa of float32


@inlined
def read_lanes(tiles: I64, tile: int, x: float, y: float, width: float) -> Any:
    """The tile's mean over a footprint of `width` [periods] as four lanes."""
    level = level_of(width)
    low = int(level)
    part = int((level - low) * 256.0)
    # The lanes' high bytes are weighted, so that the sum keeps within 16 bits.
    near, far = read_level(tiles, tile, low, x, y), read_level(tiles, tile, low + 1, x, y)
    near, far = (near >> 8) & 0x00FF00FF00FF00FF, (far >> 8) & 0x00FF00FF00FF00FF
    return near * (256 - part) + far * part


@inlined
def read_plain_lanes(tiles: I64, tile: int, x: float, y: float, width: float) -> Any:
    """As `read_lanes`, of the nearest level alone: for what varies slowly."""
    return read_level(tiles, tile, int(level_of(width) + 0.5), x, y)


@step
def read_tile(tiles: I64, tile: int, x: float, y: float, width: float) -> Any:
    """The tile's mean over a footprint of `width` [periods]: shade, share 0..1, slopes."""
    return unpacked(read_lanes(tiles, tile, x, y, width))


@step
def read_plain(tiles: I64, tile: int, x: float, y: float, width: float) -> Any:
    """As `read_tile`, of the nearest level alone."""
    return unpacked(read_plain_lanes(tiles, tile, x, y, width))
