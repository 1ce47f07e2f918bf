"""Rays that form a picture: found to do so, and answered block by block."""

from collections.abc import Callable

import numpy as np
from drivesynth_kernels.bvh_wide import WIDTH
from drivesynth_kernels.picture import draw_blocks, off_lattice
from drivesynth_kernels.picture_block import BLOCK_COLUMNS, BLOCK_ROWS
from drivesynth_kernels.rays import Found
from drivesynth_kernels.shadow import across_from_meshes
from drivesynth_kernels.trace import World

from drivesynth.arrays import F32, F64

Share = Callable[[int, Callable[[int, int], None], int], None]

# Rays may be off the lattice by this share of a column: the rounding of unit float32 directions.
_MOST_OFF = 2e-3
_RAYS_AT_ONCE = 500_000  # that a thread looks at: waking another takes as long as so many
_BLOCKS_AT_ONCE = 8


def lens_of(directions: F32, share: Share) -> F64 | None:
    """(3, 3) what a column, a row and 1 add to a ray, if that is how (H, W, 3) unit directions are laid out.

    None where it is not, or where there are too few rays to tell.
    """
    height, width = directions.shape[:2]
    if height < 2 or width < WIDTH:
        return None
    first, right, below, last = (
        directions[y, x].astype(np.float64) for y, x in ((0, 0), (0, -1), (-1, 0), (-1, -1))
    )
    # first a + right b' ... : the corners of a lattice satisfy right b + below c - first a = last.
    try:
        b, c, minus_a = np.linalg.solve(np.stack([right, below, first], axis=1), last)
    except np.linalg.LinAlgError:
        return None
    origin = -minus_a * first
    if not (b > 0 and c > 0 and minus_a < 0 and np.isfinite([b, c, minus_a]).all()):
        return None
    lens = np.stack([(b * right - origin) / (width - 1), (c * below - origin) / (height - 1), origin], axis=1)
    off, rays = list[float](), directions.reshape(-1)

    def check(begin: int, end: int) -> None:
        off.append(float(off_lattice(rays, width, lens, begin, end)))

    share(height, check, max(_RAYS_AT_ONCE // width, 1))
    return lens if max(off) <= _MOST_OFF and np.linalg.cond(lens) < 1e9 else None


def drawn(
    world: World,
    origin_m: F64,
    lens: F64,
    shape: tuple[int, int],
    time_s: float,
    out: Found,
    share: Share,
) -> None:
    """Fill `out` with the nearest hits of the lattice's rays from one origin."""
    picture_from_ray = np.linalg.inv(lens)
    picture_from_mesh = np.empty((1 + len(world.row), 12))
    across_from_meshes(
        world, picture_from_ray, picture_from_ray @ (origin_m - world.origin), time_s, picture_from_mesh
    )
    height, width = shape
    blocks = -(-height // BLOCK_ROWS) * -(-width // BLOCK_COLUMNS)

    def draw(begin: int, end: int) -> None:
        draw_blocks(world, picture_from_mesh.reshape(-1), lens, height, width, begin, end, out)

    share(blocks, draw, _BLOCKS_AT_ONCE)
