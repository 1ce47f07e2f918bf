"""What the sensors saw, the boxes and the masks tell one story, frame by frame of a rendered drive.

Everything here is worked out anew from what lies in a frame: depth and instance pictures, and
returns that know their actor. A box that is off by a decimetre or a few degrees cannot pass.
"""

from functools import cache

import numpy as np
import pytest

from drivesynth.dataset.iterate import shots
from drivesynth.dataset.takes import Shot
from drivesynth.geometry.transforms import inverse, move_points
from drivesynth.sensors.motion import world_from_vehicle
from drivesynth.truth.box import heading, inside, tight_box
from drivesynth.truth.model import ActorTruth, Box3D
from drivesynth.truth.surface import actor_points
from drivesynth.world.build import stage

SCENE = "edge_cases/occlusion/child_between_parked_cars"
# KITTI's lowest beams meet cars at 4 m; nearer ones are cut by the picture's lower edge.
NEAR_M, FAR_M = 4.0, 30.0


@cache
def drive() -> list[Shot]:
    return list(shots(SCENE, frames=3, quality="draft", rig="kitti_mono"))


@pytest.fixture(params=range(3))
def shot(request: pytest.FixtureRequest) -> Shot:
    return drive()[request.param]


def poses(shot: Shot, times_s, actor: int = 0):
    return world_from_vehicle(shot.rollout, times_s, actor)


def returns(shot: Shot):
    """World points, times [s] and actors of a sweep's returns, each by the LiDAR's pose at its own time.

    Of those that say they come from where the actor is: a ghost in a mirror stands elsewhere, and says so.
    """
    sweep = shot.frame.sweeps["velodyne"]
    rows = sweep.solid
    times = sweep.time_ns[rows] * 1e-9
    world_from_lidar = poses(shot, times) @ shot.rig.vehicle_from_lidar
    points = sweep.xyz_m[rows].astype(np.float64)
    world = np.einsum("nij,nj->ni", world_from_lidar[:, :3, :3], points) + world_from_lidar[:, :3, 3]
    return world, times, sweep.actor[rows]


def seen_points(shot: Shot, truth: ActorTruth):
    """(N, 3) label frame: the pixels that show an actor, put back to where their depth says."""
    picture, camera = shot.frame.images["image_2"], shot.rig.cameras["image_2"]
    v, u = np.nonzero(picture.actor == truth.actor)
    rays = np.column_stack([u, v, np.ones(len(u))]) @ np.linalg.inv(camera.K).T
    label_from_camera = inverse(shot.rig.vehicle_from_label) @ camera.vehicle_from_camera
    return move_points(label_from_camera, rays * picture.depth_m[v, u, None])


def gaps_to_near_faces(box: Box3D, points) -> dict[str, float]:
    """How far behind the faces that look at the camera the nearest of the points stays [m]."""
    cos, sin = np.cos(box.rotation_y_rad), np.sin(box.rotation_y_rad)
    label_from_box = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    own = (points - box.bottom_center_m) @ label_from_box
    camera = -box.bottom_center_m @ label_from_box
    gaps = {}
    for axis, half, name in ((0, box.length_m / 2, "end"), (2, box.width_m / 2, "side")):
        side = np.sign(camera[axis])
        if abs(camera[axis]) > half + 0.5:
            gaps[name] = half - (side * own[:, axis]).max()
    gaps["top"] = own[:, 1].min() + box.height_m
    return gaps


def clear(shot: Shot) -> list[ActorTruth]:
    """Actors whose near faces the camera sees whole."""
    return [
        truth
        for truth in shot.truths
        if (view := truth.views["image_2"]).visible_ratio > 0.95
        and view.truncated_ratio == 0.0
        and NEAR_M < truth.box.bottom_center_m[2] < FAR_M
    ]


def test_boxes_from_depth_and_instance_pictures_agree_with_the_labels(shot):
    checked = 0
    for truth in clear(shot):
        points = seen_points(shot, truth)
        pixel_m = np.linalg.norm(truth.box.bottom_center_m) / shot.rig.cameras["image_2"].K[0, 0]
        # Every visible point lies in the box: centimetres for the depth's own precision.
        assert inside(truth.box, points, 0.02).mean() > 0.995, truth.name
        for face, gap_m in gaps_to_near_faces(truth.box, points).items():
            assert -0.02 < gap_m < 0.04 + 2 * pixel_m, (truth.name, face)
        checked += 1
    assert checked


def test_every_return_of_an_actor_lies_in_its_box_at_the_time_of_the_return(shot):
    world, times, actors = returns(shot)
    span = stage(shot.rollout, float(times.min()), float(times.max()))
    checked = 0
    for actor in np.unique(actors[actors > 0]).tolist():
        own = np.flatnonzero(actors == actor)
        # A quarter of a millisecond moves nothing by a centimetre.
        for tick in np.unique(np.round(times[own] * 4000)).tolist():
            rows = own[np.round(times[own] * 4000) == tick]
            time_s = float(np.clip(tick / 4000, span.t0_s, span.t1_s))
            label_from_world = inverse(poses(shot, time_s)[0] @ shot.rig.vehicle_from_label)
            surface = move_points(label_from_world, actor_points(span, [actor], time_s)[actor])
            box = tight_box(surface, heading(label_from_world, poses(shot, time_s, actor)[0]))
            held = inside(box, move_points(label_from_world, world[rows]), 0.05)
            assert held.all(), (shot.scenario.everyone[actor].name, time_s)
            checked += len(rows)
    assert checked > 100


def test_boxes_from_the_labelled_returns_alone_agree_with_the_labels(shot):
    """The near faces once more, by the other sensor; what moved is put back to the frame time."""
    world, times, actors = returns(shot)
    label_from_world = inverse(shot.frame.world_from_vehicle @ shot.rig.vehicle_from_label)
    checked = 0
    for truth in clear(shot):
        rows = np.flatnonzero(actors == truth.actor)
        if len(rows) < 150:
            continue
        then = inverse(poses(shot, times[rows], truth.actor))
        now = truth.world_from_vehicle @ then
        points = np.einsum("nij,nj->ni", now[:, :3, :3], world[rows]) + now[:, :3, 3]
        for face, gap_m in gaps_to_near_faces(truth.box, move_points(label_from_world, points)).items():
            # Beams lie 0.4 deg apart in elevation: the top may fall between two of them.
            between = 0.01 * truth.box.bottom_center_m[2] if face == "top" else 0.04
            assert -0.06 < gap_m < 0.06 + between, (truth.name, face)
        checked += 1
    assert checked


def test_returns_that_the_camera_sees_fall_on_their_own_mask(shot):
    world, times, actors = returns(shot)
    picture, camera = shot.frame.images["image_2"], shot.rig.cameras["image_2"]
    exposed_s = picture.time_ns * 1e-9
    # Where the surface that was hit stands at the exposure.
    for actor in np.unique(actors[actors > 0]).tolist():
        rows = np.flatnonzero(actors == actor)
        move = poses(shot, exposed_s, actor)[0] @ inverse(poses(shot, times[rows], actor))
        world[rows] = np.einsum("nij,nj->ni", move[:, :3, :3], world[rows]) + move[:, :3, 3]
    points = move_points(inverse(poses(shot, exposed_s)[0] @ camera.vehicle_from_camera), world)
    ahead = points[:, 2] > 1.0
    points, actors = points[ahead], actors[ahead]
    pixels = points @ camera.K.T
    u, v = np.rint(pixels[:, :2] / pixels[:, 2:]).astype(int).T
    height, width = picture.depth_m.shape
    inner = (u >= 2) & (u < width - 2) & (v >= 2) & (v < height - 2)
    u, v, depth, actors = u[inner], v[inner], points[inner, 2], actors[inner]
    visible = np.abs(depth - picture.depth_m[v, u]) < 0.05 + 0.01 * depth
    u, v, actors = u[visible], v[visible], actors[visible]
    near = [picture.actor[v + dv, u + du] == actors for dv in range(-2, 3) for du in range(-2, 3)]
    on_mask = np.any(near, axis=0)
    assert len(actors) > 10_000
    assert on_mask.mean() >= 0.99
    assert on_mask[actors > 0].mean() >= 0.99


def test_what_the_truth_counts_is_what_is_there(shot):
    picture, sweep = shot.frame.images["image_2"], shot.frame.sweeps["velodyne"]
    owners = sweep.actor[sweep.solid]
    for truth in shot.truths:
        assert truth.lidar_points == {"velodyne": int((owners == truth.actor).sum())}
        view = truth.views["image_2"]
        assert view.visible_px == int((picture.actor == truth.actor).sum())
        if view.visible_px:
            left, top, right, bottom = view.amodal_box_px
            # The amodal box holds all that shows, to a pixel.
            assert view.visible_box_px[0] >= left - 1
            assert view.visible_box_px[1] >= top - 1
            assert view.visible_box_px[2] <= right + 1
            assert view.visible_box_px[3] <= bottom + 1
            assert 0 < view.visible_ratio <= 1
