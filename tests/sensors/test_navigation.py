"""The inertial unit: without errors it says what the car does; else it is off by as much as it says."""

import dataclasses
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from drivesynth.arrays import F64, Bool
from drivesynth.geometry.geodesy import Geodetic, ecef_from_world, geodetic_from_ecef
from drivesynth.geometry.transforms import move_points, rigid
from drivesynth.scenario.model import Actor, Placement, Scenario
from drivesynth.scene.navigation import NavigationDevice, Satellites, Wheels
from drivesynth.scene.rig import NavigationSensor, load_rig
from drivesynth.sensors.frame import OXTS_FIELDS, Navigation
from drivesynth.sensors.navigation import CODE, FLOAT, INTEGER, NO_FIX, drive, navigate
from drivesynth.sensors.rig import NavigationMount, RigGeometry
from drivesynth.sensors.satellites import FEWEST, directions, solution
from drivesynth.world.rollout import Rollout
from drivesynth.world.signals import Signals
from tests import oxts_devkit

ORIGIN = Geodetic(49.0, 8.4, 110.0)
COLUMN = {name: i for i, name in enumerate(OXTS_FIELDS)}
SATELLITES = Satellites(integer_m=0.02, float_m=0.2, code_m=0.5, outage_mps_per_sqrt_s=0.02)


def device(**changes: object) -> NavigationDevice:
    """Without any error but those asked for."""
    perfect = Satellites(
        integer_m=0, float_m=0, code_m=0, reflected=0.0, outage_mps_per_sqrt_s=0, trusted=0.0
    )
    words = {"kind": "gnss_imu", "name": "test", "satellites": perfect}
    return NavigationDevice.model_validate(words | changes)


def mounted(
    unit: NavigationDevice, place: tuple[float, float, float] = (0.0, 0.0, 0.0), outages: tuple = ()
) -> NavigationMount:
    return NavigationMount("oxts", unit, rigid(place), np.zeros(3), ORIGIN, outages)


def motion(position: F64, rpy: F64, speed: F64, variant: int = 0) -> Rollout:
    """A rollout of the ego alone, (T, 3) each."""
    steps = len(position)
    placement = Placement()
    ego = Actor(
        name="ego",
        asset="car/estate",
        class_name="car",
        look_seed=1,
        size_m=(4.6, 1.8, 1.5),
        placement=placement,
    )
    from drivesynth.road.plan import LanePlan, PathPlan, RoadPlan

    lane = (LanePlan(kind="drive", width_m=3.5),)
    road = RoadPlan(right=lane, left=lane, path=(PathPlan(length_m=100.0),), street="none")
    scenario = Scenario(scene="t", scene_sha256="0", seed=4, variant=variant, road=road, ego=ego)
    nothing = np.zeros((steps, 1))
    return Rollout(
        scenario, np.arange(steps) * 0.01, position[:, None], rpy[:, None], speed[:, None], nothing,
        np.zeros((steps, 1, 8)), nothing.astype(np.uint32), nothing < 1, nothing.astype(int), (),
        nothing, {}, {}, Signals((), np.zeros((steps, 0), np.uint8)),
    )  # fmt: skip


@lru_cache
def circle(speed: float = 12.0, radius: float = 40.0, seconds: float = 12.0, variant: int = 0) -> Rollout:
    """Counter-clockwise from heading east."""
    time = np.arange(round(seconds * 100) + 1) * 0.01
    yaw = speed / radius * time
    position = np.column_stack([radius * np.sin(yaw), radius * (1 - np.cos(yaw)), 0 * yaw])
    return motion(position, np.column_stack([0 * yaw, 0 * yaw, yaw]), np.full(len(time), speed), variant)


def open_sky(places: F64, ways: F64) -> Bool:
    return np.ones((len(places), len(ways)), np.bool_)


def column(rows: F64, *names: str) -> F64:
    return np.column_stack([rows[:, COLUMN[name]] for name in names])


def test_at_rest_it_feels_gravity_alone() -> None:
    still = motion(np.zeros((300, 3)), np.tile([0.05, -0.03, 2.0], (300, 1)), np.zeros(300))
    rows = drive(still, mounted(device()), 1, open_sky).oxts
    assert column(rows, "vn", "ve", "vf", "vl", "vu", "wx", "wy", "wz") == pytest.approx(0, abs=1e-12)
    assert column(rows, "roll", "pitch", "yaw")[9] == pytest.approx([0.05, -0.03, 2.0])
    assert column(rows, "af", "al")[7] == pytest.approx([0, 0], abs=1e-12)
    assert column(rows, "au")[7, 0] == pytest.approx(9.8095, abs=1e-3)
    # Left side up: the unit's own y axis points up a little and feels gravity there.
    assert column(rows, "ay")[7, 0] == pytest.approx(9.8095 * np.sin(0.05) * np.cos(0.03), rel=1e-3)
    assert column(rows, "ax")[7, 0] == pytest.approx(9.8095 * np.sin(0.03), rel=1e-3)


def test_on_a_circle_it_feels_the_centripetal_acceleration_to_the_left() -> None:
    rows = drive(circle(), mounted(device()), 1, open_sky).oxts[5:-5]
    assert column(rows, "vf") == pytest.approx(12.0, rel=1e-3)
    assert column(rows, "al", "ay") == pytest.approx(12.0**2 / 40.0, rel=1e-3)
    assert column(rows, "wz", "wu") == pytest.approx(12.0 / 40.0, rel=1e-4)
    assert np.hypot(*column(rows, "vn", "ve").T) == pytest.approx(12.0, rel=1e-3)


def test_the_lever_arm_adds_what_turning_makes_of_it() -> None:
    """v + omega x l and a + omega x (omega x l), in the axes of the car."""
    ahead, left = 1.5, -0.6
    rows = drive(circle(), mounted(device(), (ahead, left, 0.9)), 1, open_sky).oxts[5:-5]
    rate = 12.0 / 40.0
    assert column(rows, "vf") == pytest.approx(12.0 - rate * left, rel=1e-3)
    assert column(rows, "vl") == pytest.approx(rate * ahead, rel=2e-2)
    assert column(rows, "al") == pytest.approx(rate * 12.0 - rate**2 * left, rel=2e-3)
    assert column(rows, "af") == pytest.approx(-(rate**2) * ahead, rel=5e-2)


def test_latitude_and_longitude_are_the_places_of_the_world() -> None:
    rows = drive(circle(), mounted(device(), (0.0, 0.0, 0.9)), 1, open_sky).oxts
    world = np.array([40 * np.sin(0.3), 40 * (1 - np.cos(0.3)), 0.9])
    latitude, longitude, altitude = geodetic_from_ecef(move_points(ecef_from_world(ORIGIN), world[None]))
    row = column(rows, "lat", "lon", "alt")[100]
    assert row == pytest.approx([np.degrees(latitude[0]), np.degrees(longitude[0]), altitude[0]], abs=1e-10)


def test_kittis_own_formula_finds_the_way_back_but_for_the_ellipsoid(tmp_path: Path) -> None:
    """convertOxtsToPose takes the Earth for a sphere of the equator's radius: up to 0.2 % off at 49 deg."""
    from drivesynth.export import oxts

    rows = drive(circle(), mounted(device()), 1, open_sky).oxts
    poses = []
    for k in (0, 300, 700):
        path = tmp_path / f"{k:06d}.txt"
        path.write_bytes(oxts.encode(rows[k]))
        poses.append(oxts_devkit.read(path))
    scale = np.cos(np.radians(poses[0]["lat"]))
    spots = np.array([oxts_devkit.mercator_m(p["lat"], p["lon"], scale) for p in poses])
    true = circle().position_m[[0, 300, 700], 0, :2]
    assert spots - spots[0] == pytest.approx(true - true[0], rel=2.5e-3, abs=0.02)
    turn = oxts_devkit.rotation(poses[1]["roll"], poses[1]["pitch"], poses[1]["yaw"])
    assert turn[0][:2] == pytest.approx([np.cos(0.9), -np.sin(0.9)], abs=1e-6)
    assert poses[1]["ve"] == pytest.approx(12 * np.cos(0.9), rel=1e-3)
    assert poses[1]["vn"] == pytest.approx(12 * np.sin(0.9), rel=1e-3)


def test_a_real_record_survives_our_file() -> None:
    """A line of drive 2011_09_26_0001 as public readers of KITTI keep it in their tests."""
    from drivesynth.export import oxts

    line = (
        "49.015003823272 8.4342971002335 116.43032836914 0.035752 0.00903 -2.6087069803847 -6.811441479104 "
        "-11.275641809511 13.172716663769 -0.12475264293164 -0.032919903047354 -0.44519814607457 "
        "0.042957369847256 10.209865300506 -0.34030092211055 -0.31686915378551 10.209117821189 "
        "0.0090951755733632 -0.023140741253985 -0.017909034508194 0.0089018002187228 -0.022495299354602 "
        "-0.018809330937153 0.027658633371879 0.012727922061358 4 11 6 6 6\n"
    )
    record = oxts.decode(line.encode())
    assert oxts.encode(record).decode() == line
    # Its levelled fields are what its angles, rounded there, make of its own: order and signs are KITTI's.
    from drivesynth.sensors.navigation import _levelled

    own = column(record[None], "ax", "ay", "az")
    assert _levelled(own, record[3:4], record[4:5])[0] == pytest.approx(record[14:17], abs=0.015)
    yaw, (north, east) = record[5], record[6:8]
    assert np.cos(yaw) * east + np.sin(yaw) * north == pytest.approx(record[8], abs=1e-3)


def noisy(**satellites: float) -> NavigationDevice:
    return device(satellites=SATELLITES.model_copy(update={"reflected": 0.0, **satellites}))


def errors_m(navigation: Navigation) -> F64:
    """(N, 3) east, north, up."""
    metres = []
    for rows in (navigation.oxts, navigation.exact):
        lat, lon, alt = column(rows, "lat", "lon", "alt").T
        metres.append(np.column_stack([np.radians(lon) * 6390266 * np.cos(np.radians(49)),
                                       np.radians(lat) * 6371966, alt]))  # fmt: skip
    return metres[0] - metres[1]


def test_position_errors_have_the_spread_that_ranges_and_geometry_make() -> None:
    ratios = []
    for variant in range(150):
        navigation = drive(circle(seconds=1.0, variant=variant), mounted(noisy()), 7, open_sky)
        assert (column(navigation.oxts, "posmode") == INTEGER).all()
        worst = np.abs(errors_m(navigation)[50]).max()
        ratios.append(worst / navigation.oxts[50, COLUMN["pos_accuracy"]])
        assert 4 < navigation.oxts[50, COLUMN["numsats"]] <= 12
    # The largest of three errors with the largest deviation's unit: between 0.5 and 1.7 in the mean.
    assert 0.5 < np.mean(ratios) < 1.7
    assert np.max(ratios) < 4.5


def test_during_an_outage_the_position_drifts_as_inertia_does() -> None:
    """A velocity that walks randomly by q per root second moves q t^1.5 / sqrt 3 off in t seconds."""
    ends = []
    for variant in range(200):
        rollout = circle(seconds=8.0, variant=variant)
        navigation = drive(rollout, mounted(noisy(integer_m=0.0), outages=((1.0, 7.0),)), 3, open_sky)
        modes = column(navigation.oxts, "posmode")[:, 0]
        assert (modes[105:695] == NO_FIX).all() and (modes[:95] == INTEGER).all() and modes[-1] == INTEGER
        ends.append(errors_m(navigation)[699])
    expected = 0.02 * 6.0**1.5 / np.sqrt(3)
    assert np.std(ends) == pytest.approx(expected, rel=0.1)  # 600 draws: 3 %
    assert navigation.oxts[699, COLUMN["pos_accuracy"]] == pytest.approx(expected, rel=0.02)
    after = np.abs(errors_m(navigation)[-1]).max()
    assert after < np.abs(errors_m(navigation)[699]).max()  # it heals


def test_the_accuracy_told_in_an_outage_is_never_better_than_the_last_fix() -> None:
    """It fell to half a millimetre once, when the satellites were gone."""
    rollout = circle(seconds=8.0, variant=0)
    accuracy = column(
        drive(rollout, mounted(noisy(), outages=((1.0, 4.0),)), 3, open_sky).oxts, "pos_accuracy"
    )
    before = accuracy[95, 0]
    assert before > 0.01 and (np.diff(accuracy[100:395, 0]) >= 0.0).all() and accuracy[101, 0] >= before
    drifted = 0.02 * 3.0**1.5 / np.sqrt(3)
    assert accuracy[399, 0] == pytest.approx(np.hypot(before, drifted), rel=0.02)
    assert before < accuracy[410, 0] < accuracy[399, 0]  # believed again as fast as the position heals


def test_in_a_tunnel_no_wall_brings_a_satellite_round_a_corner() -> None:
    """Reflections alone once made a position 255 m off."""

    def tunnel(places: F64, ways: F64) -> Bool:
        return np.repeat(places[:, None, 0] < 10.0, len(ways), axis=1)

    unit = device(satellites=SATELLITES.model_copy(update={"reflected": 1.0, "detour_m": 20.0}))
    time = np.arange(801) * 0.01
    straight = motion(np.column_stack([5 * time, 0 * time, 0 * time]), np.zeros((801, 3)), np.full(801, 5.0))
    navigation = drive(straight, mounted(unit), 5, tunnel)
    assert (column(navigation.oxts, "posmode")[250:] == NO_FIX).all()
    assert (column(navigation.oxts, "numsats")[250:] == 0).all()
    assert np.abs(errors_m(navigation)).max() < 1.0


def test_satellites_in_one_corner_of_the_sky_make_no_position() -> None:
    def slit(places: F64, ways: F64) -> Bool:
        """Only a cone of 40 degrees about the zenith is free: whatever is in it, PDOP is far above 10."""
        return np.repeat((ways[:, 2] > np.cos(np.radians(40.0)))[None], len(places), axis=0)

    unit = device(satellites=SATELLITES.model_copy(update={"reflected": 0.0}))
    time = np.arange(201) * 0.01
    still = motion(np.zeros((201, 3)), np.zeros((201, 3)), np.zeros(201))
    counts = []
    for seed in range(30):
        oxts = drive(still, mounted(unit), seed, slit).oxts
        counts.append(oxts[-1, COLUMN["numsats"]])
        assert (column(oxts, "posmode") == NO_FIX).all()
    assert max(counts) >= 4 and len(time) == 201


def test_a_wall_on_one_side_takes_satellites_and_makes_a_jump() -> None:
    def canyon(places: F64, ways: F64) -> Bool:
        """From x = 10 m on, nothing is seen to the north."""
        return ~((places[:, None, 0] > 10.0) & (ways[None, :, 1] > 0.0))

    unit = device(satellites=SATELLITES.model_copy(update={"reflected": 1.0, "detour_m": 20.0, "code_m": 0.0,
                                                           "integer_m": 0.0, "float_m": 0.0}))  # fmt: skip
    time = np.arange(801) * 0.01
    straight = motion(np.column_stack([5 * time, 0 * time, 0 * time]), np.zeros((801, 3)), np.full(801, 5.0))
    navigation = drive(straight, mounted(unit), 5, canyon)
    error, modes = np.linalg.norm(errors_m(navigation), axis=1), column(navigation.oxts, "posmode")[:, 0]
    assert error[:190].max() < 1e-6 and modes[100] == INTEGER
    assert modes[500] in (NO_FIX, CODE, FLOAT) and error[600] > 0.1
    assert error[215] < error[600]  # the filter takes its time


def test_a_range_error_of_one_satellite_moves_the_least_squares_solution() -> None:
    ways = directions(ORIGIN, 0.3)
    used = ways[:, 2] > 0.2
    assert used.sum() >= FEWEST
    gain, dilution = solution(ways, used)
    place, clock = np.array([3.0, -2.0, 5.0]), 7.0
    ranges = -ways @ place + clock  # linearised
    assert gain @ np.where(used, ranges, 0.0) == pytest.approx(place, abs=1e-9)
    # The dilution of precision is the root of the covariance's diagonal.
    geometry = np.column_stack([-ways[used], np.ones(used.sum())])
    assert dilution**2 == pytest.approx(np.diag(np.linalg.inv(geometry.T @ geometry))[:3])


def test_the_constellation_stands_where_gps_does() -> None:
    """At 55 deg inclination none comes near the pole: from 49 deg north there is a hole in the north sky.

    KITTI's records count 6 to 11 satellites.
    """
    seen, north = [], []
    for share in np.linspace(0, 1, 97)[:-1]:
        ways = directions(ORIGIN, share)
        up = ways[ways[:, 2] > np.sin(np.radians(10))]
        seen.append(len(up))
        azimuth = np.degrees(np.arctan2(up[:, 0], up[:, 1]))
        elevation = np.degrees(np.arcsin(up[:, 2]))
        north.extend(elevation[np.abs(azimuth) < 20])
    assert min(seen) >= 6 and max(seen) <= 11 and 8 < np.mean(seen) < 9
    assert north and min(north) > 60
    assert directions(ORIGIN, 0.0) == pytest.approx(directions(ORIGIN, 1.0), abs=1e-9)


def test_frames_in_any_order_find_the_same_records() -> None:
    unit = device(velocity_mps=0.02, roll_pitch_deg=0.03, heading_deg=0.1, satellites=SATELLITES)
    first, second = mounted(unit), mounted(unit)
    times = [0.5, 0.6, 0.7]
    forwards = [navigate(circle(), first, t, 0.1, 9, open_sky) for t in times]
    backwards = [navigate(circle(), second, t, 0.1, 9, open_sky) for t in times[::-1]][::-1]
    for a, b in zip(forwards, backwards, strict=True):
        for field in dataclasses.fields(Navigation):
            assert np.array_equal(getattr(a, field.name), getattr(b, field.name))
    assert [list(n.time_ns[[0, -1]]) for n in forwards] == [
        [410_000_000, 500_000_000], [510_000_000, 600_000_000], [610_000_000, 700_000_000],
    ]  # fmt: skip
    other = navigate(circle(), mounted(unit), 0.5, 0.1, 10, open_sky)
    assert not np.array_equal(other.oxts, forwards[0].oxts) and np.array_equal(other.exact, forwards[0].exact)


def test_wheels_count_the_way_of_their_own_side() -> None:
    unit = device(wheels=Wheels(pulses_per_turn=96, radius_m=0.3))
    navigation = drive(circle(), mounted(unit), 1, open_sky)
    step = 2 * np.pi * 0.3 / 96
    body_width, rate = 1.8, 12.0 / 40.0
    side = 0.85 * body_width / 2
    expected = np.array([12.0 - rate * side, 12.0 + rate * side]) * 12.0
    assert navigation.wheel_pulses[-1] * step == pytest.approx(expected, abs=1.5 * step)
    speeds = navigation.wheel_speed_mps[200:-1]
    assert speeds.mean(axis=0) == pytest.approx(expected / 12.0, rel=2e-3)
    assert np.abs(speeds - expected / 12.0).max() <= 1.01 * step / 0.01


def test_records_survive_their_files() -> None:
    from drivesynth.export import oxts

    navigation = drive(circle(), mounted(device(wheels=Wheels(pulses_per_turn=96))), 1, open_sky)
    part = navigation.rows(slice(30, 40))
    back = oxts.decode_records(oxts.encode_records(part))
    for field in dataclasses.fields(Navigation):
        assert getattr(back, field.name) == pytest.approx(getattr(part, field.name), rel=1e-8, abs=1e-9)
    from drivesynth.errors import RequestError

    with pytest.raises(RequestError, match=r"000001\.txt:1: 29 numbers; an oxts file has 30"):
        oxts.decode(b"0 " * 29, "000001.txt")


def test_the_kitti_unit_sits_where_the_calibration_says(tmp_path: Path) -> None:
    kitti = load_rig("kitti")
    unit = NavigationSensor(device=device())
    geometry = RigGeometry.of(kitti.model_copy(update={"navigation": {"oxts": unit}}))
    place = geometry.navigation["oxts"].vehicle_from_imu
    assert place[:3, 3] == pytest.approx([-0.3 - 0.81, 0.32, 1.73 - 0.80], abs=0.005)
    assert place[:3, :3] @ place[:3, :3].T == pytest.approx(np.eye(3), abs=1e-12)
    moved = NavigationSensor.model_validate({"device": device(), "mount": {"x_m": -0.5, "z_m": 0.4}})
    geometry = RigGeometry.of(kitti.model_copy(update={"navigation": {"oxts": moved}}))
    back = geometry.vehicle_from_lidar @ geometry.lidar_from_imu
    assert back[:3, 3] == pytest.approx([-0.5, 0, 0.4])
