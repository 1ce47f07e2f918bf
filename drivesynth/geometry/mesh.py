"""Triangle meshes with a material on every face: the one shape that all sensors see."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F32, F64, I32, I64, U16


@dataclass(frozen=True, eq=False)
class Mesh:
    """An indexed triangle mesh. Two meshes of one key hold the same arrays: caches trust it.

    vertices       (V, 3) [m], in the mesh's own frame
    normals        (V, 3) unit shading normals; vertices at creases stand twice
    faces          (F, 3) rows of `vertices`, counter-clockwise seen from outside
    face_material  (F,) index into `assets.materials.MATERIALS`
    """

    key: str
    vertices: F32
    normals: F32
    faces: I32
    face_material: U16

    @property
    def bounds(self) -> tuple[F32, F32]:
        """Lowest and highest corner, (3,) each."""
        return self.vertices.min(axis=0), self.vertices.max(axis=0)


def make_mesh(
    key: str, vertices: F64 | F32, faces: I32, face_material: U16 | int, crease_rad: float = 0.6
) -> Mesh:
    """A mesh with shading normals: smooth where neighbours meet below `crease_rad`, creased above.

    Normals are weighted by the angle of the face at the vertex (Thuermer and Wuethrich, "Computing
    Vertex Normals from Polygonal Facets", 1998).
    """
    vertices64 = np.asarray(vertices, np.float64).reshape(-1, 3)
    corner_of = np.asarray(faces, np.int32).reshape(-1, 3)
    materials = np.broadcast_to(np.asarray(face_material, np.uint16), (len(corner_of),)).copy()
    corners = vertices64[corner_of]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area2 = np.linalg.norm(normals, axis=1)
    solid = area2 > 1e-8  # slivers are dropped: they carry no surface and no normal
    corner_of, materials, corners = corner_of[solid], materials[solid], corners[solid]
    unit = normals[solid] / area2[solid, None]

    edges = np.roll(corners, -1, axis=1) - corners
    edges /= np.maximum(np.linalg.norm(edges, axis=2, keepdims=True), 1e-12)
    angle = np.arccos(np.clip(-np.einsum("fij,fij->fi", edges, np.roll(edges, 1, axis=1)), -1, 1))

    # Positions shared to 0.1 mm belong to one spot, whoever listed them twice.
    spot = _row_groups(np.round(vertices64 * 1e4).astype(np.int64))[corner_of].reshape(-1)
    face_of_corner = np.repeat(np.arange(len(corner_of)), 3)
    weighted = (unit[:, None, :] * angle[:, :, None]).reshape(-1, 3)

    # Each corner sums the faces of its spot that lie within the crease: all pairs of corners at a spot.
    order = np.argsort(spot, kind="stable")
    count = np.bincount(spot)
    start = np.cumsum(count) - count
    pairs = count[spot[order]]
    own = np.repeat(order, pairs)
    within = np.arange(len(own)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    other = order[np.repeat(start[spot[order]], pairs) + within]
    cosine = np.einsum("ij,ij->i", unit[face_of_corner[own]], unit[face_of_corner[other]])
    near = cosine > np.cos(crease_rad)
    own, other = own[near], other[near]
    smooth = np.stack(
        [np.bincount(own, weighted[other, axis], minlength=len(spot)) for axis in range(3)], axis=1
    )
    smooth = smooth / np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-12)

    # One output vertex per distinct (spot, normal).
    q = np.round(smooth * 1e3).astype(np.int64) + 1000
    label = ((spot.astype(np.int64) * 2001 + q[:, 0]) * 2001 + q[:, 1]) * 2001 + q[:, 2]
    _, first, index = np.unique(label, return_index=True, return_inverse=True)
    rows = np.asarray(index).reshape(-1, 3).astype(np.int32)
    whole = (rows != np.roll(rows, 1, axis=1)).all(axis=1)  # welding may close a face narrower than 0.1 mm
    return Mesh(
        key,
        corners.reshape(-1, 3)[first].astype(np.float32),
        smooth[first].astype(np.float32),
        rows[whole],
        materials[whole],
    )


def _row_groups(rows: I64) -> I64:
    """(N,) group number of each row of (N, 3); equal rows share one, in the rows' sorted order."""
    order = np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))
    fresh = np.any(np.diff(rows[order], axis=0, prepend=rows[order[:1]] - 1) != 0, axis=1)
    groups = np.empty(len(rows), np.int64)
    groups[order] = np.cumsum(fresh) - 1
    return groups


def merge(key: str, meshes: Sequence[Mesh]) -> Mesh:
    """All meshes as one; vertices and faces keep their order."""
    offsets = np.cumsum([0, *(len(m.vertices) for m in meshes[:-1])])
    return Mesh(
        key,
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.normals for m in meshes]),
        np.concatenate([m.faces + o for m, o in zip(meshes, offsets, strict=True)]).astype(np.int32),
        np.concatenate([m.face_material for m in meshes]),
    )


def moved(mesh: Mesh, a_from_mesh: F64, key: str | None = None) -> Mesh:
    """The mesh in frame a; a mirroring transform turns its faces so that they still look outward."""
    linear = a_from_mesh[:3, :3]
    vertices = mesh.vertices.astype(np.float64) @ linear.T + a_from_mesh[:3, 3]
    normals = mesh.normals.astype(np.float64) @ np.linalg.inv(linear)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    faces = mesh.faces if np.linalg.det(linear) > 0 else mesh.faces[:, ::-1]
    return Mesh(
        key or mesh.key,
        vertices.astype(np.float32),
        normals.astype(np.float32),
        np.ascontiguousarray(faces),
        mesh.face_material,
    )
