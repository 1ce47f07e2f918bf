"""Small radars that the tests share."""

import numpy as np

from drivesynth.scene.radar import AspectRcs, Radar
from drivesynth.sensors.frame import RADAR_CAUSE
from drivesynth.sensors.radar_echo import Echoes, Eye


def device(**changes: dict[str, object]) -> Radar:
    """128 ranges of 0.5 m, 64 speeds of 1 m/s, 8 elements, two tiers; quick to compute."""
    parts: dict[str, dict[str, object]] = {
        "chirps": {"carrier_ghz": 76.5, "bandwidth_mhz": 300, "sampled_us": 25, "period_us": 30, "count": 64,
                   "samples": 128},
        "power": {"transmit_dbm": 12, "gain_dbi": 15, "noise_figure_db": 13, "losses_db": 6},
        "antennas": {"elements": 8, "taper": 0.8, "azimuth_beam_deg": 90, "elevation_beam_deg": 20,
                     "tier_spacing_wavelengths": 1.5},
        "view": {"azimuth_deg": 60, "elevation_deg": 9},
        "cfar": {"guard": 3, "train": 12, "false_alarm": 1e-6},
    }  # fmt: skip
    words = {name: {**part, **changes.get(name, {})} for name, part in parts.items()}
    return Radar.model_validate({"kind": "fmcw_radar", "name": "test", **words})


def echoes(**columns: object) -> Echoes:
    """Steady targets; what is not given is 0, 1 m2 and actor 1."""
    blank = {"range_m": 10.0, "speed_mps": 0.0, "azimuth_rad": 0.0, "elevation_rad": 0.0, "rcs_m2": 1.0,
             "factor": 1.0 + 0j, "draw": 0, "swerling": 0, "actor": 1, "class_id": 17,
             "cause": RADAR_CAUSE["target"]}  # fmt: skip
    arrays = np.broadcast_arrays(*(np.atleast_1d(columns.get(name, value)) for name, value in blank.items()))
    found = dict(zip(blank, (array.copy() for array in arrays), strict=True))
    if "draw" not in columns:
        found["draw"] = np.arange(len(found["draw"]))
    return Echoes(**found)


def eye(
    height_m: float = 0.6,
    velocity_mps: tuple[float, float, float] = (0.0, 0.0, 0.0),
    poses: np.ndarray | None = None,
    size_m: tuple[float, float, float] = (4.0, 2.0, 1.5),
    rcs_dbsm: float = 10.0,
) -> Eye:
    """A radar on the ego (actor 0) at the origin, and other actors of one size and one cross section."""
    poses = np.eye(4)[None] if poses is None else np.concatenate([np.eye(4)[None], poses])
    row = AspectRcs(front=rcs_dbsm, oblique=rcs_dbsm, side=rcs_dbsm, rear=rcs_dbsm, filled=1.0)
    place = np.eye(4)
    place[2, 3] = height_m
    count = len(poses)
    return Eye(
        place,
        np.array(velocity_mps),
        0.0,
        np.tile(size_m, (count, 1)),
        poses,
        (row,) * count,
        np.zeros(count),
    )
