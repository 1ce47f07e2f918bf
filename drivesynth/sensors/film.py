"""The camera as a device: automatic exposure, lens, sensor noise and tone.

What KITTI's colour cameras show (measured on its images): the mean of the clipped linear picture is
held near 0.2 of white whatever the scene, so that bright sky burns out and shade goes nearly black.
Sensor: Sony ICX267 class, EMVA 1288 figures. Tone: IEC 61966-2-1 (sRGB).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from drivesynth_kernels.develop import CODES, develop

from drivesynth.arrays import F32, F64, U8

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True)
class Film:
    """How a camera turns radiance into codes.

    key               mean of the exposed, clipped picture that automatic exposure aims at
    longest_per_kcd   exposure [white per kcd/m^2] that it never exceeds: night stays night
    vignette          share of light lost in the corners
    veil              stray light, share of the picture's mean
    full_well_e       electrons at white; read_noise_e: electrons
    """

    key: float = 0.2
    longest_per_kcd: float = 60.0
    vignette: float = 0.18
    veil: float = 0.012
    full_well_e: float = 12_000.0
    read_noise_e: float = 8.0


def exposure_per_kcd(radiance: F32, film: Film) -> float:
    """The exposure at which the clipped mean luminance meets the film's key, from every fourth pixel."""
    luminance = radiance[1::4, 1::4].astype(np.float64) @ _LUMINANCE.astype(np.float64)
    if luminance.size == 0:
        luminance = radiance.astype(np.float64) @ _LUMINANCE.astype(np.float64)
    low, high = -12.0, float(np.log(film.longest_per_kcd))
    for _ in range(18):
        middle = (low + high) / 2
        if np.minimum(luminance * np.exp(middle), 1.0).mean() < film.key:
            low = middle
        else:
            high = middle
    return float(np.exp(high))


def developed(
    radiance: F32, exposure: float, film: Film, key: int, by_rows: Callable[[Callable[..., None], int], None]
) -> U8:
    """(H, W, 3) radiance [kcd/m^2] as 8-bit sRGB; `key` names the noise."""
    rgb = np.empty(radiance.shape, np.uint8)
    sparse: F64 = np.minimum(radiance[1::4, 1::4].astype(np.float64) * exposure, 4.0)
    veil = film.veil * sparse.reshape(-1, 3).mean(axis=0) if sparse.size else np.zeros(3)

    def rows(begin: int, end: int) -> None:
        develop(
            begin, end, radiance, exposure, veil, film.vignette, film.full_well_e, film.read_noise_e,
            np.uint64(key), tone_table(), rgb,
        )  # fmt: skip

    by_rows(rows, radiance.shape[0])
    return rgb


@cache
def tone_table() -> U8:
    """(CODES,) 8-bit sRGB codes of linear light 0..1."""
    linear = np.arange(CODES) / (CODES - 1)
    code = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(code * 255).astype(np.uint8)
