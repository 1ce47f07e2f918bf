"""What must hold of every shipped asset, whatever it is."""

import subprocess
import sys
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from drivesynth.arrays import F64
from drivesynth.assets.catalogue import build, info, match
from drivesynth.assets.classes import CLASS_ID
from drivesynth.assets.materials import MATERIAL_ID, MATERIALS
from drivesynth.assets.model import Model
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.transforms import move_points

NAMES = match("*")
SHEETS = {MATERIAL_ID[name] for name in ("foliage", "needles", "twigs", "shelter_glass")}
LOOKS = (0, 1, 2)

# Most triangles a model may have: what a street full of them can afford.
BUDGETS = {
    "car": 8200,
    "van": 8000,
    "truck": 10500,
    "wreck": 10500,
    "bus": 8000,
    **dict.fromkeys(("taxi", "police", "ambulance", "pickup"), 8200),
    **dict.fromkeys(("fire_engine", "tractor", "excavator", "tram"), 8000),
    "caravan": 2500,
    "pedestrian": 4000,
    "person": 4800,
    "animal": 4000,
    "moped": 6000,
    "cyclist": 6000,
    "motorcycle": 6000,
    "escooter": 6000,
    "tree": 8000,
    "hedge": 8000,
    "wood": 8000,
    "occluder": 8000,
    "house": 4200,
    "fence": 2000,
    "scaffold": 2000,
    "verge": 2400,
    "bush": 4000,
}


def posed(model: Model, **channels: float) -> list[F64]:
    poses = model.poses(channels)
    assert poses.shape == (len(model.parts), 4, 4)
    return [
        move_points(pose, part.mesh.vertices.astype(float))
        for part, pose in zip(model.parts, poses, strict=True)
    ]


def bounds(model: Model, **channels: float) -> tuple[F64, F64]:
    cloud = np.concatenate(posed(model, **channels))
    return cloud.min(axis=0), cloud.max(axis=0)


@cache
def meshes(name: str) -> tuple[Mesh, ...]:
    return tuple(part.mesh for look in LOOKS for part in build(name, look).parts)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spreads", [0.0, 1.0, -1.0])
def test_it_stands_on_the_ground_and_fills_its_box(name: str, spreads: float) -> None:
    row = info(name)
    wanted = tuple(
        size + spreads * spread for size, spread in zip(row.size_m, row.size_spread_m, strict=True)
    )
    for look in LOOKS if spreads == 0.0 else (1,):
        model = build(name, look, (wanted[0], wanted[1], wanted[2]))
        low, high = bounds(model)
        assert low[2] == pytest.approx(0.0, abs=1e-3)
        assert model.size_m == pytest.approx(wanted, rel=0.01, abs=1e-3)
        assert high - low == pytest.approx(np.array(model.size_m), rel=0.01, abs=0.003)
        assert np.abs(low + high)[:2].max() / 2 < 0.01, "the origin lies below the box's centre"
        assert model.class_name == row.class_name and model.class_name in CLASS_ID


@pytest.mark.parametrize("name", NAMES)
def test_its_triangles_are_sound(name: str) -> None:
    for mesh in meshes(name):
        assert mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.vertices)
        assert np.isfinite(mesh.vertices).all()
        assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1.0, abs=1e-3)
        a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(float) for k in range(3))
        flat = np.cross(b - a, c - a)
        assert np.linalg.norm(flat, axis=1).min() > 1e-12, "a triangle without area"
        lean = np.einsum("ij,ij->i", flat, mesh.normals[mesh.faces].sum(axis=1))
        solid = ~np.isin(mesh.face_material, list(SHEETS))
        assert (lean[solid] > 0).sum() >= 0.999 * solid.sum(), "shading normals turned away from their faces"
        assert mesh.face_material.max() < len(MATERIALS)


@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_to_its_budget(name: str) -> None:
    count = sum(len(part.mesh.faces) for part in build(name, 0).parts)
    assert 12 <= count <= BUDGETS.get(name.split("/")[0], 1600)


@pytest.mark.parametrize("name", NAMES)
def test_no_sight_from_outside_meets_a_face_from_behind(name: str) -> None:
    model = build(name, 0)
    o3d = pytest.importorskip(
        "open3d", "0.18", "Open3D, or a library it needs, is not installed", exc_type=ImportError
    )
    scene = o3d.t.geometry.RaycastingScene()
    sheet, offset = [], 0
    vertices, faces = [], []
    for part, points in zip(model.parts, posed(model), strict=True):
        vertices.append(points)
        faces.append(part.mesh.faces + offset)
        offset += len(points)
        sheet.append(np.isin(part.mesh.face_material, list(SHEETS)))
    tensor = o3d.core.Tensor
    scene.add_triangles(
        tensor(np.concatenate(vertices).astype(np.float32)), tensor(np.concatenate(faces).astype(np.uint32))
    )
    leafy = np.concatenate(sheet)
    half = np.array(model.size_m) / 2
    u, v = np.meshgrid(np.linspace(-0.98, 0.98, 48) + 0.00137, np.linspace(-0.98, 0.98, 48) + 0.00071)
    for axis in range(3):
        for sign in (1.0, -1.0):
            origin = np.empty((u.size, 3))
            origin[:, axis] = sign * 3.0 * half[axis]
            origin[:, (axis + 1) % 3], origin[:, (axis + 2) % 3] = (
                u.ravel() * half[(axis + 1) % 3],
                v.ravel() * half[(axis + 2) % 3],
            )
            origin[:, 2] += half[2]
            direction = np.zeros_like(origin)
            direction[:, axis] = -sign
            hit = scene.cast_rays(tensor(np.concatenate([origin, direction], axis=1).astype(np.float32)))
            met = np.isfinite(hit["t_hit"].numpy())
            face = hit["primitive_ids"].numpy()[met]
            toward = np.einsum("ij,ij->i", hit["primitive_normals"].numpy()[met], direction[met])
            wrong = (toward > 1e-3) & ~leafy[face]
            assert wrong.sum() <= 0.004 * max(met.sum(), 1) + 1, (
                f"{wrong.sum()} of {met.sum()} along axis {axis} {sign}"
            )


@pytest.mark.parametrize("name", NAMES)
def test_one_key_means_one_mesh_and_tints_share_meshes(name: str) -> None:
    by_key: dict[str, Mesh] = {}
    for mesh in meshes(name):
        assert by_key.setdefault(mesh.key, mesh) is mesh
    keys = [{part.mesh.key for part in build(name, look).parts} for look in range(12)]
    assert len(set.union(*keys)) <= 12 * 0.7 * max(len(k) for k in keys) or len(keys[0]) > 1


def fingerprint() -> str:
    digest = blake2b(digest_size=16)
    for name in NAMES:
        model = build(name, 7)
        for part in model.parts:
            digest.update(repr((part.name, part.mesh.key, part.tint_rgb, part.tint_905)).encode())
            for array in (part.mesh.vertices, part.mesh.normals, part.mesh.faces, part.mesh.face_material):
                digest.update(array.tobytes())
        digest.update(
            np.round(model.poses({"gait_rad": 1.0, "stride_m": 1.2, "wheel_rad": 2.0}), 12).tobytes()
        )
    return digest.hexdigest()


def test_another_process_builds_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/assets'); import test_every_asset as t; print(t.fingerprint())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        # A cache of its own, so that it builds them and does not find what this process has built.
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": ".:kernels", "DRIVESYNTH_CACHE": str(tmp_path)},
    )
    assert other.stdout.strip() == fingerprint()
