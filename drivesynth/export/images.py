"""PNG pictures: colour (image_2), depth and instance, each with its reader.

Depth follows KITTI's depth benchmark (readme of its development kit): 16 bit, metres times 256,
0 where there is none. An instance pixel holds the actor's row in the scenario, 0 for surroundings:
row 0 is the ego vehicle, which its own cameras do not see.
"""

from typing import Any

import cv2
import numpy as np

from drivesynth.arrays import F32, I32, U8, U16
from drivesynth.errors import RequestError

DEPTH_STEPS_PER_M = 256.0
# Beyond this a 16-bit depth cannot say how far; such pixels count as without depth, like the sky.
FARTHEST_M = 65535 / DEPTH_STEPS_PER_M

# On KITTI's own pictures: 16 ms and 0.78 MB, where OpenCV's default takes 28 ms and 0.72 MB and zlib
# level 6 with its default strategy 107 ms and 0.78 MB.
_QUICK = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG),
)


def encode_rgb(rgb: U8) -> bytes:
    """(H, W, 3) sRGB as PNG bytes."""
    return _png(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))


def decode_rgb(data: bytes, name: str = "image") -> U8:
    """(H, W, 3) sRGB."""
    picture = _pixels(data, cv2.IMREAD_COLOR, name)
    return np.ascontiguousarray(picture[:, :, ::-1])


def encode_depth(depth_m: F32) -> bytes:
    """(H, W) depth along the optical axis [m], inf for sky, as PNG bytes."""
    known = depth_m <= FARTHEST_M
    steps = np.rint(np.where(known, depth_m, 0.0) * DEPTH_STEPS_PER_M)
    # A surface closer than half a step must not turn into "none".
    return _png(np.where(known, np.maximum(steps, 1), 0).astype(np.uint16))


def decode_depth(data: bytes, name: str = "depth") -> F32:
    """(H, W) depth [m], inf where there is none."""
    steps = _pixels(data, cv2.IMREAD_UNCHANGED, name)
    return np.where(steps > 0, steps / DEPTH_STEPS_PER_M, np.inf).astype(np.float32)


def encode_instance(actor: I32) -> bytes:
    """(H, W) row of the actor, -1 for surroundings, as PNG bytes."""
    return _png(np.maximum(actor, 0).astype(np.uint16))


def decode_instance(data: bytes, name: str = "instance") -> I32:
    """(H, W) row of the actor, -1 for surroundings."""
    rows: U16 = _pixels(data, cv2.IMREAD_UNCHANGED, name)
    return np.where(rows > 0, rows.astype(np.int32), -1).astype(np.int32)


def _png(pixels: Any) -> bytes:
    _, data = cv2.imencode(".png", pixels, _QUICK)
    return bytes(data)


def _pixels(data: bytes, how: int, name: str) -> Any:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), how) if data else None
    if pixels is None:
        raise RequestError(f"{name}: not a picture that can be read; is the file whole?")
    return pixels
