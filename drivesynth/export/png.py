"""PNG files, written quickly.

ISO/IEC 15948, "Portable Network Graphics": a signature, then the chunks IHDR, IDAT and IEND, each with its
length and a CRC. Rows are filtered against their neighbours and packed by Intel's ISA-L, which deflates a
street in a third of the time of zlib's quickest setting and to the same size. OpenCV reads them back.
"""

import struct
from typing import Literal

import numpy as np
from isal import isal_zlib

from drivesynth.arrays import U8, U16

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _COLOUR = 0, 2  # colour types
_SUB, _UP = 1, 2  # filter types
_LEVEL = 2  # of 0..3: 1 takes as long, 3 twice as long for half a per cent


def encode(pixels: U8 | U16, against: Literal["left", "above"]) -> bytes:
    """(H, W, 3) or (H, W) of 8 or 16 bits as a PNG's bytes.

    against  the neighbour that rows are filtered with: left for noisy pictures, above for smooth ones
    """
    height, width = pixels.shape[:2]
    big_endian = pixels.astype(pixels.dtype.newbyteorder(">"), copy=False)
    values = np.ascontiguousarray(big_endian).view(np.uint8).reshape(height, -1)
    step = values.shape[1] // width
    rows = np.empty((height, 1 + values.shape[1]), np.uint8)
    if against == "left":
        rows[:, 0] = _SUB
        rows[:, 1 : 1 + step] = values[:, :step]
        np.subtract(values[:, step:], values[:, :-step], out=rows[:, 1 + step :])
    else:
        rows[:, 0] = _UP
        rows[:1, 1:] = values[:1]
        np.subtract(values[1:], values[:-1], out=rows[1:, 1:])
    kind = _COLOUR if pixels.ndim == 3 else _GREY
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, kind, 0, 0, 0)
    packed = isal_zlib.compress(rows, _LEVEL)
    return b"".join([_SIGNATURE, *_chunk(b"IHDR", header), *_chunk(b"IDAT", packed), *_chunk(b"IEND", b"")])


def _chunk(name: bytes, data: bytes) -> tuple[bytes, ...]:
    crc = isal_zlib.crc32(data, isal_zlib.crc32(name))
    return struct.pack(">I", len(data)), name, data, struct.pack(">I", crc)
