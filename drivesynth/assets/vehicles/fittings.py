"""What is screwed to a body: number plates, mirrors, handles, rails, bumpers."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.glyphs import lettering
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.posing import turned_z
from drivesynth.geometry.shapes import Shape, box, ellipsoid, join, loft, mirrored, revolve, tube
from drivesynth.streams import generator

PLATE, TRIM, PAINT, HEADLAMP = (
    MATERIAL_ID[name] for name in ("number_plate", "car_trim", "car_paint", "headlamp")
)
TAIL_LAMP, MIRROR = MATERIAL_ID["tail_lamp"], MATERIAL_ID["car_glass"]
BLUE, PANEL, LAMP_BOX = (MATERIAL_ID[name] for name in ("sign_blue", "white_panel", "barrier_yellow"))
WHITE, GLOSSY = MATERIAL_ID["sign_white"], MATERIAL_ID["lamp_housing"]


def plate_text(asset: str) -> str:
    """What the plates of an asset read: `UX` is no district, so they belong to nobody."""
    rng = generator(0, f"plate/{asset}")
    return f"UX {'ACEFHJLPSU'[int(rng.integers(10))]}{int(rng.integers(100, 1000))}"


def number_plate(x: float, z: float, forward: bool, text: str = "UX L427") -> Shape:
    """A European plate, 520 x 110 mm (DIN 74069), its face at x: characters, the blue field at their left."""
    face = box((0.012, 0.52, 0.11), PLATE, (-0.006, 0.0, 0.0))
    field = box((0.003, 0.04, 0.105), BLUE, (0.0, -0.235, 0.0))
    front = join([face, field, lettering(text, 0.075, TRIM, 0.60).moved(x=0.0015, y=0.02)])
    return (front if forward else front.placed(turned_z(np.pi))).moved(x=x, z=z)


def seam(points: F64, wide: float = 0.008) -> Shape:
    """A dark line along (K, 3) points of the skin, half sunk into it, and its image on the right."""
    return mirrored(tube(points, wide / 2, TRIM, sides=3))


def light_bar(x: float, z: float, half: float, lamp: int) -> Shape:
    """Beacons across a roof: two lenses on a dark foot."""
    foot = box((0.30, 2 * half, 0.04), TRIM, (x, 0.0, z + 0.02))
    lenses = [
        box((0.28, 0.46 * half, 0.10), lamp, (x, side * 0.74 * half, z + 0.09), bevel=0.03)
        for side in (-1, 1)
    ]
    middle = box((0.24, 0.9 * half, 0.08), PANEL, (x, 0.0, z + 0.08), bevel=0.02)
    return join([foot, *lenses, middle])


def beacon(x: float, y: float, z: float, lamp: int) -> Shape:
    """A single turning light on its foot."""
    return revolve([(0.0, 0.0), (0.07, 0.0), (0.065, 0.11), (0.03, 0.15), (0.0, 0.155)], 10, lamp).moved(
        x, y, z
    )


def roof_sign(x: float, z: float, text: str) -> Shape:
    """A lit box with letters on both faces, as taxis carry it."""
    body = box((0.12, 0.42, 0.14), LAMP_BOX, (x, 0.0, z + 0.07), bevel=0.02)
    word = lettering(text, 0.09, TRIM, 0.6)
    faces = [word.moved(x=0.062), word.placed(turned_z(np.pi)).moved(x=-0.062)]
    return join([body, *(face.moved(x=x, z=z + 0.07) for face in faces)])


def mirrors(x: float, y_inner: float, y_outer: float, z: float, tall: float = 0.15) -> Shape:
    """Both outside mirrors: painted caps on a stalk, glass to the rear; outermost at y_outer."""
    half = (y_outer - y_inner) * 0.42
    cap = ellipsoid((0.075, half, tall / 2), PAINT, (x, y_outer - half, z), rows=6, sides=10)
    glass = box((0.012, 1.5 * half, 0.72 * tall), MIRROR, (x - 0.062, y_outer - half, z))
    stalk = box((0.06, y_outer - y_inner - half, 0.04), TRIM, (x, (y_inner + y_outer - half) / 2, z - 0.03))
    left = join([cap, glass, stalk])
    return join([left, left.scaled(y=-1.0)])


def handles(places: tuple[tuple[float, float, float], ...]) -> Shape:
    """Door handles on the left at (x, y, z), mirrored to the right."""
    left = join([box((0.17, 0.03, 0.026), TRIM, place, bevel=0.008) for place in places])
    return join([left, left.scaled(y=-1.0)])


def roof_rails(x0: float, x1: float, y: float, z: float) -> Shape:
    """Two bars along the roof."""
    x = np.array([x0, x0 - 0.06, x1 + 0.06, x1])
    bar = tube(np.column_stack([x, np.full(4, y), [z - 0.04, z, z, z - 0.04]]), 0.014, TRIM, sides=6)
    return join([bar, bar.scaled(y=-1.0)])


def door(reach: float, low: float, belt: float, top: float, lean: float) -> Shape:
    """A door that reaches back from its hinge at x = 0: a panel, a framed pane that leans in by `lean`."""
    panel = box((reach, 0.06, belt - low), PAINT, (-reach / 2, -0.03, (belt + low) / 2), bevel=0.015)
    lining = box((0.94 * reach, 0.03, 0.8 * (belt - low)), TRIM, (-reach / 2, -0.072, (belt + low) / 2))
    tall = top - belt
    corners = [(-0.985 * reach, belt), (-0.16 * reach, belt), (-0.56 * reach, top), (-0.985 * reach, top)]
    pane = loft(np.array([[(x, y, z) for x, z in corners] for y in (-0.034, -0.026)]), MIRROR)
    rim = tube([(x, -0.03, z) for x, z in corners[1:] + corners[:1]], 0.016, PAINT, 5)
    upper = join([pane, rim])
    leaning = np.eye(4)
    leaning[1, 2], leaning[1, 3] = -lean / tall, lean / tall * belt
    return join([panel, lining, upper.placed(leaning)])


def side_letters(text: str, x: float, y: float, z: float, tall: float) -> Shape:
    """A word on either flank, read from outside."""
    word = lettering(text, tall, WHITE, 0.6)
    left, right = word.placed(turned_z(np.pi / 2)), word.placed(turned_z(-np.pi / 2))
    return join([left.moved(x, y, z), right.moved(x, -y, z)])


def roof_box(x: float, z: float, tall: float) -> Shape:
    """A load box of 1.9 m on two bars, its nose tapered."""
    rows = [(0.95, 0.10, 0.12), (0.80, 0.30, 0.55), (0.45, 0.36, 0.95), (-0.50, 0.38, 1.0),
            (-0.88, 0.36, 0.95), (-0.95, 0.30, 0.75)]  # fmt: skip
    rings = []
    for along, half, top in rows:
        low, high, cut = 0.06, 0.06 + (tall - 0.06) * top, 0.72 * half
        ring = [(-half, low), (half, low), (half, low + 0.6 * (high - low)), (cut, high), (-cut, high),
                (-half, low + 0.6 * (high - low))]  # fmt: skip
        rings.append([(along, y, h) for y, h in ring])
    bars = [box((0.05, 1.15, 0.05), TRIM, (along, 0.0, 0.03)) for along in (-0.5, 0.5)]
    return join([loft(np.array(rings), GLOSSY), *bars]).moved(x, 0.0, z)


def rear_doors(x: float, half_width: float, height: float) -> Shape:
    """What is seen of a van's rear doors at its back x: two panes and the seam between."""
    panes = [
        box((0.012, 0.62 * half_width, 0.24 * height), MIRROR, (x, side * 0.43 * half_width, 0.71 * height))
        for side in (-1, 1)
    ]
    seam = box((0.01, 0.02, 0.72 * height), TRIM, (x, 0.0, 0.56 * height))
    return join([*panes, seam])
