"""What colour a surface has at a point, and how its texture bends the normal there."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import inlined, step
from drivesynth_kernels.rows import peek
from drivesynth_kernels.texture import read_plain, read_tile

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

# Columns of the material table.
M_R, M_G, M_B, M_ROUGHNESS, M_METALLIC, M_COAT, M_OREN_A, M_OREN_B = 0, 1, 2, 3, 4, 5, 6, 7
M_TINTED, M_TEXTURE, M_POROUS, M_LEAFY, M_EMISSION, M_LAMP = 8, 9, 10, 11, 12, 13
M_SIZE = 16
LAMP_TAIL, LAMP_HEAD, LAMP_RED, LAMP_AMBER, LAMP_GREEN = 1, 2, 3, 4, 5

# Columns of the texture table.
T_PER_M, T_RELIEF, T_COARSE_PER_M, T_COARSE = 0, 1, 2, 3
T_FIRST_R, T_FIRST_G, T_FIRST_B = 4, 5, 6  # what the albedo is multiplied with where the share is 0
T_SECOND_R, T_SECOND_G, T_SECOND_B = 7, 8, 9  # and where it is 1
T_SIZE = 12


class Looks(NamedTuple):
    """The tables that surfaces are painted from.

    Flat, so that reading takes one address and no view counts references from all threads at once.
    materials  (M M_SIZE,) float32; textures (T T_SIZE,) float32
    tiles      ((T + 1) TEXELS,) int64; the last is the clouds'
    sky        (TABLE TABLE 3,) float32 radiance of the cloudless sky [kcd/m^2], hemi-octahedral
    """

    materials: F32
    textures: F32
    tiles: I64
    sky: F32


@inlined
def worn(looks: Looks, row: Any, column: int) -> Any:
    """A number of the texture table; `row` is where the texture begins."""
    return np.float64(peek(looks.textures, row + column))


@step
def painted(
    looks: Looks,
    texture: int,
    mesh_from_world: F64,
    instance: int,
    point: tuple[float, float, float],
    flat: tuple[float, float, float],
    normal: tuple[float, float, float],
    footprint: float,
) -> Any:
    """Factors of the albedo, and the normal in the texture's relief: r, g, b, x, y, z.

    mesh_from_world  (12 I,) rows of three by four: texture coordinates are the mesh's own axes, taken by pairs for the plane
                     that the face lies nearest to
    point      world [m]; flat, normal: geometric and shading normal, unit
    footprint  width of the pixel on the surface [m]
    """
    at = 12 * np.int64(instance)
    xx, xy, xz = peek(mesh_from_world, at), peek(mesh_from_world, at + 1), peek(mesh_from_world, at + 2)
    yx, yy, yz = peek(mesh_from_world, at + 4), peek(mesh_from_world, at + 5), peek(mesh_from_world, at + 6)
    zx, zy, zz = peek(mesh_from_world, at + 8), peek(mesh_from_world, at + 9), peek(mesh_from_world, at + 10)
    x = xx * point[0] + xy * point[1] + xz * point[2] + peek(mesh_from_world, at + 3)
    y = yx * point[0] + yy * point[1] + yz * point[2] + peek(mesh_from_world, at + 7)
    z = zx * point[0] + zy * point[1] + zz * point[2] + peek(mesh_from_world, at + 11)
    facing_x = abs(xx * flat[0] + xy * flat[1] + xz * flat[2])
    facing_y = abs(yx * flat[0] + yy * flat[1] + yz * flat[2])
    facing_z = abs(zx * flat[0] + zy * flat[1] + zz * flat[2])
    if facing_z >= facing_x and facing_z >= facing_y:
        s, t, s_axis, t_axis = x, y, at, at + 4
    elif facing_x >= facing_y:
        s, t, s_axis, t_axis = y, z, at + 4, at + 8
    else:
        s, t, s_axis, t_axis = x, z, at, at + 8

    wear = T_SIZE * np.int64(texture)
    per_m = worn(looks, wear, T_PER_M)
    tone, share, slope_s, slope_t = read_tile(looks.tiles, texture, s * per_m, t * per_m, footprint * per_m)
    per_m = worn(looks, wear, T_COARSE_PER_M)
    if per_m > 0.0:
        width = max(footprint * per_m, 0.04)  # only its wide waves: the fine ones would look like blots
        coarse, coarse_share, _, _ = read_plain(
            looks.tiles, texture, s * per_m + 0.31, t * per_m + 0.67, width
        )
        tone *= 1.0 + worn(looks, wear, T_COARSE) * (coarse - 1.0)
        share = min(max(share + coarse_share - 0.5, 0.0), 1.0)
    second = share * tone
    first = tone - second
    r = first * worn(looks, wear, T_FIRST_R) + second * worn(looks, wear, T_SECOND_R)
    g = first * worn(looks, wear, T_FIRST_G) + second * worn(looks, wear, T_SECOND_G)
    b = first * worn(looks, wear, T_FIRST_B) + second * worn(looks, wear, T_SECOND_B)

    slope_s *= worn(looks, wear, T_RELIEF)
    slope_t *= worn(looks, wear, T_RELIEF)
    nx = normal[0] - slope_s * peek(mesh_from_world, s_axis + 0) - slope_t * peek(mesh_from_world, t_axis + 0)
    ny = normal[1] - slope_s * peek(mesh_from_world, s_axis + 1) - slope_t * peek(mesh_from_world, t_axis + 1)
    nz = normal[2] - slope_s * peek(mesh_from_world, s_axis + 2) - slope_t * peek(mesh_from_world, t_axis + 2)
    norm = 1.0 / np.sqrt(max(nx * nx + ny * ny + nz * nz, 1e-12))
    return r, g, b, nx * norm, ny * norm, nz * norm
