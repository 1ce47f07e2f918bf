"""Posters: flat painted scenes with people, which a camera sees and a LiDAR knows to be flat."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.shapes import Shape, circle, join

_SKY, _GROUND, _SKIN, _DARK, _RED, _WHITE = (
    MATERIAL_ID[f"poster_{name}"] for name in ("sky", "ground", "skin", "dark", "red", "white")
)
_LAYER_M = 0.0008


def _flat(outline: F64, layer: int, material: int) -> Shape:
    """A convex (K, 2) outline in y, z that looks to +x, `layer` sheets before the paper."""
    k = len(outline)
    points = np.column_stack([np.full(k, layer * _LAYER_M), outline])
    faces = np.array([[0, i, i + 1] for i in range(1, k - 1)], np.int32)
    return Shape(points, faces, np.full(len(faces), material, np.uint16))


def _quad(y0: float, z0: float, y1: float, z1: float) -> F64:
    return np.array([(y0, z0), (y1, z0), (y1, z1), (y0, z1)])


def _figure(y: float, foot: float, tall: float, shirt: int, trousers: int) -> list[Shape]:
    """A person seen from the front, `tall` from foot to crown."""
    h = tall

    def at(*corners: tuple[float, float]) -> F64:
        return np.array([(y + cy * h, foot + cz * h) for cy, cz in corners])

    return [
        _flat(at((-0.10, 0.0), (-0.015, 0.0), (0.0, 0.50), (-0.11, 0.50)), 2, trousers),
        _flat(at((0.015, 0.0), (0.10, 0.0), (0.11, 0.50), (0.0, 0.50)), 2, trousers),
        _flat(
            at((-0.10, 0.48), (0.10, 0.48), (0.15, 0.80), (0.06, 0.85), (-0.06, 0.85), (-0.15, 0.80)),
            3,
            shirt,
        ),
        _flat(at((-0.19, 0.46), (-0.14, 0.45), (-0.10, 0.78), (-0.15, 0.79)), 2, shirt),
        _flat(at((0.14, 0.45), (0.19, 0.46), (0.15, 0.79), (0.10, 0.78)), 2, shirt),
        _flat(circle(0.065 * h, 12) * np.array([1.0, 1.25]) + np.array([y, foot + 0.915 * h]), 4, _SKIN),
        _flat(at((-0.065, 0.93), (0.065, 0.93), (0.05, 1.0), (-0.05, 1.0)), 5, _DARK),
        _flat(circle(0.02 * h, 8) + np.array([y - 0.165 * h, foot + 0.44 * h]), 3, _SKIN),
        _flat(circle(0.02 * h, 8) + np.array([y + 0.165 * h, foot + 0.44 * h]), 3, _SKIN),
    ]


def poster(width: float, height: float, people: int) -> Shape:
    """A poster in the plane x = 0, centred, that looks to +x: sky, ground, a word's bar, and people."""
    half, tall = width / 2, height / 2
    parts = [
        _flat(_quad(-half, -tall, half, -0.55 * tall), 0, _GROUND),
        _flat(_quad(-half, -0.55 * tall, half, tall), 0, _SKY),
        _flat(_quad(-0.9 * half, 0.72 * tall, 0.35 * half, 0.90 * tall), 1, _WHITE),
    ]
    shirts, trousers = (_RED, _WHITE, _DARK, _RED), (_DARK, _DARK, _WHITE, _GROUND)
    for k in range(people):
        y = (k + 0.5 - people / 2) * 1.7 * half / people
        parts += _figure(y, -0.85 * tall, (1.45 if k % 2 else 1.30) * tall, shirts[k % 4], trousers[k % 4])
    return join(parts)
