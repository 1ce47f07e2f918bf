"""Slow and obvious versions of kernels: what the fast ones must agree with."""

from typing import NamedTuple

import numpy as np

from drivesynth.arrays import F64, I64
from drivesynth.world.stage import Stage


def pose_at(stage: Stage, instance: int, time_s: float) -> F64:
    """(4, 4) world_from_mesh: the origin linear between keys, the rotation at constant rate."""
    track = int(stage.track[instance])
    if track < 0:
        return stage.world_from_mesh[instance]
    from scipy.spatial.transform import Rotation, Slerp

    keys = stage.keys[track]
    pose = np.eye(4)
    pose[:3, :3] = Slerp(stage.key_times_s, Rotation.from_matrix(keys[:, :3, :3]))(time_s).as_matrix()
    pose[:3, 3] = [np.interp(time_s, stage.key_times_s, keys[:, axis, 3]) for axis in range(3)]
    return pose


def world_triangles(stage: Stage, time_s: float, actors: set[int] | None = None) -> tuple[F64, I64, I64]:
    """(T, 3, 3) corners, (T,) instance, (T,) primitive of all triangles at one instant; float64."""
    corners, instances, primitives = [np.zeros((0, 3, 3))], [np.zeros(0, int)], [np.zeros(0, int)]
    for instance, row in enumerate(stage.mesh):
        if actors is not None and int(stage.actor[instance]) not in actors:
            continue
        mesh, pose = stage.meshes[row], pose_at(stage, instance, time_s)
        vertices = mesh.vertices.astype(float) @ pose[:3, :3].T + pose[:3, 3]
        corners.append(vertices[mesh.faces])
        instances.append(np.full(len(mesh.faces), instance))
        primitives.append(np.arange(len(mesh.faces)))
    return np.concatenate(corners), np.concatenate(instances), np.concatenate(primitives)


def nearest(corners: F64, origin: F64, direction: F64) -> tuple[float, int]:
    """Range and row of the first triangle a ray meets, inf and -1 where none.

    Moeller and Trumbore, "Fast, Minimum Storage Ray/Triangle Intersection", 1997, both sides.
    """
    if not len(corners):
        return np.inf, -1
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = np.cross(direction, ac)
    determinant = np.einsum("ij,ij->i", ab, p)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = origin - a
        u = np.einsum("ij,ij->i", s, p) / determinant
        q = np.cross(s, ab)
        v = (q @ direction) / determinant
        t = np.einsum("ij,ij->i", ac, q) / determinant
        met = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
    t = np.where(met, t, np.inf)
    row = int(np.argmin(t))
    return (float(t[row]), row) if np.isfinite(t[row]) else (np.inf, -1)


class NaiveHits(NamedTuple):
    """As `sensors.cast.Hits`, flat, in float64."""

    range_m: F64
    instance: I64
    primitive: I64
    u: F64
    v: F64


def cast(stage: Stage, origins_m: F64, directions: F64, times_s: F64) -> NaiveHits:
    """Nearest hits of (N,) rays: all but the ego, every instance posed exactly at each ray's own time."""
    count = len(directions)
    found = NaiveHits(
        np.full(count, np.inf), np.full(count, -1), np.full(count, -1), np.zeros(count), np.zeros(count)
    )
    seen = {int(actor) for actor in stage.actor} - {0}
    known: dict[float, tuple[F64, I64, I64]] = {}
    for ray in range(count):
        time_s = float(times_s[ray])
        if time_s not in known:
            known[time_s] = world_triangles(stage, time_s, seen)
        corners, instances, primitives = known[time_s]
        found.range_m[ray], row = nearest(corners, origins_m[ray], np.asarray(directions[ray], np.float64))
        if row >= 0:
            found.instance[ray], found.primitive[ray] = instances[row], primitives[row]
            met = origins_m[ray] + found.range_m[ray] * directions[ray]
            edges = np.stack([corners[row, 1] - corners[row, 0], corners[row, 2] - corners[row, 0]], axis=1)
            found.u[ray], found.v[ray] = np.linalg.lstsq(edges, met - corners[row, 0], rcond=None)[0]
    return found
