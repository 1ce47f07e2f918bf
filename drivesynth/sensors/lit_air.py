"""What drops, flakes and clouds near a camera send to it of the light of lamps.

Each is lit by the lamps as far as the air between lets them, and sends light on by its own phase function.
Drops: rays through a sphere of water, reflected and refracted up to two times inside (van de Hulst, "Light
Scattering by Small Particles", 1957, ch. 12), which is why rain is bright around a lamp that one looks at and
faint in the own beam. Flakes: a matt sphere, brightest with the lamp behind the eye. Clouds: as fog. Nothing
that stands between a lamp and a particle counts, as in `sensors.lampfog`.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from drivesynth_kernels.lamps import L_REACH2

from drivesynth.arrays import F64
from drivesynth.sensors.lampfog import FORWARD, MOST_LAMPS, NEAREST_M, sent_kcd
from drivesynth.sensors.lamps import Lamps

Phase = Callable[[F64], F64]  # of the cosine between the light's way and the way to the eye; its mean is 1

_WATER = 1.333
_BIN_DEG = 2.0  # caustics of the rainbow are blurred so far: drops are not quite round


def lit(lamps: Lamps, places_m: F64, eye_m: F64, extinction: float, phase: Phase) -> F64:
    """(N, 3) radiance [kcd/m^2] of particles at places (N, 3), world, over their discs; extinction [1/m]."""
    total = np.zeros((len(places_m), 3))
    if not len(places_m):
        return total
    toward_eye = eye_m - places_m
    toward_eye /= np.maximum(np.linalg.norm(toward_eye, axis=1), 1e-9)[:, None]
    for lamp, rgb in zip(lamps.rows[:MOST_LAMPS], lamps.rgb[:MOST_LAMPS], strict=True):
        from_lamp = places_m - lamp[:3]
        far2 = np.maximum((from_lamp**2).sum(axis=1), NEAREST_M**2)
        if far2.min() > lamp[L_REACH2]:
            continue
        far = np.sqrt(far2)
        ways = from_lamp / far[:, None]
        received = sent_kcd(lamp, ways) * np.exp(-extinction * far) / far2
        total += (received * phase((ways * toward_eye).sum(axis=1)) / (4 * np.pi))[:, None] * rgb
    return total


def phase_of_drop(cosine: F64) -> F64:
    """Of a drop of rain."""
    table = _drop_table()
    middles = (np.arange(len(table)) + 0.5) * _BIN_DEG
    return np.asarray(np.interp(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))), middles, table))


def phase_of_flake(cosine: F64) -> F64:
    """Of a matt white sphere (Schoenberg 1929)."""
    turned = np.arccos(np.clip(cosine, -1.0, 1.0))
    return np.asarray(8.0 / (3.0 * np.pi) * (np.sin(turned) - turned * np.cos(turned)))


def phase_of_cloud(cosine: F64) -> F64:
    """Of fog, by Henyey and Greenstein."""
    return np.asarray((1 - FORWARD**2) / (1 + FORWARD**2 - 2 * FORWARD * np.clip(cosine, -1.0, 1.0)) ** 1.5)


@lru_cache(maxsize=1)
def _drop_table() -> F64:
    """(180 / _BIN_DEG,) by the angle between the ways, from 0 degrees: ahead."""
    off = np.sqrt((np.arange(40_000) + 0.5) / 40_000)  # of the middle, even over the disc
    i = np.arcsin(off)
    r = np.arcsin(off / _WATER)
    angles, shares = [], []
    for reflected in (
        (np.sin(i - r) / np.sin(i + r)) ** 2,
        (np.tan(i - r) / np.tan(i + r)) ** 2,
    ):
        passed = (1.0 - reflected) ** 2
        angles += [np.pi - 2 * i, 2 * (i - r), np.pi + 2 * i - 4 * r, 2 * np.pi + 2 * i - 6 * r]
        shares += [reflected, passed, passed * reflected, passed * reflected**2]
    turned = np.degrees(np.arccos(np.clip(np.cos(np.concatenate(angles)), -1.0, 1.0)))
    edges = np.arange(0.0, 180.0 + _BIN_DEG, _BIN_DEG)
    light, _ = np.histogram(turned, edges, weights=np.concatenate(shares) / (2.0 * len(off)))
    return np.asarray(light / (-np.diff(np.cos(np.radians(edges))) / 2.0))
