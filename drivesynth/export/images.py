"""PNG pictures: colour (image_2), depth, instance and what else pixels show, each with its reader.

Optical flow, disparity and depth are as KITTI's benchmarks store them (readmes of their development kits):
depth with 16 bit, metres times 256, 0 where there is none.
An instance pixel holds the actor's row in the scenario, 0 for surroundings: row 0 is the ego vehicle, which
its own cameras do not see.
"""

from typing import Any

import numpy as np

from drivesynth.arrays import F32, I32, U8, U16, Bool
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


FLOW_STEPS_PER_PX, FLOW_ZERO = 64.0, 32768.0
DISPARITY_STEPS_PER_PX = 256.0


def encode_flow(flow_px: F32, valid: Bool) -> bytes:
    """(H, W, 2) flow [px] as PNG bytes: 16 bit, red and green 64 u and v + 2^15, blue whether there is one.

    Readme of the development kit of KITTI's benchmark of 2015; what 16 bits cannot say counts as none.
    """
    steps = np.rint(flow_px.astype(np.float64) * FLOW_STEPS_PER_PX + FLOW_ZERO)
    there = valid & (steps >= 0).all(axis=-1) & (steps <= 65535).all(axis=-1)
    coded = np.zeros((*valid.shape, 3), np.uint16)
    coded[there, :2] = steps[there].astype(np.uint16)
    coded[there, 2] = 1
    return png.encode(coded, against="left")


def decode_flow(data: bytes, name: str = "flow") -> F32:
    """(H, W, 2) flow [px], inf where there is none."""
    coded = _pixels(data, name)[:, :, ::-1].astype(np.float64)
    flow = (coded[..., :2] - FLOW_ZERO) / FLOW_STEPS_PER_PX
    return np.where(coded[..., 2:] > 0, flow, np.inf).astype(np.float32)


def encode_disparity(disparity_px: F32) -> bytes:
    """(H, W) disparity [px], inf where there is none, as PNG bytes: 16 bit, pixels times 256, 0 for none."""
    steps = np.rint(disparity_px.astype(np.float64) * DISPARITY_STEPS_PER_PX)
    steps[~((steps >= 1) & (steps <= 65535))] = 0
    return png.encode(steps.astype(np.uint16), against="above")


def decode_disparity(data: bytes, name: str = "disparity") -> F32:
    """(H, W) disparity [px], inf where there is none."""
    steps = _pixels(data, name)
    return np.where(steps > 0, steps / DISPARITY_STEPS_PER_PX, np.inf).astype(np.float32)


def encode_normals(normals: F32) -> bytes:
    """(H, W, 3) unit vectors as PNG bytes: 16 bit, red, green, blue are x, y, z from -1..1 to 1..65535."""
    coded = np.rint(normals.astype(np.float64) * 32767.0 + 32768.0)
    coded[~normals.any(axis=-1)] = 0
    return png.encode(coded.astype(np.uint16), against="left")


def decode_normals(data: bytes, name: str = "normals") -> F32:
    """(H, W, 3) vectors, zero where there is none."""
    coded = _pixels(data, name)[:, :, ::-1].astype(np.float64)
    there = coded.any(axis=-1, keepdims=True)
    return np.where(there, (coded - 32768.0) / 32767.0, 0.0).astype(np.float32)


def encode_albedo(albedo: F32) -> bytes:
    """(H, W, 3) linear albedo as PNG bytes: 8-bit sRGB codes, IEC 61966-2-1."""
    linear = np.clip(albedo.astype(np.float64), 0.0, 1.0)
    code = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return png.encode(np.rint(255.0 * code).astype(np.uint8), against="left")


def decode_albedo(data: bytes, name: str = "albedo") -> F32:
    """(H, W, 3) linear albedo."""
    code = decode_rgb(data, name) / 255.0
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encode_ids(ids: U8) -> bytes:
    """(H, W) ids as PNG bytes, 8 bit."""
    return png.encode(ids, against="above")


def decode_ids(data: bytes, name: str = "ids") -> U8:
    """(H, W) ids."""
    return np.asarray(_pixels(data, name), np.uint8)


def encode_raw(numbers: U16) -> bytes:
    """(H, W) numbers of a chip as PNG bytes, 16 bit."""
    return png.encode(numbers, against="left")


def _pixels(data: bytes, name: str, colour: bool = False) -> Any:
    import cv2  # takes a while, and writing needs none of it

    how = cv2.IMREAD_COLOR if colour else cv2.IMREAD_UNCHANGED
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), how) if data else None
    if pixels is None:
        raise RequestError(f"{name}: not a picture that can be read; is the file whole?")
    return pixels
