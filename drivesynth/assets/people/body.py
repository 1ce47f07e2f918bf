"""A human body as rigid parts: lengths from stature, meshes about the joints.

Segment lengths as shares of stature: Drillis and Contini (1966) as printed in Winter (2009), figure
4.1; the six-year-old's head is a sixth of the stature (Snyder et al., UM-HSRI-77-17, 1977). Limbs
hang down (-z) from the joint at their part's origin; torso and head stand up (+z) from theirs.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.people.gait import Leg
from drivesynth.assets.people.sections import FOREARM, HAND, HEAD, NECK, PELVIS, SHIN, THIGH, TORSO, UPPER_ARM
from drivesynth.geometry.mesh import Mesh, moved
from drivesynth.geometry.shapes import Shape, barrel, box, ellipsoid, join, loft
from drivesynth.kept import made_once

# Shares of stature: how far the neck's joint lies below the end of the torso, and the skull's above that.
NECK_UNDER, NECK_TALL = 0.020, 0.032
_BALL = 0.655  # of the sole ahead of the ankle
CLOTH, TAPE = MATERIAL_ID["cloth"], MATERIAL_ID["retro_tape"]
EYE, LIPS = MATERIAL_ID["leather"], MATERIAL_ID["lips"]


@dataclass(frozen=True)
class Frame:
    """Lengths as shares of stature (z) and thicknesses as factors of an average body's.

    girth_x, girth_y stretch every part's depth and width; form: 0 broad shoulders, 1 broad hips
    """

    stature: float
    hip: float = 0.530
    knee: float = 0.285
    ankle: float = 0.039
    shoulder: float = 0.818
    chin: float = 0.870
    half_hips: float = 0.052
    half_shoulders: float = 0.101
    upper_arm: float = 0.186
    forearm: float = 0.146
    hand: float = 0.108
    heel: float = 0.042
    toe: float = 0.110
    head_size: float = 1.0
    girth_x: float = 1.0
    girth_y: float = 1.0
    form: int = 0

    @property
    def leg(self) -> Leg:
        """The leg in metres; soles stretch with depth."""
        h = self.stature
        return Leg(
            (self.hip - self.knee) * h,
            (self.knee - self.ankle) * h,
            self.ankle * h,
            self.heel * h * self.girth_x,
            self.toe * h * self.girth_x,
            _BALL * self.toe * h * self.girth_x,
        )


ADULT = Frame(1.0)
CHILD = replace(
    ADULT,
    hip=0.495,
    knee=0.268,
    ankle=0.042,
    shoulder=0.775,
    chin=0.825,
    half_hips=0.050,
    half_shoulders=0.092,
    upper_arm=0.170,
    forearm=0.140,
    hand=0.098,
    heel=0.045,
    toe=0.115,
    head_size=1.28,
)


def with_stature(frame: Frame, stature: float, form: int) -> Frame:
    """The average body at this stature."""
    return replace(frame, stature=stature, form=form)


def _sleeve(
    rows: tuple[tuple[float, float, float, float], ...],
    frame: Frame,
    length: float,
    material: int,
    sides: int,
) -> Shape:
    """The sections with their z stretched so that the last hangs where the part's length wants it."""
    a = np.asarray(rows, np.float64)
    h, reach = frame.stature, -min(a[:, 0])
    z = np.where(a[:, 0] < 0, a[:, 0] * (length / reach if length else 1.0), a[:, 0])
    columns = [a[:, 3] * frame.girth_x, 0 * z, z, a[:, 1] * frame.girth_x, a[:, 2] * frame.girth_y]
    return barrel(np.column_stack(columns) * h, material, sides)


@made_once(1024)
def part(frame: Frame, name: str, material: int) -> Mesh:
    """One part's mesh, shared by all bodies of this frame."""
    return moved(
        _unit_mesh(_unit(frame), name, material), _stretch(frame), f"person/{frame}/{name}/{material}"
    )


@made_once(64)
def taped(frame: Frame, material: int) -> Mesh:
    """A torso in a warning vest with two retro-reflective bands (EN ISO 20471)."""
    vest = _torso(_unit(frame), material, bands=True).placed(_stretch(frame))
    return vest.mesh(f"person/{frame}/vest/{material}", 0.9)


def shape(frame: Frame, name: str) -> F64:
    """(V, 3) points of one part about its joint; names as in `figure.PARTS` without the side."""
    return _unit_shape(_unit(frame), name, CLOTH).placed(_stretch(frame)).vertices


def _unit(frame: Frame) -> Frame:
    """The same proportions at stature 1 and average girth: every part is that one, stretched."""
    return replace(frame, stature=1.0, girth_x=1.0, girth_y=1.0)


def _stretch(frame: Frame) -> F64:
    h = frame.stature
    return np.diag([frame.girth_x * h, frame.girth_y * h, h, 1.0])


@lru_cache(maxsize=256)
def _unit_mesh(unit: Frame, name: str, material: int) -> Mesh:
    return _unit_shape(unit, name, material).mesh("unit", 0.9)


@lru_cache(maxsize=256)
def _unit_shape(frame: Frame, name: str, material: int) -> Shape:
    h, leg = frame.stature, frame.leg
    if name == "thigh":
        return _sleeve(THIGH, frame, leg.thigh / h + 0.022, material, 12)
    if name == "shin":
        return _sleeve(SHIN, frame, leg.shin / h - 0.006, material, 10)
    if name == "upper_arm":
        return _sleeve(UPPER_ARM, frame, frame.upper_arm + 0.010, material, 10)
    if name == "forearm":
        return _sleeve(FOREARM, frame, frame.forearm + 0.004, material, 10)
    if name == "hand":
        return _sleeve(HAND, frame, frame.hand, material, 8)
    if name == "foot":
        return _shoe(frame, material, (-1.0, -0.85, -0.2, 0.35, _BALL), 0.0)
    if name == "toes":
        return _shoe(frame, material, (_BALL, 1.0), _BALL * frame.toe * frame.girth_x)
    if name == "pelvis":
        wide = 1.07 if frame.form == 1 else 1.0
        return _sleeve(PELVIS, replace(frame, girth_y=frame.girth_y * wide), 0.0, material, 14)
    if name == "torso":
        return _torso(frame, material)
    if name == "neck":
        return _head_shape(np.asarray(NECK, np.float64), frame, material, 8)
    if name == "head":
        return _head(frame, material)
    if name == "hair":
        return _hair(frame, material)
    raise KeyError(name)


def torso_length(frame: Frame) -> float:
    """Waist to neck base [m]."""
    return (frame.chin - 0.012 - frame.hip - 0.085) * frame.stature


def _torso(frame: Frame, material: int, bands: bool = False) -> Shape:
    rows = np.asarray(TORSO, np.float64)
    skin: int | list[int] = material
    if bands:
        edges = np.array([0.030, 0.055, 0.095, 0.120])
        z = np.sort(np.concatenate([rows[:, 0], edges]))
        rows = np.column_stack([z, *(np.interp(z, rows[:, 0], rows[:, k]) for k in (1, 2, 3))])
        middle = (z[1:] + z[:-1]) / 2
        taped = ((middle > edges[0]) & (middle < edges[1])) | ((middle > edges[2]) & (middle < edges[3]))
        skin = [TAPE if tape else material for tape in taped]
    narrow = np.ones(len(rows))
    if frame.form == 1:
        narrow = np.interp(rows[:, 0], [0.0, 0.05, 0.17], [0.93, 0.90, 0.95])
    tall = torso_length(frame) / 0.232
    columns = [
        rows[:, 3] * frame.girth_x * frame.stature,
        0 * narrow,
        rows[:, 0] * tall,
        rows[:, 1] * frame.girth_x * frame.stature,
        rows[:, 2] * frame.girth_y * narrow * frame.stature,
    ]
    return barrel(np.column_stack(columns), skin, 14, power=2.3)


def _head_shape(
    rows: np.ndarray[tuple[int, ...], np.dtype[np.float64]], frame: Frame, material: int, sides: int = 14
) -> Shape:
    tall = (1.0 - frame.chin) / 0.130
    wide = frame.head_size * frame.stature
    columns = [
        rows[:, 3] * wide * frame.girth_x,
        0 * rows[:, 0],
        rows[:, 0] * tall * frame.stature,
        rows[:, 1] * wide * frame.girth_x,
        rows[:, 2] * wide * frame.girth_y,
    ]
    return barrel(np.column_stack(columns), material, sides)


def _head(frame: Frame, material: int) -> Shape:
    """Skull and a face; origin at the chin's height."""
    skull = _head_shape(np.asarray(HEAD, np.float64), frame, material)
    k = frame.head_size * frame.stature
    tall = (1.0 - frame.chin) / 0.130 * frame.stature
    nose = ellipsoid(
        (0.011 * k, 0.007 * k, 0.014 * tall), material, (0.056 * k * frame.girth_x, 0, 0.045 * tall), 4, 6
    )
    ears = [
        ellipsoid(
            (0.012 * k, 0.005 * k, 0.016 * tall),
            material,
            (-0.004 * k, side * 0.045 * k * frame.girth_y, 0.052 * tall),
            4,
            6,
        )
        for side in (-1, 1)
    ]
    eyes = [
        ellipsoid(
            (0.003 * k, 0.0058 * k, 0.0032 * tall),
            EYE,
            (0.0535 * k * frame.girth_x, side * 0.018 * k * frame.girth_y, 0.062 * tall),
            3,
            6,
        )
        for side in (-1, 1)
    ]
    brows = [
        box(
            (0.004 * k, 0.014 * k, 0.002 * tall),
            EYE,
            (0.0535 * k * frame.girth_x, side * 0.018 * k * frame.girth_y, 0.074 * tall),
        )
        for side in (-1, 1)
    ]
    mouth = box((0.005 * k, 0.022 * k, 0.004 * tall), LIPS, (0.0545 * k * frame.girth_x, 0.0, 0.024 * tall))
    return join([skull, nose, *ears, *eyes, *brows, mouth])


def _hair(frame: Frame, material: int) -> Shape:
    """A cap over the skull, tilted back off the face; longer to the neck for form 1."""
    rows = np.array(
        [
            (0.066, 0.049, 0.044, -0.016),
            (0.085, 0.058, 0.049, -0.006),
            (0.108, 0.055, 0.046, -0.006),
            (0.126, 0.039, 0.034, -0.006),
            (0.1345, 0.014, 0.013, -0.006),
        ]
    )
    cap = _head_shape(rows, frame, material)
    back = np.array(
        [
            (0.0 if frame.form == 0 else -0.035, 0.016, 0.030, -0.040),
            (0.03, 0.026, 0.043, -0.034),
            (0.07, 0.030, 0.046, -0.030),
            (0.10, 0.026, 0.040, -0.028),
        ]
    )
    return join([cap, _head_shape(back, frame, material)])


def _shoe(frame: Frame, material: int, at: tuple[float, ...], joint: float) -> Shape:
    """Part of a shoe with a flat sole, the ankle's depth below its height.

    at     its sections, from -1, the heel, over 0, the ankle, to 1, the tip
    joint  ahead of the ankle, as a share of stature: where toes have their origin, on the sole; 0 the ankle
    """
    h, gx, gy = frame.stature, frame.girth_x, frame.girth_y
    x, known = np.array(at), [-1.0, -0.85, -0.2, 0.35, 0.8, 1.0]
    along = np.where(x < 0, -x * -frame.heel, x * frame.toe) * gx
    half = np.interp(x, known, [0.018, 0.022, 0.024, 0.029, 0.026, 0.012]) * gy
    tall = np.interp(x, known, [0.030, 0.046, 0.050, 0.034, 0.020, 0.012])
    rings = []
    for xx, w, t in zip(along, half, tall, strict=True):
        z = 0.0 if joint else -frame.ankle
        ring = [
            (-w, z),
            (w, z),
            (1.0 * w, z + 0.35 * t),
            (0.62 * w, z + t),
            (-0.62 * w, z + t),
            (-w, z + 0.35 * t),
        ]
        rings.append([(xx - joint, y, zz) for y, zz in ring])
    return loft(np.asarray(rings) * h, material)
