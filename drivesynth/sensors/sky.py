"""Sun and clear sky as tables: Preetham, Shirley and Smits, "A Practical Analytic Model for Daylight", 1999.

Its colours and shape are used, not its level, about twice a clear sky's (Zotti, Wilkie and Purgathofer, "A
Critical Review of the Preetham Skylight Model", WSCG 2007). Level: horizontal illuminance of the clear sky by
the IES Lighting Handbook (Kaufman, ed., 1984), more of it in haze. Below 8 degrees of sun the model's zenith
turns negative: its shape is held there and its level follows measured illuminances of low sun and twilight.
Colours are linear sRGB.
"""

from functools import cache

import numpy as np
from drivesynth_kernels.sky import TABLE

from drivesynth.arrays import F64

_RGB_FROM_XYZ = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)  # IEC 61966-2-1
_WAVELENGTH_UM = np.array([0.61, 0.55, 0.465])  # of the three channels
_LOWEST_SHAPE_RAD = np.radians(8.0)
_CLEAR_KLX = (0.8, 15.5)  # by the root of the sine of the sun's elevation
_CLEAR_TURBIDITY, _PER_TURBIDITY = 2.5, 0.25  # what that holds for; how much more per unit of turbidity

# Rows Y, x, y: A..E as slope and offset in turbidity (appendix A.2).
_PEREZ = np.array(
    [
        [[0.1787, -1.4630], [-0.3554, 0.4275], [-0.0227, 5.3251], [0.1206, -2.5771], [-0.0670, 0.3703]],
        [[-0.0193, -0.2592], [-0.0665, 0.0008], [-0.0004, 0.2125], [-0.0641, -0.8989], [-0.0033, 0.0452]],
        [[-0.0167, -0.2608], [-0.0950, 0.0092], [-0.0079, 0.2102], [-0.0441, -1.6537], [-0.0109, 0.0529]],
    ]
)
# Zenith chromaticity on (T^2, T, 1) x (theta^3, theta^2, theta, 1).
_ZENITH_X = np.array(
    [
        [0.00166, -0.00375, 0.00209, 0.0],
        [-0.02903, 0.06377, -0.03202, 0.00394],
        [0.11693, -0.21196, 0.06052, 0.25886],
    ]
)
_ZENITH_Y = np.array(
    [
        [0.00275, -0.00610, 0.00317, 0.0],
        [-0.04214, 0.08970, -0.04153, 0.00516],
        [0.15346, -0.26756, 0.06670, 0.26688],
    ]
)
# Horizontal illuminance of the clear sky at low sun: elevation [deg], klx. Twilight: Seidelmann (ed.),
# "Explanatory Supplement to the Astronomical Almanac", 1992; the floor is a moonlit sky over a town.
_TWILIGHT = np.array([[-18.0, 3e-4], [-12.0, 4e-4], [-9.0, 8e-4], [-6.0, 3.5e-3], [-3.0, 0.06], [0.0, 0.6]])


def preetham_Yxy(toward: F64, toward_sun: F64, turbidity: float) -> F64:
    """(..., 3) luminance [kcd/m^2] and chromaticity x, y of the clear sky toward unit (..., 3), z > 0."""
    sun_theta = np.arccos(np.clip(toward_sun[2], -1, 1))
    cos_theta = np.maximum(toward[..., 2], 1e-3)
    cos_gamma = np.clip(toward @ toward_sun, -1.0, 1.0)
    powers = np.array([sun_theta**3, sun_theta**2, sun_theta, 1.0])
    t = np.array([turbidity**2, turbidity, 1.0])
    chi = (4 / 9 - turbidity / 120) * (np.pi - 2 * sun_theta)
    zenith = np.array(
        [
            (4.0453 * turbidity - 4.9710) * np.tan(chi) - 0.2155 * turbidity + 2.4192,
            t @ _ZENITH_X @ powers,
            t @ _ZENITH_Y @ powers,
        ]
    )
    a, b, c, d, e = np.moveaxis(_PEREZ @ np.array([turbidity, 1.0]), 1, 0)

    def perez(cos_theta: F64, cos_gamma: F64) -> F64:
        gamma = np.arccos(cos_gamma)
        return np.asarray((1 + a * np.exp(b / cos_theta)) * (1 + c * np.exp(d * gamma) + e * cos_gamma**2))

    straight_up = perez(np.array([1.0]), np.cos(np.array([sun_theta])))
    return np.asarray(zenith * perez(cos_theta[..., None], cos_gamma[..., None]) / straight_up)


def preetham_sky(toward_sun: F64, turbidity: float) -> F64:
    """(TABLE, TABLE, 3) radiance of the clear sky [kcd/m^2] for any sun, below the horizon too."""
    elevation = float(np.arcsin(np.clip(toward_sun[2], -1, 1)))
    turbidity = float(np.clip(turbidity, 1.9, 8.0))
    held = max(elevation, _LOWEST_SHAPE_RAD)
    flat = toward_sun[:2] / max(float(np.linalg.norm(toward_sun[:2])), 1e-9)
    shape_sun = np.array([*(flat * np.cos(held)), np.sin(held)])
    sky = preetham_Yxy(table_directions(), shape_sun, turbidity)
    luminance, x, y = np.maximum(sky[..., 0], 0.0), sky[..., 1], np.maximum(sky[..., 2], 1e-3)
    xyz = np.stack([x / y, np.ones_like(x), (1 - x - y) / y], axis=-1) * luminance[..., None]
    rgb = np.maximum(xyz @ _RGB_FROM_XYZ.T, 0.0)
    # Light scattered more than once whitens the horizon all around, which the model leaves too dark.
    rgb *= 1 + np.exp(-table_directions()[..., 2:] / 0.28) * np.array([0.75, 1.1, 1.4])
    # Daylight keeps to the green side of red and blue; the model's horizon strays into purple.
    rgb[..., 1] = np.maximum(rgb[..., 1], 1.02 * np.sqrt(rgb[..., 0] * rgb[..., 2]))
    haze = 1.0 + _PER_TURBIDITY * (turbidity - _CLEAR_TURBIDITY)
    rgb *= (_CLEAR_KLX[0] + _CLEAR_KLX[1] * np.sqrt(np.sin(held))) * haze / sky_illuminance(rgb)[1]
    if elevation < _LOWEST_SHAPE_RAD:
        level = float(sky_illuminance(rgb)[1])
        degrees = np.append(_TWILIGHT[:, 0], np.degrees(_LOWEST_SHAPE_RAD))
        klx = np.append(_TWILIGHT[:, 1], level)
        rgb *= np.exp(np.interp(np.degrees(elevation), degrees, np.log(klx))) / level
    return np.asarray(rgb)


def sun_illuminance_klx(elevation_rad: float, turbidity: float) -> F64:
    """(3,) illuminance of a plane that faces the sun, after Rayleigh and aerosol extinction.

    Air mass: Kasten and Young 1989. Optical depths: Preetham 1999, appendix A.1. A sun on the
    horizon is half there.
    """
    degrees = max(float(np.degrees(elevation_rad)), -1.0)
    risen = float(np.clip((degrees + 0.3) / 0.6, 0.0, 1.0))
    if risen == 0.0:
        return np.zeros(3)
    air_mass = 1.0 / (
        np.sin(np.radians(max(degrees, 0.0))) + 0.50572 * (max(degrees, 0.0) + 6.07995) ** -1.6364
    )
    rayleigh = 0.008735 * _WAVELENGTH_UM**-4.08
    aerosol = (0.04608 * turbidity - 0.04586) * _WAVELENGTH_UM**-1.3
    return np.asarray(127.5 * risen * np.exp(-(rayleigh + aerosol) * air_mass))


@cache
def table_directions() -> F64:
    """(TABLE, TABLE, 3) unit directions of the hemi-octahedral table's nodes."""
    u, v = np.meshgrid(np.linspace(-1, 1, TABLE), np.linspace(-1, 1, TABLE), indexing="ij")
    x, y = (u + v) / 2, (u - v) / 2
    direction = np.stack([x, y, 1 - np.abs(x) - np.abs(y)], axis=-1)
    return np.asarray(direction / np.linalg.norm(direction, axis=-1, keepdims=True))


@cache
def table_solid_angles() -> F64:
    """(TABLE, TABLE) solid angle of each node; they sum to 2 pi."""
    direction = table_directions()
    # Of an octahedron's face the solid angle of a patch goes with 1 / r^3 of its unprojected point.
    r = 1.0 / np.abs(direction).sum(axis=-1)
    edge = np.ones(TABLE)
    edge[[0, -1]] = 0.5
    weight = r**-3.0 * edge[:, None] * edge
    return np.asarray(weight * (2 * np.pi / weight.sum()))


def sky_illuminance(table: F64) -> F64:
    """(3,) illuminance of a level plane under the table's sky [klx]."""
    weight = table_solid_angles() * table_directions()[..., 2]
    return np.asarray(np.einsum("ij,ijc->c", weight, table))
