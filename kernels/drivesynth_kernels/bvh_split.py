"""From boxes to a binary tree: top-down splits by the surface area heuristic over bins.

Wald, "On fast Construction of SAH-based Bounding Volume Hierarchies", 2007. Boxes are sorted in place,
so that every node is a range of them; a box is one vector of eight lanes, (low x, y, z, 0, -high x, y, z,
0), so that the union of two is one minimum. The two children of the split of a range at `middle` stand
at rows 2 middle - 1 and 2 middle: no two splits share a middle, so threads need no counter.
"""

import numpy as np

from drivesynth_kernels.jit import kernel, step
from drivesynth_kernels.simd import load8, lower_of, spread8, store, swap_halves

BINS = 16
MAX_LEAF = 8
# Below this depth ranges are halved by count, so a tree over n boxes is never deeper than this + log2 n.
DEPTH_OF_SAH = 40
# Instances so few are only halved: of a frame's moved ones, choosing well takes longer than it saves rays, measured.
FEW = 32
# What passing a node costs in triangle tests; found by measuring camera and lidar tiles.
NODE_COST = 4.0
EMPTY = 3e38


@kernel
def bound_triangles(corners, boxes, ids, begin, end):
    """Boxes of triangles.

    corners  (9 N,) three corners a triangle [m]
    boxes    (8 N,) written; ids (N,) written: 0 .. N - 1
    """
    for i in range(begin, end):
        for axis in range(3):
            a, b, c = corners[9 * i + axis], corners[9 * i + 3 + axis], corners[9 * i + 6 + axis]
            boxes[8 * i + axis] = min(a, min(b, c))
            boxes[8 * i + 4 + axis] = -max(a, max(b, c))
        boxes[8 * i + 3] = 0.0
        boxes[8 * i + 7] = 0.0
        ids[i] = i


@step
def half_area(box, at):
    """Half the surface of the box at `at`."""
    x, y, z = -box[at + 4] - box[at], -box[at + 5] - box[at + 1], -box[at + 6] - box[at + 2]
    return x * y + y * z + z * x


@step
def tests(number, max_leaf):
    """What testing so many boxes costs: a leaf's are tested all at once, so whole leaves count."""
    return np.float32((number + max_leaf - 1) // max_leaf * max_leaf)


@kernel
def grow(boxes, ids, bounds, child, count, tasks, first_task, task_count, grain, max_leaf):
    """Split ranges until they are leaves, or no larger than `grain`; returns how many such are left.

    boxes, ids   (8 N,) (N,) sorted in place
    bounds       (8 (2 N - 1),) written per node
    child        (2 N - 1,) written: row of the first child, -1 for a leaf
    count        (2 N - 1,) written: boxes of a leaf, which start at `first`, stored as -2 - first in child
    tasks        (K, 4) node, first, end, depth; the ones from `first_task` on are grown, what is left
                 is written behind the `task_count` given
    """
    bins = np.empty(3 * BINS * 8, np.float32)
    numbers = np.empty(3 * BINS, np.int32)
    behind = np.empty(BINS, np.float32)
    centres = np.empty(24, np.float32)  # of the range, its left and its right part: (c, 0, -c, 0)
    total = np.empty(8, np.float32)
    stack = np.empty((128, 4), np.int64)
    left_over = task_count
    for task in range(first_task, first_task + task_count):
        for k in range(4):
            stack[0, k] = tasks[task, k]
        top = 1
        while top > 0:
            top -= 1
            node, first, end, depth = stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3]
            n = end - first
            if n <= grain:
                for k in range(4):
                    tasks[first_task + left_over, k] = stack[top, k]
                left_over += 1
                continue
            everything, spread = spread8(EMPTY), spread8(EMPTY)
            for i in range(first, end):
                box = load8(boxes, 8 * i)
                everything = lower_of(everything, box)
                spread = lower_of(spread, box - swap_halves(box))
            store(bounds, 8 * node, everything)
            store(centres, 0, spread)
            middle = -1
            if n == 2 and max_leaf == 1:
                middle = first + 1  # nothing to choose
            elif n > 1:
                middle = choose_split(boxes, ids, first, end, depth, bounds, node, centres, bins, numbers,
                                      behind, total, max_leaf)  # fmt: skip
            if middle < 0:
                child[node] = -2 - first
                count[node] = n
                continue
            child[node] = 2 * middle - 1
            count[node] = 0
            stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3] = 2 * middle, middle, end, depth + 1
            top += 1
            stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3] = (
                2 * middle - 1,
                first,
                middle,
                depth + 1,
            )
            top += 1
    return left_over - task_count


@step
def halve(boxes, ids, first, end, centres):
    """Sort a short range along the axis on which its boxes' centres lie widest; returns its middle."""
    axis, widest = 0, np.float32(-1.0)
    for k in range(3):
        width = -centres[4 + k] - centres[k]
        if width > widest:
            axis, widest = k, width
    for i in range(first + 1, end):
        box, own = load8(boxes, 8 * i), ids[i]
        centre = boxes[8 * i + axis] - boxes[8 * i + 4 + axis]
        j = i
        while j > first and boxes[8 * j - 8 + axis] - boxes[8 * j - 4 + axis] > centre:
            store(boxes, 8 * j, load8(boxes, 8 * j - 8))
            ids[j] = ids[j - 1]
            j -= 1
        store(boxes, 8 * j, box)
        ids[j] = own
    return (first + end) // 2


@step
def choose_split(
    boxes, ids, first, end, depth, bounds, node, centres, bins, numbers, behind, total, max_leaf
):
    """Sort one range in two; returns where the second part starts, or -1 for a leaf."""
    n = end - first
    if n <= FEW and max_leaf == 1:
        return halve(boxes, ids, first, end, centres)
    used = BINS if n > 32 else 8
    scale = np.float32(0.0)
    best_cost, best_axis, best_bin = np.float32(EMPTY), -1, 0
    if depth < DEPTH_OF_SAH:
        empty = spread8(EMPTY)
        for k in range(3 * used):
            store(bins, 8 * k, empty)
            numbers[k] = 0
        c0, c1, c2 = centres[0], centres[1], centres[2]
        w0, w1, w2 = -centres[4] - c0, -centres[5] - c1, -centres[6] - c2
        almost = np.float32(used) * np.float32(0.9999)
        s0 = almost / w0 if w0 > 0 else np.float32(0)
        s1 = almost / w1 if w1 > 0 else np.float32(0)
        s2 = almost / w2 if w2 > 0 else np.float32(0)
        for i in range(first, end):
            box = load8(boxes, 8 * i)
            k0 = np.int64((boxes[8 * i] - boxes[8 * i + 4] - c0) * s0)
            k1 = np.int64((boxes[8 * i + 1] - boxes[8 * i + 5] - c1) * s1) + used
            k2 = np.int64((boxes[8 * i + 2] - boxes[8 * i + 6] - c2) * s2) + 2 * used
            store(bins, 8 * k0, lower_of(load8(bins, 8 * k0), box))
            store(bins, 8 * k1, lower_of(load8(bins, 8 * k1), box))
            store(bins, 8 * k2, lower_of(load8(bins, 8 * k2), box))
            numbers[k0] += 1
            numbers[k1] += 1
            numbers[k2] += 1
        for axis in range(3):
            if (w0 if axis == 0 else w1 if axis == 1 else w2) <= 0:
                continue
            right, right_n = spread8(EMPTY), 0
            for k in range(used - 1, 0, -1):
                right = lower_of(right, load8(bins, 8 * (axis * used + k)))
                right_n += numbers[axis * used + k]
                store(total, 0, right)
                behind[k] = (
                    half_area(total, 0) * tests(right_n, max_leaf) if right_n > 0 else np.float32(EMPTY)
                )
            left, left_n = spread8(EMPTY), 0
            for k in range(1, used):
                left = lower_of(left, load8(bins, 8 * (axis * used + k - 1)))
                left_n += numbers[axis * used + k - 1]
                if left_n == 0 or left_n == n:
                    continue
                store(total, 0, left)
                cost = half_area(total, 0) * tests(left_n, max_leaf) + behind[k]
                if cost < best_cost:
                    best_cost, best_axis, best_bin = cost, axis, k
    if best_axis < 0:
        return (first + end) // 2 if n > max_leaf else -1
    area = half_area(bounds, 8 * node)
    if n <= max_leaf and area * max_leaf <= best_cost + NODE_COST * area:
        return -1
    origin = centres[best_axis]
    scale = s0 if best_axis == 0 else s1 if best_axis == 1 else s2
    i, j = first, end - 1
    while True:
        while (
            i <= j
            and np.int64((boxes[8 * i + best_axis] - boxes[8 * i + 4 + best_axis] - origin) * scale)
            < best_bin
        ):
            i += 1
        while (
            i <= j
            and np.int64((boxes[8 * j + best_axis] - boxes[8 * j + 4 + best_axis] - origin) * scale)
            >= best_bin
        ):
            j -= 1
        if i >= j:
            return i
        a, b = load8(boxes, 8 * i), load8(boxes, 8 * j)
        store(boxes, 8 * i, b)
        store(boxes, 8 * j, a)
        ids[i], ids[j] = ids[j], ids[i]
        i += 1
        j -= 1
