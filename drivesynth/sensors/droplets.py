"""Fog by its droplets: how a sphere of water scatters, and a size distribution of them.

Series: Mie, 1908, by the recurrences of Bohren and Huffman, "Absorption and Scattering of Light by Small
Particles", 1983, section 4.8. Sizes: the fogs of Shettle and Fenn, "Models for the Aerosols of the Lower
Atmosphere", AFGL-TR-79-0214, 1979: n(r) ~ r^a exp(-(a / g) (r / mode)^g), here with g = 1.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import gamma, pi
from typing import Any

import numpy as np

from drivesynth.arrays import F64

WATER_905 = 1.328  # refractive index of water in the near infrared; what it absorbs is left out


@dataclass(frozen=True)
class Fog:
    """A named fog: droplets per cm^3, exponent a, most frequent radius."""

    per_cm3: float
    shape: float
    mode_um: float

    def number(self, radius_um: F64) -> F64:
        """(N,) droplets per cm^3 and um of radius."""
        rate = self.shape / self.mode_um
        scale = self.per_cm3 * rate ** (self.shape + 1.0) / gamma(self.shape + 1.0)
        return np.asarray(scale * radius_um**self.shape * np.exp(-rate * radius_um))

    @property
    def water_g_per_m3(self) -> float:
        """Mass of the droplets: the third moment of their radii."""
        cube_um3 = (self.mode_um / self.shape) ** 3 * gamma(self.shape + 4.0) / gamma(self.shape + 1.0)
        return float(4.0 / 3.0 * pi * self.per_cm3 * cube_um3 * 1e-6)


FOGS = {
    "strong_advection": Fog(20.0, 3.0, 10.0),
    "moderate_advection": Fog(20.0, 3.0, 8.0),
    "strong_radiation": Fog(100.0, 6.0, 4.0),
    "moderate_radiation": Fog(200.0, 6.0, 2.0),
}


def efficiencies(size: F64, index: complex) -> tuple[F64, F64]:
    """(N,) of spheres: what they take out of a beam, and what they send straight back, per pi r^2.

    size   (N,) 2 pi r / wavelength; index  refractive
    Backward as radars count it: as if it went evenly to all sides.
    """
    size = np.asarray(size, np.float64)
    terms = np.floor(size + 4.0 * np.cbrt(size) + 2.0).astype(np.int64)  # Wiscombe, 1980
    last = int(terms.max())
    inside = size * index
    # Logarithmic derivative, downwards, where that is stable.
    slope: Any = np.zeros((last + 1, len(size)), np.complex128)
    below: Any = np.zeros(len(size), np.complex128)
    for n in range(max(last, int(np.abs(inside).max())) + 16, 0, -1):
        below = n / inside - 1.0 / (below + n / inside)
        if n - 1 <= last:
            slope[n - 1] = below
    before, here = np.cos(size), np.sin(size)  # psi of order -1 and 0
    chi_before, chi_here = -np.sin(size), np.cos(size)
    out, back = np.zeros(len(size)), np.zeros(len(size), np.complex128)
    for n in range(1, last + 1):
        used = n <= terms  # beyond them the upward recurrence of psi is noise
        with np.errstate(over="ignore", invalid="ignore"):
            after = (2.0 * n - 1.0) * here / size - before
            chi_after = (2.0 * n - 1.0) * chi_here / size - chi_before
        xi, xi_here = after - 1j * chi_after, here - 1j * chi_here
        electric, magnetic = slope[n] / index + n / size, slope[n] * index + n / size
        with np.errstate(over="ignore", invalid="ignore"):
            a = (electric * after - here) / (electric * xi - xi_here)
            b = (magnetic * after - here) / (magnetic * xi - xi_here)
        out += np.where(used, (2 * n + 1) * (a + b).real, 0.0)
        back += np.where(used, (2 * n + 1) * (-1) ** n * (a - b), 0.0)
        before, here = np.where(used, here, 0.0), np.where(used, after, 0.0)
        chi_before, chi_here = np.where(used, chi_here, 1.0), np.where(used, chi_after, 1.0)
    return 2.0 / size**2 * out, np.abs(back) ** 2 / size**2


@lru_cache(maxsize=64)
def optics(name: str, wavelength_nm: float) -> tuple[float, float]:
    """Extinction [1/m] and lidar ratio [sr] of a named fog at a wavelength."""
    fog = FOGS[name]
    # Backscatter swings from radius to radius: many of them, out to where nothing is left.
    radius_um = np.linspace(0.02, 6.0, 6000) * fog.mode_um
    out, back = efficiencies(2e3 * pi * radius_um / wavelength_nm, WATER_905)
    shadow = fog.number(radius_um) * pi * radius_um**2
    step_um = radius_um[1] - radius_um[0]
    # cm^-3 um^2 is 1e-6 1/m.
    extinction = 1e-6 * float((shadow * out).sum() * step_um)
    backscatter = 1e-6 * float((shadow * back).sum() * step_um) / (4.0 * pi)
    return extinction, extinction / backscatter
