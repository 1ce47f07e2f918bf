"""Trees over triangles for the ray kernels: built once per mesh, kept for the life of the process."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import attrgetter
from threading import RLock
from typing import TypeVar

import numpy as np
from drivesynth_kernels import bvh_split, bvh_wide
from drivesynth_kernels.trace import Trees

from drivesynth.arrays import F32, I32, Bool
from drivesynth.geometry.mesh import Mesh

T = TypeVar("T")

# Below this many boxes a second thread costs more than it brings.
WORTH_THREADS = 20_000


@dataclass(frozen=True)
class Tree:
    """One tree: its arrays, how many levels it has, and the largest coordinate of its triangles [m]."""

    arrays: Trees
    levels: int
    reach: float


def build_tree(corners: F32, threads: int = 1) -> Tree:
    """The tree over (N, 3, 3) triangles. The result does not depend on `threads`."""
    number = len(corners)
    flat = np.ascontiguousarray(corners, np.float32).reshape(-1)
    if not np.isfinite(flat).all():
        raise ValueError("triangles must be finite")
    boxes, face = np.empty(8 * number, np.float32), np.empty(number, np.int32)
    bvh_split.bound_triangles(flat, boxes, face, 0, number)
    nodes, links, levels = build_nodes(boxes, face, bvh_split.MAX_LEAF, threads)
    laid = np.zeros(9 * number + 16, np.float32)  # vectors may read past the last triangle
    bvh_wide.write_leaves(links, face, flat, laid)
    source = np.stack([np.zeros_like(face), face], axis=1).reshape(-1)
    reach = float(np.abs(flat).max()) if number else 0.0
    return Tree(Trees(nodes, links, laid, source), levels, reach)


def build_nodes(boxes: F32, ids: I32, max_leaf: int, threads: int = 1) -> tuple[F32, I32, int]:
    """Nodes, their links and the number of levels over (8 N,) boxes; `ids` is sorted with them."""
    number = len(ids)
    if number == 0:
        return np.zeros(0, np.float32), np.zeros(0, np.int32), 0
    bounds = np.empty(8 * (2 * number - 1), np.float32)
    child, count = np.empty(2 * number - 1, np.int32), np.empty(2 * number - 1, np.int32)
    tasks = np.zeros((512, 4), np.int64)
    tasks[0] = 0, 0, number, 0
    grain = number // 16 if threads > 1 and number > WORTH_THREADS else 0
    left = bvh_split.grow(boxes, ids, bounds, child, count, tasks, 0, 1, grain, max_leaf)
    if grain:
        order = np.argsort(tasks[1 : 1 + left, 1] - tasks[1 : 1 + left, 2], kind="stable") + 1

        def grow_one(row: int) -> None:
            own = tasks[row : row + 1].copy()
            bvh_split.grow(boxes, ids, bounds, child, count, own, 0, 1, 0, max_leaf)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(grow_one, order))
    opened = np.empty((max(1, number - 1), bvh_wide.WIDTH), np.int32)
    level = np.empty(max(1, number - 1), np.int32)
    used, levels = bvh_wide.widen(bounds, child, opened, level)
    nodes = cache_lines(used * bvh_wide.NODE)
    links = nodes.view(np.int32)
    bvh_wide.write_nodes(bounds, child, count, opened, used, nodes, links)
    return nodes, links, int(levels)


def cache_lines(number: int) -> F32:
    """An uninitialised float32 array that starts on a cache line, so that nodes fill whole lines."""
    memory = np.empty(4 * number + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + 4 * number].view(np.float32)


class Kept:
    """The last few things made, by key: what a process does not make twice."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = RLock()  # of two threads that want a thing, one makes it and the other waits

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The thing of this key, made now where it is not kept."""
        with self._lock:
            if key not in self._things:
                self._things[key] = make()
                while len(self._things) > self._most:
                    self._things.popitem(last=False)
            self._things.move_to_end(key)
            return self._things[key]  # type: ignore[return-value]

    def clear(self) -> None:
        """Forget everything."""
        self._things.clear()


_trees = Kept(4096)
_pools = Kept(4)
_recognised = Kept(4)


@dataclass(frozen=True)
class Pool:
    """The trees of several meshes as one: where each starts, and the largest of their sizes."""

    arrays: Trees
    node_base: I32
    slot_base: I32
    solid: Bool  # (M,) whether a mesh has triangles at all
    low: F32  # (M, 3) corners of each mesh's box
    high: F32
    levels: int
    reach: float


def pool_trees(meshes: Sequence[Mesh], threads: int = 1) -> Pool:
    """The trees of these meshes, one after another."""

    def make() -> Pool:
        trees = [_trees.get(m.key, lambda m=m: build_tree(m.vertices[m.faces], threads)) for m in meshes]  # type: ignore[misc]
        nodes = cache_lines(sum(len(t.arrays.nodes) for t in trees))
        at = np.cumsum([0, *(len(t.arrays.nodes) for t in trees)])
        slots = np.cumsum([0, *(len(t.arrays.source) // 2 for t in trees)])
        corners = np.zeros(9 * slots[-1] + 16, np.float32)
        for tree, node, slot in zip(trees, at, slots, strict=False):
            nodes[node : node + len(tree.arrays.nodes)] = tree.arrays.nodes
            corners[9 * slot : 9 * slot + len(tree.arrays.corners) - 16] = tree.arrays.corners[:-16]
        source = np.concatenate([np.zeros(0, np.int32), *(t.arrays.source for t in trees)])
        return Pool(
            Trees(nodes, nodes.view(np.int32), corners, source),
            (at[:-1] // bvh_wide.NODE).astype(np.int32),
            slots[:-1].astype(np.int32),
            np.array([len(m.faces) > 0 for m in meshes], np.bool_),
            np.array([_corner(m, 0) for m in meshes], np.float32).reshape(-1, 3),
            np.array([_corner(m, 1) for m in meshes], np.float32).reshape(-1, 3),
            max((t.levels for t in trees), default=0),
            max((t.reach for t in trees), default=0.0),
        )

    def pooled() -> tuple[Pool, Sequence[Mesh]]:
        return _pools.get(tuple(map(attrgetter("key"), meshes)), make), meshes

    # First by which objects they are, as in `ray_world.surroundings`.
    return _recognised.get(tuple(map(id, meshes)), pooled)[0]


def _corner(mesh: Mesh, which: int) -> F32:
    return mesh.bounds[which] if len(mesh.vertices) else np.zeros(3, np.float32)


def forget_trees() -> None:
    """Drop the trees of all meshes, as in a process that has just begun."""
    _trees.clear()
    _pools.clear()
    _recognised.clear()
