"""From which places which directions reach the sky, past the surroundings."""

from collections.abc import Callable

import numpy as np

from drivesynth.arrays import F64, Bool
from drivesynth.sensors.cast import Caster

_SURROUNDINGS = -1
_FAR_M = 2000.0


def sky_view(caster: Caster, time_s: float) -> Callable[[F64, F64], Bool]:
    """(P, 3) places and (S, 3) unit directions -> (P, S) true where the ray leaves the world.

    Actors hide nothing: what is asked for at one moment then holds for the whole rollout.
    """

    def clear(places_m: F64, directions: F64) -> Bool:
        shape = (len(places_m), len(directions), 3)
        origins = np.ascontiguousarray(np.broadcast_to(places_m[:, None], shape))
        ways = np.ascontiguousarray(np.broadcast_to(directions[None], shape), np.float32)
        return ~caster.only([_SURROUNDINGS]).occluded(origins, ways, _FAR_M, time_s)

    return clear
