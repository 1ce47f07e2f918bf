"""Passenger cars, the pickup and vans: body styles on four wheels, some of them at work.

Proportions (wheelbase over length 0.57-0.62, windscreen rake, glass heights) are read off side views
of common European cars of each segment; Euro NCAP's test vehicle has a wheelbase of 2.67 m at 4.36 m.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import FLEET_PAINTS, PAINTS, Tint, choose, dusty, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import DOORS, Model, Part
from drivesynth.assets.posing import Channels, at, together, turned_z
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.assets.vehicles.car_styles import STYLES, CarStyle
from drivesynth.assets.vehicles.fittings import (
    door,
    handles,
    light_bar,
    mirrors,
    number_plate,
    plate_text,
    rear_doors,
    roof_box,
    roof_rails,
    roof_sign,
    seam,
    side_letters,
)
from drivesynth.assets.vehicles.flaps import Flap, behind, cut, is_hatch, openable, side_of, span
from drivesynth.assets.vehicles.interior import interior
from drivesynth.assets.vehicles.shell import on_skin, shell, skin
from drivesynth.assets.vehicles.wheels import rolling, wheel
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, fitted, join, sides
from drivesynth.kept import made_once

DOOR_UNDER_M = 0.07  # how far the hinge of a door lies under the skin
MIRROR_REACH_M = 0.035  # how far mirrors stand out beyond the body, on either side
ON_ROOF_M = {"": 0.0, "taxi_sign": 0.14, "light_bar": 0.14, "box": 0.42}
_DUSTY_SHARE, _DUST = 0.12, (0.2, 0.5)  # of cars on the road, and how much of the paint it covers
_PAINT, _BEACON = MATERIAL_ID["car_paint"], MATERIAL_ID["beacon"]
_PAINTS: dict[str, tuple[Tint, ...]] = {
    "van": FLEET_PAINTS,
    # German ivory (RAL 1015), yellow, black
    "taxi": (
        Tint((0.76, 0.66, 0.46), 0.7, 6),
        Tint((0.70, 0.42, 0.02), 0.55, 2),
        Tint((0.012, 0.012, 0.013), 0.05),
    ),
    "police": (
        Tint((0.40, 0.41, 0.42), 0.42, 3, "car_paint_metallic"),
        Tint((0.78, 0.78, 0.77), 0.80, 2),
    ),
    "ambulance": (Tint((0.78, 0.78, 0.77), 0.80, 3), Tint((0.70, 0.62, 0.05), 0.7)),
}


def build(asset: str, look_seed: int, size_m: Size, detail: int = 0, doors: tuple[str, ...] = ()) -> Model:
    """A car: a painted body, four wheels, and the driver's door, which `door_rad` opens.

    detail  above 0 without seats, seams and door, for cars that stand far from all sensors
    doors   which of `model.DOORS` are cut out of the skin to open, as far as it has them
    """
    style = STYLES[asset]
    rng = look(asset, look_seed)
    family = asset.split("/")[0]
    paint = varied(rng, choose(rng, _PAINTS.get(family, PAINTS)))
    radius, tyre = _wheel_size(asset)
    spokes = int(rng.choice([5, 7, 10]))
    if family in ("car", "van", "pickup") and rng.random() < _DUSTY_SHARE:
        paint = dusty(paint, float(rng.uniform(*_DUST)))
    hubs = hubs_of(asset, size_m)
    coarse = detail > 0
    holes = tuple(name for name in openable(style.shell) if name in doors)
    flaps: dict[str, tuple[Mesh, Flap]] = {}
    if coarse or not holes:
        rest = body(asset, size_m, paint.finish, coarse)
    else:
        rest, flaps = opened(asset, size_m, paint.finish, holes)
    parts = (
        Part("body", rest, paint.rgb, paint.rho_905),
        *(Part(f"wheel_{k}", wheel(radius, tyre, spokes, coarse=coarse)) for k in range(4)),
        *(Part(name, mesh, paint.rgb, paint.rho_905) for name, (mesh, _) in flaps.items()),
    )
    leaf = not coarse and "driver" not in flaps
    if leaf:
        parts += (Part("door", _door(asset, size_m, paint.finish), paint.rgb, paint.rho_905),)
    hinge = _hinge(style, size_m)

    def poses(channels: Channels) -> F64:
        swung = at(*hinge) @ turned_z(-channels.get("door_rad", 0.0))
        wheels = rolling(hubs, (True, True, False, False), channels)
        swings = [flap.frame(channels.get(DOORS[name][0], 0.0)) for name, (_, flap) in flaps.items()]
        return together(np.eye(4), *wheels, *swings, *([swung] if leaf else []))

    return Model(asset, ASSETS[asset].class_name, size_m, parts, poses)


def _wheel_size(asset: str) -> tuple[float, float]:
    """Radius and width of the tyre; the same on all cars of a style."""
    radius = ASSETS[asset].wheel_radius_m
    return radius, round(0.65 * radius, 3)


def hubs_of(asset: str, size_m: Size) -> list[tuple[float, float, float]]:
    """Where the wheels' middles are, front ones first, left before right [m]."""
    radius, tyre = _wheel_size(asset)
    y = size_m[1] / 2 - MIRROR_REACH_M - tyre / 2 - 0.025
    xs = [(0.5 - axle) * size_m[0] for axle in STYLES[asset].shell.axles]
    return [(x, side * y, radius) for x in xs for side in (1.0, -1.0)]


def _hinge(style: CarStyle, size_m: Size) -> tuple[float, float, float]:
    """Where the driver's door turns: at its front seam, under the skin of the left flank."""
    length, width, _ = size_m
    return (0.5 - style.shell.seams[0]) * length - 0.03, width / 2 - MIRROR_REACH_M - DOOR_UNDER_M, 0.0


@made_once(256)
def _door(asset: str, size_m: Size, finish: str) -> Mesh:
    """The driver's door, seen only once it is open: the closed one is part of the body's skin."""
    style = STYLES[asset].shell
    length, width, height = _skin_size(asset, size_m)
    first, last = style.seams[:2]
    belt = float(np.interp((first + last) / 2, *np.transpose(style.belt)))
    low, sill, top = (style.floor + 0.04) * height, belt * height - 0.02, 0.90 * height
    leaf = door((last - first) * length - 0.08, low, sill, top, 0.36 * width / 2)
    return _finished(leaf, finish).mesh(f"{asset}/{size_m}/door/{finish}", 0.5)


def _finished(shape: Shape, finish: str) -> Shape:
    """The shape with its paint in this finish."""
    material = np.where(shape.material == _PAINT, MATERIAL_ID[finish], shape.material).astype(np.uint16)
    return Shape(shape.vertices, shape.faces, material)


def _skin_size(asset: str, size_m: Size) -> Size:
    length, width, height = size_m
    return length - 0.02, width - 2 * MIRROR_REACH_M, height - ON_ROOF_M[STYLES[asset].on_roof]


@made_once(512)
def body(asset: str, size_m: Size, finish: str, coarse: bool = False) -> Mesh:
    """All that neither turns nor opens."""
    whole = _finished(body_shape(asset, size_m, coarse), finish)
    return whole.mesh(f"{asset}/{size_m}/body/{finish}/{coarse}", 0.5)


@lru_cache(maxsize=64)
def opened(
    asset: str, size_m: Size, finish: str, doors: tuple[str, ...]
) -> tuple[Mesh, dict[str, tuple[Mesh, Flap]]]:
    """The body with holes where its doors are, and the doors."""
    style = STYLES[asset]
    skin_size, wheels = _skin_size(asset, size_m), _wheel_size(asset)
    pieces = [(shape, _opens_with(style, skin_size[0], shape, doors)) for shape in _fittings(asset, size_m)]
    rest, flaps = cut(style.shell, skin(style.shell, skin_size, wheels, style.livery), doors)
    whole = body_shape(asset, size_m, fit=False)
    fixed = [rest, *behind(style.shell, skin_size, doors), *(shape for shape, name in pieces if not name)]
    key, made = f"{asset}/{size_m}/open/{'+'.join(doors)}/{finish}", {}
    for name, flap in flaps.items():
        own = join([flap.shape, *(shape for shape, belongs in pieces if belongs == name)])
        hinge = _fitted_as(whole, Shape(np.array([flap.hinge_m]), own.faces[:0], own.material[:0]), size_m)
        x, y, z = hinge.vertices[0].tolist()
        shape = _finished(_fitted_as(whole, own, size_m), finish)
        made[name] = shape.mesh(f"{key}/{name}", 0.5), replace(flap, shape=shape, hinge_m=(x, y, z))
    body_left = _finished(_fitted_as(whole, join(fixed), size_m), finish)
    return body_left.mesh(key, 0.5), made


def _opens_with(style: CarStyle, length: float, shape: Shape, doors: tuple[str, ...]) -> str:
    """The door that something is screwed to; none for what stays."""
    low, high = shape.vertices.min(axis=0), shape.vertices.max(axis=0)
    middle = (low + high) / 2
    share = 0.5 - float(middle[0]) / length
    if share > 0.95 and "boot" in doors and is_hatch(style.shell) and high[0] - low[0] < 0.1:
        return "boot"
    for name in doors:
        if (side := side_of(name)) and float(middle[1]) * side > 0.3:
            first, last = span(style.shell, name)
            if first - 0.06 < share < last and high[0] - low[0] < 0.4:
                return name
    return ""


def _fitted_as(whole: Shape, shape: Shape, size_m: Size) -> Shape:
    """A piece of the whole body stretched and moved as the whole is."""
    ground = float(whole.vertices[:, 2].min())
    return fitted(shape, (size_m[0], size_m[1], size_m[2] - ground), whole).moved(z=ground)


@lru_cache(maxsize=128)
def body_shape(asset: str, size_m: Size, coarse: bool = False, fit: bool = True) -> Shape:
    """The body before it is painted; without `fit` a little off its size."""
    style = STYLES[asset]
    outside = shell(style.shell, _skin_size(asset, size_m), _wheel_size(asset), style.livery, coarse)
    whole = join([outside, *_fittings(asset, size_m, coarse)])
    return _fitted_as(whole, whole, size_m) if fit else whole


@lru_cache(maxsize=128)
def _fittings(asset: str, size_m: Size, coarse: bool = False) -> list[Shape]:
    """What is on and in the skin, each piece by itself."""
    style = STYLES[asset]
    skin_size, wheels = _skin_size(asset, size_m), _wheel_size(asset)
    length, width, height = size_m[0], size_m[1], skin_size[2]
    outside = shell(style.shell, skin_size, wheels, style.livery, coarse)

    def x_of(share: float) -> float:
        return (0.5 - share) * length

    half = width / 2 - MIRROR_REACH_M
    belt = style.mirror_z * height
    front, rear = float(outside.vertices[:, 0].max()), float(outside.vertices[:, 0].min())
    text = plate_text(asset)
    parts: list[Shape] = [
        number_plate(front + 0.008, style.plates_z[0] * height, forward=True, text=text),
        number_plate(rear - 0.008, style.plates_z[1] * height, forward=False, text=text),
        *sides(mirrors(x_of(style.mirror_x), 0.86 * half, width / 2, belt + 0.09)),
        *(side for x in style.handles for side in sides(handles(((x_of(x), 0.972 * half, belt - 0.085),)))),
    ]
    if not coarse:
        parts += [*_seams(style, skin_size, wheels), _cabin(style, skin_size)]
    if style.rails:
        parts.append(roof_rails(x_of(style.rails[0]), x_of(style.rails[1]), 0.56 * half, height + 0.01))
    if style.rear_panes:
        parts.append(rear_doors(rear, half, height))
    if style.letters and not coarse:
        x, y, z = on_skin(style.shell, skin_size, wheels, [(0.5 if style.seats > 1 else 0.62, 5.5)])[0]
        parts.append(side_letters(style.letters, x, y + 0.012, z, 0.15 if style.seats > 1 else 0.24))
    on_roof = {
        "taxi_sign": lambda: roof_sign(x_of(0.52), height - 0.005, "TAXI"),
        "light_bar": lambda: light_bar(
            x_of(0.52 if style.seats > 1 else 0.36), height - 0.01, 0.6 * half, _BEACON
        ),
        "box": lambda: roof_box(x_of(0.66), height + 0.02, 0.40),
    }
    if style.on_roof:
        parts.append(on_roof[style.on_roof]())
    return parts


def _seams(style: CarStyle, size: Size, wheels: tuple[float, float]) -> list[Shape]:
    """Gaps around bonnet and boot or tailgate, and the sills' edge."""
    s = style.shell
    screen = s.windscreen[0]
    bonnet = [(screen - 0.01, 10.6), *((float(x), 10.6) for x in np.linspace(0.94 * screen, 0.035, 10))]
    lines = [seam(on_skin(s, size, wheels, [*bonnet, (0.03, 11.4), (0.03, 13.0)]))]
    if s.rear_screen and s.bed is None:
        boot = s.rear_screen[1] < 0.95  # else a tailgate, hinged above its screen
        lid = np.linspace(s.rear_screen[1] if boot else s.rear_screen[0] - 0.006, 0.985, 4 if boot else 7)
        places = [(float(x), 10.4) for x in lid]
        lines.append(seam(on_skin(s, size, wheels, places if boot else [(places[0][0], 13.0), *places])))
    sill = [(float(x), 3.25) for x in np.linspace(s.axles[0] + 0.095, s.axles[-1] - 0.095, 4)]
    lines.append(seam(on_skin(s, size, wheels, sill)))
    return lines


def _cabin(style: CarStyle, size: Size) -> Shape:
    """The interior, inside the skin between windscreen and last seats."""
    s, (length, width, height) = style.shell, size
    first, last = s.windscreen
    dash = (0.5 - (first + 0.42 * (last - first))) * length
    back = (0.5 - (s.windows[min(1, len(s.windows) - 1)][1] - 0.02)) * length
    belt = float(np.interp(last, *np.transpose(s.belt))) * height
    return interior(dash, min(back, dash - 1.7), 0.40 * width, belt, 0.96 * height, style.seats)
