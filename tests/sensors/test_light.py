"""Sun, sky and clouds against published figures and closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.scenario.model import Environment
from drivesynth.sensors.light import light_of, uniform_light
from drivesynth.sensors.sky import (
    preetham_sky,
    preetham_Yxy,
    sky_illuminance,
    sun_illuminance_klx,
    table_directions,
    table_solid_angles,
)


def direction(zenith_deg: float, azimuth_deg: float = 0.0) -> np.ndarray:
    zenith, azimuth = np.radians([zenith_deg, azimuth_deg])
    return np.array([np.sin(zenith) * np.cos(azimuth), np.sin(zenith) * np.sin(azimuth), np.cos(zenith)])


def test_the_zenith_has_preetham_s_published_luminance_and_chromaticity() -> None:
    value = preetham_Yxy(direction(0.0)[None], direction(45.0), 3.0)[0]
    np.testing.assert_allclose(value, [7.32035831671, 0.245678337977, 0.251476439702], rtol=1e-4)


def test_thirty_degrees_from_the_sun_the_sky_has_preetham_s_luminance() -> None:
    # Sun at zenith angle 45, view at 60, 30 degrees apart.
    cosine = (np.cos(np.radians(30)) - np.cos(np.radians(60)) * np.cos(np.radians(45))) / (
        np.sin(np.radians(60)) * np.sin(np.radians(45))
    )
    view = direction(60.0, float(np.degrees(np.arccos(cosine))))
    value = preetham_Yxy(view[None], direction(45.0), 3.0)[0, 0]
    assert value == pytest.approx(14.6976069769, rel=1e-4)


def test_the_clear_sun_has_the_published_illuminance() -> None:
    # 127.5 klx exp(-0.21 m) is the sun of a clear sky, turbidity about two.
    for elevation_deg in (90.0, 60.0, 30.0):
        air_mass = 1.0 / (np.sin(np.radians(elevation_deg)) + 0.50572 * (elevation_deg + 6.07995) ** -1.6364)
        published = 127.5 * np.exp(-0.21 * air_mass)
        assert sun_illuminance_klx(np.radians(elevation_deg), 2.1)[1] == pytest.approx(published, rel=0.03)


@given(st.floats(-0.3, 1.5), st.floats(2.0, 6.0))
def test_a_lower_sun_is_dimmer_and_redder(elevation_rad: float, turbidity: float) -> None:
    high, low = (sun_illuminance_klx(elevation_rad + step, turbidity) for step in (0.05, 0.0))
    assert (low <= high).all()
    assert low[0] * high[2] >= low[2] * high[0] - 1e-9


def test_the_table_s_nodes_share_out_the_hemisphere() -> None:
    directions, solid = table_directions(), table_solid_angles()
    np.testing.assert_allclose(np.linalg.norm(directions, axis=-1), 1.0, rtol=1e-12)
    assert (solid * directions[..., 2]).sum() == pytest.approx(np.pi, rel=2e-3)
    assert sky_illuminance(np.ones((*solid.shape, 3))) == pytest.approx(np.full(3, np.pi), rel=2e-3)


def test_dusk_darkens_steadily_into_night() -> None:
    levels = [
        sky_illuminance(preetham_sky(direction(90.0 - elevation), 3.0))[1]
        for elevation in (20.0, 8.0, 4.0, 0.0, -3.0, -6.0, -12.0, -18.0)
    ]
    assert (np.diff(levels) < 0).all()
    assert levels[3] == pytest.approx(0.6, rel=1e-6)
    assert 1e-4 < levels[-1] < 1e-3


def test_the_sun_stands_by_compass() -> None:
    east = light_of(Environment(sun_elevation_rad=0.5, sun_azimuth_rad=np.pi / 2)).toward_sun
    np.testing.assert_allclose(east, [np.cos(0.5), 0.0, np.sin(0.5)], atol=1e-12)


def test_an_overcast_sky_leaves_a_quarter_of_the_light_and_no_sun() -> None:
    clear = light_of(Environment(cloud_ratio=0.0)).horizontal_klx
    overcast = light_of(Environment(cloud_ratio=1.0))
    assert not overcast.sun_klx.any()
    luminance = np.array([0.2126, 0.7152, 0.0722])
    assert overcast.horizontal_klx @ luminance == pytest.approx(0.25 * clear @ luminance, rel=0.01)
    zenith, horizon = overcast.table[len(overcast.table) // 2, len(overcast.table) // 2], overcast.table[0, 0]
    np.testing.assert_allclose(zenith / horizon, 3.0, rtol=0.03)
    assert sky_illuminance(overcast.table)[1] == pytest.approx(overcast.horizontal_klx[1], rel=0.05)


def test_fog_takes_the_sun_and_gives_part_of_it_back_as_sky() -> None:
    clear, foggy = light_of(Environment()), light_of(Environment(fog_mor_m=60.0))
    assert foggy.sun_klx[1] < 0.1 * clear.sun_klx[1]
    assert foggy.air.sky_g > clear.air.sky_g
    assert foggy.air.extinction == pytest.approx(np.log(20.0) / 60.0)


def test_a_furnace_is_the_same_from_everywhere() -> None:
    light = uniform_light(2.0)
    assert np.unique(light.table).tolist() == [2.0]
    assert light.horizontal_klx == pytest.approx(np.full(3, 2 * np.pi))
