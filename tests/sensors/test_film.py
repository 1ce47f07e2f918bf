"""Automatic exposure and gain: dusk is darker than day, night is dark and noisy."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.sensors.film import (
    Film,
    adapted_key,
    developed,
    dusk_share,
    exposure_per_kcd,
    full_well_at,
)

GREY = SimpleNamespace(horizontal_klx=np.ones(3))
PLAIN = Film(contrast=1.0, vignette=0.0, veil=0.0)


def exposure_of(luminance_cd: float, film: Film = PLAIN) -> float:
    even = np.full((100, 100, 3), luminance_cd / 1e3, np.float32)
    return float(exposure_per_kcd(even, film, GREY)[1])  # type: ignore[arg-type]


@pytest.mark.parametrize(("log_average_cd", "key"), [(0.0, 0.03), (9.0, 0.3633), (99.0, 0.53), (999.0, 0.63)])
def test_the_key_is_that_of_krawczyk(log_average_cd: float, key: float) -> None:
    assert adapted_key(log_average_cd) == pytest.approx(key, abs=1e-4)


@given(st.floats(800.0, 30_000.0))
def test_by_day_every_street_gets_the_same_mean(luminance_cd: float) -> None:
    assert dusk_share(luminance_cd) == 1.0
    assert exposure_of(luminance_cd) * luminance_cd / 1e3 == pytest.approx(PLAIN.key, rel=1e-3)


@given(st.floats(1.0, 790.0))
def test_dusk_is_darker_than_day_by_the_cube_of_the_keys(luminance_cd: float) -> None:
    share = (
        exposure_of(luminance_cd, Film(contrast=1.0, longest_per_kcd=1e6)) * luminance_cd / 1e3 / PLAIN.key
    )
    stops = 3.0 * np.log2(adapted_key(luminance_cd) / adapted_key(800.0))
    assert np.log2(share) == pytest.approx(max(stops, -2.0), abs=2e-3)


def exposed_sky(ground_cd: float, sky_cd: float) -> tuple[float, float]:
    """What ground and sky come to as shares of white where the sky takes the rows that are not metered."""
    street = np.full((100, 100, 3), ground_cd / 1e3, np.float32)
    street[:42] = sky_cd / 1e3
    exposure = exposure_per_kcd(street, PLAIN, GREY)[1]  # type: ignore[arg-type]
    return exposure * ground_cd / 1e3, exposure * sky_cd / 1e3


def test_at_dusk_the_sky_keeps_its_colours_and_by_day_it_may_burn_out() -> None:
    ground, sky = exposed_sky(1500.0, 30_000.0)
    # By day the street decides, and a sky that burns out counts by three tenths.
    burnt = 20.0 * PLAIN.key
    assert sky == pytest.approx(burnt**0.7, rel=1e-3) and ground == pytest.approx(sky / 20.0, rel=1e-3)
    assert exposed_sky(1500.0, 5_000.0)[0] == pytest.approx(PLAIN.key, rel=1e-3), (
        "what is not burnt asks nothing"
    )
    # At dusk it is brought down from what it would come to, by a root that dusk's own share is.
    for level_cd in (60.0, 10.0, 0.5):
        alone = exposure_of(level_cd) * level_cd / 1e3
        ground, sky = exposed_sky(level_cd, 50.0 * level_cd)
        assert sky == pytest.approx((50.0 * alone) ** dusk_share(level_cd), rel=1e-3)
        assert 1.0 < sky < 50.0 * alone and ground < alone
    # A dark sky over a lit street asks for nothing.
    assert exposed_sky(0.5, 0.1)[0] == pytest.approx(alone, rel=1e-3)


def test_darker_places_never_look_brighter() -> None:
    shown = [exposure_of(level) * level for level in np.geomspace(1e-3, 1e4, 60)]
    assert (np.diff(shown) > -1e-3 * np.array(shown[1:])).all()
    assert exposure_of(1e-3) == pytest.approx(PLAIN.longest_per_kcd, rel=1e-3)


def test_a_bright_lamp_in_the_dark_does_not_make_it_day() -> None:
    lit = np.full((100, 100, 3), 1e-5, np.float32)
    lit[60:64, 40:44] = 40.0
    assert exposure_per_kcd(lit, PLAIN, GREY)[1] == pytest.approx(PLAIN.longest_per_kcd, rel=1e-3)  # type: ignore[arg-type]


def test_gain_raises_the_noise() -> None:
    assert full_well_at(np.full(3, PLAIN.base_per_kcd), PLAIN) == PLAIN.full_well_e
    noises = []
    for times in (1.0, 4.0, 15.0):
        exposure = np.full(3, times * PLAIN.base_per_kcd)
        even = np.full((300, 300, 3), 0.2 / exposure[0], np.float32)
        film = Film(contrast=1 / 2.4, vignette=0.0, veil=0.0)
        codes = developed(even, exposure, film, 5, 1).astype(float)
        noises.append(codes.std())
        # The electrons of a fifth of white and the read noise, by the slope of the tone.
        well = PLAIN.full_well_e / times
        assert full_well_at(exposure, PLAIN) == pytest.approx(well)
        sigma = np.sqrt(0.2 * well + PLAIN.read_noise_e**2) / well
        linear = 0.2 ** (1 / 2.4)
        slope = 1.055 / 2.4 * linear ** (1 / 2.4 - 1) * (linear / 0.2 / 2.4) * 255
        assert codes.std() == pytest.approx(np.hypot(slope * sigma, 0.29), rel=0.06)
    assert noises[0] < noises[1] < noises[2]
