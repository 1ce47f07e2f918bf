"""A horse with its rider: the horse's parts, and a person astride who follows its back."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.cycles.riders import dressed
from drivesynth.assets.looks import look
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.nature import animals
from drivesynth.assets.people.body import ADULT, with_stature
from drivesynth.assets.people.riding import riding
from drivesynth.assets.posing import Channels, together
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.assets.stretch import stretched
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import box, join, loft, mirrored, tube
from drivesynth.kept import made_once

SADDLE_M = 1.49
LEATHER = MATERIAL_ID["leather"]


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A horse that walks, its rider in the saddle."""
    rng = look(asset, look_seed)
    horse = animals.build("animal/horse", look_seed, ASSETS["animal/horse"].size_m)
    frame = with_stature(ADULT, 1.70, int(rng.integers(2)))
    rider = dressed(rng, frame, helmet=True)
    grips = [np.array([0.34, side * 0.06, SADDLE_M + 0.12]) for side in (1.0, -1.0)]
    balls = [np.array([0.10, side * 0.36, 0.82]) for side in (1.0, -1.0)]
    seat = (-0.04, 0.0, SADDLE_M + 0.10)

    def poses(channels: Channels) -> F64:
        frames = horse.poses(channels)
        back = frames[0]
        astride = back @ riding(frame, seat, 0.02, grips, balls)
        return together(*frames, back, *astride)

    return stretched(asset, (*horse.parts, Part("saddle", _saddle()), *rider), poses, size_m)


@made_once(1)
def _saddle() -> Mesh:
    rings = [
        [(x, -0.24, z - 0.16), (x, -0.12, z), (x, 0.12, z), (x, 0.24, z - 0.16)]
        for x, z in ((-0.30, SADDLE_M + 0.05), (-0.05, SADDLE_M), (0.20, SADDLE_M + 0.04))
    ]
    strap = tube([[0.0, 0.25, SADDLE_M - 0.2], [0.10, 0.37, 0.86]], 0.012, LEATHER, 5)
    stirrup = box((0.12, 0.10, 0.02), LEATHER, (0.10, 0.36, 0.81))
    rein = tube([[0.34, 0.06, SADDLE_M + 0.12], [0.80, 0.10, 1.60], [1.15, 0.08, 1.52]], 0.006, LEATHER, 4)
    return join([loft(np.array(rings), LEATHER), mirrored(join([strap, stirrup, rein]))]).mesh("saddle", 0.9)
