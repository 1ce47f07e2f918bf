"""Texture tiles: periodic pictures with mip levels, read with the pixel's footprint in mind.

A texel is four bytes: shade (128 is 1), share of the second colour, and the two slopes of its relief
(128 is flat). Trilinear reading of a pyramid after Williams, "Pyramidal Parametrics", SIGGRAPH 1983;
a footprint long in one direction is split into a few readings along it, so that a road seen at a
grazing angle neither shimmers nor blurs away.
"""

import numpy as np

from drivesynth_kernels.jit import kernel

SIZE = 256  # texels along a side of the finest level
LEVELS = 9
LEVEL_START = np.cumsum([0] + [(SIZE >> level) ** 2 for level in range(LEVELS)]).astype(np.int64)


@kernel
def read_level(tile, level, x, y):
    """Bilinear reading of one level at (x, y) in tile periods: the four bytes as numbers 0..255."""
    size = SIZE >> level
    mask = size - 1
    fx, fy = x * size - 0.5, y * size - 0.5
    x0, y0 = int(np.floor(fx)), int(np.floor(fy))
    wx, wy = fx - x0, fy - y0
    row0 = LEVEL_START[level] + (y0 & mask) * size
    row1 = LEVEL_START[level] + ((y0 + 1) & mask) * size
    left, right = x0 & mask, (x0 + 1) & mask
    a, b, c, d = tile[row0 + left], tile[row0 + right], tile[row1 + left], tile[row1 + right]
    wd = wx * wy
    wb, wc = wx - wd, wy - wd
    wa = 1.0 - wx - wc
    return (
        wa * (a & 255) + wb * (b & 255) + wc * (c & 255) + wd * (d & 255),
        wa * ((a >> 8) & 255) + wb * ((b >> 8) & 255) + wc * ((c >> 8) & 255) + wd * ((d >> 8) & 255),
        wa * ((a >> 16) & 255) + wb * ((b >> 16) & 255) + wc * ((c >> 16) & 255) + wd * ((d >> 16) & 255),
        wa * ((a >> 24) & 255) + wb * ((b >> 24) & 255) + wc * ((c >> 24) & 255) + wd * ((d >> 24) & 255),
    )


@kernel
def level_of(texels):
    """Base-2 logarithm, good to 0.09, of a footprint of at least one texel: 0 below."""
    level = 0.0
    while texels >= 2.0 and level < LEVELS - 2:
        texels *= 0.5
        level += 1.0
    return min(level + max(texels - 1.0, 0.0), LEVELS - 1.001)


@kernel
def read_tile(tile, x, y, along_x, along_y, width):
    """The tile's mean over a footprint: shade, share 0..1, slopes.

    tile              (LEVEL_START[-1],) int32
    x, y              where, in tile periods
    along_x, along_y  the footprint's long axis, in tile periods
    width             the footprint's short axis, in tile periods
    """
    long = np.sqrt(along_x * along_x + along_y * along_y)
    count = 1
    if long > 1.5 * width:
        count = 2 if long < 4.0 * width else 3
    level = level_of(max(width, long / count) * SIZE)
    low = int(level)
    blend = level - low
    shade, share, slope_x, slope_y = 0.0, 0.0, 0.0, 0.0
    for k in range(count):
        t = (k + 0.5) / count - 0.5
        px, py = x + t * along_x, y + t * along_y
        s, m, u, v = read_level(tile, low, px, py)
        if blend > 0.0:
            s1, m1, u1, v1 = read_level(tile, low + 1, px, py)
            s, m, u, v = s + blend * (s1 - s), m + blend * (m1 - m), u + blend * (u1 - u), v + blend * (v1 - v)
        shade, share, slope_x, slope_y = shade + s, share + m, slope_x + u, slope_y + v
    inv = 1.0 / count
    return (
        shade * inv / 128.0,
        share * inv / 255.0,
        slope_x * inv / 128.0 - 1.0,
        slope_y * inv / 128.0 - 1.0,
    )
