"""Weather in the simulated sweep: what it leaves of echoes, what it adds, the same for all threads."""

import numpy as np
import pytest

from drivesynth.scenario.model import Environment
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.air import AirOfSweep, ground_of
from drivesynth.sensors.atmosphere import extinction_of_mor, fog_extinction
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.lidar import sweep
from drivesynth.sensors.rig import LidarMount, RigGeometry
from drivesynth.sensors.weather import Balls, weather
from tests.sensors.lidars import device, driving, ground, mounted, still, wall


def air(mount: LidarMount, environment: Environment, balls: Balls | None = None) -> AirOfSweep:
    centre = np.array([0.0, 0.0, mount.vehicle_from_lidar[2, 3]])
    return AirOfSweep(
        weather(environment, mount.device),
        ground_of(environment, 5),
        mount.device,
        balls or Balls.none(),
        centre,
    )


def look(
    mount: LidarMount, environment: Environment | None, *meshes, balls: Balls | None = None, threads: int = 1
) -> Pulses:
    medium = None if environment is None else air(mount, environment, balls)
    caster = Caster(still(*(meshes or (ground(),))), threads=1)
    return sweep(caster, mount, driving(), 0.0, key=3, threads=threads, medium=medium)


def kitti() -> LidarMount:
    return RigGeometry.of(load_rig("kitti")).main_lidar


def test_an_echo_is_left_what_beer_and_lambert_leave_of_it() -> None:
    mount = mounted(device(elevations_deg=(0.0,), firings=720, receiver={"range_m": 3000.0}))
    clear = look(mount, None, wall(20.0))
    foggy = look(mount, Environment(fog_mor_m=300.0), wall(20.0))
    rows = clear.returned[clear.range_m[clear.returned] < 25.0]
    assert np.all(foggy.cause[rows] == CAUSE["surface"])
    left = foggy.intensity[rows] / clear.intensity[rows]
    wanted = np.exp(-2 * fog_extinction(300.0, 905.0) * clear.range_m[rows])
    assert left == pytest.approx(wanted, rel=2e-3)
    assert extinction_of_mor(300.0) == pytest.approx(fog_extinction(300.0, 905.0), rel=0.05)


def test_fog_answers_where_nothing_else_does_and_by_dual_return_in_front_of_what_is_there() -> None:
    environment = Environment(fog_mor_m=60.0)
    strong = {"range_m": 200.0}
    single = mounted(device(elevations_deg=(0.0,), receiver=strong))
    sky = look(single, environment, ground())
    assert np.mean(sky.cause == CAUSE["fog"]) > 0.9
    assert 2.0 < np.median(sky.range_m[sky.cause == CAUSE["fog"]]) < 6.0
    near = look(single, environment, wall(12.0))
    ahead = np.abs((near.azimuth_rad + np.pi) % (2 * np.pi) - np.pi) < 0.3
    assert np.all(near.cause[ahead] == CAUSE["surface"])
    dual = mounted(device(elevations_deg=(0.0,), receiver=strong | {"returns": "dual"}))
    both = look(dual, environment, wall(12.0))
    ahead = np.abs((both.azimuth_rad + np.pi) % (2 * np.pi) - np.pi) < 0.3
    assert {CAUSE["fog"], CAUSE["surface"]} == set(both.cause[ahead].tolist())
    assert np.all(both.instance[both.cause == CAUSE["fog"]] == -1)


@pytest.mark.parametrize(
    ("environment", "cause"),
    [
        (Environment(fog_mor_m=50.0), "fog"),
        (Environment(rain_mm_h=30.0), "rain"),
        (Environment(snow_mm_h=2.0), "snow"),
        (Environment(dust_mor_m=60.0), "dust"),
    ],
)
def test_every_weather_names_itself_and_is_the_same_for_any_number_of_threads(
    environment: Environment, cause: str
) -> None:
    one, two = (look(kitti(), environment, threads=threads) for threads in (1, 2))
    for name in ("xyz_m", "intensity", "cause", "range_m"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    clear = look(kitti(), None)
    mine = one.cause == CAUSE[cause]
    assert mine.sum() > 200
    # A flake right before the ground answers along with it.
    known = {CAUSE[cause], CAUSE["edge-mix"]}
    assert set(np.unique(one.cause)) - set(np.unique(clear.cause)) <= known
    assert np.all(one.range_m[mine] < 40.0) and np.isfinite(one.xyz_m).all()


def test_kernels_take_clear_air_and_fog_alike() -> None:
    clear, foggy = (weather(Environment(fog_mor_m=mor), kitti().device).air for mor in (None, 80.0))
    assert [type(value) for value in clear] == [type(value) for value in foggy]


def test_no_scatterer_stands_in_the_car_s_own_shadow_or_behind_a_wall() -> None:
    seen = look(kitti(), Environment(snow_mm_h=5.0), ground(), wall(14.0, "tyre"))
    clear = look(kitti(), None, ground(), wall(14.0, "tyre"))
    assert np.array_equal(seen.cause == CAUSE["dropped-fault"], clear.cause == CAUSE["dropped-fault"])
    ahead = np.abs(seen.azimuth_rad - np.pi) > np.pi - 0.4
    flakes = ahead & (seen.cause == CAUSE["snow"])
    assert flakes.sum() > 10 and np.all(seen.xyz_m[flakes, 0] < 14.1)


def test_a_wet_road_fades_with_distance_and_snow_is_bright() -> None:
    dry = look(kitti(), Environment(wetness_ratio=0.0))
    wet = look(kitti(), Environment(wetness_ratio=1.0))
    white = look(kitti(), Environment(snow_cover_ratio=1.0))
    far = np.isfinite(dry.range_m) & (dry.range_m > 20.0)
    near = np.isfinite(dry.range_m) & (dry.range_m < 10.0)
    gone = ~np.isfinite(wet.range_m)
    assert gone[far].mean() > gone[near].mean() + 0.05
    assert 0.05 < gone[near].mean() < 0.3  # puddles
    assert white.intensity[near].mean() > dry.intensity[near].mean() + 0.08


def test_puddles_show_what_stands_behind_them_as_ghosts_below_the_road() -> None:
    """What is mirrored away used to be lost, wall or no wall behind the puddle."""
    scene = (ground(), wall(14.0, "plaster"))
    dry, wet = (look(kitti(), Environment(wetness_ratio=ratio), *scene) for ratio in (0.3, 1.0))
    alone = look(kitti(), Environment(wetness_ratio=1.0), ground())
    for seen, some in ((dry, False), (wet, True), (alone, False)):
        ghost = (seen.cause == CAUSE["mirror-ghost"]) & np.isfinite(seen.range_m)
        assert bool(ghost.sum() > 30) == some, ghost.sum()
    ghost = (wet.cause == CAUSE["mirror-ghost"]) & np.isfinite(wet.range_m)
    # The wall's image, straight on: the LiDAR stands 0.3 m behind the middle of its car.
    assert wet.xyz_m[ghost, 0] == pytest.approx(14.3, abs=0.06)
    assert wet.xyz_m[ghost, 2].max() < dry.xyz_m[dry.returned, 2].min() + 0.06
    # Where it lies the road itself answers nothing, and nowhere else does anything change for it.
    puddle = ghost | (np.isfinite(dry.range_m) & ~np.isfinite(wet.range_m))
    assert not (wet.cause[puddle] == CAUSE["surface"]).any()


def test_a_ball_of_spray_answers_from_within_and_dims_what_is_behind() -> None:
    mount = mounted(device(elevations_deg=(0.0, -1.0), firings=1440, receiver={"range_m": 1000.0}))
    one = np.ones(1)
    ball = Balls(np.array([[10.0, 0.0, 0.0]]), 0.6 * one, 0.3 * one, 0.01 * one, one, CAUSE["spray"] * one)
    clear = look(mount, None, wall(20.0))
    seen = look(mount, Environment(), wall(20.0), balls=ball)
    turn = (clear.azimuth_rad + np.pi) % (2 * np.pi) - np.pi
    # Half the chord through a ball, at a miss distance.
    half = np.sqrt(
        np.maximum(0.6**2 - (10.0 * np.sin(turn)) ** 2 - (10.0 * np.tan(clear.elevation_rad)) ** 2, 0)
    )
    inside = half > 0.02
    kept = inside & (seen.cause == CAUSE["surface"])
    wanted = np.exp(-2 * 0.3 * 2 * half[kept])
    assert kept.sum() > 10
    assert seen.intensity[kept] / clear.intensity[kept] == pytest.approx(wanted, rel=0.05)
    outside = half == 0.0
    assert np.array_equal(seen.range_m[outside], clear.range_m[outside])
    weak = mounted(device(elevations_deg=(0.0,), firings=1440, receiver={"range_m": 1000.0}))
    alone = look(weak, Environment(), ground(), balls=ball)
    spray = alone.cause == CAUSE["spray"]
    assert spray.sum() > 5 and np.all(np.abs(alone.range_m[spray] - 10.0) <= 0.6)
