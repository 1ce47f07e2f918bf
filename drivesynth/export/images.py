"""PNG pictures: colour (image_2), depth and instance, each with its reader.

Depth follows KITTI's depth benchmark (readme of its development kit): 16 bit, metres times 256,
0 where there is none. An instance pixel holds the actor's row in the scenario, 0 for surroundings:
row 0 is the ego vehicle, which its own cameras do not see.
"""

from typing import Any

import numpy as np

from drivesynth.arrays import F32, I32, U8, U16
from drivesynth.errors import RequestError
from drivesynth.export import png

DEPTH_STEPS_PER_M = 256.0
# Beyond this a 16-bit depth cannot say how far; such pixels count as without depth, like the sky.
FARTHEST_M = 65535 / DEPTH_STEPS_PER_M


def encode_rgb(rgb: U8) -> bytes:
    """(H, W, 3) sRGB as PNG bytes."""
    return png.encode(rgb, against="left")


def decode_rgb(data: bytes, name: str = "image") -> U8:
    """(H, W, 3) sRGB."""
    picture = _pixels(data, name, colour=True)
    return np.ascontiguousarray(picture[:, :, ::-1])


def encode_depth(depth_m: F32) -> bytes:
    """(H, W) depth along the optical axis [m], inf for sky, as PNG bytes."""
    steps = depth_m * np.float32(DEPTH_STEPS_PER_M)
    np.rint(steps, out=steps)
    # A surface closer than half a step must not turn into "none".
    np.maximum(steps, np.float32(1), out=steps)
    steps[~(depth_m <= FARTHEST_M)] = 0
    return png.encode(steps.astype(np.uint16), against="above")


def decode_depth(data: bytes, name: str = "depth") -> F32:
    """(H, W) depth [m], inf where there is none."""
    steps = _pixels(data, name)
    return np.where(steps > 0, steps / DEPTH_STEPS_PER_M, np.inf).astype(np.float32)


def encode_instance(actor: I32) -> bytes:
    """(H, W) row of the actor, -1 for surroundings, as PNG bytes."""
    return png.encode(np.maximum(actor, 0).astype(np.uint16), against="above")


def decode_instance(data: bytes, name: str = "instance") -> I32:
    """(H, W) row of the actor, -1 for surroundings."""
    rows: U16 = _pixels(data, name)
    return np.where(rows > 0, rows.astype(np.int32), -1).astype(np.int32)


def _pixels(data: bytes, name: str, colour: bool = False) -> Any:
    import cv2  # takes a while, and writing needs none of it

    how = cv2.IMREAD_COLOR if colour else cv2.IMREAD_UNCHANGED
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), how) if data else None
    if pixels is None:
        raise RequestError(f"{name}: not a picture that can be read; is the file whole?")
    return pixels
