"""What an FMCW burst and an array can tell apart, in closed form.

Winkler, "Range Doppler detection for automotive FMCW radars", 2007; Richards, "Fundamentals of Radar
Signal Processing", second edition, chapters 2 and 8; Skolnik, "Introduction to Radar Systems".
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from drivesynth.arrays import F64
from drivesynth.scene.radar import Antennas, Power, Radar

SPEED_OF_LIGHT = 299_792_458.0
BOLTZMANN = 1.380649e-23
# A Hann window widens a cell and costs 10 log10(1.5) in each of range and velocity: Harris, "On the Use of
# Windows", Proc. IEEE 66, 1978, table 1.
WINDOW_LOSS = 1.5 * 1.5


def beat_frequency_hz(range_m: float, slope_hz_per_s: float) -> float:
    """Of an echo at rest."""
    return 2.0 * slope_hz_per_s * range_m / SPEED_OF_LIGHT


def doppler_hz(speed_mps: float, wavelength_m: float) -> float:
    """Of a target at this speed along the line of sight."""
    return 2.0 * speed_mps / wavelength_m


def trihedral_rcs_m2(edge_m: float, wavelength_m: float) -> float:
    """Largest cross section of a trihedral corner reflector with triangular faces."""
    return float(4.0 * np.pi * edge_m**4 / (3.0 * wavelength_m**2))


def snr_of_1m2_at_1m(power: Power, wavelength_m: float, dwell_s: float) -> float:
    """The radar equation: P G^2 lambda^2 T / ((4 pi)^3 k T0 F L), for one channel, all ramps together."""
    gain = 10 ** (power.gain_dbi / 10)
    noise = BOLTZMANN * power.temperature_k * 10 ** ((power.noise_figure_db + power.losses_db) / 10)
    emitted_w = 1e-3 * 10 ** (power.transmit_dbm / 10)
    return float(emitted_w * gain**2 * wavelength_m**2 * dwell_s / ((4 * np.pi) ** 3 * noise))


@dataclass(frozen=True)
class Waveform:
    """The figures of a device; speeds are range rates, positive going away."""

    device: Radar

    @property
    def wavelength_m(self) -> float:
        """Of the carrier."""
        return SPEED_OF_LIGHT / (self.device.chirps.carrier_ghz * 1e9)

    @property
    def range_step_m(self) -> float:
        """Resolution of range, c / 2 B: one cell."""
        return SPEED_OF_LIGHT / (2e6 * self.device.chirps.bandwidth_mhz)

    @property
    def range_end_m(self) -> float:
        """What beats faster than the sampling is filtered out."""
        return self.range_step_m * self.device.chirps.samples

    @property
    def speed_step_mps(self) -> float:
        """Resolution of speed, lambda / (2 N T): one cell."""
        return self.wavelength_m / (2e-6 * self.device.chirps.count * self.device.chirps.period_us)

    @property
    def speed_end_mps(self) -> float:
        """Speeds outside -end .. end fold back: lambda / 4 T."""
        return self.wavelength_m / (4e-6 * self.device.chirps.period_us)

    @property
    def dwell_s(self) -> float:
        """Time in which the burst is listened to."""
        return self.device.chirps.count * self.device.chirps.sampled_us * 1e-6

    @cached_property
    def snr_1m(self) -> float:
        """Of 1 m2 at 1 m on the axis, in the cell it fills, of one element, after the windows."""
        return snr_of_1m2_at_1m(self.device.power, self.wavelength_m, self.dwell_s) / WINDOW_LOSS

    def folded_mps(self, speed_mps: F64) -> F64:
        """The speed as the burst shows it, in -end .. end."""
        end = self.speed_end_mps
        return np.asarray((np.asarray(speed_mps) + end) % (2.0 * end) - end)


def pattern(antennas: Antennas, azimuth_rad: F64, elevation_rad: F64) -> F64:
    """One element's gain, one way, against its axis: a parabola in dB down to -30 (3GPP TR 38.901, 7.3)."""
    across = azimuth_rad / np.radians(antennas.azimuth_beam_deg)
    upright = elevation_rad / np.radians(antennas.elevation_beam_deg)
    return np.asarray(10 ** (-np.minimum(12.0 * (across**2 + upright**2), 30.0) / 10))


def weights(antennas: Antennas) -> F64:
    """(C,) of the elements, of unit noise power."""
    count = antennas.elements
    place = (np.arange(count) - (count - 1) / 2) / count
    shape = 1.0 - antennas.taper + antennas.taper * np.cos(np.pi * place) ** 2
    return np.asarray(shape / np.linalg.norm(shape))


def beam_cosines(antennas: Antennas) -> F64:
    """(A,) sine of the azimuth that each beam looks at: two per element, all that the spacing allows."""
    count = 2 * antennas.elements
    return (np.arange(count) - antennas.elements) / (count * antennas.spacing_wavelengths)


def steering(antennas: Antennas, cosine: F64) -> np.ndarray:
    """(..., C) complex phases across the row for waves from a direction, sin(azimuth) cos(elevation)."""
    place = np.arange(antennas.elements) - (antennas.elements - 1) / 2
    phase = 2.0 * np.pi * antennas.spacing_wavelengths * np.asarray(cosine)[..., None] * place
    return np.exp(1j * phase)


def beams(antennas: Antennas) -> np.ndarray:
    """(C, A) complex: elements times this are beams, of unit noise power each."""
    return np.asarray((weights(antennas) * np.conj(steering(antennas, beam_cosines(antennas)))).T)


@lru_cache(maxsize=16)
def beam_width_rad(antennas: Antennas) -> float:
    """Full width at half power of a beam straight ahead, numerically."""
    sine = np.linspace(0.0, min(2.0 / (antennas.elements * antennas.spacing_wavelengths), 1.0), 4001)
    answer = np.abs(steering(antennas, sine) @ weights(antennas)) ** 2
    half = int(np.argmax(answer < answer[0] / 2))
    return float(2.0 * np.arcsin(sine[half]))


def rain_db_per_km(rate_mm_h: float, carrier_ghz: float) -> float:
    """One-way loss in rain, horizontal polarisation: Recommendation ITU-R P.838-3, equations 1 to 3."""
    if rate_mm_h <= 0.0:
        return 0.0
    log_f = np.log10(carrier_ghz)

    def fit(rows: tuple[tuple[float, float, float], ...], slope: float, offset: float) -> float:
        return float(sum(a * np.exp(-(((log_f - b) / c) ** 2)) for a, b, c in rows) + slope * log_f + offset)

    k = 10 ** fit(_RAIN_K, -0.18961, 0.71147)
    return float(k * rate_mm_h ** fit(_RAIN_ALPHA, 0.67849, -1.95537))


_RAIN_K = (
    (-5.33980, -0.10008, 1.13098),
    (-0.35351, 1.26970, 0.45400),
    (-0.23789, 0.86036, 0.15354),
    (-0.94158, 0.64552, 0.16817),
)
_RAIN_ALPHA = (
    (-0.14318, 1.82442, -0.55187),
    (0.29591, 0.77564, 0.19822),
    (0.32177, 0.63773, 0.13164),
    (-5.37610, -0.96230, 1.47828),
    (16.1721, -3.29980, 3.43990),
)
