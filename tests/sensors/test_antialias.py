"""Which pixels are edges: the kernel, which looks at eight at once, against the rule written out."""

import numpy as np
import pytest
from drivesynth_kernels.screen import edge_strength

from drivesynth.arrays import F32, I32, U8

_LEAST = 0.06


def by_rule(instance: I32, material: I32, leafy: I32, normals: F32, tone: F32) -> U8:
    """255 times the largest step of tone to a neighbour of another surface."""
    height, width = tone.shape
    strength = np.zeros(tone.shape, np.uint8)
    for y, x in np.ndindex(height, width):
        best = np.float32(_LEAST)
        for j, i in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if not (0 <= j < height and 0 <= i < width):
                continue
            green = leafy[material[y, x]] > 0
            if instance[y, x] != instance[j, i] or material[y, x] != material[j, i]:
                other = not (green and leafy[material[j, i]] > 0)
            elif instance[y, x] < 0 or green:
                other = False
            else:
                a, b = normals[y, x].astype(float), normals[j, i].astype(float)
                other = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] <= 0.95
            if other:
                best = max(best, abs(tone[y, x] - tone[j, i]))
        if best > np.float32(_LEAST):
            strength[y, x] = np.uint8(255.0 * best)
    return strength


@pytest.mark.parametrize("shape", [(9, 27), (5, 8), (1, 30), (30, 1)])
def test_edges_are_where_another_surface_is_brighter_or_darker(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    instance = rng.integers(-1, 3, shape).astype(np.int32)
    material, leafy = rng.integers(0, 4, shape).astype(np.int32), np.array([0, 0, 1, 1], np.int32)
    normals = rng.normal(size=(*shape, 3)).astype(np.float32)
    tone = np.where(rng.random(shape) < 0.5, 0.4, rng.uniform(0.35, 0.5, shape)).astype(np.float32)
    strength, counts = np.zeros(shape, np.uint8), np.zeros(256, np.int64)
    edge_strength(
        0, shape[0], shape[1], instance.reshape(-1), material.reshape(-1), leafy, normals.reshape(-1),
        tone.reshape(-1), _LEAST, strength.reshape(-1), counts,
    )  # fmt: skip
    expected = by_rule(instance, material, leafy, normals, tone)
    assert (strength == expected).all() and expected.any()
    assert (counts[1:] == np.bincount(expected.reshape(-1), minlength=256)[1:]).all()
