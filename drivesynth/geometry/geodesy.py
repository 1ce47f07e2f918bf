"""WGS84: from a scene's flat world to latitude, longitude and height, and back.

World axes are the local tangent plane at the scene's origin: x east, y north, z up. NIMA TR8350.2,
"Department of Defense World Geodetic System 1984", third edition, 2000.
"""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64

SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1.0 / 298.257223563
ECCENTRICITY2 = FLATTENING * (2.0 - FLATTENING)

# Somigliana's formula of the ellipsoid's normal gravity, and how it falls with height.
_EQUATOR_MPS2, _SOMIGLIANA = 9.7803253359, 0.00193185265241
_PER_M = 3.086e-6


@dataclass(frozen=True)
class Geodetic:
    """A place on or above the ellipsoid."""

    latitude_deg: float
    longitude_deg: float
    altitude_m: float


def ecef_from_geodetic(latitude_rad: F64 | float, longitude_rad: F64 | float, altitude_m: F64 | float) -> F64:
    """(..., 3) earth-centred, earth-fixed [m]."""
    sine, cosine = np.sin(latitude_rad), np.cos(latitude_rad)
    normal_m = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY2 * sine**2)
    across = (normal_m + altitude_m) * cosine
    return np.stack(
        [
            across * np.cos(longitude_rad),
            across * np.sin(longitude_rad),
            (normal_m * (1.0 - ECCENTRICITY2) + altitude_m) * sine,
        ],
        axis=-1,
    )


def geodetic_from_ecef(ecef_m: F64) -> tuple[F64, F64, F64]:
    """Latitude, longitude [rad] and height [m]; Bowring's step, repeated, is exact to the micrometre."""
    x, y, z = np.moveaxis(np.asarray(ecef_m, np.float64), -1, 0)
    across = np.hypot(x, y)
    reduced = np.arctan2(z, across * (1.0 - FLATTENING))
    second2 = ECCENTRICITY2 / (1.0 - ECCENTRICITY2)
    latitude = reduced
    for _ in range(3):
        latitude = np.arctan2(
            z + second2 * SEMI_MAJOR_M * (1.0 - FLATTENING) * np.sin(reduced) ** 3,
            across - ECCENTRICITY2 * SEMI_MAJOR_M * np.cos(reduced) ** 3,
        )
        reduced = np.arctan2((1.0 - FLATTENING) * np.sin(latitude), np.cos(latitude))
    sine = np.sin(latitude)
    normal_m = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY2 * sine**2)
    # Good at the poles too, where `across` vanishes.
    altitude = across * np.cos(latitude) + z * sine - SEMI_MAJOR_M**2 / normal_m
    return latitude, np.arctan2(y, x), altitude


def ecef_from_world(origin: Geodetic) -> F64:
    """(4, 4) of the tangent plane at the origin."""
    latitude, longitude = np.radians([origin.latitude_deg, origin.longitude_deg])
    sp, cp, sl, cl = np.sin(latitude), np.cos(latitude), np.sin(longitude), np.cos(longitude)
    transform = np.eye(4)
    transform[:3, :3] = np.array([[-sl, -sp * cl, cp * cl], [cl, -sp * sl, cp * sl], [0.0, cp, sp]])
    transform[:3, 3] = ecef_from_geodetic(latitude, longitude, origin.altitude_m)
    return transform


def gravity_mps2(latitude_rad: F64 | float, altitude_m: F64 | float = 0.0) -> F64:
    """Normal gravity at a latitude, less with height."""
    sine2 = np.sin(latitude_rad) ** 2
    ground = _EQUATOR_MPS2 * (1.0 + _SOMIGLIANA * sine2) / np.sqrt(1.0 - ECCENTRICITY2 * sine2)
    return np.asarray(ground - _PER_M * np.asarray(altitude_m))
