"""Where an actor's surface is at an instant: its parts' hull vertices, posed."""

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from drivesynth.arrays import F64, I64
from drivesynth.geometry.mesh import Mesh
from drivesynth.world.stage import Stage

_HULLS: WeakKeyDictionary[Mesh, F64] = WeakKeyDictionary()


def hull_vertices(mesh: Mesh) -> F64:
    """(H, 3) the mesh's vertices on its convex hull: all that any tight box or window depends on."""
    if mesh not in _HULLS:
        from scipy.spatial import ConvexHull, QhullError

        vertices = mesh.vertices.astype(np.float64)
        try:
            _HULLS[mesh] = vertices[ConvexHull(vertices).vertices]
        except QhullError:  # flat, or fewer than four vertices
            _HULLS[mesh] = vertices
    return _HULLS[mesh]


def poses_at(stage: Stage, instances: I64, time_s: float) -> F64:
    """(N, 4, 4) world_from_mesh of instances at a time within the stage's interval."""
    poses = stage.world_from_mesh[instances].copy()
    moving = stage.track[instances] >= 0
    if not moving.any():
        return poses
    keys = stage.keys[stage.track[instances[moving]]]
    times = stage.key_times_s
    after = int(np.clip(np.searchsorted(times, time_s), 1, len(times) - 1)) if len(times) > 1 else 0
    if after == 0:
        poses[moving] = keys[:, 0]
        return poses
    from scipy.spatial.transform import Rotation

    share = (time_s - times[after - 1]) / (times[after] - times[after - 1])
    start, end = keys[:, after - 1], keys[:, after]
    # The rotation between two keys turns at constant rate, the origin moves linearly.
    turn = Rotation.from_matrix(end[:, :3, :3] @ np.swapaxes(start[:, :3, :3], -1, -2)).as_rotvec()
    now = start.copy()
    now[:, :3, :3] = Rotation.from_rotvec(turn * share).as_matrix() @ start[:, :3, :3]
    now[:, :3, 3] += share * (end[:, :3, 3] - start[:, :3, 3])
    poses[moving] = now
    return poses


def actor_points(stage: Stage, actors: Sequence[int], time_s: float) -> dict[int, F64]:
    """Per actor on the stage, (V, 3) hull vertices of all its parts in the world frame."""
    instances = np.flatnonzero(np.isin(stage.actor, np.asarray(actors, np.int64)))
    poses = poses_at(stage, instances, time_s)
    parts: dict[int, list[F64]] = {}
    for instance, pose in zip(instances, poses, strict=True):
        vertices = hull_vertices(stage.meshes[stage.mesh[instance]])
        parts.setdefault(int(stage.actor[instance]), []).append(vertices @ pose[:3, :3].T + pose[:3, 3])
    return {actor: np.concatenate(parts[actor]) for actor in actors if actor in parts}
