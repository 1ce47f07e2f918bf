"""Ghosts of the sun in the picture: light that surfaces inside the lens throw back twice.

Each pair of surfaces images the sun again, as a disc in the shape of the aperture somewhere on the line from
the sun through the picture's middle (Hullin, Eisemann, Seidel and Lee, "Physically-Based Real-Time Lens Flare
Rendering", SIGGRAPH 2011, trace them; here a fixed set stands for a lens of a few elements). A ghost's light
is a share of the sun's, spread evenly over its disc, and what falls beside the picture is gone.
"""

import numpy as np

from drivesynth.arrays import F32, F64, Bool

# Where on the line (0 the middle, -1 the sun, 1 as far on the other side), radius [focal lengths], share of
# all ghosts' light, and colour of the coating's reflection, whose mean is 1.
_GHOSTS = (
    (-0.45, 0.020, 0.12, (1.5, 0.9, 0.6)),
    (0.22, 0.012, 0.10, (0.7, 1.1, 1.2)),
    (0.40, 0.034, 0.20, (0.8, 1.4, 0.8)),
    (0.72, 0.055, 0.26, (1.2, 0.8, 1.0)),
    (1.05, 0.026, 0.12, (0.6, 1.0, 1.4)),
    (1.40, 0.085, 0.20, (0.9, 1.2, 0.9)),
)
_SOFT_PX = 1.5


def add_ghosts(picture: F32, source: Bool, radiance: F32, share: float, focal_px: float) -> None:
    """Add to the picture (H, W, 3) the ghosts of the pixels of a source (H, W); share of its light in all."""
    y, x = np.nonzero(source)
    light = radiance[y, x].astype(np.float64)
    weight = light.sum(axis=1)
    height, width = source.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    sun = np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()
    total: F64 = light.sum(axis=0) * share
    for along, size, part, colour in _GHOSTS:
        centre, radius = middle + along * (middle - sun), size * focal_px
        left, top = np.maximum(np.floor(centre - radius - 3), 0).astype(int)
        right, bottom = np.minimum(np.ceil(centre + radius + 4), [width, height]).astype(int)
        if left >= right or top >= bottom:
            continue
        v, u = np.mgrid[top:bottom, left:right]
        inside = np.clip((radius - np.hypot(u - centre[0], v - centre[1])) / _SOFT_PX + 0.5, 0.0, 1.0)
        each = total * np.array(colour) * (part / (np.pi * radius**2))
        picture[top:bottom, left:right] += (inside[..., None] * each).astype(np.float32)
