"""The class table: our classes and what KITTI, SemanticKITTI and nuScenes call them.

KITTI's label types: object development kit, readme. SemanticKITTI ids: semantic-kitti.yaml of its
API. nuScenes: the taxonomy of its devkit. A class without a KITTI type gets no label row.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ObjectClass:
    """One row: the native name, what others call it, and the SemanticKITTI ids (still, moving)."""

    name: str
    kitti: str
    semantic_kitti: int
    semantic_kitti_moving: int
    nuscenes: str
    rgb: tuple[int, int, int]  # in our own pictures


def _row(
    name: str, kitti: str, still: int, moving: int, nuscenes: str, rgb: tuple[int, int, int]
) -> ObjectClass:
    return ObjectClass(name, kitti, still, moving or still, nuscenes, rgb)


# The order is the id, in frames and on disk: append only.
CLASSES: tuple[ObjectClass, ...] = (
    _row("nothing", "", 0, 0, "", (0, 0, 0)),
    # surroundings
    _row("road", "", 40, 0, "flat.driveable_surface", (128, 64, 128)),
    _row("lane_marking", "", 60, 0, "flat.driveable_surface", (230, 230, 230)),
    _row("parking", "", 44, 0, "flat.driveable_surface", (160, 120, 160)),
    _row("sidewalk", "", 48, 0, "flat.sidewalk", (244, 35, 232)),
    _row("terrain", "", 72, 0, "flat.terrain", (152, 251, 152)),
    _row("building", "", 50, 0, "static.manmade", (70, 70, 70)),
    _row("wall", "", 52, 0, "static.manmade", (102, 102, 156)),
    _row("fence", "", 51, 0, "static.manmade", (190, 153, 153)),
    _row("vegetation", "", 70, 0, "static.vegetation", (107, 142, 35)),
    _row("trunk", "", 71, 0, "static.vegetation", (120, 85, 50)),
    _row("pole", "", 80, 0, "static.manmade", (153, 153, 153)),
    _row("traffic_sign", "", 81, 0, "static.manmade", (220, 220, 0)),
    _row("traffic_light", "", 99, 0, "static.manmade", (250, 170, 30)),
    _row("cone", "", 99, 0, "movable_object.trafficcone", (255, 110, 20)),
    _row("barrier", "", 99, 0, "movable_object.barrier", (255, 70, 60)),
    _row("other_object", "", 99, 0, "static.manmade", (90, 90, 120)),
    # vehicles
    _row("car", "Car", 10, 252, "vehicle.car", (0, 110, 255)),
    _row("taxi", "Car", 10, 252, "vehicle.car", (0, 150, 255)),
    _row("police_car", "Car", 10, 252, "vehicle.emergency.police", (30, 60, 255)),
    _row("van", "Van", 20, 259, "vehicle.truck", (0, 200, 220)),
    _row("ambulance", "Van", 20, 259, "vehicle.emergency.ambulance", (0, 220, 200)),
    _row("pickup", "Van", 10, 252, "vehicle.truck", (0, 180, 240)),
    _row("truck", "Truck", 18, 258, "vehicle.truck", (0, 60, 180)),
    _row("trailer", "Truck", 18, 258, "vehicle.trailer", (0, 40, 140)),
    _row("fire_engine", "Truck", 18, 258, "vehicle.truck", (180, 20, 60)),
    _row("bus", "Misc", 20, 257, "vehicle.bus.rigid", (0, 80, 100)),
    _row("tram", "Tram", 20, 256, "vehicle.bus.bendy", (60, 0, 100)),
    _row("construction_vehicle", "Misc", 20, 259, "vehicle.construction", (200, 140, 0)),
    # two-wheelers with their riders
    _row("motorcycle", "Misc", 32, 255, "vehicle.motorcycle", (160, 0, 230)),
    _row("bicycle", "Cyclist", 31, 253, "vehicle.bicycle", (230, 60, 200)),
    _row("escooter", "Cyclist", 31, 253, "vehicle.bicycle", (230, 100, 160)),
    # people
    _row("adult", "Pedestrian", 30, 254, "human.pedestrian.adult", (255, 40, 40)),
    _row("child", "Pedestrian", 30, 254, "human.pedestrian.child", (255, 120, 0)),
    _row("worker", "Pedestrian", 30, 254, "human.pedestrian.construction_worker", (255, 180, 0)),
    _row("police_officer", "Pedestrian", 30, 254, "human.pedestrian.police_officer", (255, 0, 120)),
    _row("person_sitting", "Person_sitting", 30, 254, "human.pedestrian.adult", (255, 80, 120)),
    _row("wheelchair_user", "Pedestrian", 30, 254, "human.pedestrian.wheelchair", (255, 60, 160)),
    # the rest that may stand in the way
    _row("animal", "Misc", 99, 0, "animal", (180, 220, 0)),
    _row("debris", "Misc", 99, 0, "movable_object.debris", (200, 200, 80)),
)
CLASS_ID: dict[str, int] = {row.name: index for index, row in enumerate(CLASSES)}
