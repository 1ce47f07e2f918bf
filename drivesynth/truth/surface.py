"""Where an actor's surface is at an instant: its parts' hull vertices, posed."""

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from drivesynth.arrays import F64, I32
from drivesynth.geometry.mesh import Mesh
from drivesynth.kept import recall
from drivesynth.sensors.motion import instances_at
from drivesynth.world.stage import Stage

_HULLS: WeakKeyDictionary[Mesh, F64] = WeakKeyDictionary()


def hull_vertices(mesh: Mesh) -> F64:
    """(H, 3) the mesh's vertices on its convex hull: all that any tight box or window depends on."""
    known = _HULLS.get(mesh)
    if known is None:
        vertices = mesh.vertices
        known = _HULLS[mesh] = recall(("hull", vertices), lambda: _hull(vertices.astype(np.float64)))
    return known


def _hull(vertices: F64) -> F64:
    from scipy.spatial import ConvexHull, QhullError

    try:
        rim: I32 = ConvexHull(vertices).vertices
    except QhullError:  # flat, or fewer than four vertices
        return vertices
    return vertices[rim]


def actor_points(stage: Stage, actors: Sequence[int], time_s: float) -> dict[int, F64]:
    """Per actor on the stage, (V, 3) hull vertices of all its parts in the world frame."""
    instances = np.flatnonzero(np.isin(stage.actor, np.asarray(actors, np.int64)))
    poses = instances_at(stage, instances, time_s)
    parts: dict[int, list[F64]] = {}
    for instance, pose in zip(instances, poses, strict=True):
        vertices = hull_vertices(stage.meshes[stage.mesh[instance]])
        parts.setdefault(int(stage.actor[instance]), []).append(vertices @ pose[:3, :3].T + pose[:3, 3])
    return {actor: np.concatenate(parts[actor]) for actor in actors if actor in parts}
