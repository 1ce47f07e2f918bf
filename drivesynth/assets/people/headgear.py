"""Helmets and caps, worn instead of hair; helmets are no higher, so that a box does not depend on them."""

from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.people.body import Frame
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import barrel, box, join
from drivesynth.kept import made_once


@made_once(16)
def cap_mesh(frame: Frame) -> Mesh:
    """A peaked service cap over short hair."""
    k = frame.head_size * frame.stature
    tall = (1.0 - frame.chin) / 0.130 * frame.stature
    rows = [(-0.012, 0.070, 0.056, 0.048), (-0.006, 0.100, 0.060, 0.051), (0.0, 0.118, 0.074, 0.066),
            (0.0, 0.134, 0.066, 0.058), (0.0, 0.138, 0.020, 0.018)]  # fmt: skip
    cloth, black = MATERIAL_ID["cloth"], MATERIAL_ID["leather"]
    crown = barrel(
        [(x * k, 0.0, z * tall, a * k, b * k) for x, z, a, b in rows], [cloth, black, cloth, cloth], 14
    )
    peak = box((0.05 * k, 0.075 * k, 0.006 * k), black, (0.068 * k, 0.0, 0.098 * tall))
    return join([crown, peak]).mesh(f"person/{frame}/cap", 0.9)


@made_once(64)
def helmet_mesh(frame: Frame, full_face: bool) -> Mesh:
    """A cyclist's or builder's shell in the head's frame; full-face ones have a visor."""
    k = frame.head_size * frame.stature
    tall = (1.0 - frame.chin) / 0.130 * frame.stature
    rows = [(-0.003, 0.070, 0.066, 0.055), (-0.003, 0.100, 0.066, 0.055), (-0.005, 0.122, 0.050, 0.043),
            (-0.006, 0.1345, 0.020, 0.018)]  # fmt: skip
    if full_face:
        rows = [
            (0.0, -0.004, 0.050, 0.042),
            (0.002, 0.01, 0.068, 0.054),
            (0.0, 0.06, 0.072, 0.059),
            *rows[1:],
        ]
    plastic, visor = MATERIAL_ID["plastic"], MATERIAL_ID["car_glass"]
    stacked = [(x * k, 0.0, z * tall, half_x * k, half_y * k) for x, z, half_x, half_y in rows]
    bands = [plastic, plastic, visor, plastic, plastic] if full_face else plastic
    return barrel(stacked, bands, 14).mesh(f"person/{frame}/helmet/{full_face}", 0.9)
