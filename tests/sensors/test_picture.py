"""Which rays are taken for a picture's, and which are not."""

import numpy as np
import pytest

from drivesynth.arrays import F32
from drivesynth.sensors.picture import lens_of
from drivesynth.sensors.threads import in_pieces


def share(number: int, work: object, step: int = 0) -> None:
    in_pieces(2, number, work, step)  # type: ignore[arg-type]


def pinhole(width: int, height: int) -> F32:
    """(H, W, 3) unit directions of a turned pinhole camera of 90 degrees."""
    x, y = np.meshgrid(np.arange(width) - 0.4 * width, np.arange(height) - 0.6 * height)
    rays = np.stack([np.full_like(x, 0.5 * width), -x - 0.1 * y, 0.1 * x - y], axis=-1)
    return (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(("width", "height"), [(8, 2), (9, 5), (16, 3), (65, 33), (1242, 375)])
def test_the_rays_of_a_pinhole_are_a_lattice(width: int, height: int) -> None:
    lens = lens_of(pinhole(width, height), share)
    assert lens is not None
    y, x = height - 1, width // 2
    ray = lens @ [x, y, 1.0]
    np.testing.assert_allclose(ray / np.linalg.norm(ray), pinhole(width, height)[y, x], atol=2e-6)


@pytest.mark.parametrize("column", [1, 7, 8, 15, 16, 40, 63])
@pytest.mark.parametrize("row", [0, 17, 32])
def test_one_ray_beside_the_lattice_is_found_wherever_it_is(column: int, row: int) -> None:
    rays = pinhole(65, 33)
    rays[row, column] += np.float32(0.01) * rays[0, 0]
    rays[row, column] /= np.linalg.norm(rays[row, column])
    assert lens_of(rays, share) is None


def test_too_few_columns_are_no_picture() -> None:
    assert lens_of(pinhole(7, 20), share) is None
