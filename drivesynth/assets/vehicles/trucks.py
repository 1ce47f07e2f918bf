"""Lorries: a box lorry, a flatbed and a tractor with its semi-trailer, which turns at the kingpin.

Wheels of 22.5 inches; underrun guards (UN R58, R73).
"""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import BOX_BODIES, FIRE_RED, FLEET_PAINTS, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.posing import Channels, at, together, turned_x, turned_z
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.assets.vehicles.equipment import equipment
from drivesynth.assets.vehicles.fittings import light_bar, mirrors, number_plate
from drivesynth.assets.vehicles.lorry_layouts import LAYOUTS, REAR_OVERHANG_M
from drivesynth.assets.vehicles.shell import ShellStyle, shell
from drivesynth.assets.vehicles.wheels import rolling, wheel
from drivesynth.geometry.mesh import Mesh, moved
from drivesynth.geometry.shapes import Shape, box, join
from drivesynth.kept import made_once

TRIM, PAINT, TAIL, TARP, TIMBER, METAL = (
    MATERIAL_ID[n] for n in ("car_trim", "car_paint", "tail_lamp", "tarpaulin", "timber", "bare_metal")
)
TAPE = MATERIAL_ID["retro_tape"]
MIRROR_REACH_M = 0.04
DECK_M = 1.15  # height of the load floor

CAB = ShellStyle(
    top=((0.0, 0.93), (0.02, 0.955), (0.10, 0.985), (0.3, 1.0), (0.97, 1.0), (1.0, 0.985)),
    belt=((0.0, 0.52), (1.0, 0.52)),
    floor=0.14,
    axles=(0.62,),
    arch=1.12,
    windscreen=(0.0, 0.0),
    rear_screen=None,
    windows=((0.10, 0.46),),
    seams=(0.06, 0.52),
    flank=(0.97, 0.99, 1.0, 1.0, 1.0),
    tumblehome=0.05,
    nose_plan=(0.16, 0.88),
    tail_plan=(0.02, 0.99),
    nose_bow_m=0.06,
    tail_bow_m=0.0,
    headlamp=(0.02, 4, 5),
    tail_lamp=(0.0, 5, 5),
    grille=(4, 6),
    front_glass=True,
)


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A lorry; `hitch_rad` turns the semi-trailer."""
    rng = look(asset, look_seed)
    layout = LAYOUTS[asset]
    paint, load = varied(rng, choose(rng, FLEET_PAINTS)), varied(rng, choose(rng, BOX_BODIES))
    if layout.load == "equipment":
        paint = load = varied(rng, FIRE_RED, 0.05)
    length, width, _ = size_m
    radius = ASSETS[asset].wheel_radius_m
    front = length / 2 - CAB.axles[0] * layout.cab_length
    y = width / 2 - MIRROR_REACH_M
    hubs = [(front, side * (y - 0.19), radius) for side in (1.0, -1.0)]
    for axle in layout.axles:
        hubs += [((0.5 - axle) * length, side * (y - 0.32), radius) for side in (1.0, -1.0)]
    trailer_hubs = [
        ((0.5 - axle) * length, side * (y - 0.24), radius)
        for axle in layout.trailer_axles
        for side in (1.0, -1.0)
    ]
    steered = [k < 2 for k in range(len(hubs))]
    single, twin = wheel(radius, 0.31, 10, 0.56), wheel(radius, 0.58, 10, 0.56)
    parts = (
        Part("cab", _cab(asset, size_m), paint.rgb, paint.rho_905),
        Part("load", _load(asset, size_m), load.rgb, load.rho_905),
        *(Part(f"wheel_{k}", single if k < 2 else twin) for k in range(len(hubs))),
        *(Part(f"trailer_wheel_{k}", wheel(radius, 0.40, 10, 0.56)) for k in range(len(trailer_hubs))),
    )
    pin = length / 2 - layout.kingpin

    def poses(channels: Channels) -> F64:
        hitch = np.eye(4)
        if layout.trailer_axles:
            hitch = at(pin, 0, 0) @ turned_z(channels.get("hitch_rad", 0.0)) @ at(-pin, 0, 0)
        frames = [np.eye(4), hitch, *rolling(hubs, steered, channels)]
        if trailer_hubs:
            frames += [*(hitch @ rolling(trailer_hubs, [False] * len(trailer_hubs), channels))]
        return together(*frames)

    return Model(asset, ASSETS[asset].class_name, size_m, parts, poses)


def build_overturned(asset: str, look_seed: int, size_m: Size) -> Model:
    """A box lorry that lies on its left side, its roof to the left, its wheels to the right."""
    length, tall, wide = size_m
    upright = build("truck/rigid", look_seed, (length, wide, tall))
    frames = at(0.0, -tall / 2, 0.0) @ turned_x(-np.pi / 2) @ upright.poses({})
    lowest = min(
        float(moved(part.mesh, pose).vertices[:, 2].min())
        for part, pose in zip(upright.parts, frames, strict=True)
    )
    frames[:, 2, 3] -= lowest
    return Model(asset, ASSETS[asset].class_name, size_m, upright.parts, lambda channels: frames)


@made_once(64)
def _cab(asset: str, size_m: Size) -> Mesh:
    """Cab, its frame rails, steps, tanks and what hangs on them; stands where the lorry stands."""
    layout = LAYOUTS[asset]
    length, width, height = size_m
    half = width / 2 - MIRROR_REACH_M
    radius, tall = ASSETS[asset].wheel_radius_m, layout.cab_height * height
    skin = shell(CAB, (layout.cab_length - 0.06, 2 * half, tall), (radius, 0.31))
    nose = length / 2 - 0.015
    skin = skin.moved(x=nose - float(skin.vertices[:, 0].max()))
    end = -length / 2 if not layout.trailer_axles else (0.5 - layout.axles[-1]) * length - REAR_OVERHANG_M
    rails_x = (nose - 1.0, end + 0.15)
    middle, reach = (rails_x[0] + rails_x[1]) / 2, rails_x[0] - rails_x[1]
    parts: list[Shape] = [
        skin,
        number_plate(nose + 0.012, 0.42, forward=True),
        mirrors(nose - 0.30, 0.94 * half, width / 2, 0.70 * tall, tall=0.45),
        box((0.06, 1.7, 0.10), TRIM, (nose - 0.25, 0.0, 0.93 * tall)),  # sun visor
        *(box((reach, 0.09, 0.26), TRIM, (middle, side * 0.38, 0.92)) for side in (-1, 1)),
        *(
            box(
                (1.0, 0.5, 0.45),
                METAL,
                (nose - layout.cab_length - 0.6, side * (half - 0.3), 0.68),
                bevel=0.08,
            )
            for side in (-1, 1)
        ),
    ]
    if layout.load == "equipment":
        parts.append(light_bar(nose - 0.75, tall - 0.02, 0.75 * half, MATERIAL_ID["beacon"]))
        parts += [
            box((1.9, 0.008, 0.22), MATERIAL_ID["livery_yellow"], (nose - 1.25, side * (half + 0.002), 1.25))
            for side in (-1, 1)
        ]
    if layout.trailer_axles:
        parts.append(box((0.9, 0.9, 0.10), TRIM, ((0.5 - layout.axles[-1]) * length, 0, 1.08)))
        parts += [box((0.05, 0.3, 0.15), TAIL, (end + 0.16, side * 0.9, 0.85)) for side in (-1, 1)]
    return join(parts).mesh(f"{asset}/{size_m}/cab", 0.5)


@made_once(64)
def _load(asset: str, size_m: Size) -> Mesh:
    """What carries the load, with its rear lamps, plate and guards."""
    layout = LAYOUTS[asset]
    length, width, height = size_m
    half = width / 2 - MIRROR_REACH_M
    x0, x1 = length / 2 - layout.load_from, -length / 2 + 0.02
    middle, reach = (x0 + x1) / 2, x0 - x1
    parts: list[Shape] = [
        box((reach, 2 * half, 0.14), TRIM, (middle, 0, DECK_M - 0.07)),
        box((0.10, 2 * half - 0.1, 0.12), METAL, (x1 + 0.15, 0, 0.50)),
        *(box((0.03, 0.38, 0.13), TAIL, (x1 - 0.003, side * (half - 0.22), 0.86)) for side in (-1, 1)),
        *(box((0.05, 0.06, 0.5), TRIM, (x1 + 0.15, side * 0.5, 0.78)) for side in (-1, 1)),
        box((0.04, 2 * half - 0.02, 0.20), TRIM, (x1 + 0.01, 0, 0.86)),
        number_plate(x1 - 0.006, 0.66, forward=False),
    ]
    rear = (*layout.axles, *layout.trailer_axles)
    first_wheel = (0.5 - min(layout.trailer_axles or rear)) * length + 0.7
    guard_from = x0 - (2.2 if layout.trailer_axles else 1.3)
    if guard_from > first_wheel:
        guard = (guard_from + first_wheel) / 2, guard_from - first_wheel
        parts += [
            box((guard[1], 0.03, 0.12), METAL, (guard[0], side * (half - 0.06), z))
            for side in (-1, 1)
            for z in (0.55, 0.85)
        ]
    if layout.trailer_axles:
        parts += [box((0.12, 0.12, 0.75), TRIM, (x0 - 2.6, side * 0.7, 0.70)) for side in (-1, 1)]
    if layout.load == "equipment":
        parts += equipment(x0, x1, half, DECK_M, height)
    elif layout.load == "box":
        parts.append(
            box((reach, 2 * half, height - DECK_M), TARP, (middle, 0, (height + DECK_M) / 2), bevel=0.03)
        )
        parts.append(box((0.01, 0.03, height - DECK_M - 0.3), TRIM, (x1 - 0.004, 0, (height + DECK_M) / 2)))
        parts += [
            box((reach - 0.3, 0.006, 0.05), TAPE, (middle, side * half, DECK_M + 0.10)) for side in (-1, 1)
        ]
        posts = max(3, round(reach / 2.6))
        parts += [
            box(
                (0.07, 0.012, height - DECK_M - 0.2),
                METAL,
                (x0 - reach * (k + 0.5) / posts, side * half, (height + DECK_M) / 2),
            )
            for k in range(posts)
            for side in (-1, 1)
        ]
    else:
        parts.append(box((reach, 2 * half, 0.05), TIMBER, (middle, 0, DECK_M + 0.025)))
        parts += [
            box((reach, 0.03, 0.40), METAL, (middle, side * (half - 0.015), DECK_M + 0.25))
            for side in (-1, 1)
        ]
        parts.append(box((0.03, 2 * half, 0.40), METAL, (x1 + 0.015, 0, DECK_M + 0.25)))
        parts.append(box((0.06, 2 * half, height - DECK_M), METAL, (x0 - 0.03, 0, (height + DECK_M) / 2)))
    return join(parts).mesh(f"{asset}/{size_m}/load", 0.5)
