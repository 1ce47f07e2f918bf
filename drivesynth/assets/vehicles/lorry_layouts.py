"""Where lorries have their axles, cabs, loads and joints; known without building one.

European cab-over vehicles: 16.50 m combinations with a 13.6 m trailer on three axles and the kingpin 1.6 m
behind its front wall (EU 96/53/EC, ISO 1726).
"""

from dataclasses import dataclass

REAR_OVERHANG_M = 0.9  # of a tractor behind its last axle


@dataclass(frozen=True)
class Layout:
    """x measured from the front bumper [m]; axles behind the cab's own."""

    cab_length: float
    cab_height: float  # share of the whole height
    load: str  # box, flatbed, equipment
    axles: tuple[float, ...]  # shares of the length
    trailer_axles: tuple[float, ...] = ()
    load_from: float = 0.0
    kingpin: float = 0.0


LAYOUTS = {
    "truck/rigid": Layout(1.95, 0.80, "box", (0.74,), load_from=2.15),
    "truck/flatbed": Layout(1.95, 0.96, "flatbed", (0.74,), load_from=2.15),
    "fire_engine/pumper": Layout(2.55, 0.87, "equipment", (0.70,), load_from=2.7),
    "truck/semi": Layout(2.25, 0.93, "box", (0.31,), (0.71, 0.79, 0.87), load_from=2.9, kingpin=4.5),
}
