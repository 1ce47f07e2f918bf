"""The body of a fire engine: shutters along both flanks, retro-reflective bands, a ladder on the roof."""

from drivesynth.assets.glyphs import lettering
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.posing import turned_z
from drivesynth.assets.vehicles.fittings import beacon
from drivesynth.geometry.shapes import Shape, box, tube

TARP, METAL, TRIM, YELLOW, WHITE, RED = (
    MATERIAL_ID[n]
    for n in ("tarpaulin", "bare_metal", "car_trim", "livery_yellow", "sign_white", "livery_red")
)
SHUTTERS = 3


def equipment(x0: float, x1: float, half: float, deck: float, height: float) -> list[Shape]:
    """What stands on the frame from the front x0 back to x1, up to `height` with the ladder."""
    reach, middle, top = x0 - x1, (x0 + x1) / 2, height - 0.30
    low = deck - 0.35
    parts = [
        box((reach, 2 * half, top - deck), TARP, (middle, 0.0, (top + deck) / 2), bevel=0.03),
        box((0.30 * reach, 2 * half - 0.02, 0.35), TARP, (x0 - 0.16 * reach, 0.0, low + 0.165)),
        box((0.16 * reach, 2 * half - 0.02, 0.35), TARP, (x1 + 0.08 * reach + 0.01, 0.0, low + 0.165)),
    ]
    wide = (reach - 0.2) / SHUTTERS
    for side in (-1.0, 1.0):
        y = side * half
        for k in range(SHUTTERS):
            x = x1 + 0.1 + (k + 0.5) * wide
            tall = 0.62 * (top - deck)
            parts.append(box((wide - 0.10, 0.016, tall), METAL, (x, y, deck + 0.30 + tall / 2)))
            slats = 7
            parts += [
                box((wide - 0.10, 0.022, 0.012), TRIM, (x, y, deck + 0.30 + tall * (row + 0.5) / slats))
                for row in range(slats)
            ]
        parts.append(box((reach - 0.05, 0.012, 0.20), YELLOW, (middle, y, deck + 0.12)))
        word = lettering("FIRE", 0.26, WHITE, 0.6)
        parts.append(word.placed(turned_z(side * 1.5707963)).moved(middle, side * (half + 0.012), top - 0.17))
    stripes = 6
    for k in range(stripes):  # the rear's warning stripes (DIN 14502-3)
        y = -half + 0.1 + (k + 0.5) * (2 * half - 0.2) / stripes
        colour = YELLOW if k % 2 else RED
        parts.append(box((0.012, (2 * half - 0.2) / stripes, 0.9), colour, (x1 - 0.004, y, deck + 0.55)))
    rail = height - 0.04
    parts += [tube([[x0 - 0.1, y, rail], [x1 + 0.1, y, rail]], 0.04, METAL, 6) for y in (-0.75, -0.35)]
    rungs = 12
    parts += [
        tube([[x1 + 0.2 + k * (reach - 0.4) / rungs, y, rail] for y in (-0.75, -0.35)], 0.018, METAL, 5)
        for k in range(rungs + 1)
    ]
    parts += [box((0.06, 0.5, 0.26), METAL, (x, -0.55, top + 0.11)) for x in (x0 - 0.4, x1 + 0.4)]
    parts += [beacon(x1 + 0.2, side * (half - 0.2), top - 0.01, MATERIAL_ID["beacon"]) for side in (-1, 1)]
    return parts
