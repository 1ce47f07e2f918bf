"""What is built over, under and into the main road: tunnel, bridge, overpasses."""

from collections.abc import Callable
from functools import lru_cache

import shapely

from drivesynth.arrays import F64
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, join
from drivesynth.road import bridge, overpass, tunnel
from drivesynth.road.network import RoadNetwork

_CREASE_RAD = 0.5


@lru_cache(maxsize=16)
def meshes(network: RoadNetwork) -> tuple[Mesh, ...]:
    """Their meshes in the world frame, none on most roads."""
    result = []
    for name, shapes in _shapes(network).items():
        if shapes:
            result.append(join(shapes).mesh(f"{name}/{network.digest}", _CREASE_RAD))
    return tuple(result)


def _shapes(network: RoadNetwork) -> dict[str, list[Shape]]:
    hill, deck = tunnel.hill(network), bridge.deck(network)
    return {
        "tunnel": hill.shapes() if hill else [],
        "bridge": deck.shapes() if deck else [],
        "overpass": [shape for over in overpass.overpasses(network) for shape in over.shapes()],
    }


@lru_cache(maxsize=16)
def kept_free(network: RoadNetwork) -> shapely.Geometry:
    """The ground on which nothing may grow or stand."""
    hill, deck = tunnel.hill(network), bridge.deck(network)
    taken = [over.covered() for over in overpass.overpasses(network)]
    if hill is not None:
        taken.append(hill.covered())
    if deck is not None:
        taken.append(deck.covered())
    return shapely.union_all(taken)


def ground(network: RoadNetwork) -> Callable[[F64], F64]:
    """Gives the (N,) heights of what is seen from above at (N, 2) points off the road."""
    hill = tunnel.hill(network)
    if hill is None:
        return network.heights
    return lambda points_m: hill.heights(points_m, network.heights(points_m))
