import numpy as np
from drivesynth_kernels.jit import kernel
from drivesynth_kernels.tile import *
from drivesynth_kernels.tile import LANES, ROWS, SHAFT, AXES
from drivesynth_kernels.trace_tree import trace_tree

@kernel
def probe_tiles(boxes, links, corners, origins, origin_step, directions, rows, columns, tr, tc, begin, end, reach,
                ranges, slots, us, vs):
    lanes = np.zeros(LANES * ROWS, np.float32)
    found = np.zeros(2 * LANES, np.int32)
    shaft = np.zeros(SHAFT, np.float32)
    axes = np.zeros(AXES, np.int64)
    waiting = np.zeros(256, np.int64)
    near = np.zeros(256, np.float32)
    near_of = np.zeros(16, np.float32)
    across = (columns + tc - 1) // tc
    n = tr * tc
    groups = (n + 15) // 16
    for tile in range(begin, end):
        r0, c0 = (tile // across) * tr, (tile % across) * tc
        for k in range(n):
            r, c = min(r0 + k // tc, rows - 1), min(c0 + k % tc, columns - 1)
            ray = r * columns + c
            for a in range(3):
                lanes[LANES * a + k] = origins[ray * origin_step, a]
                lanes[LANES * (3 + a) + k] = directions[ray, a]
            lanes[LANES * BEST + k] = np.inf
            found[k] = -1
        if not aim(lanes, groups, WORLD, SHEARED_WORLD, reach, shaft, axes):
            continue
        trace_tree(boxes, links, corners, 0, 0, 0, lanes, found, groups, SHEARED_WORLD, shaft, axes, waiting, near, near_of, False)
        for k in range(n):
            if r0 + k // tc < rows and c0 + k % tc < columns:
                ray = (r0 + k // tc) * columns + c0 + k % tc
                ranges[ray] = lanes[LANES * BEST + k]
                slots[ray] = found[k]
                us[ray] = lanes[LANES * U + k]
                vs[ray] = lanes[LANES * V + k]
