"""Leaf cards: small tilted leaves scattered through blobs, so that beams and light get through.

A card stands for a clump of leaves. Its shading normals point away from the crown's middle, which
shades a crown like a round thing and not like confetti.
"""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64
from drivesynth.geometry.mesh import Mesh


@dataclass(frozen=True)
class Blob:
    """An ellipsoid of leaves: centre and radii [m], and the cards it gets."""

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    cards: int


def leaf_cards(
    rng: np.random.Generator, blobs: list[Blob], card_m: float, material: int, key: str, outward: float = 0.7
) -> Mesh:
    """Cards scattered through the blobs, mostly near their skin."""
    counts = [blob.cards for blob in blobs]
    away = rng.normal(size=(sum(counts), 3))
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    depth = rng.random((len(away), 1)) ** 0.33
    centres = np.repeat([blob.centre for blob in blobs], counts, axis=0)
    radii = np.repeat([blob.radii for blob in blobs], counts, axis=0)
    return cards(rng, centres + away * depth * radii, away, card_m, material, key, outward)


def cards(
    rng: np.random.Generator, at: F64, away: F64, card_m: float, material: int, key: str, outward: float
) -> Mesh:
    """Diamond-shaped cards of two triangles each.

    at, away  (N, 3) middles, and unit directions out of the foliage
    outward   0 turns cards at random, 1 lays them square to `away`
    """
    tilt = rng.normal(size=at.shape)
    facing = outward * away + (1.0 - outward) * tilt
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    along = np.cross(facing, rng.normal(size=at.shape))
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(facing, along)
    size = card_m * (0.6 + 0.8 * rng.random((len(at), 1)))
    droop = 0.18 * size * facing
    corners = np.stack(
        [
            at - along * size,
            at + across * 0.62 * size - droop,
            at + along * size,
            at - across * 0.62 * size - droop,
        ],
        1,
    )
    # Bend the normals outward from the crown's middle, keeping each on its card's own side.
    round_normal = at - at.mean(axis=0)
    round_normal /= np.maximum(np.linalg.norm(round_normal, axis=1, keepdims=True), 1e-9)
    normals = 0.6 * facing + 0.6 * round_normal + np.array([0.0, 0.0, 0.25])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    quad = np.arange(len(at))[:, None] * 4
    faces = np.stack([quad + np.array([0, 3, 2]), quad + np.array([0, 2, 1])], axis=1).reshape(-1, 3)
    flat = corners.reshape(-1, 3)
    front = np.cross(flat[faces[:, 1]] - flat[faces[:, 0]], flat[faces[:, 2]] - flat[faces[:, 0]])
    away_side = np.einsum("ij,ij->i", front, np.repeat(facing, 2, axis=0)) < 0
    faces[away_side] = faces[away_side][:, ::-1]
    return Mesh(
        key,
        flat.astype(np.float32),
        np.repeat(normals, 4, axis=0).astype(np.float32),
        faces.astype(np.int32),
        np.full(len(faces), material, np.uint16),
    )


def thinned(leaves: Mesh, for_one: int) -> Mesh:
    """Every so manyeth card, larger so that all together shade and stop as many rays."""
    corners = leaves.vertices.reshape(-1, 4, 3)[::for_one].astype(np.float64)
    middle = corners.mean(axis=1, keepdims=True)
    faces = leaves.faces.reshape(-1, 2, 3)[::for_one] % 4 + 4 * np.arange(len(corners))[:, None, None]
    return Mesh(
        leaves.key,
        (middle + np.sqrt(for_one) * (corners - middle)).astype(np.float32).reshape(-1, 3),
        leaves.normals.reshape(-1, 4, 3)[::for_one].reshape(-1, 3),
        faces.reshape(-1, 3).astype(np.int32),
        leaves.face_material.reshape(-1, 2)[::for_one].reshape(-1),
    )


def stretched(mesh: Mesh, size: tuple[float, float, float]) -> Mesh:
    """The mesh on the ground, centred, with exactly this size; shading normals follow."""
    low, high = (bound.astype(np.float64) for bound in mesh.bounds)
    scale: F64 = np.asarray(size) / (high - low)
    foot = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    normals = mesh.normals / scale
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh(
        mesh.key,
        ((mesh.vertices - foot) * scale).astype(np.float32),
        normals.astype(np.float32),
        mesh.faces,
        mesh.face_material,
    )
