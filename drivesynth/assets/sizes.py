"""Every shipped asset: its class, its size and how much real ones spread.

Sizes are length, width, height [m] of the tight box around the resting model, mirrors and handlebars
included. Vehicles and animals: means and deviations of the nuScenes, Waymo, Lyft and KITTI boxes,
SUMO's vehicle classes, EU 96/53/EC for lorries and buses, Euro NCAP's targets (bicyclist EBT, child
EPTc, motorcycle EMT). People stand at rest, so they are shallower than the boxes of walking ones.
Street furniture: VwV-StVO and RAL for signs (disc 0.60, triangle side 0.90, lower edge 2.0-2.2 m),
EN 13422 for cones, EN 1317 for rails, EN 840-1 for bins. Shares of bodies among cars: the German stock by
segment (KBA, FZ 12, 2023).
"""

from dataclasses import dataclass

Size = tuple[float, float, float]


@dataclass(frozen=True)
class AssetInfo:
    """What a scene needs to know of an asset before it is built.

    size_spread_m    standard deviation of real ones about `size_m`, per axis
    wheel_radius_m   what turns distance into `wheel_rad`; 0 for what has no wheels
    share            how often a pattern draws it against the others that fit
    """

    class_name: str
    size_m: Size
    size_spread_m: Size
    wheel_radius_m: float = 0.0
    share: float = 1.0


def _row(
    class_name: str,
    size_m: Size,
    spread_m: Size = (0.0, 0.0, 0.0),
    wheel_m: float = 0.0,
    share: float = 1.0,
) -> AssetInfo:
    return AssetInfo(class_name, size_m, spread_m, wheel_m, share)


ASSETS: dict[str, AssetInfo] = {
    # vehicles
    "car/compact": _row("car", (3.95, 1.74, 1.49), (0.15, 0.04, 0.03), 0.31, 26),
    "car/hatchback": _row("car", (4.28, 1.80, 1.46), (0.12, 0.03, 0.03), 0.32, 25),
    "car/sedan": _row("car", (4.70, 1.85, 1.45), (0.20, 0.05, 0.03), 0.33, 8),
    "car/estate": _row("car", (4.68, 1.84, 1.48), (0.18, 0.04, 0.03), 0.33, 18),
    "car/suv": _row("car", (4.62, 1.90, 1.68), (0.20, 0.05, 0.05), 0.36, 20),
    "car/sports": _row("car", (4.45, 1.94, 1.29), (0.10, 0.04, 0.03), 0.34, 2),
    "car/roof_load": _row("car", (4.68, 1.84, 1.90), (0.18, 0.04, 0.03), 0.33, 1),
    "taxi/sedan": _row("taxi", (4.88, 1.90, 1.64), (0.08, 0.03, 0.02), 0.34),
    "police/estate": _row("police_car", (4.75, 1.86, 1.66), (0.08, 0.02, 0.02), 0.34),
    "pickup/crew": _row("pickup", (5.32, 2.06, 1.82), (0.12, 0.06, 0.04), 0.39),
    "ambulance/van": _row("ambulance", (5.90, 2.10, 2.72), (0.25, 0.05, 0.08), 0.35),
    "van/delivery": _row("van", (5.40, 2.05, 2.35), (0.40, 0.06, 0.20), 0.34),
    "truck/rigid": _row("truck", (7.20, 2.50, 3.30), (0.80, 0.05, 0.20), 0.46),
    "truck/semi": _row("truck", (16.50, 2.55, 4.00), (0.30, 0.0, 0.05), 0.50),
    "truck/flatbed": _row("truck", (7.40, 2.50, 2.90), (0.80, 0.05, 0.15), 0.46),
    "bus/city": _row("bus", (12.0, 2.55, 3.10), (0.50, 0.0, 0.10), 0.48),
    "fire_engine/pumper": _row("fire_engine", (7.60, 2.52, 3.30), (0.30, 0.03, 0.05), 0.50),
    "tram/city": _row("tram", (28.0, 2.40, 4.05)),
    "tractor/farm": _row("construction_vehicle", (4.60, 2.40, 2.95), (0.20, 0.08, 0.08), 0.86),
    "excavator/wheeled": _row("construction_vehicle", (6.80, 2.52, 3.55), (0.0, 0.0, 0.0), 0.52),
    "caravan/touring": _row("trailer", (6.40, 2.30, 2.58), (0.50, 0.05, 0.03), 0.31),
    # what a crash leaves: cars with nose or tail driven in
    "wreck/front": _row("car", (3.78, 1.80, 1.47), (0.0, 0.03, 0.03)),
    "wreck/rear": _row("car", (4.18, 1.84, 1.50), (0.0, 0.03, 0.03)),
    # a box lorry on its left side, so its box is as wide as a lorry is tall
    "wreck/lorry": _row("truck", (7.20, 3.30, 2.50), (0.80, 0.20, 0.05)),
    # people
    "pedestrian/adult": _row("adult", (0.30, 0.52, 1.74), (0.02, 0.03, 0.09)),
    "pedestrian/child": _row("child", (0.22, 0.36, 1.17), (0.02, 0.03, 0.10)),
    "pedestrian/worker": _row("worker", (0.31, 0.56, 1.81), (0.02, 0.03, 0.07)),
    "person/umbrella": _row("adult", (1.06, 1.06, 2.20), (0.03, 0.03, 0.07)),
    "person/phone": _row("adult", (0.54, 0.47, 1.75), (0.03, 0.03, 0.07)),
    "person/bag": _row("adult", (0.63, 0.56, 1.76), (0.03, 0.03, 0.07)),
    "person/stick": _row("adult", (0.50, 0.52, 1.73), (0.03, 0.03, 0.07)),
    "person/pram": _row("adult", (1.43, 0.55, 1.76), (0.03, 0.03, 0.07), 0.13),
    "person/trolley": _row("adult", (1.39, 0.52, 1.76), (0.03, 0.03, 0.07), 0.065),
    "person/vest": _row("adult", (0.32, 0.50, 1.76), (0.03, 0.03, 0.07)),
    "person/sitting": _row("person_sitting", (0.82, 0.45, 1.40), (0.03, 0.03, 0.07)),
    "person/lying": _row("adult", (1.76, 1.13, 0.32), (0.03, 0.03, 0.07)),
    "person/wheelchair": _row("wheelchair_user", (1.00, 0.68, 1.42), (0.03, 0.03, 0.07), 0.305),
    "person/worker_sign": _row("worker", (0.56, 0.75, 2.40), (0.03, 0.03, 0.07)),
    "person/police": _row("police_officer", (0.84, 1.13, 1.76), (0.03, 0.03, 0.07)),
    "person/child_ball": _row("child", (0.47, 0.30, 1.21), (0.03, 0.03, 0.07)),
    # two-wheelers with riders
    "cyclist/adult": _row("bicycle", (1.78, 0.62, 1.74), (0.05, 0.03, 0.06), 0.345),
    "cyclist/child": _row("bicycle", (1.42, 0.54, 1.36), (0.05, 0.02, 0.06), 0.255),
    "cyclist/cargo": _row("bicycle", (2.54, 0.65, 1.74), (0.05, 0.03, 0.06), 0.33, 0.1),
    "moped/rider": _row("motorcycle", (1.80, 0.72, 1.52), (0.05, 0.03, 0.05), 0.225),
    "motorcycle/rider": _row("motorcycle", (2.11, 0.80, 1.52), (0.10, 0.04, 0.05), 0.315),
    "escooter/adult": _row("escooter", (1.18, 0.56, 1.88), (0.04, 0.03, 0.07), 0.12),
    # animals
    "animal/dog": _row("animal", (0.95, 0.26, 0.66), (0.12, 0.03, 0.08)),
    "animal/deer": _row("animal", (1.35, 0.40, 1.30), (0.12, 0.04, 0.10)),
    "animal/cat": _row("animal", (0.68, 0.15, 0.31), (0.05, 0.01, 0.02)),
    "animal/boar": _row("animal", (1.40, 0.42, 0.86), (0.12, 0.04, 0.08)),
    "animal/cow": _row("animal", (2.40, 0.72, 1.48), (0.12, 0.05, 0.06)),
    "animal/horse": _row("animal", (2.45, 0.58, 1.85), (0.10, 0.03, 0.06)),
    "animal/horse_rider": _row("animal", (2.45, 0.80, 2.45), (0.10, 0.03, 0.06)),
    "animal/crow": _row("animal", (0.44, 0.15, 0.28), (0.03, 0.01, 0.02)),
    "animal/gull_flying": _row("animal", (0.42, 1.10, 0.22), (0.03, 0.06, 0.02)),
    # things that lie on the road
    "debris/box": _row("debris", (0.60, 0.40, 0.40), (0.10, 0.06, 0.06)),
    "debris/cargo_boxes": _row("debris", (1.60, 1.30, 0.80), (0.15, 0.15, 0.08)),
    "debris/mattress": _row("debris", (2.00, 0.90, 0.20), (0.0, 0.10, 0.02)),
    "debris/pallet": _row("debris", (1.20, 0.80, 0.144)),
    "debris/ladder": _row("debris", (3.00, 0.40, 0.08), (0.40, 0.02, 0.0)),
    "debris/branch": _row("debris", (1.90, 0.90, 0.40), (0.30, 0.15, 0.06)),
    "debris/plastic_bag": _row("debris", (0.34, 0.26, 0.36), (0.05, 0.04, 0.05)),
    "debris/bumper": _row("debris", (0.55, 1.62, 0.30), (0.05, 0.08, 0.03)),
    "debris/tyre": _row("debris", (0.63, 0.63, 0.21), (0.03, 0.03, 0.015)),
    # work zones and barriers
    "cone/75cm": _row("cone", (0.40, 0.40, 0.75)),
    "cone/50cm": _row("cone", (0.29, 0.29, 0.50)),
    "barrier/board": _row("barrier", (0.50, 2.00, 1.00)),
    "rail/guard": _row("fence", (4.00, 0.30, 0.75)),
    "work/crash_cushion": _row("barrier", (3.60, 2.10, 2.60)),
    "post/guide": _row("pole", (0.12, 0.10, 1.00)),
    "bollard/post": _row("pole", (0.12, 0.12, 0.95)),
    # plants
    "tree/deciduous": _row("vegetation", (6.0, 6.0, 8.5), (1.2, 1.2, 1.8)),
    "tree/conifer": _row("vegetation", (4.2, 4.2, 10.0), (0.8, 0.8, 2.0)),
    "tree/birch": _row("vegetation", (4.6, 4.6, 9.5), (0.8, 0.8, 1.8)),
    "tree/poplar": _row("vegetation", (3.0, 3.0, 14.0), (0.4, 0.4, 2.0)),
    "tree/autumn": _row("vegetation", (6.0, 6.0, 8.5), (1.2, 1.2, 1.8)),
    "tree/bare": _row("vegetation", (6.0, 6.0, 8.5), (1.0, 1.0, 1.5)),
    "verge/grass": _row("vegetation", (1.6, 0.9, 0.55), (0.2, 0.1, 0.1)),
    "bush/round": _row("vegetation", (1.5, 1.5, 1.2), (0.3, 0.3, 0.25)),
    "wood/edge": _row("vegetation", (10.0, 4.5, 8.0), (0.0, 0.4, 1.2)),
    "hedge/box": _row("vegetation", (4.0, 0.7, 1.3), (0.0, 0.1, 0.2)),
    "occluder/hedge": _row("vegetation", (6.0, 0.9, 1.9), (0.0, 0.1, 0.15)),
    # buildings and boundaries
    "house/terrace": _row("building", (6.5, 9.0, 8.6), (0.5, 0.8, 0.6)),
    "house/detached": _row("building", (11.0, 9.0, 7.6), (1.0, 0.8, 0.6)),
    "house/shop": _row("building", (9.0, 11.0, 10.2), (1.0, 1.0, 0.8)),
    "house/apartments": _row("building", (19.0, 12.5, 12.4), (1.0, 0.5, 0.4)),
    "wall/garden": _row("wall", (4.0, 0.25, 1.10), (0.0, 0.0, 0.15)),
    "fence/wood": _row("fence", (4.0, 0.12, 1.20), (0.0, 0.0, 0.15)),
    # street furniture
    "lamp/street": _row("pole", (2.0, 0.36, 7.0), (0.0, 0.0, 0.8)),
    "sign/speed_limit": _row("traffic_sign", (0.10, 0.60, 2.75)),
    **{f"sign/speed_limit_{n}": _row("traffic_sign", (0.10, 0.60, 2.75)) for n in range(10, 140, 10)},
    "sign/no_parking": _row("traffic_sign", (0.10, 0.60, 2.75)),
    "sign/stop": _row("traffic_sign", (0.10, 0.90, 3.05)),
    "sign/give_way": _row("traffic_sign", (0.10, 0.90, 2.95)),
    "sign/priority_road": _row("traffic_sign", (0.10, 0.85, 2.90)),
    "sign/no_entry": _row("traffic_sign", (0.10, 0.60, 2.75)),
    "sign/keep_right": _row("traffic_sign", (0.10, 0.60, 1.60)),
    "sign/crossing": _row("traffic_sign", (0.10, 0.60, 2.75)),
    "sign/children": _row("traffic_sign", (0.10, 0.90, 2.95)),
    "sign/warning": _row("traffic_sign", (0.10, 0.90, 2.95)),
    "signal/vehicle": _row("traffic_light", (0.42, 0.42, 3.30)),
    "signal/walker": _row("traffic_light", (0.42, 0.32, 2.95)),
    "bin/wheelie": _row("other_object", (0.73, 0.58, 1.07)),
    "bin/litter": _row("other_object", (0.42, 0.40, 1.00), (0.02, 0.0, 0.05), 0.0, 0.2),
    "skip/builder": _row("other_object", (3.60, 1.75, 1.50), (0.2, 0.05, 0.1)),
    "shelter/bus": _row("other_object", (4.00, 1.60, 2.50), (0.3, 0.1, 0.05)),
    "hydrant/pillar": _row("other_object", (0.30, 0.34, 0.95), (0.0, 0.0, 0.05)),
    "scaffold/front": _row("other_object", (7.50, 0.80, 5.20), (0.5, 0.0, 0.4)),
    "billboard/people": _row("other_object", (3.80, 0.40, 3.60), (0.2, 0.0, 0.1)),
    "mirror/traffic": _row("traffic_sign", (0.22, 0.70, 2.60), (0.0, 0.0, 0.1)),
    "patch/asphalt": _row("other_object", (3.0, 1.0, 0.004)),
    "patch/seam": _row("other_object", (4.0, 0.12, 0.004)),
    "manhole/cover": _row("other_object", (0.62, 0.62, 0.022)),
    "fence/mesh": _row("fence", (4.00, 0.06, 1.40), (0.0, 0.0, 0.2), 0.0, 0.5),
    "barrier/concrete": _row("barrier", (4.00, 0.60, 0.81)),
    "bench/wood": _row("other_object", (0.60, 1.80, 0.85)),
}
