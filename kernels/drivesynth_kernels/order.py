"""Rays toward a far light, put in an order in which neighbours share a tile.

Neighbours in a picture may lie metres apart in depth; a light far away sees them side by side or not.
Rays are sorted by where they pierce a plane across the light, along Morton's curve through a grid of
CELLS by CELLS; rays of one cell keep the picture's order. Sorting rays for coherence: Garanzha and Loop,
"Fast Ray Sorting and Breadth-First Packet Traversal for GPU Ray Tracing", 2010.
"""

import numpy as np

from drivesynth_kernels.jit import kernel, step

CELLS = 2048  # a side; keys of twice 11 bits are sorted in two passes of DIGITS
DIGITS = 2048
# So many rays at a time are sorted: enough for good neighbours, few enough to stay in the cache.
CHUNK = 65536


@step
def spread_bits(k):
    """The eleven bits of k, each moved to twice its place."""
    k = (k | (k << 8)) & 0x00FF00FF
    k = (k | (k << 4)) & 0x0F0F0F0F
    k = (k | (k << 2)) & 0x33333333
    return (k | (k << 1)) & 0x55555555


@kernel
def order_by_light(points, limit, across, begin, end, order):
    """Sort the asking rays of begin .. end - 1; returns how many there are.

    points  (N, 3) origins [m]; limit (N,) a ray of limit <= 0 asks nothing
    across  (2, 3) two axes across the light
    order   (N,) rows begin .. written: rays in order
    """
    low0, low1, high0, high1 = np.inf, np.inf, -np.inf, -np.inf
    where = np.empty((end - begin, 2), np.float32)
    for i in range(begin, end):
        if not limit[i] > 0:
            continue
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        a = across[0, 0] * x + across[0, 1] * y + across[0, 2] * z
        b = across[1, 0] * x + across[1, 1] * y + across[1, 2] * z
        where[i - begin, 0], where[i - begin, 1] = a, b
        low0, high0, low1, high1 = min(low0, a), max(high0, a), min(low1, b), max(high1, b)
    scale = (CELLS - 0.01) / max(max(high0 - low0, high1 - low1), 1e-6)
    key = np.empty(end - begin, np.int32)
    first, second = np.zeros(DIGITS, np.int32), np.zeros(DIGITS, np.int32)
    number = 0
    for i in range(end - begin):
        if limit[begin + i] > 0:
            a, b = np.int64((where[i, 0] - low0) * scale), np.int64((where[i, 1] - low1) * scale)
            a, b = min(max(a, 0), CELLS - 1), min(max(b, 0), CELLS - 1)
            key[i] = spread_bits(a) | (spread_bits(b) << 1)
            first[key[i] % DIGITS] += 1
            second[key[i] // DIGITS] += 1
            number += 1
    at_first, at_second = np.int32(0), np.int32(0)
    for k in range(DIGITS):  # from counts to where each digit starts
        n, m = first[k], second[k]
        first[k], second[k] = at_first, at_second
        at_first, at_second = at_first + n, at_second + m
    by_low_digit = np.empty(number, np.int32)
    for i in range(end - begin):
        if limit[begin + i] > 0:
            digit = key[i] % DIGITS
            by_low_digit[first[digit]] = i
            first[digit] += 1
    for k in range(number):
        i = by_low_digit[k]
        digit = key[i] // DIGITS
        order[begin + second[digit]] = begin + i
        second[digit] += 1
    return number
