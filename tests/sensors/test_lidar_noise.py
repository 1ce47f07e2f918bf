"""What the receiver makes of an echo: loss, range noise, intensity, and the statistics of each."""

import numpy as np
import pytest
from drivesynth_kernels.echo import answer, arc_cosine, stretched
from drivesynth_kernels.noise import NORMAL_QUANTILES, mix, normal, uniform
from hypothesis import given
from hypothesis import strategies as st
from lidars import device, driving, ground, mounted, still, wall
from scipy import stats

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.scene.device import CalibratedIntensity, LogIntensity
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.lidar import sweep
from drivesynth.sensors.scan import response, scan
from drivesynth.sensors.weathering import seen_by

# Of a few dozen statistics none should fall outside by chance: one in a million each.
RARE = 1e-6


def draws(key: int, count: int = 40_000) -> tuple[F64, F64]:
    bits = [np.uint64(mix(np.uint64(key), i)) for i in range(count)]
    return np.array([uniform(b) for b in bits]), np.array([normal(b) for b in bits])


def head_on(
    range_m: float = 20.0, tint_905: float = 0.5, material: str = "plaster", **changes: object
) -> Pulses:
    """Pulses that meet a wall almost squarely: the narrow middle of a turn."""
    mount = mounted(device((0.5, 0.0, -0.5), firings=36_000, **changes), 0.0)  # type: ignore[arg-type]
    pulses = sweep(Caster(still(wall(range_m, material), tint_905=tint_905)), mount, driving(), 0.0, key=7)
    near = np.abs(np.angle(np.exp(1j * pulses.azimuth_rad))) < np.radians(30.0)
    return Pulses(**{name: getattr(pulses, name)[near] for name in Pulses.__dataclass_fields__})


@pytest.mark.parametrize("key", [0, 1, 12345678901234567890])
def test_uniform_draws_fill_the_unit_interval_evenly(key: int) -> None:
    u, _ = draws(key)
    assert u.min() > 0 and u.max() < 1
    assert stats.chisquare(np.histogram(u, 64, (0, 1))[0]).pvalue > RARE


@pytest.mark.parametrize("key", [0, 1, 12345678901234567890])
def test_normal_draws_are_normal(key: int) -> None:
    u, z = draws(key)
    edges = stats.norm.ppf(np.linspace(0, 1, 65))
    edges[[0, -1]] = -9, 9
    assert stats.chisquare(np.histogram(z, edges)[0]).pvalue > RARE
    assert abs(np.corrcoef(u, z)[0, 1]) < 5 / np.sqrt(len(z))
    assert abs(np.corrcoef(z[1:], z[:-1])[0, 1]) < 5 / np.sqrt(len(z))


def test_the_table_of_quantiles_has_unit_variance_and_no_mean() -> None:
    q = NORMAL_QUANTILES
    a, b = q[:-1], q[1:]
    assert np.mean(a * a + a * b + b * b) / 3 == pytest.approx(1.0, abs=1e-12)
    assert q == pytest.approx(-q[::-1])


@given(x=st.floats(0.0, 1.0))
def test_the_fast_arc_cosine_is_within_a_tenth_of_a_milliradian(x: float) -> None:
    assert arc_cosine(x) == pytest.approx(np.arccos(x), abs=1e-4)


def test_range_noise_has_the_devices_sigma() -> None:
    sigma = 0.01
    pulses = head_on(noise={"sigma_m": sigma})
    exact = 20.0 / (np.cos(pulses.azimuth_rad.astype(np.float64)) * np.cos(pulses.elevation_rad))
    z = (pulses.range_m - exact) / sigma
    assert z.mean() == pytest.approx(0.0, abs=5 / np.sqrt(len(z)))
    statistic = np.sum(z * z)
    assert RARE / 2 < stats.chi2.cdf(statistic, len(z)) < 1 - RARE / 2


def test_range_noise_grows_as_the_echo_weakens() -> None:
    def spread(tint: float) -> float:
        pulses = head_on(60.0, tint, noise={"sigma_m": 0.01, "snr_m": 0.5}, receiver={"range_m": 100.0})
        back = pulses.returned
        exact = 60.0 / (
            np.cos(pulses.azimuth_rad[back].astype(np.float64)) * np.cos(pulses.elevation_rad[back])
        )
        return float(np.std(pulses.range_m[back] - exact))

    assert spread(0.05) > 3 * spread(0.8)


def test_a_target_of_the_data_sheet_is_found_as_often_as_the_sheet_says() -> None:
    """0.1 at 100 m in 90 % of pulses; so cardboard of 0.5 at sqrt(5) times that: power falls with range^2."""
    receiver = {"range_m": 100.0, "reflectivity": 0.1, "detection": 0.9}
    pulses = head_on(100.0 * np.sqrt(5.0), material="cardboard", receiver=receiver)
    squarely = np.abs(np.angle(np.exp(1j * pulses.azimuth_rad))) < np.radians(3.0)
    back = np.isfinite(pulses.range_m[squarely])
    assert back.mean() == pytest.approx(0.9, abs=5 * np.sqrt(0.09 / len(back)) + 0.005)
    assert (pulses.cause[squarely][~back] == CAUSE["dropped-weak"]).all()


def test_the_share_dropped_at_random_is_the_devices() -> None:
    pulses = head_on(receiver={"drop_out": 0.02})
    share = (pulses.cause == CAUSE["dropped-random"]).mean()
    assert share == pytest.approx(0.02, abs=5 * np.sqrt(0.02 / len(pulses.cause)))


def seen(material: str, rho: float, cosine: float) -> float:
    """How a material answers, `rho` standing for a tint."""
    table, m = response(), MATERIAL_ID[material]
    own = table.reflectivity[m] if table.reflectivity[m] >= 0 else rho
    rest = (table.square, table.grazing, table.gloss, table.flakes, table.spread2, table.retro)
    return float(answer(own, *(column[m] for column in rest), cosine))


@pytest.mark.parametrize("cosine", [0.05, 0.3, 0.7, 1.0])
def test_a_rough_road_answers_as_oren_and_nayar_have_it(cosine: float) -> None:
    s2 = 0.5**2
    a, b = 1 - 0.5 * s2 / (s2 + 0.33), 0.45 * s2 / (s2 + 0.09)
    expected = 0.21 * (a * cosine + b * (1 - cosine**2))
    assert seen("asphalt", 0.9, cosine) == pytest.approx(expected, rel=1e-4)


def test_a_retro_reflector_shines_from_the_side_and_paint_does_not() -> None:
    assert seen("number_plate", 0.0, np.cos(np.radians(15.0))) == pytest.approx(120.0)
    assert seen("number_plate", 0.0, np.cos(np.radians(61.0))) == 0.0
    assert seen("car_paint", 0.4, 1.0) > 8 * seen("car_paint", 0.4, np.cos(np.radians(45.0)))


@given(cosine=st.floats(0.02, 1.0), range_m=st.floats(1.0, 80.0))
def test_a_slanted_surface_draws_the_echo_out(cosine: float, range_m: float) -> None:
    """Pulse of 0.6 m and footprint of 2 mrad: their lengths along the beam add as squares."""
    slant = 0.002 * range_m * np.tan(np.arccos(cosine))
    assert stretched(0.002 / 0.6 * range_m, cosine) == pytest.approx(0.6 / np.hypot(0.6, slant), rel=1e-6)


def test_leaves_share_a_wide_beam_and_a_wall_has_it_whole() -> None:
    """Met squarely, of a beam of 2 mrad: 0.45 + 0.55 / (1 + (w / 4.5 cm)^2) of it where it is w wide."""
    coded = LogIntensity(coding="logarithmic", at_one=0.9, per_e=0.12, level_to_m=80.0)
    law = {"intensity": coded, "receiver": {"divergence_mrad": 2.0}}

    def lost(material: str, range_m: float) -> float:
        near, far = (head_on(r, material=material, **law).intensity.max() for r in (1.0, range_m))
        return float(np.exp((near - far) / 0.12))

    for range_m in (10.0, 25.0, 60.0):
        assert lost("plaster", range_m) == pytest.approx(1.0, abs=0.01)
        kept, at_one = (0.45 + 0.55 / (1.0 + (0.002 * r / 0.045) ** 2) for r in (range_m, 1.0))
        assert lost("leaves", range_m) == pytest.approx(at_one / kept, rel=0.01)


def test_calibrated_intensity_is_reflectivity_until_a_retro_reflector_comes() -> None:
    coded = CalibratedIntensity(coding="calibrated")
    mean = head_on(tint_905=0.5, intensity=coded)
    # Plaster is slightly rough: met squarely it answers with A of Oren and Nayar.
    a = 1 - 0.5 * 0.01 / (0.01 + 0.33)
    assert mean.intensity.max() == pytest.approx(0.5 * a * 100 / 255, rel=0.01)
    assert head_on(material="number_plate", intensity=coded).intensity.min() > 100 / 255


def test_logarithmic_intensity_makes_up_for_distance_up_to_its_level() -> None:
    coded = LogIntensity(coding="logarithmic", at_one=0.55, per_e=0.12, level_to_m=20.0)
    near, level, far = (head_on(r, intensity=coded).intensity.max() for r in (8.0, 20.0, 40.0))
    assert near == pytest.approx(level, abs=0.002)
    assert level - far == pytest.approx(0.12 * np.log(4.0), abs=0.002)


def test_far_and_near_a_receiver_sees_less_by_its_own_laws_and_nothing_below_its_floor() -> None:
    laws = {"at_one": 0.55, "per_e": 0.12, "level_to_m": 20.0}
    steep = LogIntensity(coding="logarithmic", falls_as=3.5, **laws)
    level, far = (head_on(r, intensity=steep).intensity.max() for r in (20.0, 40.0))
    assert level - far == pytest.approx(0.12 * 3.5 * np.log(2.0), abs=0.002)

    plain = LogIntensity(coding="logarithmic", **laws)
    near_m = {"near_m": (16.0, 0.0, 16.0)}
    pulses = head_on(8.0, intensity=plain, beams=near_m)
    ahead = np.abs(np.sin(pulses.azimuth_rad)) < 0.02
    dim, own = (pulses.intensity[ahead & (pulses.ring == ring)].max() for ring in (0, 1))
    assert own - dim == pytest.approx(0.12 * 2.0 * np.log(2.0), abs=2e-3)
    beyond = head_on(18.0, intensity=plain, beams=near_m)
    assert np.ptp([beyond.intensity[beyond.ring == ring].max() for ring in (0, 1)]) < 2e-3

    # The floor is a receiver's: a laser's own offset is added to what passed it.
    offset = {"intensity_offset": (0.0, -0.2, 0.2)}
    value = float(head_on(8.0, intensity=plain).intensity.max())
    below, above = (
        head_on(8.0, intensity=LogIntensity(coding="logarithmic", floor=value + step, **laws), beams=offset)
        for step in (0.02, -0.02)
    )
    assert not below.intensity.any()
    assert [above.intensity[above.ring == ring].max() > 0.0 for ring in range(3)] == [True, True, True]


@pytest.mark.parametrize("range_m", [5.0, 18.0, 25.0, 40.0])
def test_what_a_device_saw_is_read_back_from_what_it_stored(range_m: float) -> None:
    coded = LogIntensity(
        coding="logarithmic", at_one=0.55, per_e=0.12, level_to_m=20.0, falls_as=3.5, floor=0.05
    )
    listed = {"near_m": (16.0, 0.0, 8.0), "intensity_offset": (0.02, -0.03, 0.0)}
    for rho in (0.3, 0.9):
        pulses = head_on(range_m, rho, intensity=coded, beams=listed)
        rows = np.flatnonzero((np.abs(np.sin(pulses.azimuth_rad)) < 0.03) & (pulses.intensity > 0.0))
        beams = scan(device((0.5, 0.0, -0.5), beams=listed)).beams
        plan = scan(device((0.5, 0.0, -0.5), intensity=coded, beams=listed))
        ring = pulses.ring[rows].astype(np.int64)
        assert set(ring) == {0, 1, 2}
        found = seen_by(plan.device, beams, ring, pulses.xyz_m[rows], pulses.intensity[rows])
        assert found == pytest.approx(seen("plaster", rho, 1.0), rel=5e-3)


def test_stored_numbers_lie_on_the_devices_grid() -> None:
    pulses = head_on(quantum={"xyz_m": 0.001, "intensity": 0.01}, noise={"sigma_m": 0.01})
    xyz = pulses.xyz_m.astype(np.float64) / 0.001
    assert np.abs(xyz - np.rint(xyz)).max() < 2e-3  # float32 at 20 m
    counts = pulses.intensity.astype(np.float64) / 0.01
    assert np.abs(counts - np.rint(counts)).max() < 1e-4


def test_a_beams_own_offset_and_power_are_its_own() -> None:
    coded = LogIntensity(coding="logarithmic", at_one=0.55, per_e=0.12, level_to_m=20.0)
    listed = {"intensity_offset": (0.0, -0.2, 0.0), "power_ratio": (1.0, 1.0, 0.5)}
    pulses = head_on(intensity=coded, beams=listed)
    top, dim, weak = (pulses.intensity[pulses.ring == ring].max() for ring in range(3))
    assert top - dim == pytest.approx(0.2, abs=1e-3)
    assert top - weak == pytest.approx(0.12 * np.log(2.0), abs=1e-3)


def test_incidence_is_the_angle_between_beam_and_normal() -> None:
    mount = mounted(device((-10.0, -30.0)), 2.0)
    pulses = sweep(Caster(still(ground())), mount, driving(), 0.0, key=1)
    expected = np.radians(np.where(pulses.ring == 0, 80.0, 60.0))
    assert pulses.incidence_rad == pytest.approx(expected, abs=2e-4)


def test_the_same_scan_is_planned_once() -> None:
    assert scan(device()) is scan(device())


def test_no_range_error_is_larger_than_the_device_admits() -> None:
    pulses = head_on(noise={"sigma_m": 0.05, "most_m": 0.03})
    exact = 20.0 / (np.cos(pulses.azimuth_rad.astype(np.float64)) * np.cos(pulses.elevation_rad))
    error = np.abs(pulses.range_m - exact)
    assert 0.029 < error.max() < 0.0301
