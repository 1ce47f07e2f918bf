"""What a ray sees that meets nothing: the sky table, clouds, the sun's disc and the far skyline."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import step
from drivesynth_kernels.rows import peek
from drivesynth_kernels.texture import TEXELS, read_plain

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

TABLE = 96  # the sky table's side


class Air(NamedTuple):
    """Everything about light that is one number a frame. Colours are linear sRGB."""

    sun_x: float  # toward the sun, world
    sun_y: float
    sun_z: float
    sun_r: float  # illuminance on a plane that faces the sun [klx]
    sun_g: float
    sun_b: float
    sky_r: float  # mean radiance of the upper hemisphere [kcd/m^2], clouds included
    sky_g: float
    sky_b: float
    ground_r: float  # radiance of the ground all around [kcd/m^2]
    ground_g: float
    ground_b: float
    bounce_r: float  # radiance of what hides the sky: walls, trees, cars [kcd/m^2]
    bounce_g: float
    bounce_b: float
    cloud_r: float  # radiance of a cloud [kcd/m^2]
    cloud_g: float
    cloud_b: float
    skyline_r: float  # radiance of the far tree line [kcd/m^2]
    skyline_g: float
    skyline_b: float
    air_r: float  # airlight: what fog scatters toward the eye [kcd/m^2]
    air_g: float
    air_b: float
    extinction: float  # of fog [1/m]
    fog_height: float  # [m] of the fog layer: a ray to the sky leaves it
    clouds: float  # share of the sky behind clouds
    skyline: float  # 1 where hills and trees close the horizon
    wetness: float  # 0..1
    snow: float  # share of the ground under snow
    pixel: float  # angle of a pixel [rad]


_COS_SUN = float(np.cos(np.radians(0.2665)))
_SUN_SOLID_ANGLE = float(2 * np.pi * (1 - np.cos(np.radians(0.2665))))


@step
def table_sky(table: F32, x: float, y: float, z: float) -> Any:
    """Radiance of the cloudless sky toward (x, y, z >= 0), unit: hemi-octahedral bilinear reading.

    Cigolle et al., "A Survey of Efficient Representations for Independent Unit Vectors", JCGT 2014.
    """
    inv = 1.0 / (abs(x) + abs(y) + z)
    half = 0.5 * (TABLE - 1)
    px, py = x * inv, y * inv
    u, v = (px + py + 1.0) * half, (px - py + 1.0) * half
    i, j = min(max(int(u), 0), TABLE - 2), min(max(int(v), 0), TABLE - 2)
    wu, wv = u - i, v - j
    a, b, c, d = (1.0 - wu) * (1.0 - wv), wu * (1.0 - wv), (1.0 - wu) * wv, wu * wv
    at = 3 * (TABLE * i + j)
    across, down = at + 3, at + 3 * TABLE
    return (
        a * peek(table, at) + b * peek(table, down) + c * peek(table, across) + d * peek(table, down + 3),
        a * peek(table, at + 1)
        + b * peek(table, down + 1)
        + c * peek(table, across + 1)
        + d * peek(table, down + 4),
        a * peek(table, at + 2)
        + b * peek(table, down + 2)
        + c * peek(table, across + 2)
        + d * peek(table, down + 5),
    )


@step
def environment(table: F32, air: Air, front: float, x: float, y: float, z: float) -> Any:
    """What a smooth surface mirrors from direction (x, y, z): sky above, ground below, between them walls.

    front  sine of the elevation up to which walls and trees stand around; they end softly
    """
    if z <= 0.0:
        return air.ground_r, air.ground_g, air.ground_b
    r, g, b = table_sky(table, x, y, z)
    low = min(max(1.5 - 1.5 * z / front, 0.0), 1.0) * air.skyline
    return r + low * (air.bounce_r - r), g + low * (air.bounce_g - g), b + low * (air.bounce_b - b)


@step
def background(table: F32, tiles: I64, air: Air, x: float, y: float, z: float) -> Any:
    """Radiance of the sky toward unit (x, y, z), with clouds, sun, skyline and fog before it.

    table   (TABLE TABLE 3,) radiance of the cloudless sky [kcd/m^2]
    tiles   (T TEXELS,) texture tiles; the shade of the last is the clouds' density
    """
    clouds = tiles.shape[0] // TEXELS - 1
    up = max(z, 0.003)
    r, g, b = table_sky(table, x, y, up)
    if x * air.sun_x + y * air.sun_y + z * air.sun_z > _COS_SUN:
        r += air.sun_r / _SUN_SOLID_ANGLE
        g += air.sun_g / _SUN_SOLID_ANGLE
        b += air.sun_b / _SUN_SOLID_ANGLE
    if air.clouds > 0.0 and z > 0.0:
        # A flat layer whose far end bends down with the earth.
        k = 1.0 / (z + 0.09)
        px, py = x * k * 0.21, y * k * 0.21
        width = air.pixel * k * k * 0.1
        coarse, _, _, _ = read_plain(tiles, clouds, px, py, width)
        fine, _, _, _ = read_plain(tiles, clouds, px * 3.1 + 0.37, py * 3.1 + 0.11, 3.1 * width)
        density = 0.5 * (0.72 * coarse + 0.28 * fine)
        cover = min(max((density - (1.0 - air.clouds)) * 2.4 + 0.15, 0.0), 1.0)
        cover = cover * cover * (3.0 - 2.0 * cover)
        # Thick parts are grey below; thin edges shine, most near the sun.
        toward = max(x * air.sun_x + y * air.sun_y + z * air.sun_z, 0.0)
        toward *= toward
        bright = 1.0 - 0.4 * cover * cover + 0.5 * toward * toward
        alpha = cover * min(z * 14.0, 1.0)
        r += alpha * (air.cloud_r * bright - r)
        g += alpha * (air.cloud_g * bright - g)
        b += alpha * (air.cloud_b * bright - b)
    if air.skyline > 0.0 and z < 0.12:
        # Hills and tree tops by compass direction alone, so that both eyes of a stereo pair agree.
        flat = 1.0 / np.sqrt(max(x * x + y * y, 1e-6))
        ax, ay = x * flat, y * flat
        hill, _, _, _ = read_plain(tiles, clouds, ax * 0.11 + 0.3, ay * 0.11 + 0.7, 0.0)
        tree, _, _, _ = read_plain(tiles, clouds, ax * 1.9, ay * 1.9, 0.0)
        edge = 0.012 + 0.03 * hill * hill + 0.012 * tree
        hidden = min(max((edge - z) / air.pixel + 0.5, 0.0), 1.0)
        leaf, _, _, _ = read_plain(tiles, clouds, ax * 3.3 + 9.0 * z, ay * 3.3 - 7.0 * z, 0.0)
        shade = 0.7 + 0.15 * tree + 0.15 * leaf
        if z < 0.0:  # open country beyond the last surface, hazier towards the horizon
            land = min(-z * 12.0, 1.0)
            shade = shade + land * (1.0 - shade)
            r += hidden * (air.skyline_r * (1.0 - land) + air.ground_r * land - r)
            g += hidden * (air.skyline_g * (1.0 - land) + air.ground_g * land - g)
            b += hidden * (air.skyline_b * (1.0 - land) + air.ground_b * land - b)
        else:
            r += hidden * (air.skyline_r * shade - r)
            g += hidden * (air.skyline_g * shade - g)
            b += hidden * (air.skyline_b * shade - b)
    if air.extinction > 0.0:
        path = air.fog_height / max(z, 0.002)
        t = np.exp(-min(air.extinction * path, 60.0))
        r, g, b = (
            air.air_r + t * (r - air.air_r),
            air.air_g + t * (g - air.air_g),
            air.air_b + t * (b - air.air_b),
        )
    return r, g, b
