"""The check of assets: every shipped one passes, each kind of fault is found, both kinds of sensor agree."""

from dataclasses import replace

import numpy as np
import pytest

from drivesynth.arrays import F64
from drivesynth.assets.catalogue import build, info, match
from drivesynth.assets.check import faults
from drivesynth.assets.classes import CLASS_ID, CLASSES
from drivesynth.assets.limits import LIMITS
from drivesynth.assets.materials import MATERIALS
from drivesynth.assets.model import Model
from drivesynth.geometry.mesh import Mesh, moved
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.sensors.cast import Caster
from drivesynth.world.stage import Stage

NAMES = match("*")


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_asset_is_sound(name: str) -> None:
    for look in (0, 5):
        assert faults(build(name, look), info(name).wheel_radius_m) == []


def test_every_class_of_an_asset_has_limits_and_every_material_a_reflectivity() -> None:
    assert {info(name).class_name for name in NAMES} <= LIMITS.keys() <= CLASS_ID.keys()
    assert all(row.rho_905 > 0.0 for row in MATERIALS[1:])


@pytest.mark.parametrize("name", NAMES)
def test_its_parts_move_as_rigid_ones(name: str) -> None:
    channels = {"wheel_rad": 2.0, "gait_rad": 1.1, "stride_m": 1.2, "steer_rad": 0.3, "door_rad": 0.9}
    turns = build(name, 0).poses(channels | {"pedal_rad": 0.7, "lean_rad": 0.1})[:, :3, :3]
    np.testing.assert_allclose(
        turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turns.shape), atol=1e-9
    )
    assert np.linalg.det(turns) == pytest.approx(1.0)


def bent(name: str, frame: F64) -> Model:
    """The asset with every part placed by `frame` besides."""
    model = build(name, 0)
    return replace(model, poses=lambda channels: frame @ model.poses(channels))


def with_faces(name: str, keep: float) -> Model:
    model = build(name, 0)
    part = model.parts[0]
    mesh = part.mesh
    count = int(keep * len(mesh.faces))
    cut = Mesh("cut", mesh.vertices, mesh.normals, mesh.faces[:count], mesh.face_material[:count])
    return replace(model, parts=(replace(part, mesh=cut), *model.parts[1:]))


def test_each_fault_is_found() -> None:
    lifted = bent("car/sedan", rigid((0.0, 0.0, 0.05)))
    assert any("off the ground" in fault for fault in faults(lifted))
    assert any("hangs" in fault for fault in faults(lifted))
    aside = bent("car/sedan", rigid((0.3, 0.0, 0.0)))
    assert any("middle" in fault for fault in faults(aside))
    turned = bent("car/sedan", rigid((0.0, 0.0, 1.45), rotation_xyz(roll_rad=np.pi)))
    assert any("up is not up" in fault for fault in faults(turned))
    loose = replace(build("car/sedan", 0), size_m=(4.75, 1.85, 1.45))
    assert any("is not the box" in fault for fault in faults(loose))
    small = replace(build("car/sedan", 0), class_name="truck")
    assert any("none of a truck" in fault for fault in faults(small))
    assert any("open" in fault for fault in faults(with_faces("debris/mattress", 0.7)))
    box = build("debris/box", 0)
    inside_out = moved(box.parts[0].mesh, np.eye(4), "inside out")
    inside_out = replace(inside_out, faces=np.ascontiguousarray(inside_out.faces[:, ::-1]))
    assert any(
        "inside out" in f for f in faults(replace(box, parts=(replace(box.parts[0], mesh=inside_out),)))
    )
    assert any("no wheels" in fault for fault in faults(box, 0.3))


APART_M = 60.0


@pytest.fixture(scope="module")
def yard() -> Caster:
    """Every asset in one world, each alone at its own place."""
    models = [build(name, 0) for name in NAMES]
    meshes = {part.mesh.key: part.mesh for model in models for part in model.parts}
    rows = {key: row for row, key in enumerate(meshes)}
    parts = [(k, part) for k, model in enumerate(models) for part in model.parts]
    poses = [rigid((k * APART_M, 0.0, 0.0)) @ model.poses({}) for k, model in enumerate(models)]
    count = len(parts)
    stage = Stage(
        0.0, 0.1, tuple(meshes.values()), np.array([rows[part.mesh.key] for _, part in parts], np.int32),
        np.concatenate(poses), np.full(count, -1, np.int32), np.array([0.0, 0.1]), np.zeros((0, 2, 4, 4)),
        np.array([1 + k for k, _ in parts], np.int32),
        np.array([CLASS_ID[models[k].class_name] for k, _ in parts], np.int32),
        np.array([part.tint_rgb for _, part in parts], np.float32),
        np.array([part.tint_905 for _, part in parts], np.float32), np.zeros(count, np.int32),
    )  # fmt: skip
    return Caster(stage)


@pytest.mark.parametrize("name", NAMES)
def test_lidar_and_camera_see_it_alike(name: str, yard: Caster) -> None:
    k = NAMES.index(name)
    length, width, height = info(name).size_m
    middle = np.array([k * APART_M, 0.0, height / 2])
    for azimuth in (0.4, 3.3):
        away = 1.5 * float(np.hypot(length, width)) + 1.0
        eye = middle + np.array([away * np.cos(azimuth), away * np.sin(azimuth), max(0.3 * height, 0.3)])
        reach = 0.5 * max(length, width, height)
        right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
        u, v = np.meshgrid(np.linspace(-reach, reach, 32) + 0.0013, np.linspace(-height / 2, height / 2, 16))
        goals = middle + u[..., None] * right + v[..., None] * np.array([0.0, 0.0, 1.0])
        ways = goals - eye
        ways = (ways / np.linalg.norm(ways, axis=2, keepdims=True)).astype(np.float32)
        camera = yard.image(eye, ways, 0.05)
        lidar = yard.sweep(np.broadcast_to(eye, ways.shape), ways, np.full(ways.shape[:2], 0.05))
        own = yard.surface(camera).actor == 1 + k
        assert own.sum() >= 4, "it hides behind nothing, yet is not seen"
        same = camera.instance == lidar.instance
        assert same.mean() > 0.99, "a silhouette differs"
        both = own & same
        apart = np.abs(camera.range_m[both] - lidar.range_m[both]) > 5e-3
        assert apart.sum() <= 1, "more than a ray along an edge, which may meet either of its faces"
        assert (yard.surface(camera).class_id[own] == CLASS_ID[info(name).class_name]).all()
        other = yard.surface(camera).material != yard.surface(lidar).material
        assert other[both].sum() <= 1 + own.sum() // 50


def test_the_class_table_names_whom_labels_leave_out() -> None:
    assert {info(name).class_name for name in NAMES} <= {row.name for row in CLASSES}
