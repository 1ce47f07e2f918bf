"""How weather that people speak of, in metres of visibility and millimetres an hour, scatters light.

Extinction is per metre and one way; backscatter per metre and steradian; their ratio is the lidar
ratio [sr]. Rates are of water. Figures that no closed form gives are named with their source.
"""

from dataclasses import dataclass
from math import cos, exp, log, pi, sin, sqrt

# Lidar ratios at 905 nm. Fog: between Mie theory for real droplets (18.8) and the value that Rasshofer,
# Spies and Spies (2011) take (65). Dust and smoke: usual values of aerosol lidars.
FOG_SR, DUST_SR, SMOKE_SR = 30.0, 45.0, 65.0

# A drop or flake as a disc that faces the beam: chosen so that a VLP-16 gives as many false returns as
# Linnhoff et al. (Sensors 2022) measured, 1.7e-4 a pulse and mm/h of rain and 1.6e-2 of snow.
DROP_RHO = 0.21
FLAKE_RHO = 0.42

WATER = 1.33  # refractive index


def extinction_of_mor(mor_m: float) -> float:
    """From the meteorological optical range: 5 % of the light gets that far (WMO-No. 8)."""
    return log(20.0) / mor_m


def kim_exponent(visibility_m: float) -> float:
    """How haze thins towards longer waves: Kim, McArthur and Korevaar, 2001; 2 % visibility."""
    v = visibility_m / 1000.0
    if v > 50.0:
        return 1.6
    if v > 6.0:
        return 1.3
    if v > 1.0:
        return 0.16 * v + 0.34
    return v - 0.5 if v > 0.5 else 0.0


def haze_extinction(visibility_m: float, wavelength_nm: float) -> float:
    """Of fog and haze at a wavelength; visibility by 2 % contrast."""
    thinning: float = pow(wavelength_nm / 550.0, -kim_exponent(visibility_m))
    return 3.912 / visibility_m * thinning


def fog_extinction(mor_m: float, wavelength_nm: float) -> float:
    """Of fog at a wavelength; dense fog is grey."""
    return haze_extinction(3.912 / extinction_of_mor(mor_m), wavelength_nm)


def smoke_extinction(mor_m: float, wavelength_nm: float) -> float:
    """Of smoke: particles smaller than the wave, so less in the infrared than to the eye."""
    thinning: float = pow(wavelength_nm / 550.0, -1.5)
    return extinction_of_mor(mor_m) * thinning


@dataclass(frozen=True)
class Sizes:
    """Exponential size distribution n(D) = n0 exp(-rate D) [per m^3 and m]; D in m."""

    n0_per_m4: float
    rate_per_m: float

    @property
    def extinction_per_m(self) -> float:
        """Of particles much larger than the wave: twice their shadow, pi/4 D^2."""
        return pi * self.n0_per_m4 / self.rate_per_m**3

    def above(self, diameter_m: float) -> float:
        """Particles per m^3 larger than this."""
        return self.n0_per_m4 / self.rate_per_m * exp(-self.rate_per_m * diameter_m)

    @property
    def water_g_per_m3(self) -> float:
        """Mass of the particles as drops of water."""
        return pi * 1e6 * self.n0_per_m4 / self.rate_per_m**4


def rain_drops(rain_mm_h: float) -> Sizes:
    """Marshall and Palmer, "The distribution of raindrops with size", 1948."""
    return Sizes(8.0e6, 4100.0 * rain_mm_h**-0.21)


def snow_flakes(snow_mm_h: float) -> Sizes:
    """Gunn and Marshall, "The distribution with size of aggregate snowflakes", 1958; melted diameters."""
    return Sizes(7.6e6 * snow_mm_h**-0.87, 2550.0 * snow_mm_h**-0.48)


def drop_fall_mps(diameter_m: float) -> float:
    """Terminal speed of a raindrop: fit of Atlas, Srivastava and Sekhon, 1973."""
    return 9.65 - 10.3 * exp(-600.0 * diameter_m)


def fresnel(incidence_rad: float, n1: float, n2: float) -> tuple[float, float]:
    """Share of light that a smooth border reflects, s- and p-polarised."""
    cosine = cos(incidence_rad)
    inner = sqrt(1.0 - (n1 / n2 * sin(incidence_rad)) ** 2)
    s = ((n1 * cosine - n2 * inner) / (n1 * cosine + n2 * inner)) ** 2
    p = ((n1 * inner - n2 * cosine) / (n1 * inner + n2 * cosine)) ** 2
    return s, p


def wet_ratios(
    incidence_rad: float, rho: float, air: float = 1.0003, water: float = WATER
) -> tuple[float, float]:
    """Diffuse answer of a surface under a film of water against dry, s- and p-polarised.

    In through the film, off the ground, out again; light that the film's underside throws back gets
    another chance: a geometric series.
    """
    # A border throws back the same share of a ray from either side, along the same way.
    s, p = ((1.0 - r) ** 2 / (1.0 - rho * r) for r in fresnel(incidence_rad, air, water))
    return s, p


def wet_ratio(incidence_rad: float, rho: float) -> float:
    """`wet_ratios` of light of all polarisations alike."""
    return sum(wet_ratios(incidence_rad, rho)) / 2.0


def spray_clusters(film_mm: float, speed_kmh: float) -> float:
    """Clumps of spray that a car throws up in 0.1 s: Linnhoff et al., Sensors 2022; none below 40 km/h."""
    if speed_kmh <= 50.0 or film_mm <= 0.0:
        return 0.0
    return (0.2 * film_mm + 0.1) * (speed_kmh - 50.0)


def spray_life_s(film_mm: float, speed_kmh: float) -> float:
    """Time in which a clump thins to 1/e: the same source."""
    return 0.02 * film_mm * (speed_kmh - 50.0) + 0.2
