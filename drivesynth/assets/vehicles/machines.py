"""What works on fields and building sites, and a caravan: a tractor, a wheeled excavator.

Tractor of the 100 kW class: rear tyre 520/70 R38 (radius 0.86 m), front 420/70 R28 (0.62 m), wheelbase
2.6 m. Excavator of 16 t on four wheels of 0.52 m. Caravan for one axle, 14-inch wheels.
"""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import MACHINES, TRACTORS, Tint, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.posing import Channels, at, together, turned_y, turned_z
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.assets.vehicles.fittings import beacon, number_plate, plate_text
from drivesynth.assets.vehicles.wheels import wheel
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, fitted, join, loft, mirrored, tube
from drivesynth.kept import made_once

PAINT, GLASS, TRIM, METAL, WHITE, RUBBER = (
    MATERIAL_ID[n] for n in ("machine_paint", "car_glass", "car_trim", "bare_metal", "white_panel", "rubber")
)
LAMP, TAIL, AMBER = (MATERIAL_ID[n] for n in ("headlamp", "tail_lamp", "beacon_amber"))
CARAVANS = (Tint((0.70, 0.69, 0.66), 0.7, 3), Tint((0.55, 0.52, 0.45), 0.6))
# Wheels as (x, y of the left one, radius, width, rim share, steers), shares of length and width.
Wheel = tuple[float, float, float, float, float, bool]
WHEELS: dict[str, tuple[Wheel, ...]] = {
    "tractor/farm": ((0.30, 0.36, 0.62, 0.42, 0.58, True), (-0.26, 0.37, 0.86, 0.54, 0.55, False)),
    "excavator/wheeled": ((0.06, 0.40, 0.52, 0.50, 0.50, True), (-0.26, 0.40, 0.52, 0.50, 0.50, False)),
    "caravan/touring": ((-0.07, 0.43, 0.31, 0.19, 0.62, False),),
}


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A machine on its wheels; smaller wheels turn faster."""
    rng = look(asset, look_seed)
    tints = {"tractor": TRACTORS, "excavator": MACHINES, "caravan": CARAVANS}[asset.split("/")[0]]
    paint = varied(rng, choose(rng, tints))
    length, width, _ = size_m
    turning = ASSETS[asset].wheel_radius_m
    wheels: list[Part] = []
    hubs: list[tuple[float, float, float, bool]] = []
    for x, y, radius, tyre, rim, steers in WHEELS[asset]:
        for side in (1.0, -1.0):
            hubs.append((x * length, side * y * width, radius, steers))
            wheels.append(Part(f"wheel_{len(wheels)}", wheel(radius, tyre, 8, rim), paint.rgb, paint.rho_905))
    parts = (Part("body", _body(asset, size_m), paint.rgb, paint.rho_905), *wheels)

    def poses(channels: Channels) -> F64:
        frames: list[F64] = [np.eye(4)]
        for x, y, radius, steers in hubs:
            spin = turned_y(channels.get("wheel_rad", 0.0) * (turning / radius))
            steer = turned_z(channels.get("steer_rad", 0.0)) if steers else np.eye(4)
            side = np.eye(4) if y > 0 else turned_z(np.pi)
            frames.append(at(x, y, radius) @ steer @ spin @ side)
        return together(*frames)

    return Model(asset, ASSETS[asset].class_name, size_m, parts, poses)


@made_once(32)
def _body(asset: str, size_m: Size) -> Mesh:
    shape = {"tractor": _tractor, "excavator": _excavator, "caravan": _caravan}[asset.split("/")[0]](size_m)
    low = float(shape.vertices[:, 2].min())
    whole = fitted(shape, (size_m[0], size_m[1], size_m[2] - low)).moved(z=low)
    return whole.mesh(f"{asset}/{size_m}", 0.5)


def _prism(outline: list[tuple[float, float]], y0: float, y1: float, material: int) -> Shape:
    """A side view (x, z) drawn out from y0 to y1."""
    return loft(np.array([[(x, y, z) for x, z in outline] for y in (y0, y1)]), material)


def _cab(x0: float, x1: float, half: float, low: float, top: float) -> list[Shape]:
    """A glazed cab on four posts under a roof, with a seat and a wheel in it."""
    glass = box(
        (x1 - x0 - 0.06, 2 * half - 0.06, top - low - 0.2), GLASS, ((x0 + x1) / 2, 0, (low + top) / 2)
    )
    posts = [
        box((0.08, 0.07, top - low), TRIM, (x, side * (half - 0.035), (low + top) / 2))
        for x in (x0 + 0.04, (x0 + x1) / 2, x1 - 0.04)
        for side in (-1, 1)
    ]
    roof = box((x1 - x0 + 0.12, 2 * half + 0.06, 0.16), PAINT, ((x0 + x1) / 2, 0, top), bevel=0.05)
    return [glass, *posts, roof]


def _tractor(size_m: Size) -> Shape:
    length, width, height = size_m
    nose, tail = length / 2, -length / 2
    bonnet = [(nose - 0.02, 0.75), (nose, 1.20), (nose - 0.25, 1.50), (0.16, 1.62), (0.16, 0.75)]
    rear = -0.26 * length
    a = np.linspace(0.15, 2.5, 8)
    outer = 0.37 * width + 0.27
    section = [(0.92, 0.60), (0.92, outer), (0.98, outer), (0.98, 0.60)]  # radius, y
    arc = [[(rear + r * np.cos(t), y, 0.86 + r * np.sin(t)) for r, y in section] for t in a]
    fender = loft(np.array(arc), PAINT)
    parts = [
        _prism(bonnet, -0.33, 0.33, PAINT),
        box((0.03, 0.5, 0.45), TRIM, (nose - 0.01, 0, 1.0)),
        *(box((0.03, 0.14, 0.10), LAMP, (nose - 0.03, side * 0.2, 1.32)) for side in (-1, 1)),
        box((length - 0.7, 0.50, 0.42), TRIM, (0.05, 0, 0.78)),
        box((0.35, 0.6, 0.30), METAL, (nose - 0.05, 0, 0.68), bevel=0.04),
        *_cab(rear - 0.25, 0.18, 0.62, 1.25, height - 0.24),
        mirrored(fender),
        tube([[0.35, -0.40, 1.0], [0.35, -0.42, height - 0.35]], 0.045, TRIM, 8),
        mirrored(tube([[0.05, 0.62, 1.9], [0.10, width / 2 - 0.10, 2.1]], 0.015, TRIM, 5)),
        *(box((0.04, 0.16, 0.30), TRIM, (0.10, side * (width / 2 - 0.08), 2.0)) for side in (-1, 1)),
        *(box((0.03, 0.10, 0.16), TAIL, (rear - 0.92, side * (outer - 0.15), 1.30)) for side in (-1, 1)),
        mirrored(tube([[rear, 0.35, 0.7], [tail, 0.38, 0.5]], 0.045, TRIM, 6)),
        box((0.12, 0.3, 0.2), METAL, (tail + 0.06, 0, 0.6)),
        beacon(rear, 0.4, height - 0.165, AMBER),
        number_plate(rear - 0.95, 1.05, forward=False, text=plate_text("tractor/farm")),
    ]
    return join(parts)


def _excavator(size_m: Size) -> Shape:
    length, width, height = size_m
    nose, tail = length / 2, -length / 2
    half = width / 2
    boom = [
        (-0.4, 1.7),
        (0.7, height - 0.35),
        (1.3, height - 0.05),
        (1.5, height - 0.30),
        (0.9, 2.4),
        (0.0, 1.35),
    ]
    stick = [(1.05, height - 0.15), (1.45, height - 0.05), (nose - 0.35, 0.95), (nose - 0.60, 0.85)]
    bucket = [(nose - 0.75, 1.05), (nose - 0.15, 0.95), (nose, 0.45), (nose - 0.35, 0.12), (nose - 0.8, 0.35)]
    parts = [
        box((0.52 * length, 0.9, 0.30), TRIM, (-0.10 * length, 0, 0.75)),
        *(box((0.16, 2 * half - 0.1, 0.18), TRIM, (x * length, 0, 0.52)) for x in (0.06, -0.26)),
        box((0.12, 2 * half - 0.1, 0.55), PAINT, (0.19 * length, 0, 0.55)),
        box((0.8, 0.8, 0.25), TRIM, (-0.12 * length, 0, 1.0)),
        box((0.36 * length, 2 * half - 0.1, 0.75), PAINT, (tail + 0.18 * length, 0, 1.50), bevel=0.10),
        box((0.18 * length, 1.0, 0.45), PAINT, (-0.08 * length, -half + 0.6, 1.35), bevel=0.05),
        *(s.moved(0, half - 0.62, 0) for s in _cab(-0.55, 0.55, 0.52, 1.15, 2.85)),
        _prism(boom, -0.22, 0.06, PAINT),
        _prism(stick, -0.20, 0.04, PAINT),
        _prism(bucket, -0.55, 0.40, TRIM),
        tube([[0.5, -0.08, 1.9], [1.0, -0.08, height - 0.5]], 0.07, METAL, 8),
        tube([[0.9, -0.08, height - 0.1], [1.8, -0.08, height - 0.9]], 0.06, METAL, 8),
        beacon(-0.1, half - 0.5, 2.92, AMBER),
        *(box((0.03, 0.16, 0.12), TAIL, (tail + 0.005, side * (half - 0.2), 1.35)) for side in (-1, 1)),
        number_plate(tail - 0.006, 1.15, forward=False, text=plate_text("excavator/wheeled")),
    ]
    return join(parts)


def _caravan(size_m: Size) -> Shape:
    length, width, height = size_m
    draw = 1.25
    front, rear, half = length / 2 - draw, -length / 2, width / 2
    outline = [(front, 0.55), (front - 0.02, 1.1), (front - 0.28, 1.9), (front - 0.55, height - 0.06),
               (front - 0.8, height - 0.02), (rear + 0.35, height - 0.02), (rear + 0.08, height - 0.25),
               (rear, 1.2), (rear + 0.02, 0.55)]  # fmt: skip
    wheel_x = -0.07 * length
    body = _prism(outline, -half, half, PAINT)
    stripe = [
        box((front - rear - 0.3, 0.006, 0.10), TRIM, ((front + rear) / 2, s * half, 1.05)) for s in (-1, 1)
    ]
    panes = [
        box((wide, 0.02, 0.55), GLASS, (x, side * half, 1.62))
        for x, wide in ((front - 1.3, 0.9), ((front + rear) / 2 - 0.3, 1.1), (rear + 0.9, 0.8))
        for side in (-1, 1)
        if not (side < 0 and abs(x - (front - 1.3)) < 0.01)
    ]
    door = [
        box((0.65, 0.02, 1.75), WHITE, (front - 1.3, -half, 1.45)),
        box((0.4, 0.03, 0.5), GLASS, (front - 1.3, -half, 1.75)),
    ]
    arches = [box((0.80, 0.03, 0.42), TRIM, (wheel_x, side * (half - 0.003), 0.56)) for side in (-1, 1)]
    parts = [
        body, *stripe, *panes, *door, *arches,
        box((0.02, 1.5, 0.5), GLASS, (front - 0.10, 0, 1.45)).placed(at(0, 0, 0)),
        box((0.02, 1.2, 0.5), GLASS, (rear, 0, 1.65)),
        box((0.5, 1.5, 0.5), WHITE, (front + 0.18, 0, 0.72), bevel=0.08),
        mirrored(tube([[front - 0.2, 0.6, 0.45], [length / 2 - 0.15, 0.03, 0.45]], 0.035, METAL, 6)),
        tube([[length / 2 - 0.2, 0, 0.45], [length / 2, 0, 0.47]], 0.04, TRIM, 8),
        tube([[length / 2 - 0.3, 0, 0.0], [length / 2 - 0.3, 0, 0.5]], 0.03, RUBBER, 6),
        tube([[wheel_x, -half + 0.2, 0.31], [wheel_x, half - 0.2, 0.31]], 0.03, METAL, 6),
        *(box((0.03, 0.10, 0.28), TAIL, (rear - 0.004, side * (half - 0.12), 0.80)) for side in (-1, 1)),
        number_plate(rear - 0.01, 0.80, forward=False, text=plate_text("caravan/touring")),
    ]  # fmt: skip
    return join(parts)
