"""The lamps of a stage that shine: of vehicles by their lights, of streets by the dark, of signals.

Intensities in kcd. Low beam and street lamps: `sensors.beams`. Tail lamps 5 cd and brake lamps 80 cd, UN
Regulation No. 7; indicators 250 cd, No. 6; beacons 300 cd, No. 65; lenses of signals 400 cd, EN 12368.
"""

from dataclasses import dataclass

import numpy as np
from drivesynth_kernels.lamps import COSINE, L_REACH2, L_SIZE, LOW_BEAM, STREET

from drivesynth.arrays import F32, F64, I64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import LIGHTS, SIGNAL_LIGHTS
from drivesynth.scenario.model import Environment
from drivesynth.sensors.lenses import Lens, lenses
from drivesynth.sensors.light import Light
from drivesynth.sensors.shading import poses_at
from drivesynth.streams import uniform
from drivesynth.world.stage import Stage

BIT = {name: 1 << k for k, name in enumerate(LIGHTS)} | {
    f"signal_{name}": bit for name, bit in SIGNAL_LIGHTS.items()
}
WHITE, AMBER, RED, BLUE = (1.0, 0.92, 0.78), (1.0, 0.42, 0.02), (1.0, 0.04, 0.02), (0.06, 0.2, 1.0)
GREEN, STREET_WHITE = (0.03, 1.0, 0.55), (1.0, 0.86, 0.66)
STREET_KLM = 9.0  # 7 m high, about 30 m apart on either side: 5 to 30 lx on the road
_BEACON_AMBER = MATERIAL_ID["beacon_amber"]
_OUT_M = 0.12  # light starts this far before its lens: bodies bow
_MOST = 64  # lamps a frame counts with: those that are near or strong
_SEEN_M = 200.0
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_DIM_KLX = 2.0  # above it lamps light nothing that daylight does not drown
_STREET_KLX = 0.1  # twilight in which street lamps come on
_LEAST_KLX, _LEAST_SHARE = 1e-4, 0.005  # of what a lamp sends, to be counted: alone, or beside the day's rest


@dataclass(frozen=True, eq=False)
class Lamps:
    """Lamps that shine, L of them, nearest and strongest first.

    rows       (L, L_SIZE) as `drivesynth_kernels.lamps` has them; rgb (L, 3) their colours
    least_klx  illuminance below which a lamp does not count
    lit        instances whose street lantern is lit
    shine      whether it is dim enough for any of this to be seen
    """

    rows: F64
    rgb: F64
    least_klx: float
    lit: I64
    shine: bool = True


NONE = Lamps(np.zeros((0, L_SIZE)), np.zeros((0, 3)), 1.0, np.zeros(0, np.int64), False)


def is_dim(light: Light) -> bool:
    """Whether there is so little daylight that lamps light what they shine on."""
    return float(light.horizontal_klx @ _LUMINANCE) < _DIM_KLX


def lamps_of(stage: Stage, environment: Environment, light: Light, time_s: float, eye_m: F64) -> Lamps:
    """The lamps that light what is seen from a place; none by day."""
    if not is_dim(light):
        return NONE
    daylight = float(light.horizontal_klx @ _LUMINANCE)
    least = max(_LEAST_KLX, _LEAST_SHARE * daylight)
    rows: list[F64] = []
    colours: list[tuple[float, float, float]] = []
    lit: list[int] = []
    poses = poses_at(stage, time_s)
    beacons: set[int] = set()

    def put(place: F64, lens_at: F64, ahead: F64, kind: int, power: float, kcd: float, peak_kcd: float,
            rgb: tuple[float, float, float]) -> None:  # fmt: skip
        row = np.zeros(L_SIZE)
        turn = place[:3, :3]
        axes = turn @ _axes(ahead)
        if kind == LOW_BEAM and stage.keeps_left:
            axes[:, 1] *= -1.0
        row[:3] = place[:3, 3] + turn @ (lens_at + _OUT_M * ahead)
        row[3:12] = axes.T.reshape(-1)
        row[12:] = kind, power, kcd, peak_kcd / least
        rows.append(row)
        colours.append(rgb)

    near = np.linalg.norm(poses[:, :3, 3] - eye_m, axis=1) < _SEEN_M
    for instance in np.flatnonzero(near):
        bits, place = int(stage.lights[instance]), poses[instance]
        for lens in lenses(stage.meshes[stage.mesh[instance]]):
            if lens.material == "lamp_glass":
                if daylight < _STREET_KLX and _works(place, environment.lamp_working_ratio):
                    lit.append(int(instance))
                    put(place, lens.middle_m, _DOWN, STREET, 0.0, STREET_KLM, 0.29 * STREET_KLM, STREET_WHITE)
            elif bits:
                for kind, power, kcd, ahead, rgb in _shining(lens, bits):
                    put(place, lens.middle_m, ahead, kind, power, kcd, _PEAK[kind] * kcd, rgb)
        actor = int(stage.actor[instance])
        if actor >= 0 and bits & BIT["beacon"] and actor not in beacons:
            beacons.add(actor)
            low, high = stage.meshes[stage.mesh[instance]].bounds
            top = np.array([(low[0] + high[0]) / 2, 0.0, high[2] + 0.05], np.float64)
            put(place, top, _UP, COSINE, 0.0, 0.3, 0.3, _beacon_rgb(stage, actor))
    if not rows:
        return Lamps(NONE.rows, NONE.rgb, least, np.array(lit, np.int64))
    table, colour = np.stack(rows), np.array(colours)
    away2 = ((table[:, :3] - eye_m) ** 2).sum(axis=1)
    order = np.argsort(-table[:, L_REACH2] / (100.0 + away2), kind="stable")[:_MOST]
    return Lamps(table[order], colour[order], least, np.array(lit, np.int64))


def _beacon_rgb(stage: Stage, actor: int) -> tuple[float, float, float]:
    """Amber warns of vehicles at work, blue makes way for those in a hurry (StVO, section 38)."""
    meshes = (stage.meshes[m] for m in stage.mesh[stage.actor == actor])
    return AMBER if any((mesh.face_material == _BEACON_AMBER).any() for mesh in meshes) else BLUE


_FORWARD, _BACK = np.array([1.0, 0.0, 0.0]), np.array([-1.0, 0.0, 0.0])
_UP, _DOWN = np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, -1.0])
_PEAK = {COSINE: 1.0, LOW_BEAM: 16.0}

_Shining = tuple[int, float, float, F64, tuple[float, float, float]]


def _shining(lens: Lens, bits: int) -> list[_Shining]:
    """What a lens sends out: pattern, power, kcd, axis, colour."""
    if lens.material.startswith("signal_"):
        colour = {"signal_red": RED, "signal_amber": AMBER, "signal_green": GREEN}[lens.material]
        return [(COSINE, 8.0, 0.4, lens.normal, colour)] if bits & BIT[lens.material] else []
    found: list[_Shining] = []
    front = lens.material == "headlamp"
    if bits & BIT["low_beam"]:
        if front:
            found.append((LOW_BEAM, 0.0, 1.0, _FORWARD, WHITE))
        elif not bits & BIT["brake"]:
            found.append((COSINE, 2.0, 0.005, _BACK, RED))
    if bits & BIT["brake"] and not front:
        found.append((COSINE, 2.0, 0.08, _BACK, RED))
    side = {1: BIT["indicator_left"], -1: BIT["indicator_right"]}.get(lens.side, 0)
    if bits & side:
        found.append((COSINE, 2.0, 0.25, _FORWARD if front else _BACK, AMBER))
    return found


def _axes(ahead: F64) -> F64:
    """(3, 3) columns ahead, left, up."""
    helper = _UP if abs(ahead[2]) < 0.9 else _FORWARD
    left = np.cross(helper, ahead)
    left /= np.linalg.norm(left)
    return np.stack([ahead, left, np.cross(ahead, left)], axis=1)


def _works(place: F64, share: float) -> bool:
    """Whether the lamp that stands here is one of those that work."""
    return share >= 1.0 or uniform(0, f"lamp.{place[0, 3]:.2f}.{place[1, 3]:.2f}", 0) < share


def window_glow(where: F64) -> F32:
    """(P, 3) radiance of window panes by their places (P, 3) in the world [kcd/m^2]; most are dark."""
    # Rooms at 2700 K behind curtains: 5 to 40 cd/m^2.
    glow = np.zeros((len(where), 3), np.float32)
    for k, (x, y, z) in enumerate(where.tolist()):
        name = f"window.{x:.1f}.{y:.1f}.{z:.1f}"
        if uniform(0, name, 0) < _AWAKE:
            glow[k] = np.array([1.0, 0.72, 0.42]) * (0.005 * 8.0 ** uniform(0, name, 1))
    return glow


_AWAKE = 0.3
