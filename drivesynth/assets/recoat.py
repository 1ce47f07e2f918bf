"""An asset in another material: a lorry under dark tarpaulin, a hedge that is a concrete wall."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID, MATERIALS
from drivesynth.assets.model import Model
from drivesynth.geometry.mesh import Mesh


@lru_cache(maxsize=256)
def recoated(model: Model, material: str) -> Model:
    """The model with `material` in place of the one that most of its surface is made of.

    Lamps, glass, tyres and whatever else it has besides stay as they are. KeyError where the table has no
    such material.
    """
    into = MATERIAL_ID[material]
    areas: F64 = np.zeros(len(MATERIALS))
    for part in model.parts:
        np.add.at(areas, part.mesh.face_material, _areas_m2(part.mesh))
    most = int(np.argmax(areas))
    if most == into:
        return model
    parts = []
    for part in model.parts:
        mesh = part.mesh
        if (mesh.face_material == most).any():
            faces = np.where(mesh.face_material == most, np.uint16(into), mesh.face_material)
            mesh = replace(mesh, key=f"{mesh.key} in {material}", face_material=faces)
        parts.append(replace(part, mesh=mesh))
    return replace(model, parts=tuple(parts))


def _areas_m2(mesh: Mesh) -> F64:
    """(F,) area of every face."""
    a, b, c = np.moveaxis(mesh.vertices.astype(np.float64)[mesh.faces], 1, 0)
    return np.asarray(0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1))
