"""A whole frame: LiDAR and camera of one rig in one moving world must tell the same story."""

from functools import lru_cache

import numpy as np
import pytest

from drivesynth.arrays import F64
from drivesynth.assets.catalogue import info
from drivesynth.geometry.transforms import inverse, move_points
from drivesynth.road.network import build as network
from drivesynth.road.plan import LanePlan, PathPlan, RoadPlan
from drivesynth.scenario.model import Actor, Drive, Placement, Scenario
from drivesynth.scene.camera import Camera
from drivesynth.scene.rig import Rig, load_rig
from drivesynth.sensors.frame import Pulses
from drivesynth.sensors.motion import world_from_vehicle
from drivesynth.sensors.render import Observation, observe, render
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate

TIME_S = 0.6


@lru_cache
def rollout() -> Rollout:
    """The ego follows a car, meets another and passes a parked van."""
    side = (LanePlan(kind="drive", width_m=3.25), LanePlan(kind="parking", width_m=2.3))
    plan = RoadPlan(right=side, left=side, path=(PathPlan(length_m=240.0),), street="none")
    lanes = network(plan)

    def actor(name: str, asset: str, lane: str, s_m: float, speed_mps: float = 0.0) -> Actor:
        pose, about = lanes.lane(lane).pose(s_m), info(asset)
        return Actor(
            name=name,
            asset=asset,
            class_name=about.class_name,
            look_seed=3,
            size_m=about.size_m,
            placement=Placement(
                lane=lane, s_m=s_m, x_m=pose.x_m, y_m=pose.y_m, z_m=pose.z_m, heading_rad=pose.heading_rad
            ),
            speed_mps=speed_mps,
            drive=Drive(model="constant" if speed_mps else "static", speed_mps=speed_mps),
        )

    others = (
        actor("lead", "car/hatchback", "R1", 80.0, 12.0),
        actor("oncoming", "car/sedan", "L1", 95.0, 9.0),
        actor("parked", "van/delivery", "R.parking", 74.0),
    )
    ego = actor("ego", "car/estate", "R1", 60.0, 14.0)
    return simulate(
        Scenario(
            scene="test",
            scene_sha256="0",
            seed=5,
            variant=0,
            road=plan,
            ego=ego,
            actors=others,
            duration_s=1.5,
        )
    )


@lru_cache
def rig() -> Rig:
    """KITTI's with a left camera of a third of its pixels each way."""
    whole = load_rig("kitti_mono")
    p = np.array(whole.cameras["image_2"].projection).reshape(3, 4) / [[3.0], [3.0], [1.0]]
    small = Camera(width_px=414, height_px=125, projection=tuple(p.ravel()))
    return whole.model_copy(update={"cameras": {"image_2": small}})


@lru_cache
def seen(threads: int = 1, seed: int | None = None) -> Observation:
    return observe(rollout(), TIME_S, rig(), "draft", threads, seed)


def returns_in_world(pulses: Pulses, actor: int) -> tuple[F64, F64]:
    """(N, 3) world points of an actor's returns and the times they were fired at."""
    rows = pulses.returned[pulses.actor[pulses.returned] == actor]
    seconds = pulses.time_ns[rows] * 1e-9
    world_from_lidar = world_from_vehicle(rollout(), seconds) @ seen().geometry.vehicle_from_lidar
    points = np.column_stack([pulses.xyz_m[rows], np.ones(len(rows))])
    return np.einsum("nij,nj->ni", world_from_lidar, points)[:, :3], seconds


def test_a_frame_holds_what_the_rig_names_and_where_the_ego_was() -> None:
    frame = seen().frame
    assert list(frame.sweeps) == ["velodyne"] and list(frame.images) == ["image_2"]
    assert frame.images["image_2"].rgb.shape == (125, 414, 3)
    step = round(TIME_S / 0.01)
    assert frame.world_from_vehicle[:3, 3] == pytest.approx(rollout().position_m[step, 0], abs=1e-9)
    assert {"stage", "trees", "velodyne", "velodyne.cast", "image_2"} <= frame.timings_s.keys()


def test_the_ego_does_not_see_itself() -> None:
    frame = seen().frame
    assert not (frame.sweeps["velodyne"].actor == 0).any()
    assert not (frame.images["image_2"].actor == 0).any()


def test_threads_change_nothing_and_the_seed_only_noise() -> None:
    one, two, other = seen().frame, seen(threads=2).frame, seen(seed=6).frame
    for name in Pulses.__dataclass_fields__:
        assert np.array_equal(getattr(one.sweeps["velodyne"], name), getattr(two.sweeps["velodyne"], name)), (
            name
        )
    for name in ("rgb", "depth_m", "actor", "class_id"):
        assert np.array_equal(getattr(one.images["image_2"], name), getattr(two.images["image_2"], name)), (
            name
        )
    assert not np.array_equal(one.sweeps["velodyne"].range_m, other.sweeps["velodyne"].range_m)
    assert np.array_equal(one.images["image_2"].depth_m, other.images["image_2"].depth_m)


def test_a_later_frame_has_other_noise() -> None:
    later = render(rollout(), TIME_S + 0.1, rig(), "draft")
    a, b = seen().frame.sweeps["velodyne"], later.sweeps["velodyne"]
    assert (a.cause != b.cause).any()


@pytest.mark.parametrize("actor", [1, 2, 3])
def test_every_return_of_an_actor_lies_in_its_box_at_the_returns_own_time(actor: int) -> None:
    points, seconds = returns_in_world(seen().frame.sweeps["velodyne"], actor)
    assert len(points) > 100
    vehicle_from_world = inverse(world_from_vehicle(rollout(), seconds, actor))
    own = np.einsum("nij,nj->ni", vehicle_from_world[:, :3, :3], points) + vehicle_from_world[:, :3, 3]
    length, width, height = rollout().scenario.everyone[actor].size_m
    assert (np.abs(own[:, 0]) <= length / 2 + 0.05).all()
    assert (np.abs(own[:, 1]) <= width / 2 + 0.05).all()
    assert (own[:, 2] >= -0.05).all() and (own[:, 2] <= height + 0.05).all()


def test_returns_that_the_camera_sees_fall_on_their_own_actors_mask() -> None:
    """Each point is carried along with its actor from its firing to the exposure, then projected."""
    observation = seen()
    camera, picture = observation.geometry.cameras["image_2"], observation.frame.images["image_2"]
    world_from_camera = world_from_vehicle(rollout(), TIME_S)[0] @ camera.vehicle_from_camera
    hits, total = 0, 0
    for actor in (1, 2, 3):
        points, seconds = returns_in_world(observation.frame.sweeps["velodyne"], actor)
        carried = world_from_vehicle(rollout(), TIME_S, actor)[0] @ inverse(
            world_from_vehicle(rollout(), seconds, actor)
        )
        points = np.einsum("nij,nj->ni", carried[:, :3, :3], points) + carried[:, :3, 3]
        eye = move_points(inverse(world_from_camera), points)
        eye = eye[eye[:, 2] > 1.0]
        u, v = (eye @ camera.K.T)[:, :2].T / eye[:, 2]
        column, row = np.rint(u).astype(int), np.rint(v).astype(int)
        inside = (column >= 2) & (column < 412) & (row >= 2) & (row < 123)
        for x, y, depth in zip(column[inside], row[inside], eye[inside, 2], strict=True):
            if depth < picture.depth_m[y, x] + 0.3:
                total += 1
                hits += bool((picture.actor[y - 2 : y + 3, x - 2 : x + 3] == actor).any())
    assert total > 300
    assert hits / total >= 0.99
