"""The openness of a picture's pixels is what a slow and obvious blend of the grid's samples gives."""

import numpy as np
import pytest
from drivesynth_kernels.openness import GRID, spread_openness

from drivesynth.arrays import F32, F64


def _naive(directions: F32, range_m: F32, geometric: F32, sparse: F32) -> F64:
    """(H, W, 4) of (h, w, 4) samples, pixel by pixel: joint bilateral upsampling."""
    (height, width), (rows, columns) = range_m.shape, sparse.shape[:2]
    out = np.zeros((height, width, 4))
    for y, x in np.ndindex(height, width):
        if not np.isfinite(range_m[y, x]):
            out[y, x] = 0.4, 0.0, 0.0, 0.4
            continue
        j0, i0 = (
            min(max((at - GRID // 2) // GRID, 0), max(most - 2, 0)) for at, most in ((y, rows), (x, columns))
        )
        wy, wx = (min(max((at - GRID // 2) / GRID - cell, 0.0), 1.0) for at, cell in ((y, j0), (x, i0)))
        total, mean = 0.0, np.zeros(4)
        point, normal = range_m[y, x] * directions[y, x].astype(float), geometric[y, x].astype(float)
        for corner in range(4):
            j, i = min(j0 + corner // 2, rows - 1), min(i0 + corner % 2, columns - 1)
            v, u = min(GRID * j + GRID // 2, height - 1), min(GRID * i + GRID // 2, width - 1)
            if not np.isfinite(range_m[v, u]):
                continue
            off = normal @ (point - range_m[v, u] * directions[v, u]) * 60.0 / (range_m[y, x] + 1.0)
            alike = max(normal @ geometric[v, u], 0.0) ** 3
            near = (wy if corner // 2 else 1 - wy) * (wx if corner % 2 else 1 - wx) + 0.01
            weight = near * (alike / (1.0 + off * off) + 1e-4)
            total, mean = total + weight, mean + weight * sparse[j, i]
        gx, gy, gz = normal
        out[y, x] = mean / total if total else (0.2 + 0.15 * gz, 0.1 * gx, 0.1 * gy, 0.3)
    return out


@pytest.mark.parametrize(("height", "width"), [(20, 37), (19, 32), (5, 5), (9, 12), (40, 45), (1, 1)])
def test_openness_is_spread_as_a_slow_blend_does_it(height: int, width: int) -> None:
    rng = np.random.default_rng(height * width)
    directions = rng.normal(size=(height, width, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    geometric = rng.normal(size=(height, width, 3)) + np.array([0.0, 0.0, 2.0])
    geometric /= np.linalg.norm(geometric, axis=-1, keepdims=True)
    range_m = rng.uniform(1.0, 40.0, (height, width)).astype(np.float32)
    range_m[rng.random((height, width)) < 0.2] = np.inf
    sparse = rng.uniform(0.0, 1.0, (-(-height // GRID), -(-width // GRID), 4)).astype(np.float32)
    ways, normals = directions.astype(np.float32), geometric.astype(np.float32)
    found = np.full((height, width, 4), np.nan, np.float32)
    half = height // 2  # in two parts, as threads do it
    for begin, end in ((0, half), (half, height)):
        spread_openness(
            begin, end, width, ways.reshape(-1), range_m.reshape(-1), normals.reshape(-1), sparse.shape[1],
            sparse.reshape(-1), found.reshape(-1),
        )  # fmt: skip
    assert found == pytest.approx(_naive(ways, range_m, normals, sparse), abs=2e-5)


def test_an_even_sky_is_blended_between_the_samples() -> None:
    height, width = 24, 29
    sparse = np.random.default_rng(1).uniform(0.49, 0.5, (3, 4, 4)).astype(np.float32)
    up = np.tile(np.array([0.0, 0.0, 1.0], np.float32), (height, width, 1))
    found = np.zeros((height, width, 4), np.float32)
    spread_openness(
        0, height, width, up.reshape(-1), np.full(height * width, 5.0, np.float32), up.reshape(-1), 4,
        sparse.reshape(-1), found.reshape(-1),
    )  # fmt: skip
    assert found[12, 20] == pytest.approx(sparse[1, 2], abs=1e-6)
    assert found[16, 16] == pytest.approx(sparse[1:3, 1:3].mean(axis=(0, 1)), abs=1e-6)
    assert found[0, 0] == pytest.approx(sparse[0, 0], abs=1e-6)
