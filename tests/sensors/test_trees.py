"""Trees over boxes hold every box once, beneath nodes that enclose it."""

import numpy as np
import pytest
from drivesynth_kernels.bvh_wide import LEAF_BITS, LINKS, NODE, WIDTH

from drivesynth.arrays import F32, I32
from drivesynth.sensors.trees import build_nodes


def boxes_of(number: int, seed: int) -> tuple[F32, F32]:
    """(N, 3) lowest and highest corners; a third of the boxes coincide with others."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(-50, 50, (number, 3)).astype(np.float32)
    low[rng.random(number) < 0.3] = low[0]
    return low, low + rng.uniform(0, 4, (number, 3)).astype(np.float32)


def leaves_of(nodes: F32, links: I32, node: int, ids: I32, low: F32, high: F32) -> list[int]:
    """Ids below a wide node; each child's box must enclose what stands in it."""
    rows, found = nodes[NODE * node : NODE * node + LINKS].reshape(6, WIDTH), list[int]()
    for k, link in enumerate(links[NODE * node + LINKS : NODE * node + LINKS + WIDTH]):
        if rows[0, k] > rows[3, k]:
            continue  # an empty slot
        if link >= 0:
            inside = leaves_of(nodes, links, int(link), ids, low, high)
        else:
            first, count = ~link >> LEAF_BITS, ~link & ((1 << LEAF_BITS) - 1)
            inside = [int(i) for i in ids[first : first + count]]
        assert (rows[:3, k] <= low[inside].min(axis=0)).all()
        assert (rows[3:, k] >= high[inside].max(axis=0)).all()
        found += inside
    return found


@pytest.mark.parametrize("max_leaf", [1, 8])
@pytest.mark.parametrize("number", [*range(1, 20), 33, 100, 511])
def test_every_box_stands_once_beneath_nodes_that_enclose_it(number: int, max_leaf: int) -> None:
    low, high = boxes_of(number, number)
    boxes = np.zeros((number, 8), np.float32)
    boxes[:, :3], boxes[:, 4:7] = low, -high
    ids = np.arange(number, dtype=np.int32)
    nodes, links, levels = build_nodes(boxes.reshape(-1), ids, max_leaf)
    assert sorted(leaves_of(nodes, links, 0, ids, low, high)) == list(range(number))
    assert levels <= 1 + np.log2(number)
    if max_leaf == 1 and number <= WIDTH:
        assert levels == 1  # one wide node holds them all
