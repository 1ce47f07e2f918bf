"""Building blocks are closed, face outward, and hold the volume geometry books give them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.geometry.mesh import make_mesh
from drivesynth.geometry.shapes import (
    Shape,
    barrel,
    box,
    circle,
    ellipsoid,
    fitted,
    join,
    loft,
    mirrored,
    plate,
    revolve,
    tube,
)

CLOSED = {
    "box": box((1.0, 2.0, 3.0), 1),
    "bevelled box": box((1.0, 2.0, 3.0), 1, bevel=0.1),
    "turned": revolve([(0.0, 0.0), (1.0, 0.0), (1.0, 2.0), (0.0, 2.0)], 16, 1),
    "ring": revolve([(1.0, -0.1), (1.2, 0.0), (1.0, 0.1)], 16, 1, closed=True),
    "tube": tube([[0, 0, 0], [1, 0, 0], [1, 0.2, 1]], 0.1, 1),
    "ellipsoid": ellipsoid((1.0, 2.0, 3.0), 1),
    "barrel": barrel([(0, 0, 0, 1, 1), (0, 0, 1, 0.5, 0.5)], 1),
    "plate": plate(circle(1.0, 12), 0.01, 1),
    "loft given backward": loft(
        np.array([[(0, 0, 1), (1, 0, 1), (0, 1, 1)], [(0, 0, 0), (1, 0, 0), (0, 1, 0)]]), 1
    ),
}


def edges(shape: Shape) -> Counter[tuple[int, int]]:
    """Directed edges between welded corners, faces without area left out."""
    _, weld = np.unique(np.round(shape.vertices * 1e6).astype(np.int64), axis=0, return_inverse=True)
    rows = np.asarray(weld).reshape(-1)[shape.faces]
    kept = [row for row in rows.tolist() if len(set(row)) == 3]
    return Counter((row[k], row[(k + 1) % 3]) for row in kept for k in range(3))


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("mirror", [False, True])
def test_every_edge_is_shared_once_each_way(name: str, mirror: bool) -> None:
    shape = CLOSED[name].scaled(x=-2.0) if mirror else CLOSED[name]
    count = edges(shape)
    assert all(n == 1 and count[(b, a)] == 1 for (a, b), n in count.items())
    assert shape.volume > 0


@given(a=st.floats(0.1, 5.0), b=st.floats(0.1, 5.0), c=st.floats(0.1, 5.0))
def test_a_box_holds_its_product(a: float, b: float, c: float) -> None:
    assert box((a, b, c), 0).volume == pytest.approx(a * b * c)


def test_a_ring_holds_what_pappus_says() -> None:
    sides = 400
    ring = revolve(circle(0.1, 64) + np.array([1.0, 0.0]), sides, 0, closed=True)
    area = 0.5 * 64 * np.sin(2 * np.pi / 64) * 0.1**2
    assert ring.volume == pytest.approx(2 * np.pi * area, rel=1e-3)


def test_an_ellipsoid_nears_its_formula() -> None:
    assert ellipsoid((1.0, 2.0, 3.0), 0, rows=60, sides=80).volume == pytest.approx(8 * np.pi, rel=0.005)


def test_fitted_shapes_stand_centred_with_their_size() -> None:
    shape = fitted(CLOSED["tube"], (2.0, 3.0, 4.0))
    low, high = shape.vertices.min(axis=0), shape.vertices.max(axis=0)
    assert low == pytest.approx([-1.0, -1.5, 0.0]) and high == pytest.approx([1.0, 1.5, 4.0])


def test_mirrored_shapes_double_their_volume() -> None:
    assert mirrored(box((1.0, 1.0, 1.0), 0, (0.0, 2.0, 0.0))).volume == pytest.approx(2.0)


def test_a_box_has_flat_normals_and_a_ball_round_ones() -> None:
    cube = box((2.0, 2.0, 2.0), 3).mesh("cube")
    assert np.sort(np.abs(cube.normals), axis=1)[:, :2] == pytest.approx(0.0, abs=1e-6)
    ball = ellipsoid((1.0, 1.0, 1.0), 3, rows=24, sides=36).mesh("ball")
    assert np.einsum("ij,ij->i", ball.normals, ball.vertices).min() > 0.99


def test_slivers_and_welded_faces_leave_the_mesh() -> None:
    sliver = make_mesh(
        "sliver", np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1e-12, 0], [0, 1.00001, 0]]),
        np.array([[0, 1, 2], [0, 1, 3], [1, 4, 2]], np.int32), 0,
    )  # fmt: skip
    assert len(sliver.faces) == 1


def test_joined_shapes_keep_their_materials() -> None:
    both = join([box((1, 1, 1), 4), box((1, 1, 1), 9, (3, 0, 0))])
    assert set(both.material[both.vertices[both.faces[:, 0], 0] > 1.5].tolist()) == {9}
