"""Rotations against scipy's, which the program itself does not load."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from drivesynth.geometry.transforms import rotation_by, rotation_vector


@pytest.mark.parametrize("angle_rad", [0.0, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 1.0, 2.0, 3.1])
def test_rotation_vectors_are_those_of_scipy_and_lead_back(angle_rad: float) -> None:
    axes = np.random.default_rng(1).normal(size=(50, 3))
    vectors = angle_rad * axes / np.linalg.norm(axes, axis=1, keepdims=True)
    rotations = Rotation.from_rotvec(vectors).as_matrix()
    np.testing.assert_allclose(rotation_by(vectors), rotations, atol=1e-14)
    np.testing.assert_allclose(rotation_vector(rotations), vectors, atol=2e-14)


def test_axes_before_the_last_are_kept() -> None:
    vectors = np.random.default_rng(2).uniform(-1, 1, (4, 5, 3))
    rotations = rotation_by(vectors)
    assert rotations.shape == (4, 5, 3, 3)
    np.testing.assert_allclose(rotation_vector(rotations), vectors, atol=1e-14)
    np.testing.assert_array_equal(rotation_by(np.zeros((2, 3))), np.broadcast_to(np.eye(3), (2, 3, 3)))
