"""What hangs or falls between a camera and the world, drawn into the finished picture.

Falling particles are capsules: the way of a disc over the chip during the exposure. Clouds are balls of even
extinction, met along each pixel's own ray as far as it goes (Beer and Lambert).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


@kernel
def draw_falling(
    ends: F64, half_px: F64, opacity: F64, range_m: F64, rgb: F64, far: F32, picture: F32
) -> None:
    """Lay particles over the picture (H, W, 3) where nothing nearer stands.

    ends      (N, 4) columns and rows of both ends of each way; half_px (N,) half of its width
    opacity   (N,) share of the light behind that it takes where it covers a pixel wholly
    range_m   (N,) how far off it is; far (H, W) how far each pixel sees
    rgb       (N, 3) radiance of each particle
    """
    height, width = far.shape
    for i in range(len(half_px)):
        x0, y0, x1, y1 = ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3]
        reach = half_px[i] + 0.5
        left, right = (
            max(int(np.floor(min(x0, x1) - reach)), 0),
            min(int(np.ceil(max(x0, x1) + reach)), width - 1),
        )
        top, bottom = (
            max(int(np.floor(min(y0, y1) - reach)), 0),
            min(int(np.ceil(max(y0, y1) + reach)), height - 1),
        )
        dx, dy = x1 - x0, y1 - y0
        per = 1.0 / max(dx * dx + dy * dy, 1e-12)
        # Thinner than a pixel it covers as much in all as it is wide.
        thin = min(2.0 * half_px[i] / (reach * reach), 1.0) if half_px[i] < 0.5 else 1.0
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                if far[y, x] < range_m[i]:
                    continue
                at = min(max(((x - x0) * dx + (y - y0) * dy) * per, 0.0), 1.0)
                off = np.sqrt((x - x0 - at * dx) ** 2 + (y - y0 - at * dy) ** 2)
                cover = min(max(reach - off, 0.0), 1.0) * thin * opacity[i]
                if cover > 0.0:
                    for c in range(3):
                        picture[y, x, c] += np.float32(cover * (rgb[i, c] - picture[y, x, c]))


@kernel
def draw_balls(
    boxes: Any, centre_m: F64, radius_m: F64, extinction: F64, rgb: F64, origin_m: F64, directions: F32, far: F32,
    picture: F32,
) -> None:  # fmt: skip
    """Lay clouds over the picture (H, W, 3), the farthest first.

    boxes       (N, 4) first and last column, first and last row that may see each ball
    centre_m    (N, 3) world; radius_m (N,); extinction (N,) [1/m]
    rgb         (N, 3) radiance of each, were it dense
    directions  (H, W, 3) unit from origin_m; far (H, W) how far each pixel sees
    """
    for i in range(len(radius_m)):
        cx, cy, cz = centre_m[i, 0] - origin_m[0], centre_m[i, 1] - origin_m[1], centre_m[i, 2] - origin_m[2]
        square = cx * cx + cy * cy + cz * cz - radius_m[i] * radius_m[i]
        for y in range(boxes[i, 2], boxes[i, 3] + 1):
            for x in range(boxes[i, 0], boxes[i, 1] + 1):
                along = cx * directions[y, x, 0] + cy * directions[y, x, 1] + cz * directions[y, x, 2]
                rest = along * along - square
                if rest <= 0.0:
                    continue
                half = np.sqrt(rest)
                way = min(along + half, np.float64(far[y, x])) - max(along - half, 0.0)
                if way <= 0.0:
                    continue
                through = np.exp(-extinction[i] * way)
                for c in range(3):
                    picture[y, x, c] = np.float32(rgb[i, c] + through * (picture[y, x, c] - rgb[i, c]))
