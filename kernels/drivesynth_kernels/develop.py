"""From radiance to 8 bits: lens, photons, electronics, tone.

Noise after EMVA Standard 1288: electrons = light x full well, with the photons' own (Poisson) variance
and the read noise's, drawn by key and pixel, and so the same for any split of the rows.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels import simd
from drivesynth_kernels.jit import inlined, kernel
from drivesynth_kernels.noise import mix
from drivesynth_kernels.rows import peek, poke

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

# Known by type checkers as what they are to kernels, not as numba's way of declaring them.
floated: Any = simd.floated
load8: Any = simd.load8
load8_rows3: Any = simd.load8_rows3
lower_of: Any = simd.lower_of
root: Any = simd.root
select: Any = simd.select
spread8: Any = simd.spread8
store: Any = simd.store
truncated: Any = simd.truncated

CODES = 16384  # entries of the tone table over 0..1

_MEAN, _PER_DEVIATION = np.float32(190.5), np.float32(1.0 / 63.998046845)
_S7, _S14, _S21, _S42 = np.uint64(7), np.uint64(14), np.uint64(21), np.uint64(42)
_FIELD = np.uint64((1 << 21) - 1)
_SEVENTHS = np.uint64(0x7F | 0x7F << 21 | 0x7F << 42)  # seven bits of each channel's 21
_STEPS = np.arange(8, dtype=np.float32)


@inlined
def draw_bells(key: Any, pixel: int, bells: I32, lane: int) -> None:
    """Per channel the sum of three even draws of 0 .. 127, of mean 190.5 and deviation 63.998, into rows of 8.

    The channels' sums stand side by side in one word and do not reach each other.
    """
    z = mix(key, pixel)
    sums = (z & _SEVENTHS) + ((z >> _S7) & _SEVENTHS) + ((z >> _S14) & _SEVENTHS)
    poke(bells, lane, np.int32(sums & _FIELD))
    poke(bells, 8 + lane, np.int32((sums >> _S21) & _FIELD))
    poke(bells, 16 + lane, np.int32((sums >> _S42) & _FIELD))


@inlined
def expose8(light: Any, gain: Any, veil: Any, bells: Any, shot: Any, read: Any) -> Any:
    """Entries of the tone table of eight pixels of a channel."""
    value = lower_of(spread8(np.float32(4)), light * gain + veil)  # of a NaN, the NaN
    noise = (floated(bells) - _MEAN) * _PER_DEVIATION
    value = value + noise * root(value * shot + read)
    # A comparison that a NaN fails: it must not become an index.
    entry = lower_of(value, np.float32(1)) * np.float32(CODES - 1) + np.float32(0.5)
    return truncated(select(value > np.float32(0), entry, np.float32(0)))


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
    shot = np.float32(1.0 / full_well)
    read = np.float32((read_noise / full_well) * (read_noise / full_well))
    er, eg, eb = np.float32(exposure[0]), np.float32(exposure[1]), np.float32(exposure[2])
    vr, vg, vb = np.float32(veil[0]), np.float32(veil[1]), np.float32(veil[2])
    light, codes = radiance.reshape(-1), rgb.reshape(-1)
    bells, entries, last = np.zeros(24, np.int32), np.zeros(24, np.int32), np.zeros(24, np.float32)
    for y in range(begin, end):
        dy2 = np.float32((y - middle_y) * (y - middle_y))
        for x in range(0, width, 8):
            pixel, count = y * width + x, min(8, width - x)
            for lane in range(count):
                draw_bells(key, pixel + lane, bells, lane)
            if count == 8:
                red, green, blue = load8_rows3(light, 3 * pixel)
            else:  # the last pixels of a row
                for k in range(3 * count):
                    poke(last, k, peek(light, 3 * pixel + k))
                red, green, blue = load8_rows3(last, 0)
            dx = load8(_STEPS, 0) + np.float32(x - middle_x)
            gain = np.float32(1) - (dx * dx + dy2) * np.float32(corner)
            store(entries, 0, expose8(red, gain * er, vr, load8(bells, 0), shot, read))
            store(entries, 8, expose8(green, gain * eg, vg, load8(bells, 8), shot, read))
            store(entries, 16, expose8(blue, gain * eb, vb, load8(bells, 16), shot, read))
            for lane in range(count):
                at = 3 * (pixel + lane)
                poke(codes, at, peek(tone, np.int64(peek(entries, lane))))
                poke(codes, at + 1, peek(tone, np.int64(peek(entries, 8 + lane))))
                poke(codes, at + 2, peek(tone, np.int64(peek(entries, 16 + lane))))
