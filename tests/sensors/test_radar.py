"""The radar of a whole frame: it sees the traffic where and as fast as it is, the same for any threads."""

from functools import lru_cache

import numpy as np
import pytest

from drivesynth.geometry.transforms import inverse, move_points
from drivesynth.scene.rig import load_rig
from drivesynth.sensors import radar_echo
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.frame import RADAR_CAUSE, Detections
from drivesynth.sensors.motion import world_from_everyone, world_from_vehicle
from drivesynth.sensors.radar import eye_of, measure
from drivesynth.sensors.radar_waveform import Waveform
from drivesynth.sensors.rig import RadarMount, RigGeometry
from drivesynth.world.build import stage
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate
from tests.sensors.test_render import TIME_S, rollout


@lru_cache
def mount(cube: bool = False) -> RadarMount:
    whole = RigGeometry.of(load_rig("kitti_radar")).radars["front"]
    return RadarMount(**{**vars(whole), "cube": cube})


@lru_cache
def seen(threads: int = 1, seed: int = 5, cube: bool = False) -> Detections:
    world = stage(rollout(), TIME_S - 0.01, TIME_S + 0.01)
    return measure(Caster(world, threads=threads), mount(cube), rollout(), TIME_S, seed)


def test_detections_of_an_actor_lie_on_it_and_move_as_it_does() -> None:
    found = seen()
    world_from_radar = world_from_vehicle(rollout(), TIME_S)[0] @ mount().vehicle_from_radar
    poses, step = world_from_everyone(rollout(), TIME_S), round(TIME_S / 0.01)
    for actor in (1, 2, 3):
        mine = np.flatnonzero((found.actor == actor) & (found.cause == RADAR_CAUSE["target"]))
        assert len(mine) >= 1, rollout().names[actor]
        strongest = mine[np.argmax(found.snr_db[mine])]
        point = move_points(world_from_radar, found.xyz_m[strongest][None].astype(float))
        own = move_points(inverse(poses[actor]), point)[0]
        length, width, _ = rollout().scenario.everyone[actor].size_m
        assert abs(own[0]) < length / 2 + 1.0 and abs(own[1]) < width / 2 + 1.0
        # The body of the car, not its wheels: the speed along the line of sight.
        velocity = rollout().speed_mps[step, actor] * poses[actor][:3, 0]
        way = point[0] - world_from_radar[:3, 3]
        expected = velocity @ way / np.linalg.norm(way)
        rest = found.speed_mps[strongest] - found.own_speed_mps[strongest]
        assert rest == pytest.approx(expected, abs=0.6), rollout().names[actor]


def test_surroundings_do_not_move_once_the_own_speed_is_taken_off() -> None:
    found = seen()
    ground = found.cause == RADAR_CAUSE["surroundings"]
    assert ground.sum() > 20
    rest = (found.speed_mps - found.own_speed_mps)[ground]
    assert np.median(np.abs(rest)) < 0.1 and np.quantile(np.abs(rest), 0.9) < 0.6


def test_the_list_is_what_its_device_allows() -> None:
    found, device = seen(), mount().device
    assert 0 < len(found.range_m) <= device.cfar.most
    assert (np.diff(found.snr_db) <= 0).all()
    assert (np.abs(found.azimuth_rad) <= np.radians(device.view.azimuth_deg) + 0.05).all()
    assert (np.abs(found.elevation_rad) <= np.radians(device.view.elevation_deg) + 1e-6).all()
    assert ((found.actor == -1) | (found.cause != RADAR_CAUSE["noise"])).all()
    assert (found.actor != 0).all()


def test_threads_change_nothing_and_the_seed_everything() -> None:
    one, two, other = seen(), seen(threads=2), seen(seed=6)
    for name, column in vars(one).items():
        assert np.array_equal(column, getattr(two, name)), name
    assert not np.array_equal(one.range_m[:20], other.range_m[:20])


def test_the_cube_holds_the_strongest_detection_where_it_is_reported() -> None:
    found = seen(cube=True)
    cube = found.cube
    assert cube is not None
    assert cube.power.shape == (len(cube.range_m), len(cube.speed_mps), len(cube.azimuth_rad))
    cells = np.unravel_index(cube.power.argmax(), cube.power.shape)
    waveform = Waveform(mount().device)
    assert cube.range_m[cells[0]] == pytest.approx(found.range_m[0], abs=waveform.range_step_m / 2 + 0.01)
    assert cube.speed_mps[cells[1]] == pytest.approx(
        found.speed_mps[0], abs=waveform.speed_step_mps / 2 + 0.01
    )
    assert 10 * np.log10(cube.power.max()) == pytest.approx(found.snr_db[0], abs=0.01)
    assert seen().cube is None
    # Most cells hold noise alone, of mean 1.
    assert np.median(cube.power) == pytest.approx(np.log(2.0), abs=0.05)


@lru_cache
def walk() -> Rollout:
    """An adult walks ahead of the standing ego, a car drives away behind."""
    from drivesynth.assets.catalogue import info
    from drivesynth.road.network import build as network
    from drivesynth.scenario.model import Actor, Drive, Placement, Scenario

    plan = rollout().scenario.road
    lanes = network(plan)

    def actor(name: str, asset: str, lane: str, s_m: float, speed_mps: float) -> Actor:
        pose, about = lanes.lane(lane).pose(s_m), info(asset)
        place = Placement(
            lane=lane, s_m=s_m, x_m=pose.x_m, y_m=pose.y_m, z_m=pose.z_m, heading_rad=pose.heading_rad
        )
        return Actor(
            name=name,
            asset=asset,
            class_name=about.class_name,
            look_seed=3,
            size_m=about.size_m,
            placement=place,
            speed_mps=speed_mps,
            drive=Drive(model="constant" if speed_mps else "static", speed_mps=speed_mps),
        )

    others = (
        actor("adult", "pedestrian/adult", "R1", 75.0, 1.6),
        actor("car", "car/sedan", "L1", 80.0, 10.0),
    )
    ego = actor("ego", "car/estate", "R1", 60.0, 0.0)
    scenario = Scenario(
        scene="t", scene_sha256="0", seed=5, variant=0, road=plan, ego=ego, actors=others, duration_s=1.5
    )
    return simulate(scenario)


def test_a_walkers_limbs_spread_its_speeds_more_than_a_cars_body_does() -> None:
    """Limbs swing between standing and some twice to three times the walking speed (micro-Doppler)."""
    waveform, spreads = Waveform(mount().device), []
    for time_s in (0.5, 0.62, 0.74, 0.86):
        world = stage(walk(), time_s - 0.01, time_s + 0.01)
        eye = eye_of(walk(), mount(), time_s, 5)
        grid = radar_echo.ray_grid(waveform, np.random.default_rng(1))
        first, *_ = radar_echo.direct(Caster(world), waveform, eye, *grid)
        walker = first.speed_mps[first.actor == 1]
        assert len(walker) > 40
        assert np.average(walker) == pytest.approx(1.6, abs=0.5)
        spreads.append(np.ptp(walker))
        assert walker.min() > -2.5 and walker.max() < 6.5
    assert max(spreads) > 1.5
