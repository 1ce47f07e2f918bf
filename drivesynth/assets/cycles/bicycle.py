"""A city bicycle: diamond frame, steered fork, spoked wheels, cranks and pedals, as meshes.

Geometry of a 28-inch trekking frame (head and seat angle about 71 degrees, chain stay 0.45 m, bottom
bracket 0.28 m above ground, crank 170 mm; ISO 4210 and ETRTO 37-622 for the tyre), scaled by wheel.
"""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.posing import Number, at, turned_x, turned_y, turned_z
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, join, loft, mirrored, revolve, tube
from drivesynth.kept import made_once

FRAME, METAL, TYRE, BLACK = (MATERIAL_ID[n] for n in ("metal_frame", "bare_metal", "tyre", "leather"))
LAMP, TAIL, REFLECTOR = MATERIAL_ID["headlamp"], MATERIAL_ID["tail_lamp"], MATERIAL_ID["retro_tape"]
HEAD_ANGLE = 0.33  # rad from upright


@dataclass(frozen=True)
class Bicycle:
    """Measures [m]; x forward of the middle of the wheelbase."""

    radius: float
    wheelbase: float
    width: float  # over the grips
    saddle: float  # height of its top

    @property
    def k(self) -> float:
        """Scale against the adult's bicycle."""
        return self.radius / 0.345

    @property
    def bracket(self) -> F64:
        """Bottom bracket."""
        return np.array([-self.wheelbase / 2 + 0.45 * self.k, 0.0, 0.28 * self.k])

    @property
    def crank(self) -> float:
        """Axle to pedal."""
        return 0.17 * self.k

    @property
    def seat(self) -> F64:
        """Top of the seat post."""
        rise = self.saddle - 0.05 - self.bracket[2]
        top: F64 = self.bracket + np.array([-0.34 * rise, 0.0, rise])
        return top

    @property
    def head(self) -> tuple[F64, F64]:
        """Lower and upper end of the head tube."""
        low = np.array([self.wheelbase / 2 - 0.15 * self.k, 0.0, 2 * self.radius + 0.03])
        return low, low + 0.16 * self.k * np.array([-np.sin(HEAD_ANGLE), 0.0, np.cos(HEAD_ANGLE)])

    @property
    def grip(self) -> F64:
        """Middle of the left grip, steering straight."""
        top = self.head[1]
        return np.array(
            [top[0] - 0.13 * self.k, self.width / 2 - 0.055, max(self.saddle + 0.06, top[2] + 0.10)]
        )

    def steered(self, steer_rad: Number) -> F64:
        """(..., 4, 4) turn of fork and bars about the head tube."""
        foot = self.head[0]
        tilt = turned_y(-HEAD_ANGLE)
        turned: F64 = at(*foot) @ tilt @ turned_z(steer_rad) @ np.linalg.inv(tilt) @ at(*-foot)
        return turned

    def pedal(self, pedal_rad: Number, side: float) -> F64:
        """(..., 3) middle of a pedal; the left crank (side 1) points forward at 0 and goes down first."""
        angle = pedal_rad + (0.0 if side > 0 else np.pi)
        arm = self.crank * np.stack([np.cos(angle), 0.0 * angle, -np.sin(angle)], axis=-1)
        middle: F64 = self.bracket + arm + np.array([0.0, side * 0.125 * self.k, 0.0])
        return middle


@made_once(64)
def frame_mesh(b: Bicycle) -> Mesh:
    """Everything that neither turns nor steers."""
    rear, post = np.array([-b.wheelbase / 2, 0.0, b.radius]), b.seat
    low, high = b.head
    lug = b.bracket + 0.86 * (post - b.bracket)
    out = np.array([0.0, 0.06 * b.k, 0.0])
    stays = [
        tube([b.bracket + 0.5 * out, rear + out], 0.009, FRAME, 6),
        tube([lug + 0.3 * out, rear + out], 0.008, FRAME, 6),
    ]
    parts = [
        mirrored(join(stays)),
        tube([b.bracket, post], 0.016, FRAME, 8),
        tube([lug, 0.25 * low + 0.75 * high], 0.016, FRAME, 8),
        tube([b.bracket, 0.75 * low + 0.25 * high], 0.019, FRAME, 8),
        tube([low, high], 0.021, FRAME, 8),
        tube([b.bracket - np.array([0, 0.035, 0]), b.bracket + np.array([0, 0.035, 0])], 0.022, METAL, 8),
        _saddle(b).moved(*post),
        box((0.02, 0.05, 0.03), TAIL, tuple(post + np.array([-0.16 * b.k, 0.0, -0.10]))),
        tube([lug + np.array([0, 0, -0.01]), lug + np.array([-0.15 * b.k, 0, 0.02])], 0.007, METAL, 5),
        _mudguard(b, rear, 0.35, 2.6),
    ]
    return join(parts).mesh(f"bicycle/{b}/frame")


def _saddle(b: Bicycle) -> Shape:
    rows = [
        (-0.12, 0.070, 0.045),
        (-0.09, 0.075, 0.05),
        (0.0, 0.045, 0.04),
        (0.09, 0.022, 0.035),
        (0.13, 0.015, 0.02),
    ]
    rings = []
    for x, half, depth in rows:
        ring = np.array(
            [[0, half, 0.05], [0, 0.6 * half, 0.05 - depth], [0, -0.6 * half, 0.05 - depth], [0, -half, 0.05]]
        )
        rings.append(ring * [1, b.k, 1] + np.array([x * b.k, 0, 0]))
    return loft(np.stack(rings), BLACK)


def _mudguard(b: Bicycle, hub: F64, first: float, last: float) -> Shape:
    a = np.linspace(first, last, 9)
    r = b.radius + 0.018
    path = hub + np.column_stack([r * np.cos(a), 0 * a, r * np.sin(a)])
    return tube(path, 0.02, BLACK, 5)


@made_once(64)
def fork_mesh(b: Bicycle) -> Mesh:
    """Fork, stem, bars, grips, lamp: all that the bars turn."""
    front = np.array([b.wheelbase / 2, 0.0, b.radius])
    low, high = b.head
    grip = b.grip
    out = np.array([0.0, 0.055 * b.k, 0.0])
    clamp = np.array([high[0] - 0.02, 0.0, grip[2]])
    bend = clamp + np.array([0.015, 0.0, 0.0]) + 0.4 * grip * np.array([0.0, 1.0, 0.0])
    inner, outer = grip - np.array([0.0, 0.05, 0.0]), grip + np.array([0.0, 0.055, 0.0])
    half_bar = [clamp, bend, inner, outer]
    blade = tube(
        [low + out, low + out - np.array([0.0, 0, 0.10 * b.k]), front + out], [0.013, 0.013, 0.009], FRAME, 6
    )
    parts = [
        mirrored(blade),
        box((0.04, 0.13 * b.k, 0.035), FRAME, tuple(low)),
        tube([high, clamp], 0.015, METAL, 6),
        mirrored(tube(half_bar, 0.011, METAL, 6)),
        mirrored(tube([inner, outer], 0.017, BLACK, 6)),
        box((0.05, 0.05, 0.06), LAMP, tuple(low + np.array([0.035, 0.0, 0.05])), bevel=0.01),
        _mudguard(b, front, 0.5, 2.5),
    ]
    return join(parts).mesh(f"bicycle/{b}/fork")


@made_once(64)
def wheel_mesh(radius: float, spokes: int = 20) -> Mesh:
    """Tyre, rim, hub and spokes about the y axis; light and sight pass between the spokes."""
    rim = radius - 0.036
    ring = [
        (rim, -0.017),
        (rim + 0.016, -0.0185),
        (radius - 0.005, -0.011),
        (radius, 0.0),
        (radius - 0.005, 0.011),
        (rim + 0.016, 0.0185),
        (rim, 0.017),
    ]
    tyre = revolve(ring, 28, TYRE, closed=True)
    inner = revolve(
        [(rim + 0.002, -0.012), (rim + 0.002, 0.012), (rim - 0.014, 0.006), (rim - 0.014, -0.006)],
        28,
        METAL,
        closed=True,
    )
    hub = revolve([(0.0, -0.045), (0.022, -0.04), (0.022, 0.04), (0.0, 0.045)], 8, METAL)
    parts = [tyre, inner, hub]
    for k in range(spokes):
        a = 2 * np.pi * k / spokes
        side = 0.032 if k % 2 else -0.032
        foot = np.array([0.02 * np.cos(a + 0.9), 0.02 * np.sin(a + 0.9), side])
        tip = np.array([rim * np.cos(a), rim * np.sin(a), 0.0])
        parts.append(tube([foot, tip], 0.0022, METAL, 3, caps=False))
    cat_eye = box((0.02, 0.07, 0.012), REFLECTOR, (0.62 * radius, 0.0, 0.0))
    parts += [cat_eye, cat_eye.scaled(x=-1.0)]
    return join(parts).placed(turned_x(-np.pi / 2)).mesh(f"bicycle/wheel/{radius}/{spokes}")


@made_once(64)
def crank_mesh(crank: float, k: float) -> Mesh:
    """Chain ring and both arms about the bottom bracket; the left arm points to +x."""
    ring = revolve([(0.072, 0.0), (0.085, 0.0), (0.085, 0.004), (0.072, 0.004)], 20, BLACK, closed=True)
    ring = ring.scaled(k, k, 1).placed(turned_x(np.pi / 2)).moved(y=-0.045)
    arm = box((crank, 0.014, 0.026), METAL, (crank / 2, 0.07 * k, 0.0), bevel=0.004)
    star = [
        box((0.15 * k, 0.005, 0.015), BLACK, (0, -0.047, 0)).placed(turned_y(a)) for a in (0.3, 1.35, 2.4)
    ]
    return join([ring, *star, arm, arm.placed(turned_z(np.pi))]).mesh(f"bicycle/crank/{crank}/{k}")


@made_once(64)
def pedal_mesh(k: float) -> Mesh:
    """A platform with a yellow-white reflector at either end (StVZO 67a)."""
    body = box((0.085 * k, 0.085 * k, 0.022), BLACK)
    ends = [box((0.006, 0.07 * k, 0.018), REFLECTOR, (side * 0.044 * k, 0, 0)) for side in (-1, 1)]
    return join([body, *ends]).mesh(f"bicycle/pedal/{k}")
