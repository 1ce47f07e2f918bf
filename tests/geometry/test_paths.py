"""Paths against closed forms, against Fresnel integrals, and against themselves run backwards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import fresnel

from drivesynth.geometry.cubics import Cubics, shifted
from drivesynth.geometry.paths import Bend, Path, Pose, join

curvatures = st.floats(-1 / 30, 1 / 30)
bends = st.lists(st.builds(Bend, st.floats(5.0, 120.0), curvatures, curvatures), min_size=1, max_size=4)


def winding() -> Path:
    return Path.of(
        [Bend(80), Bend(60, 0, 1 / 90), Bend(50, 1 / 90, 1 / 90), Bend(70, 1 / 90, -1 / 60), Bend(40)],
        Pose(3.0, -2.0, 1.0, 0.3),
        Cubics.of([(0, 0, 0.02, 0, 0), (100, 2.0, 0.02, -4e-4, 1e-6)]),
        Cubics.constant(0.03),
    )


def test_an_arc_lies_on_its_circle() -> None:
    path = Path.of([Bend(200.0, 1 / 40, 1 / 40)])
    poses = path.poses(np.linspace(0, 200, 301))
    assert np.allclose(np.hypot(poses[:, 0], poses[:, 1] - 40.0), 40.0, atol=1e-10)
    assert poses[-1, 3] == pytest.approx(200 / 40)


def test_a_kilometre_of_clothoid_ends_where_the_fresnel_integrals_say() -> None:
    length, k1 = 1000.0, 1 / 100
    rate = np.sqrt(np.pi * length / k1)
    s = np.linspace(0, length, 101)
    sine, cosine = fresnel(s / rate)
    poses = Path.of([Bend(length, 0.0, k1)]).poses(s)
    assert np.abs(poses[:, 0] - rate * cosine).max() < 1e-6
    assert np.abs(poses[:, 1] - rate * sine).max() < 1e-6


@given(bends=bends, left=st.floats(-8.0, 8.0))
def test_offsets_run_at_a_constant_distance_with_the_same_heading(bends: list[Bend], left: float) -> None:
    path = Path.of(bends)
    beside = path.offset(left)
    s = np.linspace(0, beside.length_m, 50)
    back = path.projections(beside.poses(s)[:, :2])
    assert np.allclose(back[:, 1], left, atol=1e-8)
    assert np.allclose(path.poses(back[:, 0])[:, 3], beside.poses(s)[:, 3], atol=1e-8)


@given(bends=bends)
def test_stations_count_arc_length_whatever_the_offset(bends: list[Bend]) -> None:
    length = sum(bend.length_m for bend in bends)
    path = Path.of(bends).offset(Cubics.smooth(0.2 * length, 0.8 * length, -1.0, 3.0))
    s = np.linspace(0, path.length_m, 4001)
    chords = np.hypot(*np.diff(path.poses(s)[:, :2], axis=0).T)
    assert np.allclose(chords, path.length_m / 4000, rtol=1e-4)


@given(bends=bends, left=st.floats(-5.0, 5.0))
def test_pieces_meet_in_position_and_heading(bends: list[Bend], left: float) -> None:
    # Curvature may jump between bends; position and heading may not.
    path = Path.of(bends).offset(left)
    before, after = path.poses(path.starts_m[1:-1] - 1e-9), path.poses(path.starts_m[1:-1] + 1e-9)
    assert np.abs(before - after).max(initial=0.0) < 1e-7


@given(bends=bends, left=st.floats(-6.0, 6.0), ratio=st.floats(0.0, 1.0))
def test_projection_undoes_pose(bends: list[Bend], left: float, ratio: float) -> None:
    path = Path.of(bends[:2])  # short enough not to come back to itself
    s = ratio * path.length_m
    at = path.pose(s)
    s_back, left_back = path.project(
        at.x_m - left * np.sin(at.heading_rad), at.y_m + left * np.cos(at.heading_rad)
    )
    assert s_back == pytest.approx(s, abs=1e-7)
    assert left_back == pytest.approx(left, abs=1e-9)


@pytest.mark.parametrize("beyond_m", [-30.0, -0.5, 0.5, 45.0])
def test_beyond_its_ends_a_path_goes_on_straight_and_projection_follows(beyond_m: float) -> None:
    path = winding()
    s = beyond_m if beyond_m < 0 else path.length_m + beyond_m
    end = path.pose(0.0 if beyond_m < 0 else path.length_m)
    at = path.pose(s)
    assert at.heading_rad == end.heading_rad and at.z_m == end.z_m
    assert np.hypot(at.x_m - end.x_m, at.y_m - end.y_m) == pytest.approx(abs(beyond_m))
    assert path.project(at.x_m, at.y_m) == pytest.approx((s, 0.0))


@pytest.mark.parametrize("left", [0.0, -3.0, Cubics.smooth(90.0, 220.0, 0.0, 3.5)])
def test_the_path_back_is_the_same_curve(left: float | Cubics) -> None:
    path = winding().offset(left, up_m=0.12)
    back = path.reversed()
    assert back.length_m == pytest.approx(path.length_m, abs=1e-9)
    s = np.linspace(0, path.length_m, 77)
    there, again = path.poses(s), back.poses(back.length_m - s)
    assert np.allclose(there[:, :3], again[:, :3], atol=1e-8)
    assert np.allclose(again[:, 3] - there[:, 3], again[0, 3] - there[0, 3], atol=1e-8)
    assert np.cos(again[0, 3] - there[0, 3]) == pytest.approx(-1.0)
    assert np.allclose(path.curvatures(s[1:-1]), -back.curvatures(back.length_m - s[1:-1]), atol=1e-7)


def test_curvature_and_grade_are_the_derivatives_of_heading_and_height() -> None:
    path = winding().offset(Cubics.smooth(90.0, 220.0, 0.0, 3.5))
    s = np.linspace(1.0, path.length_m - 1.0, 400)
    ahead, behind = path.poses(s + 1e-4), path.poses(s - 1e-4)
    away = np.abs(s[:, None] - path.starts_m).min(axis=1) > 1e-3  # curvature jumps where pieces meet
    assert np.allclose(path.curvatures(s)[away], ((ahead - behind)[:, 3] / 2e-4)[away], atol=1e-6)
    assert np.allclose(path.grades(s)[away], ((ahead - behind)[:, 2] / 2e-4)[away], atol=1e-6)


def test_a_part_of_a_path_lies_on_it_and_parts_join_to_the_whole() -> None:
    path = winding().offset(-1.75)
    first, middle, last = (
        path.between(0.0, 50.5),
        path.between(50.5, 201.0),
        path.between(201.0, path.length_m),
    )
    assert middle.length_m == pytest.approx(150.5)
    s = np.linspace(0, path.length_m, 64)
    assert np.allclose(join([first, middle, last]).poses(s), path.poses(s), atol=1e-9)


def test_bank_lifts_the_left_side() -> None:
    path = winding()
    centre, left = path.pose(150.0), path.offset(2.0).reversed().reversed()
    s, _ = left.project(centre.x_m, centre.y_m)
    assert left.pose(s).z_m - centre.z_m == pytest.approx(2.0 * 0.03)


@given(st.lists(st.floats(-2.0, 2.0), min_size=4, max_size=4), st.floats(-10.0, 10.0), st.floats(-10.0, 10.0))
def test_a_shifted_cubic_has_the_same_values(c: list[float], by: float, u: float) -> None:
    def value(k: np.ndarray, at: float) -> float:
        return float(np.polyval(k[::-1], at))

    assert value(shifted(np.array(c), by), u - by) == pytest.approx(value(np.array(c), u), abs=1e-8)


def test_the_sum_of_cubics_is_the_sum_of_their_values() -> None:
    a, b = Cubics.of([(0, 1, 2, 0.1, 0.01), (5, 3, 0, 0, 0)]), Cubics.smooth(2.0, 8.0, 1.0, -1.0)
    s = np.linspace(-1, 12, 40)
    assert np.allclose((a + b * 2.0)(s), a(s) + 2 * b(s))
    assert np.allclose(b.slope(s), (b(s + 1e-6) - b(s - 1e-6)) / 2e-6, atol=1e-6)
