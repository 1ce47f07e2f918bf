"""From radiance to 8 bits: lens, photons, electronics, tone.

Noise after EMVA Standard 1288: electrons = light x full well, with the photons' own (Poisson) variance
and the read noise's, drawn by key and pixel, and so the same for any split of the rows.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import kernel, step
from drivesynth_kernels.noise import mix
from drivesynth_kernels.rows import peek, poke

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

CODES = 16384  # entries of the tone table over 0..1

_MEAN, _PER_DEVIATION = np.float32(190.5), np.float32(1.0 / 63.998046845)
_SEVEN_BITS, _S7, _S14 = np.uint64(0x7F), np.uint64(7), np.uint64(14)


@step
def bell(bits: Any, channel: int) -> Any:
    """The sum of three even draws of 0 .. 127 from 21 of the bits: of mean 190.5 and deviation 63.998."""
    z = bits >> np.uint64(21 * channel)
    return (
        np.int64(z & _SEVEN_BITS) + np.int64((z >> _S7) & _SEVEN_BITS) + np.int64((z >> _S14) & _SEVEN_BITS)
    )


@kernel
def develop(
    begin: int,
    end: int,
    radiance: F32,
    exposure: F64,
    veil: F64,
    vignette: float,
    full_well: float,
    read_noise: float,
    key: Any,
    tone: U8,
    rgb: U8,
) -> None:
    """Rows begin..end of `rgb` (H, W, 3).

    radiance    (H, W, 3) [kcd/m^2]; exposure (3,): what turns it into shares of white
    veil        (3,) stray light of the lens, share of white
    vignette    loss of light in the corner, 0..1
    full_well   electrons at white; read_noise: electrons; key: uint64
    tone        (CODES,) 8-bit codes of linear 0..1
    """
    height, width = radiance.shape[0], radiance.shape[1]
    middle_y, middle_x = 0.5 * (height - 1), 0.5 * (width - 1)
    corner = vignette / max(middle_y * middle_y + middle_x * middle_x, 1.0)
    shot, read = 1.0 / full_well, (read_noise / full_well) * (read_noise / full_well)
    top, most, half, last = np.float32(1), np.float32(4), np.float32(0.5), np.float32(CODES - 1)
    shot32, read32 = np.float32(shot), np.float32(read)
    light = radiance.reshape(-1)
    codes = rgb.reshape(-1)
    for y in range(begin, end):
        dy2 = (y - middle_y) * (y - middle_y)
        for x in range(width):
            gain = 1.0 - corner * (dy2 + (x - middle_x) * (x - middle_x))
            pixel = y * width + x
            bits = mix(key, pixel)
            for c in range(3):
                value = np.float32(gain * exposure[c]) * peek(light, 3 * pixel + c) + np.float32(veil[c])
                value = min(value, most)
                noise = (np.float32(bell(bits, c)) - _MEAN) * _PER_DEVIATION
                value += noise * np.sqrt(value * shot32 + read32)
                # A comparison that a NaN fails: it must not become an index.
                code = np.int64(min(value, top) * last + half) if value > np.float32(0) else np.int64(0)
                poke(codes, 3 * pixel + c, peek(tone, code))
