"""Echoes in a world of plain shapes: cross sections, motion, occlusion, the road's image, mirrors."""

import numpy as np
import pytest

from drivesynth.arrays import F64
from drivesynth.assets import radar as tables
from drivesynth.assets.classes import CLASS_ID
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.scene.radar import AspectRcs
from drivesynth.sensors import radar_echo as re
from drivesynth.sensors import radar_paths as rp
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.frame import RADAR_CAUSE
from drivesynth.sensors.radar_waveform import Waveform
from drivesynth.world.stage import Stage
from tests.sensors.lidars import box, ground, quad, staged
from tests.sensors.radars import device, echoes, eye

WAVEFORM = Waveform(device(chirps={"samples": 400}))
CAR = (4.0, 2.0, 1.5)


def directly(stage: Stage, seen: re.Eye, seed: int = 1):
    azimuth, elevation, angle = re.ray_grid(WAVEFORM, np.random.default_rng(seed))
    caster = Caster(stage)
    return caster, angle, *re.direct(caster, WAVEFORM, seen, azimuth, elevation, angle)


def a_car(x_m: float, y_m: float = 0.0, yaw: float = 0.0) -> F64:
    return rigid((x_m, y_m, 0.0), rotation_xyz(yaw_rad=yaw))


@pytest.mark.parametrize("range_m, yaw", [(15.0, 0.0), (30.0, 0.7), (60.0, np.pi / 2)])
def test_the_rays_that_see_an_actor_whole_share_out_its_cross_section(range_m: float, yaw: float) -> None:
    pose = a_car(range_m, yaw=yaw)
    stage = staged([(box("radar-car", CAR), pose, 1)])
    totals = [
        directly(stage, eye(poses=pose[None], height_m=0.75), seed)[2].rcs_m2.sum() for seed in range(8)
    ]
    # 10 dBsm; the box is nearer than its middle, and the rays are few far away.
    assert np.mean(totals) == pytest.approx(10.0, rel=0.25 if range_m < 20 else 0.15)


def test_what_a_wall_hides_answers_no_more() -> None:
    pose = a_car(30.0)
    car, seen = box("radar-car", CAR), eye(poses=pose[None], height_m=0.75)
    wall = quad("radar-half", [[20, 0, -5], [20, 0, 5], [20, 5, 5], [20, 5, -5]])
    free = directly(staged([(car, pose, 1)]), seen)[2]
    half = directly(staged([(car, pose, 1), (wall, np.eye(4), -1)]), seen)[2]
    of_car = half.actor == 1
    assert half.rcs_m2[of_car].sum() == pytest.approx(free.rcs_m2.sum() / 2, rel=0.15)
    assert (half.azimuth_rad[of_car] < 0).all()
    assert (half.cause[~of_car] == RADAR_CAUSE["surroundings"]).all()


def test_speeds_are_the_doppler_of_known_motion() -> None:
    pose, away = a_car(30.0, 8.0), (7.0, -3.0, 0.0)
    stage = staged([(box("radar-car", CAR), pose, 1)], {0: away})
    seen = eye(velocity_mps=(12.0, 1.0, 0.0), poses=pose[None])
    found = directly(stage, seen)[2]
    way = re.unit(found.azimuth_rad, found.elevation_rad)
    assert found.speed_mps == pytest.approx(way @ (np.array(away) - [12.0, 1.0, 0.0]), abs=1e-4)
    assert found.speed_mps.mean() < -4.0


def test_ground_at_rest_shows_minus_the_own_speed_times_the_cosine() -> None:
    found = directly(staged([(ground(), np.eye(4), -1)]), eye(velocity_mps=(15.0, 0.0, 0.0)))[2]
    way = re.unit(found.azimuth_rad, found.elevation_rad)
    assert found.speed_mps == pytest.approx(-15.0 * way[:, 0], abs=1e-6)
    # Constant gamma: the clutter of all rays is gamma times solid angle times range squared.
    asphalt = 10 ** (tables.gamma_db()[MATERIAL_ID["asphalt"]] / 10)
    ratio = found.rcs_m2 / (asphalt * found.range_m**2)
    assert ratio == pytest.approx(np.radians(0.25) ** 2, rel=0.03)


def test_points_of_a_rolling_wheel_move_between_nothing_and_twice_the_car() -> None:
    """The micro-Doppler of wheels: the contact point rests, the top runs ahead."""
    speed, radius, step_s = 12.0, 0.3, 0.01
    times = np.arange(-2, 4) * step_s
    keys = np.stack(
        [rigid((speed * t, 0.0, radius), rotation_xyz(pitch_rad=speed / radius * t)) for t in times]
    )
    base = staged([(box("radar-wheel", (0.4, 0.2, 0.4)), keys[2], 1)])
    stage = Stage(**{**vars(base), "track": np.zeros(1, np.int32), "key_times_s": times, "keys": keys[None]})
    points = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 2 * radius], [0.0, 0.0, radius], [radius, 0.0, radius]])
    found = re.point_velocities(stage, np.zeros(4, np.int32), points, 0.0)
    expected = np.array([[0, 0, 0], [2 * speed, 0, 0], [speed, 0, 0], [speed, 0, -speed]])
    assert found == pytest.approx(expected, abs=1e-9)


def test_rotation_vectors_are_axis_times_angle() -> None:
    from scipy.spatial.transform import Rotation

    vectors = np.random.default_rng(1).normal(size=(50, 3))
    vectors *= np.linspace(1e-7, 3.0, 50)[:, None] / np.linalg.norm(vectors, axis=1, keepdims=True)
    found = re.rotation_vectors(Rotation.from_rotvec(vectors).as_matrix())
    assert found == pytest.approx(vectors, abs=1e-7)


def test_the_tables_aspect_is_front_at_the_nose_and_side_across() -> None:
    row = AspectRcs(front=10, oblique=4, side=17, rear=11)
    angles = np.radians([0, 45, -90, 90, 135, 180, 67.5])
    assert tables.rcs_dbsm(row, angles) == pytest.approx([10, 4, 17, 17, 4, 11, 10.5])
    assert {"car", "adult", "child", "bicycle", "truck"} <= set(tables.RCS) <= set(CLASS_ID)


def test_actors_differ_from_their_class_by_their_own_spread_and_keep_it() -> None:
    rows = (AspectRcs(front=0, oblique=0, side=0, rear=0, spread_db=3.0),) * 4000
    names = tuple(f"car.{i}" for i in range(4000))
    found = re.own_spread_db(7, "front", 0, names, rows)
    assert (found.mean(), found.std()) == pytest.approx((0.0, 3.0), abs=0.2)
    assert np.array_equal(re.own_spread_db(7, "front", 0, names[:5], rows[:5]), found[:5])


def test_a_roads_reflection_is_minus_one_at_grazing_and_nothing_at_brewsters_angle() -> None:
    brewster = np.arctan(1 / np.sqrt(rp.PERMITTIVITY))
    found = rp.road_reflection(np.array([1e-4, brewster, np.pi / 2]), WAVEFORM.wavelength_m)
    assert found[0] == pytest.approx(-1.0, abs=2e-3)
    assert found[1] == pytest.approx(0.0, abs=1e-9)
    smooth = (np.sqrt(rp.PERMITTIVITY) - 1) / (np.sqrt(rp.PERMITTIVITY) + 1)
    rough = np.exp(-2 * (2 * np.pi * rp.ROUGHNESS_M / WAVEFORM.wavelength_m) ** 2)
    assert found[2] == pytest.approx(smooth * rough)


def test_over_a_road_the_two_way_power_swings_between_nothing_and_sixteen() -> None:
    """|1 + G e^(-j d)|^4 with d = 2 k h_r h_t / R: Skolnik, section 8.2. The image is the other path."""
    caster = Caster(staged([(ground(), np.eye(4), -1)]))
    height, target = 0.5, np.linspace(0.3, 1.5, 200)
    points = np.column_stack([np.full(200, 60.0), np.zeros(200), target])
    elevation = np.arctan2(target - height, 60.0)
    listed = echoes(range_m=np.hypot(60.0, target - height), elevation_rad=elevation)
    found = rp.two_rays(caster, WAVEFORM, eye(height_m=height), np.eye(4), listed, points)
    above, below = found.rows(np.arange(200)), found.rows(np.arange(200, 400))
    longer = np.hypot(60.0, height + target) - np.hypot(60.0, height - target)
    assert longer == pytest.approx(2 * height * target / 60.0, rel=2e-3)
    gamma = rp.road_reflection(np.arctan2(height + target, 60.0), WAVEFORM.wavelength_m)
    expected = np.abs(1 + gamma * np.exp(-2j * np.pi * longer / WAVEFORM.wavelength_m)) ** 4
    assert np.abs(above.factor + below.factor) ** 2 == pytest.approx(expected, rel=1e-3, abs=1e-3)
    assert expected.max() > 12.0 and expected.min() < 0.1
    assert below.range_m == pytest.approx(above.range_m + longer / 2)
    assert below.elevation_rad == pytest.approx(-np.arctan2(height + target, 60.0), abs=1e-3)
    assert np.array_equal(below.draw, above.draw)


def test_without_a_road_below_there_is_no_image() -> None:
    grass = Caster(staged([(ground("grass"), np.eye(4), -1)]))
    listed = echoes(range_m=30.0)
    found = rp.two_rays(grass, WAVEFORM, eye(), np.eye(4), listed, np.array([[30.0, 0.0, 0.8]]))
    assert len(found.range_m) == 1 and found.factor[0] == 1.0


def test_a_rail_shows_an_actor_behind_itself_at_the_length_of_the_whole_path() -> None:
    """The mirror image of the car across the rail, with the image's own radial speed."""
    pose, away = a_car(40.0), (9.0, 0.0, 0.0)
    rail = quad("radar-rail", [[2, 4, -1], [2, 4, 4], [80, 4, 4], [80, 4, -1]], "rail_steel")
    stage = staged([(box("radar-car", CAR), pose, 1), (rail, np.eye(4), -1)], {0: away})
    seen = eye(height_m=0.75, velocity_mps=(20.0, 0.0, 0.0), poses=pose[None])
    caster, angle, first, hits, normals = directly(stage, seen)
    ghosts = rp.bounced(caster, WAVEFORM, seen, first, hits, normals, angle)
    assert len(ghosts.range_m) > 10
    assert (ghosts.cause == RADAR_CAUSE["mirror-ghost"]).all() and (ghosts.actor == 1).all()
    way = re.unit(ghosts.azimuth_rad, ghosts.elevation_rad)
    image = ghosts.range_m[:, None] * way
    assert (np.abs(image[:, 1] - 8.0) < 1.01).all()  # the car's middle mirrored at y = 4 m
    assert (np.abs(image[:, 0] - 40.0) < 2.01).all()
    assert ghosts.speed_mps == pytest.approx(way[:, 0] * (9.0 - 20.0), abs=1e-3)
    both_ways = 10 ** (-2 * tables.mirror_db()[MATERIAL_ID["rail_steel"]] / 10)
    assert ghosts.rcs_m2.sum() == pytest.approx(10.0 * both_ways, rel=0.5)


def test_a_car_hidden_behind_another_is_seen_below_it() -> None:
    ahead, hidden = a_car(12.0), a_car(24.0)
    raised = quad("radar-van", [[10, -1.5, 0.35], [10, -1.5, 4], [10, 1.5, 4], [10, 1.5, 0.35]])
    stage = staged([(raised, np.eye(4), 1), (box("radar-car", CAR), hidden, 2), (ground(), np.eye(4), -1)])
    seen = eye(height_m=0.5, poses=np.stack([ahead, hidden]))
    seen.world_from_radar[:3, 3] = [0, 0, 0.5]
    caster, angle, first, hits, normals = directly(stage, seen)
    first = first.rows(np.flatnonzero(first.actor != 2))  # what peeps out beside the van
    ghosts = rp.bounced(caster, WAVEFORM, seen, first, hits, normals, angle)
    below = ghosts.rows(np.flatnonzero(ghosts.cause == RADAR_CAUSE["road-bounce"]))
    assert len(below.range_m) > 3 and (below.actor == 2).all()
    assert (below.elevation_rad < 0).all()
    assert below.range_m == pytest.approx(22.0, abs=0.5)


def test_a_near_target_throws_back_once_more_at_twice_range_and_speed() -> None:
    listed = echoes(range_m=[10.0, 10.0, 60.0], speed_mps=-5.0, rcs_m2=[4.0, 6.0, 10.0], actor=[1, 1, 2])
    found = rp.thrown_back(eye(poses=np.tile(np.eye(4), (2, 1, 1))), WAVEFORM, listed)
    assert found.range_m.tolist() == [20.0, 20.0] and found.speed_mps.tolist() == [-10.0, -10.0]
    # Received power against the first echo's: (s / 4 pi R^2) of the car and of the target once more.
    power = found.rcs_m2.sum() / 20.0**4
    assert power / (10.0 / 10.0**4) == pytest.approx(rp.EGO_RCS_M2 * 10.0 / (4 * np.pi * 100.0) ** 2)
