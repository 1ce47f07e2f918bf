"""Whether a far light reaches points: the points sorted across the light, the world laid over them."""

from collections.abc import Callable

import numpy as np
from drivesynth_kernels.samples import (
    SIDE,
    Loose,
    Samples,
    count_cells,
    lay_across,
    plan_cells,
    sort_cells,
)
from drivesynth_kernels.shadow import across_from_meshes, cover, cut_bands
from drivesynth_kernels.trace import World

from drivesynth.arrays import F32, F64, Bool

# How far a shadow ray starts above its surface [m]: above the rounding of a hit at 500 m.
LIFT_M = 2e-4
SMALLEST_CELL_M = 0.1
_BANDS = 32  # of about as many points each, that threads take

Share = Callable[[int, Callable[[int, int], None], int], None]


def covered(
    world: World,
    points_m: F64,
    normals: F32,
    active: Bool,
    toward: F32,
    time_s: float,
    pieces: int,
    share: Share,
) -> Bool:
    """(N,) whether anything stands between each active point and the light.

    points_m, normals  (N, 3) world; active (N,); toward (3,) unit
    pieces             lists that the points are sorted by side by side; share(number, work, step) does
                       work(begin, end) over all of range(number), `step` at a time
    """
    number, light = len(active), toward.astype(np.float64)
    helper = np.eye(3)[int(np.argmin(np.abs(light)))]
    first = np.cross(light, helper)
    first /= np.linalg.norm(first)
    axes = np.stack([first, np.cross(light, first), light])
    answer = np.zeros(number, np.bool_)

    flat_points, flat_normals = points_m.reshape(-1), normals.reshape(-1)
    chunk = -(-max(number, 1) // pieces)
    loose = _loose(number)
    used, bounds = np.zeros(pieces, np.int64), np.empty((pieces, 4))

    def lay(begin: int, end: int) -> None:
        for k in range(begin, end):
            first, last = min(k * chunk, number), min((k + 1) * chunk, number)
            used[k] = lay_across(
                flat_points, flat_normals, active, world.origin, light, LIFT_M, axes, first, last, loose,
                bounds[k],
            )  # fmt: skip

    share(pieces, lay, 1)
    if not used.any():
        return answer
    low_a, low_b = bounds[:, 0].min(), bounds[:, 2].min()
    extent = max(bounds[:, 1].max() - low_a, bounds[:, 3].max() - low_b)
    size = np.float32(max(1.0001 * extent / SIDE, SMALLEST_CELL_M))

    cells = SIDE * SIDE
    counts, lows = np.zeros((pieces, cells), np.int32), np.full((pieces, cells), np.inf, np.float32)

    def count(begin: int, end: int) -> None:
        for k in range(begin, end):
            count_cells(
                loose, k * chunk, int(used[k]), np.float32(low_a), np.float32(low_b), size, counts[k], lows[k]
            )

    share(pieces, count, 1)
    first_of, parts, part = (np.empty(n, np.int32) for n in (cells + 1, cells, cells))
    lowest = np.empty(2 * cells, np.float32)
    start = np.empty(plan_cells(counts, lows, first_of, parts, part, lowest), np.int32)
    room = int(first_of[-1])
    packed = np.empty(4 * room, np.float32)

    def scatter(begin: int, end: int) -> None:
        for k in range(begin, end):
            sort_cells(loose, k * chunk, int(used[k]), size, counts[k], packed)

    share(pieces, scatter, 1)
    samples = Samples(*_loose(room), size, first_of, parts, part, start, lowest)
    bands = np.empty(_BANDS + 1, np.int32)
    cut_bands(samples, bands)
    corner = np.array([low_a, low_b, 0.0])
    placed = np.empty(
        (1 + len(world.row), 12)
    )  # as a picture asks for it: another type is compiled once more
    across_from_meshes(world, axes, corner, time_s, placed)
    across = placed.astype(np.float32)

    def lay_over(begin: int, end: int) -> None:
        cover(world, samples, packed, counts[-1], across, bands, begin, end, answer)

    share(_BANDS, lay_over, 1)
    return answer


def _loose(number: int) -> Loose:
    """Room for points."""
    a, b, height = (np.empty(number, np.float32) for _ in range(3))
    return Loose(a, b, height, np.empty(number, np.int32))
