"""From a drive model's name and numbers to what the stepping kernel is told.

IDM: Treiber and Kesting; Krauss: SUMO's defaults; r157_careful: the careful and competent driver of
UN R157, annex 3 appendix 3, who otherwise follows at two seconds.
"""

from collections.abc import Mapping

import numpy as np
from drivesynth_kernels import columns as at

from drivesynth.arrays import F64
from drivesynth.assets.vehicles.combination import combination
from drivesynth.errors import RequestError
from drivesynth.scenario.model import Actor, Scenario
from drivesynth.streams import stream_key
from drivesynth.world.bodies import Body

MODES = {
    "constant": at.HOLD,
    "idm": at.IDM,
    "krauss": at.KRAUSS,
    "r157_careful": at.CAREFUL,
    "static": at.STAND,
    "replay": at.REPLAY,
}
FOLLOWERS = ("idm", "krauss", "r157_careful")
_POLITENESS = 0.2  # within the 0.2..0.5 that MOBIL's authors call realistic

# Per model: accel_mps2, decel_mps2, headway_s, min_gap_m, sigma.
_DEFAULTS = {
    "idm": (1.5, 2.0, 1.2, 2.0, 0.0),
    "krauss": (2.6, 4.5, 1.0, 2.5, 0.5),
    "r157_careful": (1.5, 2.0, 2.0, 2.0, 0.0),
}


def commands_of(actor: Actor, body: Body, scenario: Scenario) -> F64:
    """(COMMAND_COLUMNS,) what an actor is told before anything happens; path and station come later."""
    seed, variant = scenario.seed, scenario.variant
    told = np.zeros(at.COMMAND_COLUMNS)
    told[at.BACK] = body.back_m
    told[at.HALF_LENGTH], told[at.HALF_WIDTH] = body.length_m / 2, body.width_m / 2
    model = actor.drive.model
    wished = actor.drive.speed_mps or actor.speed_mps
    told[at.MODE] = MODES.get(model, at.HOLD) if wished or actor.drive.recording else at.STAND
    if model in FOLLOWERS:
        told[at.CHANGES] = at.FREELY if actor.drive.lane_changes == "mobil" else at.NEEDED
        told[at.POLITENESS] = number(actor.drive.numbers, "politeness_ratio", _POLITENESS)
        told[at.KEEP] = _slow_side(scenario)
    told[at.WISHED] = wished
    told[at.RATE], told[at.JERK] = body.accel_mps2, body.jerk_mps3
    names = ("accel_mps2", "decel_mps2", "headway_s", "min_gap_m", "sigma")
    defaults = _DEFAULTS.get(model, _DEFAULTS["idm"])
    for column, name, default in zip(
        (at.ACCEL, at.DECEL, at.HEADWAY, at.MIN_GAP, at.SIGMA), names, defaults, strict=True
    ):
        told[column] = number(actor.drive.numbers, name, default)
    told[at.KEY] = stream_key(seed, f"{actor.name}.drive", variant) >> 11
    told[at.STOP_S] = np.inf
    told[at.SEEN_FROM] = -np.inf
    told[at.PRESENT] = 1.0
    told[at.TURN_RATE] = body.turn_rad_s
    told[at.CARRIER] = -1.0
    told[at.TRAILER] = body.trailer_m
    joint = combination(actor.asset, actor.size_m)
    if joint is not None:
        told[at.PIN], told[at.TRACTOR_REAR] = joint.pin_m, joint.tractor_rear_m
        told[at.TRAILER_FRONT] = joint.trailer_front_m
    return told


def _slow_side(scenario: Scenario) -> float:
    """Where the slow lane is: on the side that one drives on, except on North American roads."""
    if scenario.road.marks.startswith("us/"):
        return 0.0
    return -1.0 if scenario.road.drive_on == "right" else 1.0


def number(args: Mapping[str, object], name: str, default: float) -> float:
    """A numeric argument, or its default."""
    value = args.get(name)
    if value is None:
        return default
    if isinstance(value, (int, float)):
        return float(value)
    raise RequestError(f"{value!r} is not a number", field=name)
