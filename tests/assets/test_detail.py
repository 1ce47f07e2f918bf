"""Coarser plants: fewer triangles, the same size, about as much in the way of light and beams."""

import numpy as np
import pytest

from drivesynth.assets.catalogue import build
from drivesynth.assets.nature.plants import GROWERS
from drivesynth.geometry.mesh import Mesh


def area_m2(mesh: Mesh) -> float:
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces].astype(np.float64), 1, 0)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize("asset", sorted(GROWERS))
def test_a_coarser_plant_is_as_large_and_as_dense(asset: str) -> None:
    whole, *coarser = (build(asset, 3, None, detail).parts[0].mesh for detail in (0, 1, 2))
    triangles = [len(whole.faces)]
    for mesh in coarser:
        np.testing.assert_allclose(mesh.bounds, whole.bounds, atol=1e-3)
        assert area_m2(mesh) == pytest.approx(area_m2(whole), rel=0.25)
        triangles.append(len(mesh.faces))
    assert triangles[1] < 0.5 * triangles[0] and triangles[2] < 0.3 * triangles[0]
    assert len({whole.key, *(mesh.key for mesh in coarser)}) == 3


def test_what_is_no_plant_has_one_level() -> None:
    assert build("car/estate", 3, None, 2).parts == build("car/estate", 3).parts
