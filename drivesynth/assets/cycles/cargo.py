"""A cargo bicycle: a rider's bicycle behind a box that lies low between the bars and a small front wheel.

Wheelbase about 1.9 m, box 0.65 m wide, 20-inch front wheel: usual of two-wheeled cargo bicycles (DIN 79010).
"""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.cycles.bicycle import Bicycle, crank_mesh, frame_mesh, pedal_mesh, wheel_mesh
from drivesynth.assets.cycles.cyclist import fitted_bicycle, seated_rider
from drivesynth.assets.cycles.riders import dressed
from drivesynth.assets.looks import FRAMES, choose, look
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.posing import Channels, at, together, turned_x, turned_y, turned_z
from drivesynth.assets.sizes import Size
from drivesynth.assets.stretch import stretched
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, ellipsoid, join, loft, mirrored, tube
from drivesynth.geometry.transforms import rigid
from drivesynth.kept import made_once

FRAME, METAL, BLACK, TIMBER, LAMP, TAPE = (
    MATERIAL_ID[n] for n in ("metal_frame", "bare_metal", "leather", "timber", "headlamp", "retro_tape")
)
RADIUS_M, FRONT_M = 0.33, 0.25
NOMINAL: Size = (1.75, 0.62, 1.74)  # of the bicycle without its box
REACH_M = 0.86  # from its own front hub forward to the small wheel's


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A cargo bicycle with its rider."""
    rng = look(asset, look_seed)
    form = int(rng.integers(2))
    bicycle, body, hip = fitted_bicycle(False, form, RADIUS_M, NOMINAL)
    paint = choose(rng, FRAMES)
    hub = np.array([bicycle.wheelbase / 2 + REACH_M, 0.0, FRONT_M])
    machine = (
        Part("frame", frame_mesh(bicycle), paint.rgb, paint.rho_905),
        Part("box", _box_mesh(bicycle), paint.rgb, paint.rho_905),
        Part("bars", _bars_mesh(bicycle), paint.rgb, paint.rho_905),
        Part("fork", _fork_mesh(), paint.rgb, paint.rho_905),
        Part("wheel_front", wheel_mesh(FRONT_M)),
        Part("wheel_rear", wheel_mesh(RADIUS_M)),
        Part("crank", crank_mesh(bicycle.crank, bicycle.k)),
        Part("pedal_l", pedal_mesh(bicycle.k)),
        Part("pedal_r", pedal_mesh(bicycle.k)),
    )
    rider = dressed(rng, body, helmet=bool(rng.random() < 0.5))

    def poses(channels: Channels) -> F64:
        rolled, turn = channels.get("wheel_rad", 0.0), channels.get("steer_rad", 0.0)
        pedal = channels.get("pedal_rad", 0.0)
        steer = at(*hub) @ turned_z(turn)
        frames = [
            np.eye(4),
            np.eye(4),
            bicycle.steered(turn),
            steer,
            steer @ turned_y(rolled * (RADIUS_M / FRONT_M)),
            at(-bicycle.wheelbase / 2, 0.0, RADIUS_M) @ turned_y(rolled),
            at(*bicycle.bracket) @ turned_y(pedal),
            rigid(bicycle.pedal(pedal, 1.0)),
            rigid(bicycle.pedal(pedal, -1.0)),
        ]
        lean = turned_x(-channels.get("lean_rad", 0.0))
        leaning: F64 = lean @ together(*frames, *seated_rider(bicycle, body, hip, channels))
        return leaning

    return stretched(asset, (*machine, *rider), poses, size_m)


@made_once(8)
def _box_mesh(b: Bicycle) -> Mesh:
    """Timber box on a low beam from the head tube to the front wheel."""
    low, _ = b.head
    x0, x1 = b.wheelbase / 2 - 0.16, b.wheelbase / 2 + REACH_M - FRONT_M - 0.05
    outer = [
        [(x0 + 0.05 * (z < 0.4), -w, z), (x1 - 0.10 * (z < 0.4), -w, z), (x1 - 0.10 * (z < 0.4), w, z),
         (x0 + 0.05 * (z < 0.4), w, z)]
        for z, w in ((0.24, 0.24), (0.62, 0.32))
    ]  # fmt: skip
    rim = [box((x1 - x0, 0.03, 0.03), METAL, ((x0 + x1) / 2, side * 0.32, 0.625)) for side in (-1, 1)]
    beam = tube(np.array([low, [x0, 0.0, 0.22], [x1, 0.0, 0.22], [x1 + 0.16, 0.0, 0.60]]), 0.024, FRAME, 8)
    head = tube([[x1 + 0.13, 0.0, 0.52], [x1 + 0.20, 0.0, 0.68]], 0.024, FRAME, 8)
    tape = [
        box((0.12, 0.004, 0.05), TAPE, (x0 + 0.2 + 0.25 * k, s * 0.31, 0.56)) for k in (0, 1) for s in (-1, 1)
    ]
    load = ellipsoid((0.22, 0.20, 0.14), MATERIAL_ID["cardboard"], ((x0 + x1) / 2, 0.0, 0.62), 6, 10)
    return join([loft(np.array(outer), TIMBER), *rim, beam, head, *tape, load]).mesh(f"cargo/{b}/box")


@made_once(8)
def _bars_mesh(b: Bicycle) -> Mesh:
    """Stem, bars and grips."""
    low, high = b.head
    grip = b.grip
    clamp = np.array([high[0] - 0.02, 0.0, grip[2]])
    bend = clamp + np.array([0.015, 0.0, 0.0]) + 0.4 * grip * np.array([0.0, 1.0, 0.0])
    bar: Shape = tube([clamp, bend, grip - np.array([0.0, 0.05, 0.0])], 0.012, METAL, 6)
    end = tube([grip - np.array([0.0, 0.06, 0.0]), grip + np.array([0.0, 0.055, 0.0])], 0.017, BLACK, 6)
    stem = tube([low, high, clamp], 0.016, METAL, 6)
    lamp = box((0.05, 0.06, 0.05), LAMP, (float(high[0]) + 0.06, 0.0, float(high[2]) + 0.02))
    return join([mirrored(join([bar, end])), stem, lamp]).mesh(f"cargo/{b}/bars")


@made_once(1)
def _fork_mesh() -> Mesh:
    """The small wheel's fork about its hub."""
    blade = tube([[0.0, 0.05, 0.0], [-0.06, 0.05, 0.30]], 0.012, FRAME, 6)
    crown = box((0.05, 0.13, 0.03), FRAME, (-0.06, 0.0, 0.30))
    return join([mirrored(blade), crown]).mesh("cargo/fork")
