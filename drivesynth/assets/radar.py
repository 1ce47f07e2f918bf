"""How things answer at 77 GHz: cross sections by class and aspect, clutter and mirrors by material.

Cross sections are typical means, to be edited per device (`rcs_dbsm`). Orders of magnitude from people and
dummies: Fortuny-Guasch and Chareau, "Radar Cross Section Measurements of Pedestrian Dummies and Humans in
the 24/77 GHz Frequency Bands", JRC report EUR 25762, 2013; vehicles: Schipper et al., "RCS measurement
results for automotive related objects at 23-27 GHz", EuCAP 2011: 8 to 13 dBsm from front and rear, 15 to 20
square to the side, 3 to 5 between. Clutter follows the constant-gamma law, sigma0 = gamma sin(grazing angle):
Long, "Radar Reflectivity of Land and Sea", 2001; asphalt -40 to -25 dB at low grazing, grass -20 to -10.
"""

import numpy as np

from drivesynth.arrays import F64, Bool
from drivesynth.assets.classes import CLASSES
from drivesynth.assets.materials import MATERIALS
from drivesynth.scene.radar import AspectRcs

_VEHICLE = {"swerling": 3, "filled": 0.85}
_WALKER = {"swerling": 1, "filled": 0.45}
_CYCLE = {"swerling": 1, "filled": 0.4}


def _row(front: float, oblique: float, side: float, rear: float, **more: float) -> AspectRcs:
    return AspectRcs.model_validate({"front": front, "oblique": oblique, "side": side, "rear": rear, **more})


_CAR = _row(10, 4, 17, 11, spread_db=3, **_VEHICLE)
_VAN = _row(13, 8, 20, 15, spread_db=3, **_VEHICLE)
_TRUCK = _row(18, 12, 24, 25, spread_db=4, **_VEHICLE)
_ADULT = _row(-8, -8, -9, -8, spread_db=2, **_WALKER)

RCS: dict[str, AspectRcs] = {
    **dict.fromkeys(("car", "taxi", "police_car"), _CAR),
    **dict.fromkeys(("van", "ambulance", "pickup"), _VAN),
    **dict.fromkeys(("truck", "trailer", "fire_engine", "bus", "tram", "construction_vehicle"), _TRUCK),
    "motorcycle": _row(5, 2, 7, 5, spread_db=3, **_CYCLE),
    "bicycle": _row(-1, -3, 2, -1, spread_db=2.5, **_CYCLE),
    "escooter": _row(-4, -5, -3, -4, spread_db=2.5, **_CYCLE),
    **dict.fromkeys(("adult", "worker", "police_officer"), _ADULT),
    "child": _row(-11, -11, -12, -11, spread_db=2, **_WALKER),
    "person_sitting": _row(-9, -9, -9, -9, spread_db=2, **_WALKER),
    "wheelchair_user": _row(0, -2, 2, 0, spread_db=3, **_WALKER),
    "animal": _row(-12, -11, -9, -12, spread_db=3, **_WALKER),
    "debris": _row(-8, -8, -8, -8, spread_db=6, swerling=1, filled=0.7),
    "cone": _row(-12, -12, -12, -12, spread_db=3, swerling=1, filled=0.5),
    "barrier": _row(5, -2, 5, 5, spread_db=4, swerling=1, filled=0.7),
}
# Of what the table does not name.
OTHER = _row(0, -3, 0, 0, spread_db=5, swerling=1, filled=0.7)

# The angles from the nose at which the columns of a row hold.
_ASPECT_RAD = np.radians([0.0, 45.0, 90.0, 135.0, 180.0])

# gamma [dB] by class of surface, and by material where that says more.
_GAMMA_DB = {
    "road": -15.0, "lane_marking": -15.0, "parking": -14.0, "sidewalk": -12.0, "terrain": -3.0,
    "building": -6.0, "wall": -7.0, "fence": -4.0, "vegetation": -7.0, "trunk": -5.0, "pole": 6.0,
    "traffic_sign": 8.0, "traffic_light": 5.0, "cone": -6.0, "barrier": 0.0, "other_object": -3.0,
}  # fmt: skip
_GAMMA_MATERIAL_DB = {
    "rail_steel": 5.0, "galvanised": 7.0, "bare_metal": 7.0, "metal_frame": 5.0, "sign_back": 8.0,
    "post_white": -12.0, "post_black": -12.0,
}  # fmt: skip

# Loss of one reflection in the mirror direction [dB]; what is not listed reflects nothing that counts. Roads
# follow Fresnel's law instead.
_MIRROR_DB = {
    "rail_steel": 5.0, "galvanised": 5.0, "bare_metal": 4.0, "car_paint": 5.0, "car_paint_metallic": 5.0,
    "car_paint_pearl": 5.0, "car_paint_matt": 5.0, "car_paint_dusty": 5.0, "car_glass": 9.0,
    "machine_paint": 5.0, "concrete": 12.0, "brick": 16.0, "plaster": 15.0, "window": 9.0,
    "shelter_glass": 9.0, "tarpaulin": 12.0,
}  # fmt: skip
ROADS = frozenset({"road", "lane_marking", "parking"})


def rcs_dbsm(row: AspectRcs, aspect_rad: F64) -> F64:
    """Mean cross section seen from `aspect_rad` to either side of the nose."""
    columns = [row.front, row.oblique, row.side, row.oblique, row.rear]
    return np.asarray(np.interp(np.abs(aspect_rad), _ASPECT_RAD, columns))


def gamma_db() -> F64:
    """(M,) of each material's surface where it belongs to the surroundings."""
    return np.array([_GAMMA_MATERIAL_DB.get(m.name, _GAMMA_DB.get(m.class_name, -5.0)) for m in MATERIALS])


def mirror_db() -> F64:
    """(M,) loss of one reflection; inf for what is no mirror, and for roads."""
    return np.array([_MIRROR_DB.get(material.name, np.inf) for material in MATERIALS])


def is_road() -> Bool:
    """(C,) whether a class is a road surface."""
    return np.array([row.name in ROADS for row in CLASSES])
