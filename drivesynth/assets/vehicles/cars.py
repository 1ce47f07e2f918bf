"""Passenger cars and the delivery van: body styles on four wheels.

Proportions (wheelbase over length 0.57-0.62, windscreen rake, glass heights) are read off side views
of common European cars of each segment; Euro NCAP's test vehicle has a wheelbase of 2.67 m at 4.36 m.
"""

from functools import lru_cache

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import FLEET_PAINTS, PAINTS, choose, look, varied
from drivesynth.assets.model import Model, Part
from drivesynth.assets.posing import Channels, at, together, turned_z
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.assets.vehicles.car_styles import STYLES, CarStyle
from drivesynth.assets.vehicles.fittings import door, handles, mirrors, number_plate, rear_doors, roof_rails
from drivesynth.assets.vehicles.shell import shell
from drivesynth.assets.vehicles.wheels import rolling, wheel
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, fitted, join

DOOR_UNDER_M = 0.07  # how far the hinge of a door lies under the skin
MIRROR_REACH_M = 0.035  # how far mirrors stand out beyond the body, on either side


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A car: a painted body, four wheels, and the driver's door, which `door_rad` opens."""
    style = STYLES[asset]
    rng = look(asset, look_seed)
    paint = varied(rng, choose(rng, FLEET_PAINTS if asset.startswith("van/") else PAINTS))
    radius, tyre = _wheel_size(asset)
    spokes = int(rng.choice([5, 7, 10]))
    hubs = _hubs(style, size_m, radius, tyre)
    parts = (
        Part("body", _body(asset, size_m), paint.rgb, paint.rho_905),
        *(Part(f"wheel_{k}", wheel(radius, tyre, spokes)) for k in range(4)),
        Part("door", _door(asset, size_m), paint.rgb, paint.rho_905),
    )
    hinge = _hinge(style, size_m)

    def poses(channels: Channels) -> F64:
        swung = at(*hinge) @ turned_z(-channels.get("door_rad", 0.0))
        wheels = rolling(hubs, (True, True, False, False), channels)
        return together(np.eye(4), *wheels, swung)

    return Model(asset, ASSETS[asset].class_name, size_m, parts, poses)


def _wheel_size(asset: str) -> tuple[float, float]:
    """Radius and width of the tyre; the same on all cars of a style."""
    radius = ASSETS[asset].wheel_radius_m
    return radius, round(0.65 * radius, 3)


def _hubs(style: CarStyle, size_m: Size, radius: float, tyre: float) -> list[tuple[float, float, float]]:
    y = size_m[1] / 2 - MIRROR_REACH_M - tyre / 2 - 0.025
    xs = [(0.5 - axle) * size_m[0] for axle in style.shell.axles]
    return [(x, side * y, radius) for x in xs for side in (1.0, -1.0)]


def _hinge(style: CarStyle, size_m: Size) -> tuple[float, float, float]:
    """Where the driver's door turns: at its front seam, under the skin of the left flank."""
    length, width, _ = size_m
    return (0.5 - style.shell.seams[0]) * length - 0.03, width / 2 - MIRROR_REACH_M - DOOR_UNDER_M, 0.0


@lru_cache(maxsize=256)
def _door(asset: str, size_m: Size) -> Mesh:
    """The driver's door, seen only once it is open: the closed one is part of the body's skin."""
    style = STYLES[asset].shell
    length, width, height = size_m
    first, last = style.seams[:2]
    belt = float(np.interp((first + last) / 2, *np.transpose(style.belt)))
    low, sill, top = (style.floor + 0.04) * height, belt * height - 0.02, 0.93 * height
    return door((last - first) * length - 0.08, low, sill, top, 0.36 * width / 2).mesh(
        f"{asset}/{size_m}/door", 0.5
    )


@lru_cache(maxsize=256)
def _body(asset: str, size_m: Size) -> Mesh:
    style = STYLES[asset]
    length, width, height = size_m
    skin_size = (length - 0.02, width - 2 * MIRROR_REACH_M, height)
    skin = shell(style.shell, skin_size, _wheel_size(asset))

    def x_of(share: float) -> float:
        return (0.5 - share) * length

    half = width / 2 - MIRROR_REACH_M
    belt = style.mirror_z * height
    parts: list[Shape] = [
        skin,
        number_plate(float(skin.vertices[:, 0].max()) + 0.008, style.plates_z[0] * height, forward=True),
        number_plate(float(skin.vertices[:, 0].min()) - 0.008, style.plates_z[1] * height, forward=False),
        mirrors(x_of(style.mirror_x), 0.86 * half, width / 2, belt + 0.09),
        handles(tuple((x_of(x), 0.972 * half, belt - 0.085) for x in style.handles)),
    ]
    if style.rails:
        parts.append(roof_rails(x_of(style.rails[0]), x_of(style.rails[1]), 0.56 * half, height))
    if style.rear_panes:
        parts.append(rear_doors(float(skin.vertices[:, 0].min()), half, height))
    body = join(parts)
    lowest = float(body.vertices[:, 2].min())
    return fitted(body, (length, width, height - lowest)).moved(z=lowest).mesh(f"{asset}/{size_m}/body", 0.5)
