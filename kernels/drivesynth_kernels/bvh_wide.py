"""From a binary tree to the tree that rays walk: wide nodes, and triangles laid out leaf by leaf.

A node holds up to WIDTH children, found by opening the child of the largest surface again and again
(Wald, Benthin and Boulos, "Getting Rid of Packets", 2008). Its boxes are rows of one coordinate each, so
that one vector instruction treats all children:

    nodes   (NODE a node) rows low x, low y, low z, high x, high y, high z of WIDTH each, an empty slot
            inside out; then, seen as int32, WIDTH links: the row of an inner node, or
            ~(first << LEAF_BITS | count) for a leaf; NODE fills whole cache lines
    corners (9 a triangle) a leaf's n triangles from 9 first on, as nine rows of n: a x, a y, a z, b x ...
"""

import numpy as np

from drivesynth_kernels.bvh_split import half_area
from drivesynth_kernels.jit import kernel

WIDTH = 8
LEAF_BITS = 4
NODE = 8 * WIDTH
LINKS = 6 * WIDTH  # where in a node


@kernel
def widen(bounds, child, opened, levels):
    """Choose the wide nodes' children; returns (number of wide nodes, number of levels).

    bounds, child  the binary tree as `bvh_split.grow` leaves it
    opened         (M, WIDTH) written: binary rows of the children, -1 where empty; row 0 is the root
    levels         (M,) written: level of each wide node, the root's is 1
    """
    opened[0, 0] = 0
    levels[0] = 1
    nodes, deepest = 1, 1
    at = 0
    while at < nodes:
        row = opened[at]  # its first entry is the binary node that this wide node opens
        for k in range(1, WIDTH):
            row[k] = -1
        used = 1
        while used < WIDTH:
            widest, largest = -1, np.float32(-1.0)
            for k in range(used):
                if child[row[k]] >= 0:
                    area = half_area(bounds, 8 * np.int64(row[k]))
                    if area > largest:
                        widest, largest = k, area
            if widest < 0:
                break
            first = child[row[widest]]
            row[widest] = first
            row[used] = first + 1
            used += 1
        deepest = max(deepest, levels[at])
        for k in range(used):
            if child[row[k]] >= 0:
                opened[nodes, 0] = row[k]
                levels[nodes] = levels[at] + 1
                nodes += 1
        at += 1
    return nodes, deepest


@kernel
def write_nodes(bounds, child, count, opened, number, nodes, links):
    """Fill the wide nodes' boxes and links. Inner children are numbered in the order `widen` met them."""
    following = 1
    for at in range(number):
        for k in range(LINKS + WIDTH, NODE):
            nodes[NODE * at + k] = 0.0
        for k in range(WIDTH):
            node = opened[at, k]
            base = NODE * at + k
            if node < 0:
                links[NODE * at + LINKS + k] = 0
                for axis in range(3):
                    nodes[base + axis * WIDTH] = 1e30
                    nodes[base + (3 + axis) * WIDTH] = -1e30
                continue
            for axis in range(3):
                nodes[base + axis * WIDTH] = bounds[8 * node + axis]
                nodes[base + (3 + axis) * WIDTH] = -bounds[8 * node + 4 + axis]
            if child[node] >= 0:
                links[NODE * at + LINKS + k] = following
                following += 1
            else:
                links[NODE * at + LINKS + k] = ~((-2 - child[node]) << LEAF_BITS | count[node])


@kernel
def write_leaves(links, ids, corners, laid):
    """Lay the triangles out in leaf order.

    ids      (N,) faces in the order that the boxes were sorted to
    corners  (9 N,) in the order of the faces; laid (9 N,) written
    """
    for slot in range(links.shape[0] // NODE * WIDTH):
        link = links[slot // WIDTH * NODE + LINKS + slot % WIDTH]
        if link >= 0:
            continue
        first, n = ~link >> LEAF_BITS, ~link & ((1 << LEAF_BITS) - 1)
        for j in range(n):
            face = ids[first + j]
            for c in range(9):
                laid[9 * first + c * n + j] = corners[9 * face + c]
