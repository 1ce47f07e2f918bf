"""Our classes by the ids of Cityscapes, which semantic images of other datasets are read by.

Cordts et al., "The Cityscapes Dataset for Semantic Urban Scene Understanding", CVPR 2016: `labels.py` of
its scripts, and the class definitions of its site: vans are cars, pickups and lorry trailers trucks, cones
and animals "dynamic". Who rides a two-wheeler is a rider, told from the machine by material.
"""

from functools import cache

import numpy as np

from drivesynth.arrays import I32, U8
from drivesynth.assets.classes import CLASS_ID, CLASSES
from drivesynth.assets.materials import MATERIALS

SKY, RIDER = 23, 25
# Ids whose objects are told apart.
THINGS = frozenset({24, 25, 26, 27, 28, 31, 32, 33})
NAMES: dict[int, str] = {
    0: "unlabeled", 4: "static", 5: "dynamic", 7: "road", 8: "sidewalk", 9: "parking", 11:
    "building", 12: "wall", 13: "fence", 17: "pole", 19: "traffic light", 20: "traffic sign", 21:
    "vegetation", 22: "terrain", 23: "sky", 24: "person", 25: "rider", 26: "car", 27: "truck", 28:
    "bus", 31: "train", 32: "motorcycle", 33: "bicycle",
}  # fmt: skip
IDS: dict[str, int] = {
    "nothing": 0, "road": 7, "lane_marking": 7, "parking": 9, "sidewalk": 8, "terrain": 22,
    "building": 11, "wall": 12, "fence": 13, "vegetation": 21, "trunk": 21, "pole": 17,
    "traffic_sign": 20, "traffic_light": 19, "cone": 5, "barrier": 5, "other_object": 4, "car": 26,
    "taxi": 26, "police_car": 26, "van": 26, "ambulance": 26, "pickup": 27, "truck": 27, "trailer":
    27, "fire_engine": 27, "bus": 28, "tram": 31, "construction_vehicle": 27, "motorcycle": 32,
    "bicycle": 33, "escooter": 33, "adult": 24, "child": 24, "worker": 24, "police_officer": 24,
    "person_sitting": 24, "wheelchair_user": 24, "animal": 5, "debris": 5,
}  # fmt: skip
_RIDDEN = ("motorcycle", "bicycle", "escooter")
_OF_PEOPLE = ("skin", "hair", "cloth", "shoe", "vest", "reflective_vest")


@cache
def _tables() -> tuple[U8, np.ndarray, np.ndarray]:
    by_class = np.array([IDS[row.name] for row in CLASSES], np.uint8)
    ridden = np.isin(np.arange(len(CLASSES)), [CLASS_ID[name] for name in _RIDDEN])
    human = np.array([material.name.startswith(_OF_PEOPLE) for material in MATERIALS])
    return by_class, ridden, human


def semantic(class_id: I32 | U8, material: I32, there: np.ndarray) -> U8:
    """Cityscapes ids of pixels: by class, and of riders by material; sky where nothing is there."""
    by_class, ridden, human = _tables()
    ids = by_class[class_id]
    ids[ridden[class_id] & human[material]] = RIDER
    ids[~there] = SKY
    return ids
