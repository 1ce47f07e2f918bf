"""Extra samples where neighbouring pixels show different surfaces.

Edges are found in the shaded picture, so that samples go where they change something: four more rays
for each chosen pixel, packed so that a tile of rays holds neighbouring edge pixels. They decide
how much of a pixel each surface covers; its colour is what the pixels around already know.
"""

from collections.abc import Callable

import numpy as np
from drivesynth_kernels.screen import brightness, edge_strength, list_edges, resolve_edges

from drivesynth.arrays import F32, I64
from drivesynth.sensors.cast import Hits, Surface
from drivesynth.sensors.shading import in_rows, leafy_materials

# A rotated grid, in pixels from the centre.
OFFSETS_PX = np.array([[0.125, 0.375], [-0.375, 0.125], [0.375, -0.125], [-0.125, -0.375]])
_THRESHOLD = 0.06  # of the root of luminance: what a viewer begins to see as a step
_LARGEST_SHARE = 0.06  # of the picture's pixels: the time of a frame stays bounded
_PACK = 16


def edge_pixels(hits: Hits, surface: Surface, normals: F32, picture: F32, white: float, threads: int) -> I64:
    """(P,) flat indices of the pixels to sample again, neighbours together."""
    shape = hits.instance.shape
    tone, strength, leafy = np.empty(shape, np.float32), np.zeros(shape, np.uint8), leafy_materials()
    counts: list[I64] = []
    in_rows(
        lambda begin, end: brightness(begin, end, picture.reshape(-1), white, tone.reshape(-1)),
        tone.size,
        threads,
    )

    def measure(begin: int, end: int) -> None:
        found = np.zeros(256, np.int64)
        edge_strength(
            begin, end, shape[1], hits.instance.reshape(-1), surface.material.reshape(-1), leafy,
            normals.reshape(-1), tone.reshape(-1), _THRESHOLD, strength.reshape(-1), found,
        )  # fmt: skip
        counts.append(found)

    in_rows(measure, shape[0], threads)
    most = int(strength.size * _LARGEST_SHARE)
    stronger = np.cumsum(np.sum(counts, axis=0)[::-1])[::-1]  # or as strong
    threshold = max(1, int(np.argmax(stronger <= most)))
    pixels = np.empty(most, np.int64)
    return pixels[: list_edges(strength, threshold, pixels)]


def blend_edges(
    picture: F32,
    hits: Hits,
    surface: Surface,
    pixels: I64,
    meet: Callable[[F32, F32], tuple[Hits, Surface]],
    brightest: float,
    threads: int,
) -> None:
    """Replace each listed pixel of the picture by the mean over its extra samples.

    meet       what rays through image points (columns, rows), of any shape, meet
    brightest  radiance at which a sample is cut, so that one glint does not fill its pixel
    """
    if not len(pixels):
        return
    width = picture.shape[1]
    padded = np.concatenate([pixels, np.repeat(pixels[-1:], -len(pixels) % _PACK)])
    rows, columns = np.divmod(padded, width)
    extra, met = meet(
        (columns + OFFSETS_PX[:, :1]).astype(np.float32), (rows + OFFSETS_PX[:, 1:]).astype(np.float32)
    )
    blended = np.empty(3 * len(pixels), np.float32)

    def work(begin: int, end: int) -> None:
        resolve_edges(
            begin, end, width, pixels, extra.instance, met.material, extra.range_m, hits.instance.reshape(-1),
            surface.material.reshape(-1), hits.range_m.reshape(-1), picture.reshape(-1), brightest, blended,
        )  # fmt: skip

    in_rows(work, len(pixels), threads)
    picture.reshape(-1, 3)[pixels] = blended.reshape(-1, 3)
