"""The sun of a day and a place."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.errors import RequestError
from drivesynth.scenario.draw import sample
from drivesynth.scenario.model import Environment
from drivesynth.scenario.sun import solar_time_s, sun_on
from drivesynth.scene import loads

HEAD = "drivesynth: 1\nroad: {template: street/plain, length: 120 m}\nego: {at: {lane: R1, s: 9 m}}\n"


def drawn(text: str) -> Environment:
    return sample(loads(f"{HEAD}environment: {{{text}}}\n")).environment


def test_a_scene_has_the_sun_of_its_day_time_and_place() -> None:
    """KITTI's first drive of 2011-09-26, and Sydney's summer noon, where the sun stands in the north."""
    kitti = drawn("date: 2011-09-26, time: 11:02")
    assert math.degrees(kitti.sun_elevation_rad) == pytest.approx(39.697, abs=0.05)
    assert math.degrees(kitti.sun_azimuth_rad) == pytest.approx(174.87, abs=0.05)
    assert kitti.time_of_day_s == pytest.approx(3600 * 11.744, abs=60)  # solar: highest at 12:00
    south = drawn("date: 2024-12-21, time: 02:00, place: {latitude: -33.87 deg, longitude: 151.21 deg}")
    assert math.degrees(south.sun_elevation_rad) == pytest.approx(79.5, abs=0.5)
    assert min(math.degrees(south.sun_azimuth_rad), 360 - math.degrees(south.sun_azimuth_rad)) < 10.0
    fixed = drawn("date: 2011-09-26, time: 11:02, sun: {elevation: 5 deg, azimuth: 90 deg}")
    assert math.degrees(fixed.sun_elevation_rad) == pytest.approx(5.0)


@given(st.dates(), st.floats(-65, 65), st.floats(-180, 180))
def test_the_sun_is_highest_at_its_noon_and_an_hour_of_it_is_an_hour(day, north: float, east: float) -> None:  # type: ignore[no-untyped-def]
    name = day.isoformat()
    noon_s = (43_200.0 - solar_time_s(name, 43_200.0, east) + 43_200.0) % 86_400.0
    heights = [sun_on(name, (noon_s + away) % 86_400.0, north, east)[0] for away in (-3600.0, 0.0, 3600.0)]
    assert heights[1] >= max(heights) - 1e-3
    assert -math.pi / 2 <= min(heights) and max(heights) <= math.pi / 2 + 1e-6


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("date: 2011-09-31, time: 11:00", "'2011-09-31' is no day"),
        ("date: yesterday, time: 11:00", "is no day; write it as 2011-09-26"),
        ("date: 2011-09-26", "a date needs a time"),
        ("time: 11:00, place: {latitude: 1 deg, longitude: 2 deg}", "a place needs a date"),
        ("date: 2011-09-26, time: 11:00, place: {latitude: 91 deg, longitude: 2 deg}", "latitude"),
        ("fog: {mor: 80 m, droplets: advection}", "droplets"),
        ("fog: {mor: 80 m, droplets: strong_advection, lidar_ratio: 20}", "not both"),
    ],
)
def test_a_day_or_fog_that_cannot_be_is_refused(text: str, needle: str) -> None:
    with pytest.raises(RequestError) as caught:
        drawn(text)
    assert needle in str(caught.value)
