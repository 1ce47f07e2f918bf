"""WGS84 against published places, closed forms of the ellipsoid, and itself backwards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.geometry.geodesy import (
    ECCENTRICITY2,
    SEMI_MAJOR_M,
    Geodetic,
    ecef_from_geodetic,
    ecef_from_world,
    geodetic_from_ecef,
    gravity_mps2,
)
from drivesynth.geometry.transforms import move_points


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180), alt=st.floats(-400, 9000))
def test_places_survive_the_way_to_earths_centre_and_back(lat: float, lon: float, alt: float) -> None:
    there = ecef_from_geodetic(np.radians(lat), np.radians(lon), np.float64(alt))
    latitude, longitude, altitude = geodetic_from_ecef(there)
    assert altitude == pytest.approx(alt, abs=1e-6)
    assert latitude == pytest.approx(np.radians(lat), abs=1e-12)
    back = ecef_from_geodetic(latitude, longitude, altitude)
    assert back == pytest.approx(there, abs=1e-6)


def test_poles_and_equator_are_where_the_ellipsoid_has_them() -> None:
    minor_m = SEMI_MAJOR_M * np.sqrt(1 - ECCENTRICITY2)
    assert minor_m == pytest.approx(6356752.3142, abs=1e-4)  # TR8350.2, table 3.3
    pole = ecef_from_geodetic(np.pi / 2, 0.0, np.float64(10.0))
    assert pole == pytest.approx([0, 0, minor_m + 10], abs=1e-6)
    assert ecef_from_geodetic(0.0, np.pi / 2, np.float64(0)) == pytest.approx([0, SEMI_MAJOR_M, 0], abs=1e-6)


@given(lat=st.floats(-80, 80), lon=st.floats(-179, 179))
def test_a_step_east_or_north_turns_by_the_radii_of_curvature(lat: float, lon: float) -> None:
    """Meridian and prime-vertical radii, Torge, Geodesy, section 4.1."""
    phi = np.radians(lat)
    normal = SEMI_MAJOR_M / np.sqrt(1 - ECCENTRICITY2 * np.sin(phi) ** 2)
    meridian = normal**3 * (1 - ECCENTRICITY2) / SEMI_MAJOR_M**2
    world = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])
    latitude, longitude, altitude = geodetic_from_ecef(
        move_points(ecef_from_world(Geodetic(lat, lon, 0.0)), world)
    )
    assert longitude[0] - np.radians(lon) == pytest.approx(1 / (normal * np.cos(phi)), rel=1e-6, abs=1e-14)
    assert latitude[1] - phi == pytest.approx(1 / meridian, rel=1e-6)
    assert altitude == pytest.approx([0, 0, 1], abs=1e-6)


def test_gravity_is_that_of_the_reference_ellipsoid() -> None:
    assert gravity_mps2(0.0) == pytest.approx(9.7803253359, abs=1e-9)
    assert gravity_mps2(np.pi / 2) == pytest.approx(9.8321849378, abs=1e-7)
    assert gravity_mps2(np.radians(45), 1000.0) == pytest.approx(9.80620 - 0.003086, abs=2e-5)
