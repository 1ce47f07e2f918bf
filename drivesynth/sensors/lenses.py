"""Where the lamps of a mesh sit: its faces of lamp materials, gathered into lenses; its window panes."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drivesynth.arrays import F64, I32, I64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.mesh import Mesh

LAMPS = ("headlamp", "tail_lamp", "lamp_glass", "signal_red", "signal_amber", "signal_green")
_APART_M = 0.25  # lenses that reach farther to the side than this are a left and a right one
_WINDOW = MATERIAL_ID["window"]


@dataclass(frozen=True)
class Lens:
    """One lens in its mesh's frame.

    material  one of LAMPS; middle_m, normal  (3,) of its faces, by area
    side      +1 the left one of a pair, -1 the right one, 0 alone
    """

    material: str
    middle_m: F64
    normal: F64
    side: int


@lru_cache(maxsize=4096)
def lenses(mesh: Mesh) -> tuple[Lens, ...]:
    """The lenses of a mesh."""
    found: list[Lens] = []
    for name in LAMPS:
        faces = np.flatnonzero(mesh.face_material == MATERIAL_ID[name])
        if not len(faces):
            continue
        corners = mesh.vertices[mesh.faces[faces]].astype(np.float64)
        middle = corners.mean(axis=1)
        area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2
        paired = name in ("headlamp", "tail_lamp") and np.abs(middle[:, 1]).max() > _APART_M
        for side in (1, -1) if paired else (0,):
            own = middle[:, 1] * side > 0.0 if side else np.ones(len(middle), np.bool_)
            if own.any():
                weight = np.linalg.norm(area[own], axis=1) + 1e-12
                at = np.average(middle[own], axis=0, weights=weight)
                found.append(Lens(name, at, _facing(area[own], float(weight.sum())), side))
    return tuple(found)


def _facing(areas: F64, total: float) -> F64:
    """Where faces look on the whole; back, as signal heads do, where they close around something."""
    mean = areas.sum(axis=0)
    length = float(np.linalg.norm(mean))
    return mean / length if length > 0.1 * total else np.array([-1.0, 0.0, 0.0])


@lru_cache(maxsize=256)
def panes(mesh: Mesh) -> tuple[I32, F64]:
    """Each face's window pane, -1 for what is none, (F,); and the panes' middles (P, 3) [m]."""
    faces = np.flatnonzero(mesh.face_material == _WINDOW)
    pane_of = np.full(len(mesh.faces), -1, np.int32)
    if not len(faces):
        return pane_of, np.zeros((0, 3))
    # Corners at creases stand twice: those within a millimetre are one.
    spots = np.round(mesh.vertices[mesh.faces[faces]].astype(np.float64) * 1e3).astype(np.int64)
    _, spot = np.unique(spots.reshape(-1, 3), axis=0, return_inverse=True)
    label = _joined(spot.reshape(-1, 3))
    _, pane = np.unique(label, return_inverse=True)
    pane_of[faces] = pane
    middles = np.stack(
        [mesh.vertices[mesh.faces[faces[pane == p]]].mean(axis=(0, 1)) for p in range(pane.max() + 1)]
    )
    return pane_of, middles.astype(np.float64)


def _joined(spot: I64) -> I64:
    """(F,) a number for each face (F, 3), the same for those that share corners, also through others."""
    lowest = np.arange(spot.max() + 1)
    while True:
        before = lowest.copy()
        np.minimum.at(lowest, spot, lowest[spot].min(axis=1, keepdims=True))
        lowest = lowest[lowest]
        if (lowest == before).all():
            return np.asarray(lowest[spot].min(axis=1))
