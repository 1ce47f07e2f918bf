"""Crowns: dark lumps that little gets through, and sprays of leaves around them.

A triangle is a spray: some leaves on a twig. Triangles are few, so none is spent where nobody looks: what
stops light and beams inside a crown are lumps of a few faces, and all others lie around them, small. Shading
normals point out of the lump and of the crown, which shades both like round things and not like confetti.
"""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64, I64
from drivesynth.geometry.mesh import Mesh, merge

# Of a whole crown's triangles one in so many stays at each level of detail; sprays grow by as much.
FOR_ONE = (1, 3, 8, 14)
_OUTERMOST = 1.08  # sprays reach so far, in radii
_GOLD = (1.0 + 5.0**0.5) / 2.0


@dataclass(frozen=True)
class Blob:
    """An ellipsoid of leaves: centre and radii [m], and its part of the sprays, in pairs when near."""

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    pairs: int


@dataclass(frozen=True)
class Foliage:
    """How leaves fill their blobs.

    material
    lump      radius of the dark lump inside, in the blob's; 0 is none
    cover     area of the sprays over the surface of the blobs that shows
    slender   width of a spray over its length
    outward   0 turns sprays at random, 1 lays them square to the way out
    """

    material: int
    lump: float = 0.76
    cover: float = 0.3
    slender: float = 0.6
    outward: float = 0.45


def crown(rng: np.random.Generator, blobs: list[Blob], foliage: Foliage, detail: int, key: str) -> Mesh:
    """Lumps and sprays of all blobs, as many triangles as the level of detail has."""
    radii, centres = np.array([b.radii for b in blobs]), np.array([b.centre for b in blobs])
    weights = np.array([b.pairs for b in blobs], np.float64)
    triangles = 2 * -(-sum(b.pairs for b in blobs) // FOR_ONE[detail])
    middle = np.average(centres, axis=0, weights=weights)
    lumps: list[Mesh] = []
    if foliage.lump:
        points, faces = _POLYHEDRA[detail >= 2]
        lumps = [_lump(rng, b, foliage, points, faces, middle) for b in blobs]
        triangles -= len(blobs) * len(faces)
    # A spray inside another blob's lump is seen by nobody.
    tries = 4 * triangles
    own = rng.choice(len(blobs), tries, p=weights / weights.sum())
    away = rng.normal(size=(tries, 3))
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    inmost = max(foliage.lump - 0.04, 0.0)
    deep = inmost + (_OUTERMOST - inmost) * rng.random((tries, 1)) ** (0.8 if foliage.lump else 0.33)
    at = centres[own] + away * deep * radii[own]
    hidden = np.zeros(tries, bool)
    if foliage.lump:
        for k, (centre, size) in enumerate(zip(centres, radii, strict=True)):
            within = (((at - centre) / (0.9 * foliage.lump * size)) ** 2).sum(axis=1) < 1.0
            hidden |= within & (own != k)
    shows = np.flatnonzero(~hidden)[:triangles]
    surface_m2 = 4.0 * np.pi * ((radii.prod(axis=1) ** (2.0 / 3.0)).sum()) * float((~hidden).mean())
    area_m2 = foliage.cover * surface_m2 / triangles
    out = _outward(at[shows], centres[own[shows]], radii[own[shows]], middle)
    return merge(key, [*lumps, sprays(rng, at[shows], out, area_m2, foliage, key)])


def sprays(rng: np.random.Generator, at: F64, out: F64, area_m2: float, foliage: Foliage, key: str) -> Mesh:
    """Single triangles about points.

    at, out  (N, 3) middles, and unit directions out of the foliage; area_m2  mean of a spray
    """
    tilt = rng.normal(size=at.shape)
    facing = foliage.outward * out + (1.0 - foliage.outward) * 0.8 * tilt
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    facing *= np.where((facing * out).sum(axis=1, keepdims=True) < 0.0, -1.0, 1.0)
    # Twigs grow outward and hang a little.
    wish = rng.normal(size=at.shape) + 0.7 * out - [0.0, 0.0, 0.3]
    across = np.cross(facing, wish)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    along = np.cross(across, facing)
    long = np.sqrt(2.0 * area_m2 / foliage.slender) * (0.55 + 0.8 * rng.random((len(at), 1)))
    wide, skew = 0.5 * foliage.slender * long, rng.uniform(-0.25, 0.25, (len(at), 2))
    corners = np.stack(
        [
            at - (1.0 / 3.0 - skew[:, :1]) * long * along - wide * across,
            at - (1.0 / 3.0 + skew[:, :1]) * long * along + wide * across,
            at + 2.0 / 3.0 * long * along + 2.0 * skew[:, 1:] * wide * across,
        ],
        1,
    )
    normals = 0.85 * out + 0.4 * facing + np.array([0.0, 0.0, 0.15])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    faces = np.arange(3 * len(at), dtype=np.int32).reshape(-1, 3)
    front = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    turned = np.einsum("ij,ij->i", front, facing) < 0
    faces[turned] = faces[turned][:, ::-1]
    return Mesh(
        key,
        corners.reshape(-1, 3).astype(np.float32),
        np.repeat(normals, 3, axis=0).astype(np.float32),
        faces,
        np.full(len(faces), foliage.material, np.uint16),
    )


def _lump(
    rng: np.random.Generator, blob: Blob, foliage: Foliage, points: F64, faces: I64, middle: F64
) -> Mesh:
    """A dented polyhedron inside a blob."""
    turn = rng.uniform(0.0, 2.0 * np.pi)
    c, s = np.cos(turn), np.sin(turn)
    unit = points @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    unit = unit * rng.uniform(0.85, 1.12, (len(unit), 1))
    centre, radii = np.array(blob.centre), np.array(blob.radii)
    at = centre + foliage.lump * unit * radii
    normals = _outward(at, centre, radii, middle)
    return Mesh(
        "lump",
        at.astype(np.float32),
        normals.astype(np.float32),
        faces.astype(np.int32),
        np.full(len(faces), foliage.material, np.uint16),
    )


def _outward(at: F64, centre: F64, radii: F64, middle: F64) -> F64:
    """(N, 3) unit directions out of the blob and, less so, out of the crown about `middle`."""
    own = (at - centre) / radii**2
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-9)
    whole = at - middle
    whole /= np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-9)
    both = 0.7 * own + 0.4 * whole
    return np.asarray(both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-9))


def _polyhedron(points: list[tuple[float, float, float]], radius: float) -> tuple[F64, I64]:
    """Corners at `radius`, and the triangles between corners that are nearest to each other."""
    corners = np.array(points, np.float64)
    corners *= radius / np.linalg.norm(corners, axis=1, keepdims=True)
    gaps = np.linalg.norm(corners[:, None] - corners, axis=2)
    near = (gaps < 1.1 * gaps[gaps > 0].min()) & (gaps > 0)
    n, faces = len(corners), []
    for a in range(n):
        for b in range(a + 1, n):
            for c in range(b + 1, n):
                if near[a, b] and near[b, c] and near[a, c]:
                    out = np.linalg.det(corners[[a, b, c]]) > 0
                    faces.append((a, b, c) if out else (a, c, b))
    return corners, np.array(faces)


# Twenty faces where near, eight from afar, which are as large.
_POLYHEDRA = (
    _polyhedron(
        [p for i in (-1, 1) for j in (-_GOLD, _GOLD) for p in ((0, i, j), (i, j, 0), (j, 0, i))], 1.0
    ),
    _polyhedron([p for i in (-1, 1) for p in ((i, 0, 0), (0, i, 0), (0, 0, i))], 1.15),
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
