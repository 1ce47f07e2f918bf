"""Coarser plants and houses: fewer triangles, the same size, about as much in the way of light and beams."""

import cv2
import numpy as np
import pytest

from drivesynth.arrays import Bool
from drivesynth.assets.catalogue import build, info, match
from drivesynth.assets.check import faults
from drivesynth.assets.model import Model
from drivesynth.assets.nature.plants import GROWERS
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.transforms import move_points
from drivesynth.road.street import COARSER_FROM_M


def area_m2(mesh: Mesh) -> float:
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces].astype(np.float64), 1, 0)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize("asset", sorted(GROWERS))
def test_a_coarser_plant_is_as_large_and_as_dense(asset: str) -> None:
    whole, *coarser = (build(asset, 3, None, detail).parts[0].mesh for detail in range(4))
    triangles = [len(whole.faces)]
    for mesh, off in zip(coarser, (0.25, 0.3, 0.4), strict=True):
        np.testing.assert_allclose(mesh.bounds, whole.bounds, atol=1e-3)
        assert area_m2(mesh) == pytest.approx(area_m2(whole), rel=off)
        triangles.append(len(mesh.faces))
    assert triangles[1] < 0.5 * triangles[0] and triangles[2] < 0.3 * triangles[0]
    assert triangles[3] < 0.7 * triangles[2]
    assert len({whole.key, *(mesh.key for mesh in coarser)}) == 4


@pytest.mark.parametrize("asset", ["tree/deciduous", "tree/birch", "bush/round", "wood/edge", "hedge/box"])
def test_what_shows_against_the_sky_is_small(asset: str) -> None:
    """Where a level begins to be seen, most triangles are below a degree and a half wide."""
    for detail, from_m in enumerate((6.0, *COARSER_FROM_M)):
        mesh = build(asset, 3, None, detail).parts[0].mesh
        a, b, c = np.moveaxis(mesh.vertices[mesh.faces].astype(np.float64), 1, 0)
        width_m = np.sqrt(np.linalg.norm(np.cross(b - a, c - a), axis=1))
        assert np.degrees(np.median(width_m) / from_m) < 1.5


@pytest.mark.parametrize("asset", ["house/terrace", "house/shop", "house/detached"])
def test_a_house_is_the_same_from_afar_with_a_good_part_of_its_triangles_less(asset: str) -> None:
    whole, far = (build(asset, 3, None, detail).parts[0].mesh for detail in (0, 2))
    assert len(far.faces) < 0.8 * len(whole.faces)
    np.testing.assert_allclose(far.bounds, whole.bounds, atol=1e-3)
    # Seen from far ahead of its street side, each material shows as much of itself.
    for material in np.unique(whole.face_material):
        seen = [shown_m2(mesh, int(material)) for mesh in (whole, far)]
        assert seen[1] == pytest.approx(seen[0], rel=0.08, abs=1.0)


def shown_m2(mesh: Mesh, material: int) -> float:
    """How large the faces of a material that look to -y are, seen from there."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces[mesh.face_material == material]].astype(np.float64), 1, 0)
    return float(np.maximum(-np.cross(b - a, c - a)[:, 1], 0.0).sum() / 2)


@pytest.mark.parametrize("asset", match("car/*") + match("van/*") + match("pickup/*"))
def test_a_car_from_afar_fills_the_same_box_and_stops_as_many_rays(asset: str) -> None:
    whole, far = build(asset, 3), build(asset, 3, None, 1)
    assert sum(len(p.mesh.faces) for p in far.parts) < 0.5 * sum(len(p.mesh.faces) for p in whole.parts)
    assert faults(far, info(asset).wheel_radius_m) == [] and far.size_m == whole.size_m
    assert far.parts[0].tint_rgb == whole.parts[0].tint_rgb
    for axis in (0, 1, 2):
        one, other = (shadow(model, axis) for model in (whole, far))
        assert (one != other).sum() < 0.03 * one.sum()


def shadow(model: Model, axis: int) -> Bool:
    """What the model at rest hides of parallel light along an axis, on a grid of 1 cm."""
    seen = np.zeros((700, 700), np.uint8)
    for part, frame in zip(model.parts, model.poses({}), strict=True):
        points = np.delete(move_points(frame, part.mesh.vertices.astype(np.float64)), axis, axis=1)
        for triangle in np.round(points[part.mesh.faces] * 100 + 350).astype(np.int32):
            cv2.fillConvexPoly(seen, triangle, 1)
    return seen > 0


def test_most_things_have_one_level() -> None:
    assert build("bench/wood", 3, None, 2).parts == build("bench/wood", 3).parts
