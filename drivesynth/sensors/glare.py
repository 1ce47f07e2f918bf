"""Glare: what a lens scatters of lamps and of the sun's disc over the picture around them.

The point spread is the sum of an unscattered part and two lobes of (1 + (r / r0)^2)^-1.5, which fall off with
the third power of the angle as the CIE's general disability glare does (CIE 146:2002), a narrow and a wide
one; a lens scatters about a fifth of what an eye does. Each lobe's integral over the plane is 1, so that
glare moves light and makes none; what a table of a lobe cuts off is shared out within it.
"""

from functools import lru_cache

import numpy as np

from drivesynth.arrays import F32, F64, Bool

BLOOM_DEG, HAZE_DEG = 0.12, 1.2  # r0 of the two lobes
_RADIUS_PX = 320
BRIGHT_WHITES = 32.0  # a source shines so many times as bright as white


def sources(radiance: F32, exposure: F64, allowed: Bool) -> Bool:
    """(H, W) which pixels shine so brightly that their scattered light is seen."""
    peak = (radiance * exposure.astype(np.float32)).max(axis=2)
    return np.asarray((peak > BRIGHT_WHITES) & allowed)


def scattered(radiance: F32, source: Bool, focal_px: float, bloom: float, haze: float) -> F32:
    """(H, W, 3) light that reaches each pixel from the sources by way of the lens [kcd/m^2].

    bloom, haze  shares of a source's light in the narrow and in the wide lobe
    """
    height, width = source.shape
    rows, columns = np.flatnonzero(source.any(axis=1)), np.flatnonzero(source.any(axis=0))
    # Only the box around the sources is turned into waves.
    top, left = rows[0], columns[0]
    part = np.where(source[..., None], radiance, np.float32(0))[top : rows[-1] + 1, left : columns[-1] + 1]
    lobe = point_spread(round(focal_px, 3), bloom, haze)
    size = _fast(part.shape[0] + len(lobe) - 1), _fast(part.shape[1] + len(lobe) - 1)
    waves = np.fft.rfft2(lobe, size)
    out = np.zeros((height, width, 3), np.float32)
    # The lobe's middle lies _RADIUS_PX from its corner.
    row, column = top - _RADIUS_PX, left - _RADIUS_PX
    shown = (
        slice(max(row, 0), min(row + size[0], height)),
        slice(max(column, 0), min(column + size[1], width)),
    )
    inner = tuple(slice(s.start - at, s.stop - at) for s, at in zip(shown, (row, column), strict=True))
    for channel in range(3):
        spread = np.fft.irfft2(np.fft.rfft2(part[..., channel].astype(np.float64), size) * waves, size)
        out[(*shown, channel)] = np.maximum(spread[inner], 0.0)
    return out


@lru_cache(maxsize=4)
def point_spread(focal_px: float, bloom: float, haze: float) -> F64:
    """(2 R + 1, 2 R + 1) where scattered light goes; its sum is bloom + haze."""
    side = 2 * _RADIUS_PX + 1
    total = np.zeros((side, side))
    for share, degrees in ((bloom, BLOOM_DEG), (haze, HAZE_DEG)):
        r0 = focal_px * np.radians(degrees)
        corner = np.arange(side + 1) - side / 2
        # The integral over a rectangle from the middle is atan(x y / (r0 sqrt(x^2 + y^2 + r0^2))) / (2 pi).
        x, y = corner[:, None], corner[None, :]
        whole = np.arctan(x * y / (r0 * np.sqrt(x * x + y * y + r0 * r0))) / (2 * np.pi)
        lobe = whole[1:, 1:] - whole[:-1, 1:] - whole[1:, :-1] + whole[:-1, :-1]
        total += lobe * (share / lobe.sum())
    return total


def _fast(size: int) -> int:
    """The next size whose factors are 2, 3 and 5: waves of it are quick."""
    while True:
        rest = size
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return size
        size += 1
