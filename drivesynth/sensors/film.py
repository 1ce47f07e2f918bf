"""The camera as a device: white balance, automatic exposure, lens, sensor noise and tone.

What KITTI's colour cameras show (measured on its images): exposure follows the street rather than the
sky, which burns out where it is bright, and shade lies far darker than the light that falls on it:
their processing is steeper than sRGB. Sensor: Sony ICX267 class, figures after EMVA Standard 1288.
Codes: IEC 61966-2-1 (sRGB).

Exposure follows from the frame alone, not from frames before it: a sequence may be made in any order.
Dusk stays darker than day by the key of Krawczyk, Myszkowski and Seidel, "Perceptual Effects in Real-time
Tone Mapping", SCCG 2005. Their key is what an eye sees that has adapted to the place; a picture is looked at
by eyes that have not, so it counts three times, down to two stops, as cameras' exposure compensation goes.
By day the sky may burn out, and counts little. The less light there is, the more the sky is what a picture of
dusk shows: its colours are kept by exposing for it as well, in full where it is dark.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from drivesynth_kernels.develop import CODES, develop

from drivesynth.arrays import F32, F64, U8, U16
from drivesynth.scene.camera import CameraDevice
from drivesynth.sensors.chip import PLAIN_CHIP, Chip, shares, through_jpeg
from drivesynth.sensors.light import Light
from drivesynth.sensors.shading import in_rows

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of linear sRGB, IEC 61966-2-1
_DAY_CD = 800.0  # log-average luminance from which on it is day: streets in fog or under clouds
_FEWEST_STOPS = 0.25  # two stops darker than day
_COUNTS = 3.0  # how often the key of what is seen counts in a picture
_SKY_PERCENT = 70.0  # of the rows that are mostly sky so much is to keep its colours at dusk
_SKY_BY_DAY = 0.3  # how much a burnt-out sky counts by day
_BASE_S, _SHORTEST_S = 0.010, 0.002  # the shutter that base_per_kcd counts with, and the shortest
_DARKEST_KCD = 1e-6  # what the log-average counts black as


@dataclass(frozen=True)
class Film:
    """How a camera turns radiance into codes.

    key               mean of the exposed, toned and clipped metered rows that automatic exposure aims at
    metered_from      rows above this share of the height, mostly sky, do not count: the sky may burn out
    base_per_kcd      exposure [white per kcd/m^2] at the longest shutter, 10 ms at f/2; beyond it comes gain
    longest_per_kcd   exposure that it never exceeds, a gain of 24 dB: night stays night
    balance           how much of the light's tint the white balance takes out, 0..1
    contrast          power between linear light and linear picture; 1 is faithful
    vignette          share of light lost in the corners
    veil              stray light, share of the picture's mean
    bloom, haze       shares of a bright source's light that the lens scatters near and far (`sensors.glare`)
    full_well_e       electrons at white without gain; read_noise_e: electrons
    flare             share of the sun's light that comes back as ghosts (`sensors.flare`)
    gains             of red, green and blue, in place of the white balance
    fixed_stops       exposure over base_per_kcd in place of the automatic one
    chip              what else the chip does to light; nothing unless told
    jpeg_quality      of a lossy stage at the end; None is none
    """

    key: float = 0.13
    metered_from: float = 0.42
    base_per_kcd: float = 7.6
    longest_per_kcd: float = 120.0
    balance: float = 0.8
    contrast: float = 1.4
    vignette: float = 0.18
    veil: float = 0.012
    bloom: float = 0.03
    haze: float = 0.012
    full_well_e: float = 12_000.0
    read_noise_e: float = 8.0
    flare: float = 5e-4
    gains: tuple[float, float, float] | None = None
    fixed_stops: float | None = None
    chip: Chip = PLAIN_CHIP
    jpeg_quality: int | None = None

    @staticmethod
    def of(device: CameraDevice, exposure_s: float = 0.005) -> "Film":
        """The film of a device as a rig's file writes it."""
        base = Film()
        balance = device.white_balance
        return Film(
            key=device.exposure.key,
            metered_from=device.exposure.metered_from,
            # 24 dB of Film's own figure is a factor of 15.8.
            longest_per_kcd=base.longest_per_kcd * 10.0 ** ((device.exposure.most_gain_db - 24.0) / 20.0),
            balance=balance if isinstance(balance, float | int) else 0.0,
            contrast=device.contrast,
            vignette=device.vignetting,
            veil=device.veil,
            bloom=device.bloom,
            haze=device.haze,
            full_well_e=device.full_well_e,
            read_noise_e=device.read_noise_e,
            flare=device.flare,
            gains=None if isinstance(balance, float | int) else balance,
            fixed_stops=device.exposure_stops,
            chip=Chip(
                device.dark_e_per_s * exposure_s,
                device.prnu_percent / 100.0,
                device.dsnu_e,
                device.bits,
                device.bayer or "",
                device.raw,
            ),
            jpeg_quality=device.jpeg_quality,
        )


def adapted_key(log_average_cd: float) -> float:
    """Krawczyk's key of a log-average luminance [cd/m^2] (2005, eq. 11): 0.03 in the dark, towards 1.03."""
    return float(1.03 - 2.0 / (2.0 + np.log10(log_average_cd + 1.0)))


def dusk_share(log_average_cd: float) -> float:
    """Exposure against that of the same place by day, 0.25..1."""
    share = float((adapted_key(log_average_cd) / adapted_key(_DAY_CD)) ** _COUNTS)
    return min(max(share, _FEWEST_STOPS), 1.0)


def exposure_per_kcd(radiance: F32, film: Film, light: Light) -> F64:
    """(3,) exposure per channel at which the mean of every eighth pixel each way meets the film's key.

    Less of it where the picture's log-average says dusk, less still where the sky would burn out then, and
    never more than the longest.
    """
    white = light.horizontal_klx
    tint = white / max(float(white @ _LUMINANCE), 1e-12)
    gains = np.maximum(tint, 0.05) ** -film.balance if white.any() else np.ones(3)
    if film.gains is not None:
        gains = np.array(film.gains)
    if film.fixed_stops is not None:
        return np.asarray(film.base_per_kcd * 2.0**film.fixed_stops * gains)
    first = int(film.metered_from * radiance.shape[0])
    metered = radiance[first:]
    sample = (metered[3::8, 3::8] if min(metered.shape[:2]) > 64 else metered).astype(np.float64)
    luminance = sample @ (gains * _LUMINANCE)
    average = np.exp(np.log(np.maximum(sample @ _LUMINANCE, _DARKEST_KCD)).mean())
    share = dusk_share(1e3 * float(average))
    low, high = -12.0, float(np.log(film.longest_per_kcd / share))
    # The mean of min(exposure x luminance, 1) ^ contrast, from sums over the darkest ones: one power for all.
    rising = np.sort(luminance, axis=None)
    sums = np.concatenate([[0.0], np.cumsum(rising**film.contrast)])
    for _ in range(18):
        middle = (low + high) / 2
        within = int(np.searchsorted(rising, np.exp(-middle)))
        shown = np.exp(middle * film.contrast) * sums[within] + (rising.size - within)
        if shown < film.key * rising.size:
            low = middle
        else:
            high = middle
    exposure = float(np.exp(high)) * share
    above = radiance[4:first:8, 3::8]
    if above.size:
        sky = above.astype(np.float64) @ (gains * _LUMINANCE)
        burnt = exposure * float(np.percentile(sky, _SKY_PERCENT))
        exposure *= max(burnt, 1.0) ** min(share - 1.0, -_SKY_BY_DAY)
    return np.asarray(exposure * gains)


def shutter_s(exposure: F64, film: Film, longest_s: float) -> float:
    """How long automatic exposure leaves the shutter open: 10 ms at base_per_kcd, less in more light.

    Not below KITTI's 2 ms (Geiger et al., IJRR 2013): in more light still its lens is stopped down.
    """
    wanted = _BASE_S * float(exposure @ _LUMINANCE) / film.base_per_kcd
    return min(longest_s, max(wanted, _SHORTEST_S))


def full_well_at(exposure: F64, film: Film) -> float:
    """Electrons at white: gain makes fewer of them white, and so their noise shows more."""
    return film.full_well_e / max(float(exposure @ _LUMINANCE) / film.base_per_kcd, 1.0)


def developed(radiance: F32, exposure: F64, film: Film, key: int, threads: int, pattern_key: int = 0) -> U8:
    """(H, W, 3) radiance [kcd/m^2] as 8-bit sRGB; `key` names the noise, `pattern_key` that of the chip."""
    return picture_and_raw(radiance, exposure, film, key, threads, pattern_key)[0]


def picture_and_raw(
    radiance: F32, exposure: F64, film: Film, key: int, threads: int, pattern_key: int
) -> tuple[U8, U16 | None]:
    """The picture as by `developed`, and the chip's own numbers (H, W) where the film asks for them."""
    sparse = np.minimum(radiance[::4, ::4].astype(np.float64) * exposure, 4.0)
    veil = film.veil * sparse.reshape(-1, 3).mean(axis=0)
    tone, full_well_e = tone_table(film.contrast), full_well_at(exposure, film)
    raw = None
    if film.chip.is_plain:
        rgb = _developed(radiance, exposure, veil, film, full_well_e, key, threads)
    else:
        share = shares(radiance, exposure, veil, film.vignette)
        rgb, raw = film.chip.expose(share, exposure, full_well_e, film.read_noise_e, tone, key, pattern_key)
    return (rgb if film.jpeg_quality is None else through_jpeg(rgb, film.jpeg_quality)), raw


def _developed(
    radiance: F32, exposure: F64, veil: F64, film: Film, full_well_e: float, key: int, threads: int
) -> U8:
    rgb, tone = np.empty(radiance.shape, np.uint8), tone_table(film.contrast)

    def rows(begin: int, end: int) -> None:
        develop(
            begin, end, radiance, exposure, veil, film.vignette, full_well_e, film.read_noise_e,
            np.uint64(key), tone, rgb,
        )  # fmt: skip

    in_rows(rows, radiance.shape[0], threads)
    return rgb


@lru_cache(maxsize=8)
def tone_table(contrast: float) -> U8:
    """(CODES,) 8-bit sRGB codes of linear light 0..1."""
    linear = (np.arange(CODES) / (CODES - 1)) ** contrast
    code = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(code * 255).astype(np.uint8))
