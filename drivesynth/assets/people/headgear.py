"""Helmets, worn instead of hair and no higher, so that a box does not depend on them."""

from functools import lru_cache

from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.people.body import Frame
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import barrel


@lru_cache(maxsize=64)
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
