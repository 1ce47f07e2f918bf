"""Criticality metrics against hand-computed cases and slow twins."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity, box

from drivesynth.world import metrics
from drivesynth.world.series import Series
from drivesynth.world.signals import Signals

CAR = (2.0, 0.9)  # half length and width


def moving(
    *actors: tuple[float, float, float, float], half: tuple[float, float] = CAR, time_s=None
) -> Series:
    """Actors (x, y, yaw, speed) at time 0, going straight on."""
    time = np.array([0.0]) if time_s is None else time_s
    start = np.array(actors)
    yaw = np.broadcast_to(start[:, 2], (len(time), len(actors))).copy()
    speed = np.broadcast_to(start[:, 3], yaw.shape).copy()
    velocity = speed[:, :, None] * np.stack([np.cos(yaw), np.sin(yaw)], axis=-1)
    xy = start[None, :, :2] + velocity * time[:, None, None]
    return Series(
        names=tuple(f"a{i}" for i in range(len(actors))),
        time_s=time,
        xy_m=xy,
        yaw_rad=yaw,
        speed_mps=speed,
        accel_mps2=np.zeros_like(speed),
        velocity_mps=velocity,
        travelled_m=speed * time[:, None],
        half_m=np.array([half] * len(actors)),
        hitch_rad=np.zeros_like(speed),
        assets=("car/sedan",) * len(actors),
        sizes_m=((2 * half[0], 2 * half[1], 1.5),) * len(actors),
        present=np.ones(yaw.shape, np.bool_),
        signals=Signals((), np.zeros((len(time), 0), np.uint8)),
    )


def test_a_follower_at_20_behind_a_leader_at_10_with_30_m_between_has_3_s() -> None:
    pair = moving((0, 0, 0, 20), (34, 0, 0, 10))
    assert metrics.gap_m(pair, 0, 1) == pytest.approx(30)
    assert metrics.ttc_s(pair, 0, 1) == pytest.approx(3)
    assert metrics.ttc_1d_s(np.array([30.0]), np.array([10.0])) == pytest.approx(3)
    assert metrics.headway_s(pair, 0, 1) == pytest.approx(1.5)
    assert metrics.drac_mps2(pair, 0, 1) == pytest.approx(100 / 60)


def test_gap_distance_and_ttc_do_not_depend_on_who_is_named_first() -> None:
    pair = moving((0, 0, 0, 20), (34, 1, 0, 10))
    for metric in (metrics.gap_m, metrics.distance_m, metrics.ttc_s):
        assert metric(pair, 0, 1) == pytest.approx(metric(pair, 1, 0))


def test_an_opening_gap_has_no_time_to_collision() -> None:
    pair = moving((0, 0, 0, 10), (34, 0, 0, 20))
    assert metrics.ttc_s(pair, 0, 1) == np.inf
    assert metrics.drac_mps2(pair, 0, 1) == 0.0


def test_a_crossing_actor_is_met_when_its_box_reaches_the_lane() -> None:
    # Ego's front is 18 m from the crossing line at 10 m/s; the other's front is 12 m short of ego's side.
    pair = moving((0, 0, 0, 10), (22, 14.9, -np.pi / 2, 8))
    # Along x the boxes overlap from (22 - 0.9 - 2) / 10 to (22 + 0.9 + 2) / 10, along y from 12 / 8.
    assert metrics.ttc_s(pair, 0, 1) == pytest.approx(max(1.91, 12 / 8))
    passing = moving((0, 0, 0, 10), (22, 40.0, -np.pi / 2, 8))
    assert metrics.ttc_s(passing, 0, 1) == np.inf


def test_modified_ttc_solves_its_quadratic() -> None:
    # 0.5 * 2 t^2 + 3 t = 10 -> t = (-3 + sqrt(49)) / 2
    assert metrics.mttc_s(np.array([10.0]), np.array([3.0]), np.array([2.0])) == pytest.approx(2.0)
    assert metrics.mttc_s(np.array([10.0]), np.array([5.0]), np.array([0.0])) == pytest.approx(2.0)
    assert metrics.mttc_s(np.array([10.0]), np.array([3.0]), np.array([-1.0])) == np.inf


def test_post_encroachment_time_is_from_one_leaving_to_the_other_entering() -> None:
    time = np.arange(0, 10, 0.01)
    # The first is out of the other's way (x 19.1..20.9) at (20.9 + 2) / 10 = 2.29 s; the second enters the
    # first one's way (y -0.9..0.9) when its front at 41 - 2 has come 38.1 m: at 8 m/s 4.7625 s.
    series = moving((0, 0, 0, 10), (20, 41, -np.pi / 2, 8), time_s=time)
    assert metrics.pet_s(series, 0, 1, step=1) == pytest.approx(38.1 / 8 - 2.29, abs=0.021)
    assert metrics.pet_s(moving((0, 0, 0, 10), (0, 5, 0, 10), time_s=time), 0, 1) == np.inf


places = st.tuples(st.floats(-8, 8), st.floats(-8, 8), st.floats(-4, 4), st.just(0.0))


@given(places, places)
def test_distance_and_overlap_are_those_of_shapely(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    pair = moving(a, b)  # type: ignore[arg-type]
    shapes = [
        affinity.translate(affinity.rotate(box(-2, -0.9, 2, 0.9), yaw, origin=(0, 0), use_radians=True), x, y)
        for x, y, yaw, _ in (a, b)
    ]
    expected = shapes[0].distance(shapes[1])
    assert metrics.distance_m(pair, 0, 1)[0] == pytest.approx(expected, abs=1e-9)
    if abs(expected) > 1e-6:
        assert not metrics.overlap(pair, 0, 1)[0]


driven = st.tuples(st.floats(-30, 30), st.floats(-30, 30), st.floats(-4, 4), st.floats(-15, 15))


@given(driven, driven)
def test_time_to_collision_is_the_first_overlap_of_a_fine_simulation(
    a: tuple[float, ...], b: tuple[float, ...]
) -> None:
    ttc = metrics.ttc_s(moving(a, b), 0, 1)[0]  # type: ignore[arg-type]
    time = np.arange(0, 8, 0.005)
    touching = metrics.overlap(moving(a, b, time_s=time), 0, 1)  # type: ignore[arg-type]
    if touching.any():
        assert ttc == pytest.approx(time[np.argmax(touching)], abs=0.006)
    elif ttc < 7.9:  # a graze shorter than the fine step
        near = moving(a, b, time_s=np.array([ttc + 1e-9]))  # type: ignore[arg-type]
        assert metrics.distance_m(near, 0, 1)[0] < 1e-6


@pytest.mark.parametrize(
    ("radius_m", "turn_rad", "slip_rad"), [(6.0, 3.0, 0.0), (40.0, 0.6, 0.3), (1e4, 0.003, 0.0)]
)
def test_a_swept_way_needs_few_instants(radius_m: float, turn_rad: float, slip_rad: float) -> None:
    """Against the union of all instants' boxes, of a car of 4.4 by 1.8 m on a bend, also when it slides."""
    angle = np.arange(0.0, turn_rad, 0.02 / radius_m)
    centre = radius_m * np.column_stack([np.sin(angle), 1.0 - np.cos(angle)])
    ahead = np.column_stack([np.cos(angle + slip_rad), np.sin(angle + slip_rad)])
    left = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    corners = np.stack(
        [centre + a * ahead + b * left for a, b in ((2.2, 0.9), (-2.2, 0.9), (-2.2, -0.9), (2.2, -0.9))], 1
    )
    dense = shapely.union_all(shapely.polygons(corners))
    swept = metrics._swept(corners)
    assert dense.difference(swept.buffer(0.01)).is_empty
    assert swept.difference(dense.buffer(0.01)).is_empty
