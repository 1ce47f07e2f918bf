"""A Stage as the ray kernels want it: what stands still merged into one tree, the rest as instances.

The merged tree is kept from frame to frame for as long as the surroundings stay the same; a frame then
costs the boxes of the moved instances and a small tree over them.
"""

from dataclasses import dataclass
from hashlib import blake2b
from operator import attrgetter

import numpy as np
from drivesynth_kernels import frames
from drivesynth_kernels.bvh_wide import WIDTH
from drivesynth_kernels.trace import World

from drivesynth.arrays import F64, I64
from drivesynth.geometry.transforms import inverse
from drivesynth.sensors.trees import Kept, Tree, build_nodes, build_tree, forget_trees, pool_trees
from drivesynth.world.stage import Stage

_surroundings = Kept(2)


@dataclass(frozen=True)
class Surroundings:
    """The instances that belong to no actor and stand still, merged; corners are less `origin_m`."""

    origin_m: F64
    tree: Tree


def _merge(stage: Stage, rows: I64, threads: int) -> Surroundings:
    spots = stage.world_from_mesh[rows, :3, 3] if len(rows) else stage.world_from_mesh[:, :3, 3]
    origin = np.round((spots.min(axis=0) + spots.max(axis=0)) / 2) if len(spots) else np.zeros(3)
    meshes = [stage.meshes[m] for m in stage.mesh[rows]]
    start = np.cumsum([0, *(len(m.faces) for m in meshes)])
    corners = np.empty((start[-1], 3, 3), np.float32)
    owner = np.repeat(rows.astype(np.int32), np.diff(start))
    face = np.concatenate([np.zeros(0, np.int32), *(np.arange(n, dtype=np.int32) for n in np.diff(start))])
    for mesh, pose, first, end in zip(meshes, stage.world_from_mesh[rows], start, start[1:], strict=False):
        placed = mesh.vertices @ pose[:3, :3].T + (pose[:3, 3] - origin)
        corners[first:end] = placed.astype(np.float32)[mesh.faces]
    tree = build_tree(corners, threads)
    source = tree.arrays.source.reshape(-1, 2)
    source[:, 0], source[:, 1] = owner[source[:, 1]], face[source[:, 1]]
    return Surroundings(origin, tree)


def surroundings(stage: Stage, rows: I64, threads: int) -> Surroundings:
    """The merged tree of the instances in `rows`, kept by what they are and where they stand."""
    digest = blake2b(digest_size=16)
    digest.update(rows.astype(np.int64).tobytes())
    digest.update(stage.mesh[rows].astype(np.int64).tobytes())
    digest.update(np.ascontiguousarray(stage.world_from_mesh[rows]).tobytes())
    key = digest.digest(), tuple(map(attrgetter("key"), stage.meshes))
    return _surroundings.get(key, lambda: _merge(stage, rows, threads))


def forget() -> None:
    """Drop all trees that the process keeps."""
    _surroundings.clear()
    forget_trees()


class RayWorld:
    """All of a stage, from which worlds of some of its instances are cut."""

    def __init__(self, stage: Stage, threads: int) -> None:
        still = (stage.actor < 0) & (stage.track < 0)
        self._still = surroundings(stage, np.flatnonzero(still), threads)
        self._rows = np.flatnonzero(~still)
        self._actor = stage.actor[self._rows]
        used, mesh = np.unique(stage.mesh[self._rows], return_inverse=True)
        meshes = [stage.meshes[m] for m in used]
        self._pool = pool_trees(meshes, threads)
        self._node_base, self._slot_base = self._pool.node_base[mesh], self._pool.slot_base[mesh]
        self._solid = self._pool.solid[mesh]
        self._track = stage.track[self._rows].astype(np.int32)
        origin = self._still.origin_m
        poses = stage.world_from_mesh[self._rows]
        poses[:, :3, 3] -= origin
        self._frame = inverse(poses)[:, :3].reshape(-1, 12).astype(np.float32)
        self._pose = np.ascontiguousarray(poses[:, :3]).reshape(-1, 12)
        self.keys = stage.keys[:, :, :3].copy()
        self.keys[..., 3] -= origin
        self.key_times = np.ascontiguousarray(stage.key_times_s, np.float64)
        self.turns = np.zeros((len(self.keys), max(len(self.key_times) - 1, 0), 3))
        frames.segment_turns(self.keys, self.turns)
        low, high = self._pool.low[mesh], self._pool.high[mesh]
        self._boxes = np.empty(8 * len(self._rows), np.float32)
        ids = np.empty(len(self._rows), np.int32)
        frames.swept_boxes(low, high, self._pose.reshape(-1, 1, 3, 4), self._track, self.keys, self.turns,
                           self._boxes, ids)  # fmt: skip
        moved = float(np.abs(self._boxes).max(initial=0.0))
        self._reach = max(self._still.tree.reach, self._pool.reach, moved)

    def world(self, actors: I64, hidden: bool) -> World:
        """The world of just these actors, or with `hidden` of all but these; -1 is the surroundings."""
        named = (self._actor[:, None] == actors).any(axis=1)
        chosen = np.flatnonzero((named ^ hidden) & self._solid)
        surroundings = bool((-1 in actors) ^ hidden)
        boxes = self._boxes.reshape(-1, 8)[chosen].reshape(-1)
        swept = boxes.copy()  # the tree's builder sorts its boxes
        order = np.arange(len(chosen), dtype=np.int32)
        top, top_links, top_levels = build_nodes(boxes, order, max_leaf=1)
        still, pool = self._still, self._pool
        levels = max(still.tree.levels, pool.levels, top_levels)
        return World(
            origin=still.origin_m,
            still=still.tree.arrays,
            still_number=len(still.tree.arrays.source) // 2 if surroundings else 0,
            pool=pool.arrays,
            top=top,
            top_links=top_links,
            top_order=order,
            node_base=self._node_base[chosen],
            slot_base=self._slot_base[chosen],
            row=self._rows[chosen].astype(np.int32),
            track=self._track[chosen],
            frame=self._frame[chosen],
            pose=self._pose[chosen],
            boxes=swept,
            keys=self.keys,
            key_times=self.key_times,
            turns=self.turns,
            reach=self._reach,
            stack=(WIDTH - 1) * levels + 1,
        )
