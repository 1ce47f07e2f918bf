"""What must hold of every asset, a shipped one or a user's: `faults` says what does not.

Closed shapes are told by their area vectors: over a closed surface they cancel, however its triangles meet.
"""

from collections.abc import Iterator

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.limits import LIMITS
from drivesynth.assets.materials import MATERIALS
from drivesynth.assets.model import Model
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.transforms import move_points

BOX_M = 0.02  # how tight the box must lie around the resting shape
GROUND_M = 0.02
_OPEN_SHARE = 0.02  # of a closed part's area that may be missing
_UPPER_SHARE = 0.42  # of a car's height, above which its panes lie
# Materials of sheets that are seen, and send beams back, from both sides; printed posters are more such.
TWO_SIDED = frozenset(
    {
        "foliage",
        "needles",
        "leaves",
        "twigs",
        "window",
        "shelter_glass",
        "car_glass",
        "sheet",
        "feather",
        "curtain",
    }
)
_SHEET = np.array([row.name in TWO_SIDED or row.name.startswith("poster_") for row in MATERIALS])
_PANE = np.array([row.name == "car_glass" for row in MATERIALS])
_ROLLS = frozenset({"car", "taxi", "police_car", "van", "ambulance", "pickup", "truck", "trailer",
                    "fire_engine", "bus"})  # fmt: skip


def faults(model: Model, wheel_radius_m: float = 0.0) -> list[str]:
    """All that is wrong with an asset at rest, in words; none is a sound one.

    wheel_radius_m  of the wheels that its table row tells of; 0 for what has none
    """
    points = [
        move_points(frame, part.mesh.vertices.astype(np.float64))
        for part, frame in zip(model.parts, model.poses({}), strict=True)
    ]
    found = [fault for part in model.parts for fault in _triangles(part.name, part.mesh)]
    if found:
        return found
    cloud = np.concatenate(points)
    low, high = cloud.min(axis=0), cloud.max(axis=0)
    return [
        *_box(model, low, high),
        *_closed(model),
        *_wheels(model, points, wheel_radius_m),
        *_upright(model, points, high[2]),
    ]


def _triangles(name: str, mesh: Mesh) -> Iterator[str]:
    if not np.isfinite(mesh.vertices).all():
        yield f"{name}: a corner is not finite"
    elif len(mesh.faces) == 0 or mesh.faces.min() < 0 or mesh.faces.max() >= len(mesh.vertices):
        yield f"{name}: its faces name corners that it does not have"
    elif mesh.face_material.max() >= len(MATERIALS):
        yield f"{name}: a face has no material of the table"


def _box(model: Model, low: F64, high: F64) -> Iterator[str]:
    if abs(low[2]) > GROUND_M:
        yield f"it stands {low[2]:+.3f} m off the ground"
    loose = np.abs(high - low - model.size_m).max()
    if loose > BOX_M:
        measured = " x ".join(f"{side:.2f}" for side in high - low)
        yield f"its shape of {measured} m is not the box {model.size_m} m"
    if np.abs(low + high)[:2].max() / 2 > BOX_M:
        yield "its origin is not below the middle of its box"
    for side, word, (least, most) in zip(
        model.size_m, ("length", "width", "height"), LIMITS[model.class_name], strict=True
    ):
        if not least <= side <= most:
            yield f"{word} {side:.2f} m is none of a {model.class_name}, {least:g} to {most:g} m"


def _closed(model: Model) -> Iterator[str]:
    """A closed surface's area vectors add up to nothing; it faces outward with a volume above 0."""
    missing, whole, volume = np.zeros(3), 0.0, 0.0
    for part, frame in zip(model.parts, model.poses({}), strict=True):
        solid = ~_SHEET[part.mesh.face_material]
        corners = part.mesh.vertices[part.mesh.faces].astype(np.float64)
        areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2
        centre = corners.reshape(-1, 3).mean(axis=0) if len(corners) else np.zeros(3)
        volume += float(np.einsum("ij,ij->", corners[:, 0] - centre, areas)) / 3
        # Panes close bodies, leaves close nothing: a part counts with or without its sheets.
        with_all, without = areas.sum(axis=0), areas[solid].sum(axis=0)
        short = with_all if np.abs(with_all).sum() < np.abs(without).sum() else without
        missing += np.abs(frame[:3, :3] @ short)
        whole += float(np.linalg.norm(areas, axis=1).sum())
    if missing.max() > _OPEN_SHARE * whole:
        yield f"its surface is open: {missing.max():.3f} of {whole:.2f} m2 are missing"
    sheets = all(_SHEET[part.mesh.face_material].all() for part in model.parts)
    if volume <= 0.0 and not sheets:
        yield "its surface is turned inside out"


def _wheels(model: Model, points: list[F64], radius_m: float) -> Iterator[str]:
    wheels = [(part.name, p) for part, p in zip(model.parts, points, strict=True) if "wheel" in part.name]
    if radius_m > 0.0 and not wheels:
        yield "it has no wheels, but its table row tells of some"
    for name, cloud in wheels:
        if model.asset.startswith("wreck/") or name.startswith("spare"):
            continue
        low, high = cloud.min(axis=0), cloud.max(axis=0)
        if low[2] > GROUND_M:
            yield f"{name} hangs {low[2]:.3f} m above the ground"
        if np.ptp([high[0] - low[0], high[2] - low[2]]) > 0.02:
            yield f"{name} is not round about its axle"
        if high[2] > 0.75 * model.size_m[2] and model.class_name in _ROLLS:
            yield f"{name} reaches over the middle: up is not up"


def _upright(model: Model, points: list[F64], top_m: float) -> Iterator[str]:
    """Panes of a car lie in its upper half; heads of people who stand above their feet."""
    panes = [
        p[part.mesh.faces[_PANE[part.mesh.face_material]]].reshape(-1, 3)
        for part, p in zip(model.parts, points, strict=True)
    ]
    glass = np.concatenate(panes)[:, 2]
    if model.class_name in _ROLLS and len(glass) and not model.asset.startswith("wreck/"):
        middle = float(np.median(glass))
        if middle < _UPPER_SHARE * top_m:
            yield f"its panes lie at {middle:.2f} m of {top_m:.2f} m: up is not up"
    by_name = {part.name: p[:, 2].mean() for part, p in zip(model.parts, points, strict=True)}
    stands = {"head", "foot_l"} <= by_name.keys() and "lying" not in model.asset
    if stands and by_name["head"] <= by_name["foot_l"]:
        yield "its head is below its feet: up is not up"
