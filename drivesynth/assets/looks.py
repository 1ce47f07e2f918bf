"""Colours that a look draws: paint, cloth, skin, hair, each with its reflectivity at 905 nm.

Car paint shares: Axalta, Global Automotive Color Popularity Report 2023 (world), which also counts effect
coats: most greys, silvers and blues have flakes; matt is rare. Reflectivities of paint, cotton, denim,
synthetics and skin at 905 nm: laser-rangefinder tables and spectral libraries; carbon-black paint absorbs
the near infrared almost as it absorbs light, while many dark cloths do not.
Linear albedo.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from drivesynth.streams import generator

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Tint:
    """A colour and its share among real ones."""

    rgb: Rgb
    rho_905: float
    share: float = 1.0
    finish: str = "car_paint"  # material of a painted body


_FLAKES, _MICA, _MATT = "car_paint_metallic", "car_paint_pearl", "car_paint_matt"
PAINTS = (
    Tint((0.78, 0.78, 0.77), 0.80, 26),  # white
    Tint((0.70, 0.70, 0.68), 0.70, 10, _MICA),  # pearl white
    Tint((0.012, 0.012, 0.013), 0.05, 13),  # black
    Tint((0.03, 0.03, 0.035), 0.15, 7, _FLAKES),  # black with effect
    Tint((0.11, 0.115, 0.12), 0.22, 15, _FLAKES),  # grey
    Tint((0.07, 0.072, 0.075), 0.18, 2, _MATT),  # matt grey and black
    Tint((0.36, 0.37, 0.38), 0.40, 8, _FLAKES),  # silver
    Tint((0.015, 0.05, 0.17), 0.35, 5, _FLAKES),  # blue
    Tint((0.03, 0.13, 0.33), 0.40, 3),  # bright blue
    Tint((0.36, 0.012, 0.015), 0.45, 5),  # red
    Tint((0.03, 0.075, 0.04), 0.35, 2, _FLAKES),  # green
    Tint((0.16, 0.11, 0.07), 0.35, 2, _FLAKES),  # brown, beige
    Tint((0.55, 0.35, 0.03), 0.50, 1),  # yellow, gold
    Tint((0.50, 0.15, 0.02), 0.50, 1),  # orange
)
FLEET_PAINTS = (
    Tint((0.78, 0.78, 0.77), 0.80, 60),
    Tint((0.36, 0.37, 0.38), 0.40, 10),
    Tint((0.015, 0.05, 0.17), 0.35, 8),
    Tint((0.36, 0.012, 0.015), 0.45, 8),
    Tint((0.60, 0.38, 0.02), 0.55, 8),
    Tint((0.03, 0.075, 0.04), 0.35, 6),
)
FIRE_RED = Tint((0.45, 0.012, 0.012), 0.45)  # RAL 3000
MACHINES = (
    Tint((0.62, 0.38, 0.01), 0.55, 6),  # RAL 1028, the yellow of machines
    Tint((0.55, 0.16, 0.01), 0.5, 2),
    Tint((0.62, 0.62, 0.60), 0.7, 1),
)
TRACTORS = (
    Tint((0.03, 0.16, 0.03), 0.4, 4),
    Tint((0.40, 0.02, 0.015), 0.45, 3),
    Tint((0.02, 0.10, 0.35), 0.4, 3),
)
BUS_PAINTS = (
    Tint((0.42, 0.015, 0.015), 0.45, 30),
    Tint((0.75, 0.75, 0.74), 0.78, 25),
    Tint((0.60, 0.40, 0.02), 0.55, 20),
    Tint((0.03, 0.13, 0.33), 0.40, 15),
    Tint((0.10, 0.25, 0.06), 0.40, 10),
)
BOX_BODIES = (
    Tint((0.75, 0.75, 0.74), 0.78, 70),
    Tint((0.42, 0.43, 0.44), 0.45, 12),
    Tint((0.02, 0.07, 0.25), 0.35, 10),
    Tint((0.45, 0.03, 0.02), 0.45, 8),
)
SKINS = (
    Tint((0.55, 0.36, 0.27), 0.55, 40),
    Tint((0.44, 0.27, 0.18), 0.53, 25),
    Tint((0.28, 0.155, 0.095), 0.48, 20),
    Tint((0.105, 0.055, 0.035), 0.42, 15),
)
HAIRS = (
    Tint((0.010, 0.008, 0.007), 0.25, 40),
    Tint((0.045, 0.024, 0.013), 0.30, 30),
    Tint((0.14, 0.08, 0.035), 0.40, 15),
    Tint((0.33, 0.32, 0.31), 0.50, 15),
)
SHIRTS = (
    Tint((0.02, 0.02, 0.023), 0.35, 22),  # black: synthetic and cotton mixed
    Tint((0.10, 0.10, 0.11), 0.45, 14),
    Tint((0.62, 0.62, 0.60), 0.75, 16),
    Tint((0.025, 0.04, 0.12), 0.50, 16),
    Tint((0.33, 0.025, 0.03), 0.55, 8),
    Tint((0.05, 0.10, 0.06), 0.50, 7),
    Tint((0.30, 0.22, 0.13), 0.55, 8),
    Tint((0.10, 0.22, 0.40), 0.55, 5),
    Tint((0.60, 0.40, 0.05), 0.60, 4),
)
TROUSERS = (
    Tint((0.03, 0.05, 0.11), 0.45, 45),  # denim
    Tint((0.018, 0.018, 0.02), 0.30, 30),
    Tint((0.09, 0.09, 0.09), 0.40, 12),
    Tint((0.26, 0.19, 0.11), 0.55, 13),
)
FRAMES = (
    Tint((0.02, 0.02, 0.02), 0.10, 40),
    Tint((0.30, 0.02, 0.02), 0.40, 15),
    Tint((0.02, 0.08, 0.28), 0.40, 15),
    Tint((0.45, 0.45, 0.46), 0.50, 20),
    Tint((0.05, 0.22, 0.12), 0.40, 10),
)


def look(asset: str, look_seed: int) -> np.random.Generator:
    """What a look's choices are drawn from: one stream per asset and seed."""
    return generator(look_seed, f"look/{asset}")


def choose(rng: np.random.Generator, tints: Sequence[Tint]) -> Tint:
    """One of the tints, by their shares."""
    shares = np.cumsum([tint.share for tint in tints])
    return tints[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]


def varied(rng: np.random.Generator, tint: Tint, spread: float = 0.12) -> Tint:
    """The tint a little lighter or darker, as two batches of one colour are."""
    factor = 1.0 + spread * (2.0 * rng.random() - 1.0)
    r, g, b = (min(channel * factor, 0.9) for channel in tint.rgb)
    return replace(tint, rgb=(r, g, b), rho_905=min(tint.rho_905 * factor, 0.95))


_DUST, _DUST_905 = (0.20, 0.17, 0.13), 0.35  # of roads: soil and brake dust


def dusty(tint: Tint, share: float) -> Tint:
    """The paint under a film of road dust that covers `share` of it."""
    r, g, b = (own + share * (dust - own) for own, dust in zip(tint.rgb, _DUST, strict=True))
    rho = tint.rho_905 + share * (_DUST_905 - tint.rho_905)
    return Tint((r, g, b), rho, tint.share, "car_paint_dusty")
