"""From a binary tree to the tree that rays walk: wide nodes, and triangles laid out leaf by leaf.

A node holds up to WIDTH children, found by opening the child of the largest surface again and again
(Wald, Benthin and Boulos, "Getting Rid of Packets", 2008). Its boxes are rows of one coordinate each, so
that one vector instruction treats all children:

    boxes   (6 WIDTH a node) rows low x, low y, low z, high x, high y, high z; an empty slot is inside out
    links   (WIDTH a node) row of an inner node, or ~(first << LEAF_BITS | count) for a leaf
    corners (9 a triangle) a leaf's n triangles from 9 first on, as nine rows of n: a x, a y, a z, b x ...
"""

import numpy as np

from drivesynth_kernels.bvh_split import half_area
from drivesynth_kernels.jit import kernel

WIDTH = 8
LEAF_BITS = 4


@kernel
def widen(bounds, child, count, opened, depths):
    """Choose the wide nodes' children; returns (number of wide nodes, deepest level).

    bounds, child, count  the binary tree as `bvh_split.grow` leaves it
    opened                (M, WIDTH) written: binary rows of the children, -1 where empty; row 0 is the root
    depths                (M,) written: level of each wide node, the root's is 1
    """
    parents = opened[:, 0].copy()  # the binary row each wide node stands for, until it is opened
    parents[0] = 0
    depths[0] = 1
    nodes, deepest = 1, 1
    at = 0
    while at < nodes:
        row = opened[at]
        for k in range(WIDTH):
            row[k] = -1
        row[0] = parents[at]
        used = 1
        while used < WIDTH:
            widest, largest = -1, np.float32(-1.0)
            for k in range(used):
                if child[row[k]] >= 0:
                    area = half_area(bounds, 8 * row[k])
                    if area > largest:
                        widest, largest = k, area
            if widest < 0:
                break
            first = child[row[widest]]
            row[widest] = first
            row[used] = first + 1
            used += 1
        deepest = max(deepest, depths[at])
        for k in range(used):
            if child[row[k]] >= 0:
                parents[nodes] = row[k]
                depths[nodes] = depths[at] + 1
                nodes += 1
        at += 1
    return nodes, deepest


@kernel
def write_nodes(bounds, child, count, opened, nodes, boxes, links):
    """Fill the wide nodes' boxes and links. Inner children are numbered in the order `widen` met them."""
    following = 1
    for at in range(nodes):
        for k in range(WIDTH):
            node = opened[at, k]
            base = 6 * WIDTH * at + k
            if node < 0:
                links[WIDTH * at + k] = 0
                for axis in range(3):
                    boxes[base + axis * WIDTH] = 1e30
                    boxes[base + (3 + axis) * WIDTH] = -1e30
                continue
            for axis in range(3):
                boxes[base + axis * WIDTH] = bounds[8 * node + axis]
                boxes[base + (3 + axis) * WIDTH] = -bounds[8 * node + 4 + axis]
            if child[node] >= 0:
                links[WIDTH * at + k] = following
                following += 1
            else:
                links[WIDTH * at + k] = ~((-2 - child[node]) << LEAF_BITS | count[node])


@kernel
def write_leaves(links, nodes, ids, corners, laid):
    """Lay the triangles out in leaf order.

    corners  (9 N,) in the order of the mesh; laid (9 N,) written
    """
    for slot in range(WIDTH * nodes):
        link = links[slot]
        if link >= 0:
            continue
        first, n = ~link >> LEAF_BITS, ~link & ((1 << LEAF_BITS) - 1)
        for j in range(n):
            face = ids[first + j]
            for c in range(9):
                laid[9 * first + c * n + j] = corners[9 * face + c]
