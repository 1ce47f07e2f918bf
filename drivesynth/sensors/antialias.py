"""Extra samples where neighbouring pixels show different surfaces.

Edges are found in the shaded picture, so that samples go where they change something: four more to each
chosen pixel, packed so that a tile of rays holds sixteen neighbouring edge pixels.
"""

from collections.abc import Callable

import numpy as np
from drivesynth_kernels.screen import edge_strength, list_edges

from drivesynth.arrays import F32, I64
from drivesynth.sensors.cast import Hits, Surface
from drivesynth.sensors.shading import in_rows, leafy_materials

# A rotated grid, in pixels from the centre.
OFFSETS_PX = np.array([[0.125, 0.375], [-0.375, 0.125], [0.375, -0.125], [-0.125, -0.375]])
_THRESHOLD = 0.06  # of `screen.contrast`: what a viewer begins to see as a step
_LARGEST_SHARE = 0.08  # of the picture's pixels: the time of a frame stays bounded
_PACK = 16


def edge_pixels(hits: Hits, surface: Surface, normals: F32, picture: F32, white: float, threads: int) -> I64:
    """(P,) flat indices of the pixels to sample again, neighbours together."""
    strength = np.empty(hits.instance.shape, np.float32)
    leafy = leafy_materials()
    in_rows(
        lambda begin, end: edge_strength(
            begin, end, hits.instance, surface.material, leafy, normals, picture, white, strength
        ),
        len(strength),
        threads,
    )
    most = int(strength.size * _LARGEST_SHARE)
    threshold = _THRESHOLD
    if np.count_nonzero(strength > threshold) > most:
        threshold = float(np.partition(strength, -most, axis=None)[-most])
    pixels = np.empty(most + 1, np.int64)
    return pixels[: list_edges(strength, threshold, pixels)]


def blend_edges(
    picture: F32, pixels: I64, shade_at: Callable[[F32, F32, I64], F32], brightest: float
) -> None:
    """Replace each pixel by the mean of itself and its extra samples, cut at `brightest`.

    shade_at  radiance of samples at image points (columns, rows) of the given shape, seen by the pixels
    """
    if not len(pixels):
        return
    width = picture.shape[1]
    padded = np.concatenate([pixels, np.repeat(pixels[-1:], -len(pixels) % _PACK)])
    rows, columns = np.divmod(padded, width)
    x = (columns + OFFSETS_PX[:, :1]).astype(np.float32)
    y = (rows + OFFSETS_PX[:, 1:]).astype(np.float32)
    extra = np.minimum(shade_at(x, y, np.broadcast_to(padded, x.shape)), np.float32(brightest))
    flat = picture.reshape(-1, 3)
    total = extra.sum(axis=0)[: len(pixels)] + np.minimum(flat[pixels], np.float32(brightest))
    flat[pixels] = total / np.float32(len(OFFSETS_PX) + 1)
