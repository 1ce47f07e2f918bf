"""Weather's laws against published figures, closed forms and plain quadrature.

tests/data/weather_reference.csv lists quantity, inputs, expected value, tolerance and source. Rows of kind
`reference_code` record what published programs print; those here are where we share their model.
"""

import csv
import re
from math import log, pi
from pathlib import Path

import numpy as np
import pytest
from drivesynth_kernels import air
from scipy.integrate import quad
from scipy.optimize import brentq

from drivesynth.scenario.sun import sun_on
from drivesynth.sensors import atmosphere, droplets
from drivesynth.sensors.scan import SPEED_OF_LIGHT

TABLE = Path(__file__).parents[1] / "data" / "weather_reference.csv"
ROWS = list(csv.DictReader(TABLE.read_text().splitlines()))


def number(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    assert found, f"{pattern} in {text!r}"
    return float(found[1])


def pulse_m(text: str) -> float:
    return 0.5 * SPEED_OF_LIGHT * 1e-9 * (number(text, r"tau_H=(\S+) ns") if "tau_H=" in text else 20.0)


def overlap_of(text: str) -> tuple[float, float]:
    found = re.search(r"xi (?:linear )?([\d.]+)->([\d.]+)", text)
    return (float(found[1]), float(found[2])) if found else (0.9, 1.0)


def peak(text: str) -> tuple[float, float]:
    """Range at which the soft echo is greatest, by the middle of the pulse, and how great; on a 1 cm grid."""
    end = re.search(r"R0=([\d.]+) m", text)
    window = (number(text, r"alpha=([\d.]+)"), pulse_m(text), *overlap_of(text))
    ranges = np.arange(0.0, 12.0, 0.01)
    echo = [air.soft_echo(r, float(end[1]) if end else np.inf, *window) for r in ranges]
    best = int(np.argmax(echo))
    return float(ranges[best]), float(echo[best])


def crossover(text: str) -> float:
    alpha, rho = number(text, r"alpha=([\d.]+)"), number(text, r"rho=([\d.]+)")
    beta = 0.046 * alpha / log(20.0)
    soft = beta * peak(text)[1]
    return float(brentq(lambda r: rho / pi * np.exp(-2 * alpha * r) / r**2 - soft, 1.0, 400.0))


def hahner_crossover(text: str) -> float:
    """Where fog answers as loudly as any target by the scaling of Hahner et al. 2021.

    Their fog echo grows with the target's: I R0^2 (beta / beta0) times the soft integral over time, beta0 =
    1e-6 / pi; against I exp(-2 alpha R0). Ours is the integral over range: 2 / c of it.
    """
    alpha = number(text, r"alpha=([\d.]+)")
    soft = 0.046 * alpha / log(20.0) / (1e-6 / pi) * peak(text)[1] * 2.0 / SPEED_OF_LIGHT
    return float(brentq(lambda r: np.exp(-2 * alpha * r) - soft * r * r, 1.0, 400.0))


def max_range(text: str) -> float:
    """A threshold that a target meets in clear air, met by another one in fog."""
    rho, alpha = (float(value) for value in re.findall(r"(?:; rho|; alpha)=([\d.e-]+)", text))
    threshold = 0.8 * np.exp(-2e-4 * 120.0) / 120.0**2
    return float(brentq(lambda r: rho * np.exp(-2 * alpha * r) / r**2 - threshold, 0.5, 500.0))


def itu_snow(text: str, wet: bool) -> float:
    rate = number(text, r"S=([\d.]+)")
    a = 1.023e-4 * 905 + 3.7855466 if wet else 5.42e-5 * 905 + 5.4958776
    return float(a * rate ** (0.72 if wet else 1.38) / (10.0 / log(10.0) * 1000.0))


def fog_of(text: str) -> str:
    """Its name, once its numbers are the named one's."""
    name = text.partition(":")[0].replace(" ", "_")
    fog = droplets.FOGS[name]
    assert [fog.per_cm3, fog.shape, fog.mode_um] == [
        number(text, pattern) for pattern in (r"N=(\d+)", r" a=(\d+)", r"rc=(\d+)")
    ]
    return name


def moment_and_place(text: str) -> tuple[str, float, float, float]:
    """Day, seconds of UTC, latitude, longitude [deg]."""
    day, hours, minutes, seconds, north, east, side = re.match(  # type: ignore[union-attr]
        r"(\S+) (\d+):(\d+):(\d+) UTC; ([\d.]+) N ([\d.]+) ([EW])", text
    ).groups()
    utc_s = 3600.0 * int(hours) + 60.0 * int(minutes) + int(seconds)
    return day, utc_s, float(north), float(east) * (-1.0 if side == "W" else 1.0)


def computed(quantity: str, text: str) -> float:
    """Our value for a row."""
    rate = float(found[1]) if (found := re.search(r"R=([\d.]+)", text)) else 0.0
    incidence = np.radians(float(found[1])) if (found := re.search(r"incidence (\d+) deg", text)) else 0.0
    rain = atmosphere.rain_drops(rate) if rate else None
    match quantity:
        case "fog.mor_m":
            return log(20.0) / number(text, r"alpha=([\d.]+)")
        case "fog.alpha_per_m":
            return atmosphere.extinction_of_mor(number(text, r"MOR=([\d.]+)"))
        case "fog.beta_rasshofer_per_m_sr":
            mor = number(text, r"MOR=([\d.]+)")
            return atmosphere.extinction_of_mor(mor) / (log(20.0) / 0.046)
        case "fog.hahner_lut_peak_range_m":
            return peak(text)[0] + pulse_m(text)
        case "fog.hahner_lut_integral_s_per_m2":
            return peak(text)[1] / (0.5 * SPEED_OF_LIGHT)
        case "fog.hahner_pulse_shift_m":
            return pulse_m(text)
        case "fog.si_soft_peak_range_m":
            return peak(text)[0]
        case "fog.si_soft_integral_per_m":
            return peak(text)[1]
        case "fog.si_crossover_range_m":
            return crossover(text)
        case "fog.hahner_crossover_R0_m":
            return hahner_crossover(text)
        case "lidar.max_range_m":
            return max_range(text)
        case "rain.alpha_geometric_per_m" | "rain.alpha_mie_per_m":
            assert rain is not None
            return rain.extinction_per_m
        case "rain.n_total_per_m3":
            assert rain is not None
            return rain.above(0.05e-3)
        case "rain.lwc_g_per_m3":
            assert rain is not None
            return rain.water_g_per_m3
        case "rain.expected_drops_in_beam":
            assert rain is not None
            return rain.above(0.05e-3) * pi / 3 * 50.0 * (50.0 * np.tan(3e-3) / 2) ** 2
        case "rain.beam_cone_volume_m3":
            return float(pi / 3 * 50.0 * (50.0 * np.tan(3e-3) / 2) ** 2)
        case "rain.terminal_velocity_m_s":
            return atmosphere.drop_fall_mps(1e-3 * number(text, r"D=([\d.]+)"))
        case "rain.fresnel_normal_water":
            return atmosphere.fresnel(0.0, 1.0, 1.328)[0]
        case "snow.alpha_gunn_marshall_per_m":
            return atmosphere.snow_flakes(rate).extinction_per_m
        case "snow.extinction_geometric_per_m":
            # That counts the shadow once; particles much larger than the wave take twice that away.
            share, slope = number(text, r"occupancy ([\d.e-]+)"), number(text, r"Lambda_gunn ([\d.]+)")
            return atmosphere.Sizes(share * slope**4 / pi, slope).extinction_per_m / 2.0
        case "wet.fresnel_Rs":
            return atmosphere.fresnel(incidence, 1.0003, 1.33)[0]
        case "wet.fresnel_Rp":
            return atmosphere.fresnel(incidence, 1.0003, 1.33)[1]
        case "wet.ground_return_s" | "wet.ground_return_p":
            s, p = atmosphere.wet_ratios(incidence, 0.1)
            return 0.1 * (s if quantity.endswith("_s") else p)
        case "atm.alpha_kim_per_km":
            return 1000.0 * atmosphere.haze_extinction(1000.0 * number(text, r"visibility ([\d.]+)"), 905.0)
        case "spray.clusters_per_frame":
            return atmosphere.spray_clusters(1.0, 100.0)
        case "mie.qext" | "mie.qback_radar":
            size = np.array([number(text, r"x=([\d.]+)")])
            out, back = droplets.efficiencies(size, number(text, r"m=([\d.]+)"))
            return float(back[0] if quantity == "mie.qback_radar" else out[0])
        case "mie.qext_water_905nm":
            size = np.array([pi * number(text, r"D=([\d.]+)") / 0.905])
            return float(droplets.efficiencies(size, droplets.WATER_905)[0][0])
        case "fog.dsd_alpha_per_m" | "fog.lidar_ratio_sr":
            return droplets.optics(fog_of(text), 905.0)[quantity == "fog.lidar_ratio_sr"]
        case "fog.dsd_lwc_g_per_m3":
            return droplets.FOGS[fog_of(text)].water_g_per_m3
        case "sun.zenith_deg" | "sun.elevation_deg" | "sun.azimuth_deg":
            stands = np.degrees(sun_on(*moment_and_place(text)))
            high = stands[0] if quantity == "sun.elevation_deg" else 90.0 - stands[0]
            return float(stands[1] if quantity == "sun.azimuth_deg" else high)
        case "spray.time_constant_s":
            return atmosphere.spray_life_s(1.0, 100.0)
    raise AssertionError(f"no figure of ours for {quantity}")


def tolerance(text: str, expected: float) -> float:
    kind, value = re.match(r"(rel|abs) ([\d.e-]+)", text).groups()  # type: ignore[union-attr]
    return float(value) * (abs(expected) if kind == "rel" else 1.0)


EXACT = [
    row for row in ROWS
    if row["kind"] != "measured_fit" or row["quantity"].startswith("spray")
    if not row["quantity"].startswith(("snow.alpha_itu", "rain.alpha_u", "rain.alpha_c"))
]  # fmt: skip


@pytest.mark.parametrize("row", EXACT, ids=lambda row: f"{row['quantity']}-{row['inputs'][:40]}")
def test_the_published_figure_is_met(row: dict[str, str]) -> None:
    expected = float(row["expected"])
    ours = computed(row["quantity"], row["inputs"])
    assert ours == pytest.approx(expected, abs=tolerance(row["tolerance"], expected))


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r["quantity"].startswith(("rain.alpha_u", "rain.alpha_c"))]
)
def test_extinction_by_rain_lies_among_the_power_laws_in_use(row: dict[str, str]) -> None:
    ours = atmosphere.rain_drops(number(row["inputs"], r"R=(\d+)")).extinction_per_m
    assert 0.7 < ours / float(row["expected"]) < 1.4


@pytest.mark.parametrize("rate", [1, 2.5, 5])
def test_extinction_by_snow_lies_between_a_third_of_dry_and_twice_wet_of_the_itu(rate: float) -> None:
    ours = atmosphere.snow_flakes(rate).extinction_per_m
    listed = {
        wet: next(
            float(row["expected"]) for row in ROWS
            if row["quantity"] == f"snow.alpha_itu_{wet}_per_m" and row["inputs"].startswith(f"S={rate:g} ")
        )
        for wet in ("dry", "wet")
    }  # fmt: skip
    assert listed["dry"] == pytest.approx(itu_snow(f"S={rate}", False), rel=1e-6)
    assert listed["wet"] == pytest.approx(itu_snow(f"S={rate}", True), rel=1e-6)
    assert listed["dry"] / 3.5 < ours < 2.0 * listed["wet"]


@pytest.mark.parametrize("alpha", [0.002, 0.03, 0.1])
@pytest.mark.parametrize("view", [(0.0, 0.5), (0.9, 1.0), (2.0, 10.0)])
@pytest.mark.parametrize("end_m", [np.inf, 4.0])
def test_the_soft_echo_is_the_integral_over_the_pulse(
    alpha: float, view: tuple[float, float], end_m: float
) -> None:
    half = 0.75

    def integrand(x: float, range_m: float) -> float:
        inside = range_m - half < x < range_m + half and view[0] < x < end_m
        share = min(max((x - view[0]) / (view[1] - view[0]), 0.0), 1.0)
        p = np.sin(pi / 2 * (range_m + half - x) / half) ** 2
        return p * np.exp(-2 * alpha * x) * share / x**2 if inside else 0.0

    for range_m in (1.3, 2.7, 3.9, 6.0, 15.0):
        low, high = max(range_m - half, view[0], 1e-9), min(range_m + half, end_m)
        wanted = (
            quad(integrand, low, high, args=(range_m,), points=[min(max(view[1], low), high)])[0]
            if high > low
            else 0.0
        )
        ours = air.soft_echo(range_m, end_m, alpha, half, *view)
        assert ours == pytest.approx(wanted, rel=1e-4, abs=1e-7)


def test_the_wet_road_is_darker_the_flatter_it_is_met() -> None:
    ratios = [atmosphere.wet_ratio(angle, 0.17) for angle in np.radians(np.arange(0, 89, 4))]
    assert np.all(np.diff(ratios) < 0.002) and ratios[0] > 0.95 and ratios[-1] < 0.15


def test_dense_fog_is_grey_and_haze_is_not() -> None:
    assert atmosphere.fog_extinction(80.0, 1550.0) == atmosphere.fog_extinction(80.0, 905.0)
    assert atmosphere.fog_extinction(5000.0, 1550.0) < 0.7 * atmosphere.fog_extinction(5000.0, 905.0)


def test_droplets_of_every_named_fog_scatter_as_large_spheres_do() -> None:
    """Twice their shadow in the mean, and back a share that makes lidar ratios of 17 to 20 sr at 905 nm."""
    for name, fog in droplets.FOGS.items():
        extinction, ratio = droplets.optics(name, 905.0)
        rate = fog.shape / fog.mode_um
        shadow = 1e-6 * pi * fog.per_cm3 * (fog.shape + 1.0) * (fog.shape + 2.0) / rate**2
        assert 2.0 < extinction / shadow < 2.6, name
        assert 16.5 < ratio < 20.5, name
    # Rayleigh: small spheres take away with the fourth power of their size.
    small = droplets.efficiencies(np.array([0.01, 0.02]), 1.33)[0]
    polarisable = (1.33**2 - 1.0) / (1.33**2 + 2.0)
    assert small == pytest.approx(8.0 / 3.0 * np.array([0.01, 0.02]) ** 4 * polarisable**2, rel=1e-3)
