"""Which satellites stand over a place, which of them it receives, and what position they make.

GPS as a Walker constellation of 30 satellites in 6 planes at 55 deg, 26,559.7 km from the Earth's centre
(Walker, "Satellite constellations", 1984; planes and height of the GPS Standard Positioning Service, which
flies 31 unevenly). Positions are least-squares solutions of ranges: Kaplan and Hegarty, "Understanding GPS",
section 7.3.
"""

import numpy as np

from drivesynth.arrays import F64, Bool
from drivesynth.geometry.geodesy import Geodetic as Place
from drivesynth.geometry.geodesy import ecef_from_geodetic, ecef_from_world

PLANES, PER_PLANE = 6, 5
_PHASING_RAD = np.radians(12.0)  # from plane to plane
_INCLINATION_RAD = np.radians(55.0)
_RADIUS_M = 26_559_700.0
FEWEST = 4  # satellites for a position: three coordinates and the clock
WORST_DILUTION = 10.0  # PDOP beyond which receivers give none: those in view stand nearly in one line or cone


def directions(place: Place, share_of_day: float) -> F64:
    """(30, 3) unit vectors to all satellites, world axes, at a share of a sidereal day."""
    plane, slot = np.divmod(np.arange(PLANES * PER_PLANE), PER_PLANE)
    turns = 2.0 * np.pi * share_of_day
    # Two revolutions a sidereal day, while the Earth below makes one.
    along = 2.0 * np.pi * slot / PER_PLANE + plane * _PHASING_RAD + 2.0 * turns
    node = 2.0 * np.pi * plane / PLANES - turns
    flat = np.stack([np.cos(along), np.sin(along) * np.cos(_INCLINATION_RAD)])
    ecef = _RADIUS_M * np.stack(
        [
            flat[0] * np.cos(node) - flat[1] * np.sin(node),
            flat[0] * np.sin(node) + flat[1] * np.cos(node),
            np.sin(along) * np.sin(_INCLINATION_RAD),
        ],
        axis=1,
    )
    latitude, longitude = np.radians([place.latitude_deg, place.longitude_deg])
    here = ecef_from_geodetic(latitude, longitude, place.altitude_m)
    way = ecef - here
    return np.asarray((way / np.linalg.norm(way, axis=1, keepdims=True)) @ ecef_from_world(place)[:3, :3])


def solution(ways: F64, used: Bool) -> tuple[F64, F64]:
    """How errors of ranges become errors of the position.

    ways, used  (S, 3) unit vectors; (S,) which count, at least four
    returns     (3, S) position error per metre of each range's error; (3,) dilution of precision per axis
    """
    geometry = np.column_stack([-ways[used], np.ones(int(used.sum()))])
    solve = np.linalg.pinv(geometry)
    gain = np.zeros((3, len(ways)))
    gain[:, used] = solve[:3]
    return gain, np.linalg.norm(solve[:3], axis=1)
