"""Scenes that name only what a test is about."""

from drivesynth.scene import Scene, loads

HEAD = "drivesynth: 1\nseed: 5\n"
ROAD = "road: {template: street/parking_both_sides, length: 240 m}\n"
EGO = "ego: {asset: car/sedan, at: {lane: R1, s: 20 m}, speed: 30 km/h}\n"


def scene(*parts: str) -> Scene:
    return loads(
        HEAD
        + "".join(parts)
        + ("" if any(p.startswith("road") for p in parts) else ROAD)
        + ("" if any(p.startswith("ego") for p in parts) else EGO)
    )
