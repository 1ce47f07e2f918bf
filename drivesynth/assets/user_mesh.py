"""Meshes of users as assets: glTF, OBJ, PLY, STL or OFF read by trimesh, turned upright, scaled, checked.

A file says how its surfaces look, not how they answer at 905 nm. Each of its materials becomes a part with
the row of our table that fits its name or its looks, tinted in its colour; the reflectivity at 905 nm of what
the table does not know follows from the red channel, the nearest that a picture has.
"""

import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.check import faults
from drivesynth.assets.materials import MATERIAL_ID, MATERIALS
from drivesynth.assets.model import Model, Part
from drivesynth.assets.posing import still
from drivesynth.assets.sizes import AssetInfo, Size
from drivesynth.errors import RequestError, did_you_mean
from drivesynth.geometry.mesh import make_mesh

FORMATS = (".glb", ".gltf", ".obj", ".ply", ".stl", ".off")
MOST_TRIANGLES = 100_000  # a whole scene has two to five times as many
_PREFIX = "mesh:"
# Which axes of a file are up and forward where nobody says: glTF 2.0, section 3.4; usual of the others.
_AXES = {".glb": ("y", "z"), ".gltf": ("y", "z"), ".obj": ("y", "-z")}
_DIRECTIONS = {
    "x": (1, 0, 0),
    "-x": (-1, 0, 0),
    "y": (0, 1, 0),
    "-y": (0, -1, 0),
    "z": (0, 0, 1),
    "-z": (0, 0, -1),
}
# What a material's name tells, first match first.
_NAMES = (
    (("windshield", "windscreen", "window", "glass"), "car_glass"),
    (("tyre", "tire"), "tyre"),
    (("tail", "brake", "rearlight"), "tail_lamp"),
    (("headlight", "headlamp", "frontlight"), "headlamp"),
    (("plate", "license"), "number_plate"),
    (("rim", "wheel", "chrome", "alloy"), "rim"),
    (("reflector", "retro"), "retro_tape"),
    (("rubber",), "rubber"),
    (("leaf", "leaves", "foliage"), "foliage"),
    (("skin",), "skin"),
    (("hair",), "hair"),
    (("cloth", "fabric", "shirt", "trouser"), "cloth"),
    (("paint", "body", "carpaint"), "car_paint"),
)


@dataclass(frozen=True)
class UserMesh:
    """What names a user's asset: the file and its content, and how it is meant.

    length_m   None: the file's own metres
    up, forward  axes of the file, like y and -z
    materials  (its material's name, a row of our table), ...
    """

    file: str
    sha256: str
    class_name: str
    length_m: float | None
    up: str
    forward: str
    materials: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The asset's name, which holds all of it."""
        return _PREFIX + json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


def is_user_mesh(asset: str) -> bool:
    """Whether an asset's name is that of a user's mesh."""
    return asset.startswith(_PREFIX)


def wherever(asset: str) -> str:
    """A user's mesh without the folder it lies in: the same for everybody who has the same file."""
    if not is_user_mesh(asset):
        return asset
    mesh = _parsed(asset)
    return replace(mesh, file=Path(mesh.file).name).name


def named(
    path: Path,
    class_name: str,
    length_m: float | None = None,
    up: str | None = None,
    forward: str | None = None,
    materials: dict[str, str] | None = None,
) -> str:
    """The name of a file as an asset; RequestError where it cannot be one."""
    if path.suffix.lower() not in FORMATS:
        raise RequestError(f"{path.name} is no mesh; the formats are {', '.join(FORMATS)}")
    usual_up, usual_forward = _AXES.get(path.suffix.lower(), ("z", "x"))
    up, forward = up or usual_up, forward or ("x" if up == "z" else usual_forward)
    if up not in _DIRECTIONS or forward not in _DIRECTIONS or up[-1] == forward[-1]:
        raise RequestError(
            f"up {up} and forward {forward} are no two axes; take two of {', '.join(_DIRECTIONS)}"
        )
    for row in (materials or {}).values():
        if row not in MATERIAL_ID:
            raise RequestError(f"no material is called {row!r}{did_you_mean(row, MATERIAL_ID)}")
    try:
        digest = sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise RequestError(f"{path.name} cannot be read: {error.strerror}") from None
    pairs = tuple(sorted((materials or {}).items()))
    mesh = UserMesh(str(path.resolve()), digest, class_name, length_m, up, forward, pairs)
    unknown = dict(pairs).keys() - {part.name for part in _loaded(mesh).parts}
    if unknown:
        known = [part.name for part in _loaded(mesh).parts]
        word = sorted(unknown)[0]
        raise RequestError(
            f"{path.name} has no material {word!r}{did_you_mean(word, known) or f'; it has {known}'}"
        )
    wrong = [fault for fault in faults(_loaded(mesh)) if "is open" not in fault and "inside out" not in fault]
    if wrong:
        raise RequestError(f"{path.name}: {wrong[0]}")
    return mesh.name


def info(asset: str) -> AssetInfo:
    """Class and size of a user's mesh."""
    mesh = _parsed(asset)
    return AssetInfo(mesh.class_name, _loaded(mesh).size_m, (0.0, 0.0, 0.0))


def build(asset: str, size_m: Size) -> Model:
    """A user's mesh at its own size or stretched to another; all looks are alike."""
    model = _loaded(_parsed(asset))
    if np.allclose(model.size_m, size_m, atol=0.006):
        return model
    scale = np.asarray(size_m) / np.asarray(model.size_m)
    parts = tuple(
        Part(
            part.name,
            make_mesh(
                f"{part.mesh.key}/{size_m}",
                part.mesh.vertices * scale,
                part.mesh.faces,
                part.mesh.face_material,
            ),
            part.tint_rgb,
            part.tint_905,
        )
        for part in model.parts
    )
    return Model(asset, model.class_name, size_m, parts, still(len(parts)))


def _parsed(asset: str) -> UserMesh:
    fields: dict[str, Any] = json.loads(asset[len(_PREFIX) :])
    return UserMesh(**(fields | {"materials": tuple((name, row) for name, row in fields["materials"])}))


@lru_cache(maxsize=64)
def _loaded(mesh: UserMesh) -> Model:
    """The file as a model: upright, nose to +x, on the ground, of its length."""
    pieces = _pieces(Path(mesh.file), mesh.sha256)
    up, ahead = np.array(_DIRECTIONS[mesh.up], np.float64), np.array(_DIRECTIONS[mesh.forward], np.float64)
    turn = np.stack([ahead, np.cross(up, ahead), up])
    cloud = np.concatenate([piece.vertices for piece in pieces]) @ turn.T
    low, high = cloud.min(axis=0), cloud.max(axis=0)
    if (high - low).min() <= 1e-6 * max(float((high - low).max()), 1e-9):
        raise RequestError(f"{Path(mesh.file).name} is flat: it has no volume")
    scale = 1.0 if mesh.length_m is None else mesh.length_m / float(high[0] - low[0])
    foot = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    chosen = dict(mesh.materials)
    parts = []
    for k, piece in enumerate(pieces):
        row = chosen.get(piece.name) or _row_of(piece)
        placed = (piece.vertices @ turn.T - foot) * scale
        surface = make_mesh(f"{mesh.name}/{k}", placed, piece.faces, MATERIAL_ID[row])
        if len(surface.faces):
            parts.append(Part(piece.name, surface, piece.rgb, _rho_905(piece.rgb)))
    if not parts:
        raise RequestError(f"{Path(mesh.file).name} holds no surface that can be seen")
    corners = np.concatenate([part.mesh.vertices for part in parts])
    length, width, height = (round(float(side), 3) for side in np.ptp(corners, axis=0))
    return Model(mesh.name, mesh.class_name, (length, width, height), tuple(parts), still(len(parts)))


@dataclass(frozen=True, eq=False)
class _Piece:
    """Triangles of one material: vertices (V, 3), faces (F, 3); rgb linear, the rest 0..1."""

    name: str
    vertices: F64
    faces: Any
    rgb: tuple[float, float, float]
    alpha: float = 1.0
    roughness: float = 0.8
    metallic: float = 0.0


@lru_cache(maxsize=64)
def _pieces(path: Path, digest: str) -> tuple[_Piece, ...]:
    """The file's triangles by material, in its own frame; materials of one name are one piece."""
    try:
        if sha256(path.read_bytes()).hexdigest()[:16] != digest:
            raise RequestError(f"{path.name} is not the file it was when the scenario was drawn")
    except OSError as error:
        raise RequestError(f"{path.name} cannot be read: {error.strerror}") from None
    try:
        import trimesh
    except ImportError:
        raise RequestError("meshes are read by trimesh; pip install trimesh") from None
    try:
        scene: Any = trimesh.load_scene(str(path))
        found: dict[str, list[_Piece]] = {}
        for node in sorted(scene.graph.nodes_geometry):
            matrix, geometry = scene.graph[node]
            piece = _piece(scene.geometry[geometry], np.asarray(matrix, np.float64), geometry)
            if piece is not None:
                found.setdefault(piece.name, []).append(piece)
    # Readers of a dozen formats fail in as many ways; each means that the file is not sound.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RequestError(f"{path.name} cannot be read as {path.suffix[1:]}: {reason[:160]}") from None
    pieces = tuple(_together(alike) for alike in found.values())
    count = sum(len(piece.faces) for piece in pieces)
    if not count:
        raise RequestError(f"{path.name} holds no triangles")
    if count > MOST_TRIANGLES:
        raise RequestError(f"{path.name} has {count:,} triangles; simplify it to at most {MOST_TRIANGLES:,}")
    if not all(np.isfinite(piece.vertices).all() for piece in pieces):
        raise RequestError(f"{path.name}: a corner is not finite")
    return pieces


def _together(alike: list[_Piece]) -> _Piece:
    first, offsets = alike[0], np.cumsum([0, *(len(piece.vertices) for piece in alike[:-1])])
    vertices = np.concatenate([piece.vertices for piece in alike])
    faces = np.concatenate([piece.faces + offset for piece, offset in zip(alike, offsets, strict=True)])
    return _Piece(first.name, vertices, faces, first.rgb, first.alpha, first.roughness, first.metallic)


def _piece(geometry: Any, matrix: F64, name: str) -> _Piece | None:
    """A geometry of trimesh in the file's frame; None for lines and points."""
    if not hasattr(geometry, "faces") or len(geometry.faces) == 0:
        return None
    vertices = np.asarray(geometry.vertices, np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    faces = np.asarray(geometry.faces, np.int32)
    if np.linalg.det(matrix[:3, :3]) < 0:
        faces = faces[:, ::-1]
    visual = getattr(geometry, "visual", None)
    material = getattr(visual, "material", None)
    if material is None:
        colours = getattr(visual, "face_colors", None) if getattr(visual, "defined", False) else None
        rgba = np.full(4, 150.0) if colours is None else np.asarray(colours, np.float64).mean(axis=0)
        return _Piece(name, vertices, faces, _linear(rgba[:3] / 255.0))
    title = str(getattr(material, "name", None) or name)
    if hasattr(material, "baseColorFactor"):
        factor = material.baseColorFactor
        rgba = np.full(4, 1.0) if factor is None else np.asarray(factor, np.float64) / 255.0
        picture = getattr(material, "baseColorTexture", None)
        tint = (
            _linear(np.asarray(picture.convert("RGB"), np.float64).mean(axis=(0, 1)) / 255.0)
            if picture
            else (1, 1, 1)
        )
        rgb = tuple(float(a * b) for a, b in zip(rgba[:3], tint, strict=True))
        rough, metal = material.roughnessFactor, material.metallicFactor
        return _Piece(
            title, vertices, faces, (rgb[0], rgb[1], rgb[2]), float(rgba[3]),
            1.0 if rough is None else float(rough), 1.0 if metal is None else float(metal),
        )  # fmt: skip
    rgba = np.asarray(material.main_color, np.float64) / 255.0
    return _Piece(title, vertices, faces, _linear(rgba[:3]), float(rgba[3]))


def _linear(srgb: F64) -> tuple[float, float, float]:
    """Linear colour of sRGB codes 0..1 (IEC 61966-2-1)."""
    r, g, b = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).tolist()
    return float(r), float(g), float(b)


def _row_of(piece: _Piece) -> str:
    """The row of our table that a material of a file is nearest to."""
    word = piece.name.lower()
    if word in MATERIAL_ID:
        return word
    if piece.alpha < 0.7:
        return "car_glass"
    for hints, row in _NAMES:
        if any(hint in word for hint in hints):
            return row
    if piece.metallic > 0.6 and piece.roughness < 0.9:
        return "metal_frame"
    return "car_paint" if piece.roughness < 0.45 else "tarpaulin"


def _rho_905(rgb: tuple[float, float, float]) -> float:
    """Reflectivity at 905 nm of a tinted surface, from how red it is: black 0.08, white 0.8."""
    return float(np.clip(0.08 + 0.72 * rgb[0] + 0.15 * (rgb[0] > 0.05), 0.05, 0.85))


def materials_of(asset: str) -> dict[str, str]:
    """Names of the file's materials and the rows of our table they became."""
    return {
        part.name: MATERIALS[int(part.mesh.face_material[0])].name for part in _loaded(_parsed(asset)).parts
    }
