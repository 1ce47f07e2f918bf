"""The material table: how a surface looks at 550 nm and how it answers at 905 and 1550 nm.

Reflectivities at 905 nm are hemispherical, medians of the ranges found in laser-rangefinder tables
and spectral libraries (as KITTI's own scanner measures them where that differs). Colours are linear
sRGB. A *tinted* material takes its colour and its 905 nm reflectivity from the instance instead, so
that two cars of one shape share a mesh.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drivesynth.arrays import F32, I32
from drivesynth.assets.classes import CLASS_ID

TEXTURES = (
    "plain",
    "asphalt",
    "concrete",
    "paving",
    "grass",
    "brick",
    "plaster",
    "leaves",
    "bark",
    "cloth",
    "roof",
)

# SemanticKITTI's four scans: leaves store 0.36 at 8 to 22 m, 0.31 to 28 m, 0.23 to 34 m, 0.16 to 40 m, where
# walls hold out farther. By the device's coding and its beam of 2 mrad their answer falls by a third at 25 m
# and hardly more beyond 40 m: tufts of 4.5 cm, `echo._AS_DEEP` of them within a pulse's length.
LEAF_M = 0.045


@dataclass(frozen=True)
class Material:
    """One row of the table; `class_name` is the class of a face that belongs to no actor."""

    name: str
    class_name: str
    rgb: tuple[float, float, float]  # linear albedo, 0..1
    rho_905: float  # hemispherical reflectivity at 905 nm; above 1 for a retro-reflector's equivalent
    roughness: float = 0.9
    metallic: float = 0.0
    clear_coat: float = 0.0  # strength of a dielectric lobe over the base
    oren_nayar_rad: float = 0.0  # slope deviation; 0 is Lambert
    retro: bool = False
    transmission: float = 0.0  # share of a beam that goes straight through
    index: float = 1.52  # of refraction, where it is polished
    leaf_m: float = 0.0  # of crowns: what hangs in one depth of a beam's way, a tuft of leaves
    emission: float = 0.0  # radiance relative to a sunlit white, for lamps
    tinted: bool = False
    texture: str = "plain"


MATERIALS: tuple[Material, ...] = (
    Material("nothing", "nothing", (0.0, 0.0, 0.0), 0.0),
    Material("asphalt", "road", (0.17, 0.167, 0.16), 0.21, oren_nayar_rad=0.5, texture="asphalt"),
    Material("asphalt_old", "road", (0.20, 0.195, 0.185), 0.26, oren_nayar_rad=0.5, texture="asphalt"),
    Material("road_paint", "lane_marking", (0.62, 0.62, 0.6), 0.45, oren_nayar_rad=0.3, texture="asphalt"),
    Material("road_paint_yellow", "lane_marking", (0.6, 0.42, 0.06), 0.42, oren_nayar_rad=0.3),
    Material(
        "parking_asphalt", "parking", (0.165, 0.165, 0.165), 0.27, oren_nayar_rad=0.5, texture="asphalt"
    ),
    Material("paving", "sidewalk", (0.27, 0.26, 0.245), 0.39, oren_nayar_rad=0.6, texture="paving"),
    Material("kerb", "sidewalk", (0.33, 0.33, 0.32), 0.33, oren_nayar_rad=0.3, texture="concrete"),
    Material("grass", "terrain", (0.082, 0.112, 0.042), 0.58, oren_nayar_rad=0.8, texture="grass"),
    Material("soil", "terrain", (0.16, 0.11, 0.07), 0.36, oren_nayar_rad=0.8, texture="grass"),
    Material("concrete", "wall", (0.32, 0.32, 0.3), 0.35, oren_nayar_rad=0.2, texture="concrete"),
    Material("brick", "building", (0.24, 0.115, 0.078), 0.4, oren_nayar_rad=0.2, texture="brick"),
    Material(
        "plaster", "building", (0.6, 0.55, 0.45), 0.6, oren_nayar_rad=0.1, tinted=True, texture="plaster"
    ),
    Material("roof_tile", "building", (0.17, 0.068, 0.045), 0.35, oren_nayar_rad=0.3, texture="roof"),
    Material(
        "window", "building", (0.03, 0.035, 0.04), 0.06, roughness=0.05, clear_coat=1.0, transmission=0.45
    ),
    Material("wood", "fence", (0.24, 0.15, 0.08), 0.5, texture="bark"),
    Material(
        "leaves", "vegetation", (0.05, 0.105, 0.02), 0.42, oren_nayar_rad=0.3, leaf_m=LEAF_M, texture="leaves"
    ),
    Material("bark", "trunk", (0.1, 0.075, 0.055), 0.35, oren_nayar_rad=0.3, texture="bark"),
    Material("galvanised", "pole", (0.42, 0.43, 0.44), 0.3, roughness=0.45, metallic=0.7),
    Material("sign_face", "traffic_sign", (0.6, 0.6, 0.6), 40.0, retro=True, tinted=True),
    Material("sign_back", "traffic_sign", (0.3, 0.31, 0.32), 0.3, roughness=0.5, metallic=0.6),
    Material("lamp_glass", "pole", (0.8, 0.8, 0.75), 0.3, emission=0.0),
    # actors
    Material("car_paint", "nothing", (0.5, 0.5, 0.5), 0.3, roughness=0.35, clear_coat=1.0, tinted=True),
    Material(
        "car_glass", "nothing", (0.02, 0.024, 0.028), 0.05, roughness=0.03, clear_coat=1.0, transmission=0.35
    ),
    Material("car_trim", "nothing", (0.025, 0.025, 0.027), 0.05, roughness=0.6),
    Material("tyre", "nothing", (0.02, 0.02, 0.02), 0.04, roughness=0.9),
    Material("rim", "nothing", (0.5, 0.5, 0.52), 0.35, roughness=0.3, metallic=0.8),
    Material("headlamp", "nothing", (0.45, 0.47, 0.5), 0.5, roughness=0.1, clear_coat=1.0),
    Material("tail_lamp", "nothing", (0.20, 0.006, 0.008), 20.0, roughness=0.2, clear_coat=1.0, retro=True),
    Material("number_plate", "nothing", (0.75, 0.75, 0.72), 120.0, retro=True),
    Material("skin", "nothing", (0.42, 0.25, 0.18), 0.5, tinted=True),
    Material("hair", "nothing", (0.05, 0.03, 0.02), 0.25, tinted=True),
    Material("cloth", "nothing", (0.3, 0.3, 0.35), 0.45, oren_nayar_rad=0.3, tinted=True, texture="cloth"),
    Material("shoe", "nothing", (0.04, 0.035, 0.03), 0.2),
    Material("reflective_vest", "nothing", (0.75, 0.75, 0.1), 60.0, retro=True),
    Material("metal_frame", "nothing", (0.2, 0.2, 0.22), 0.3, roughness=0.4, metallic=0.5, tinted=True),
    Material("cardboard", "nothing", (0.33, 0.22, 0.12), 0.5),
    Material("fabric_pale", "nothing", (0.6, 0.58, 0.52), 0.6, oren_nayar_rad=0.3, texture="cloth"),
    Material("timber", "nothing", (0.36, 0.24, 0.13), 0.55, texture="bark"),
    Material("cone_orange", "cone", (0.75, 0.12, 0.02), 0.4),
    Material("cone_white", "cone", (0.8, 0.8, 0.8), 30.0, retro=True),
    # appended: rows are never moved, meshes on disk and kernels hold their numbers
    Material("leather", "nothing", (0.05, 0.04, 0.035), 0.25, roughness=0.7),
    Material("indicator_left", "nothing", (0.6, 0.22, 0.02), 0.5, roughness=0.2, clear_coat=1.0),
    Material("indicator_right", "nothing", (0.6, 0.22, 0.02), 0.5, roughness=0.2, clear_coat=1.0),
    Material("beacon", "nothing", (0.05, 0.12, 0.6), 0.4, roughness=0.2, clear_coat=1.0),
    Material("vest_orange", "nothing", (0.85, 0.16, 0.02), 0.7, oren_nayar_rad=0.3, texture="cloth"),
    Material("vest_yellow", "nothing", (0.65, 0.75, 0.03), 0.75, oren_nayar_rad=0.3, texture="cloth"),
    Material("retro_tape", "nothing", (0.6, 0.6, 0.6), 80.0, retro=True),
    Material("plastic", "nothing", (0.2, 0.2, 0.2), 0.3, roughness=0.5, clear_coat=0.3, tinted=True),
    Material("fur", "nothing", (0.2, 0.13, 0.08), 0.4, oren_nayar_rad=0.5, tinted=True, texture="cloth"),
    Material("bare_metal", "nothing", (0.45, 0.45, 0.46), 0.45, roughness=0.35, metallic=0.9),
    Material("tarpaulin", "nothing", (0.5, 0.5, 0.5), 0.55, roughness=0.6, tinted=True),
    Material(
        "foliage",
        "vegetation",
        (0.05, 0.105, 0.02),
        0.45,
        oren_nayar_rad=0.3,
        leaf_m=LEAF_M,
        tinted=True,
        texture="leaves",
    ),
    Material(
        "needles",
        "vegetation",
        (0.02, 0.05, 0.018),
        0.30,
        oren_nayar_rad=0.3,
        leaf_m=LEAF_M,
        tinted=True,
        texture="leaves",
    ),
    Material("birch_bark", "trunk", (0.55, 0.53, 0.5), 0.45, oren_nayar_rad=0.2),
    Material("roof_slate", "building", (0.06, 0.065, 0.075), 0.2, oren_nayar_rad=0.2, texture="roof"),
    Material("window_frame", "building", (0.65, 0.65, 0.63), 0.6, roughness=0.5),
    Material("door_paint", "building", (0.06, 0.10, 0.09), 0.3, roughness=0.4, clear_coat=0.5),
    Material("shop_sign", "building", (0.10, 0.14, 0.30), 0.4, roughness=0.5),
    Material(
        "fence_wood", "fence", (0.20, 0.125, 0.07), 0.5, oren_nayar_rad=0.2, tinted=True, texture="bark"
    ),
    Material("post_white", "pole", (0.7, 0.7, 0.68), 0.65, roughness=0.5),
    Material("post_black", "pole", (0.02, 0.02, 0.02), 0.05, roughness=0.5),
    Material("pole_paint", "pole", (0.06, 0.08, 0.07), 0.2, roughness=0.5, tinted=True),
    Material("street_wood", "other_object", (0.24, 0.15, 0.08), 0.5, texture="bark"),
    Material("rail_steel", "fence", (0.40, 0.41, 0.42), 0.4, roughness=0.45, metallic=0.7),
    Material("sign_white", "traffic_sign", (0.72, 0.72, 0.72), 40.0, retro=True),
    Material("sign_red", "traffic_sign", (0.48, 0.015, 0.02), 15.0, retro=True),
    Material("sign_blue", "traffic_sign", (0.01, 0.05, 0.30), 8.0, retro=True),
    Material("sign_yellow", "traffic_sign", (0.75, 0.45, 0.01), 25.0, retro=True),
    Material("sign_black", "traffic_sign", (0.015, 0.015, 0.015), 0.1),
    Material("signal_housing", "traffic_light", (0.02, 0.025, 0.02), 0.1, roughness=0.5),
    Material("signal_red", "traffic_light", (0.25, 0.01, 0.01), 0.3, roughness=0.2, clear_coat=1.0),
    Material("signal_amber", "traffic_light", (0.28, 0.12, 0.01), 0.3, roughness=0.2, clear_coat=1.0),
    Material("signal_green", "traffic_light", (0.01, 0.14, 0.06), 0.3, roughness=0.2, clear_coat=1.0),
    Material("barrier_red", "barrier", (0.50, 0.02, 0.02), 15.0, retro=True),
    Material("barrier_white", "barrier", (0.72, 0.72, 0.72), 40.0, retro=True),
    Material("barrier_yellow", "barrier", (0.70, 0.40, 0.01), 25.0, retro=True),
    Material("barrier_black", "barrier", (0.02, 0.02, 0.02), 0.1),
    Material("barrier_foot", "barrier", (0.03, 0.03, 0.03), 0.08),
    Material("cone_base", "cone", (0.03, 0.03, 0.03), 0.08),
    # tunnels and bridges; luminance of luminaires about 15 kcd/m2, half of a sunlit white
    Material("tunnel_panel", "wall", (0.55, 0.55, 0.5), 0.5, roughness=0.4, clear_coat=0.3),
    Material("tunnel_concrete", "wall", (0.16, 0.16, 0.155), 0.3, oren_nayar_rad=0.2, texture="concrete"),
    Material("tunnel_lamp", "pole", (0.8, 0.8, 0.75), 0.3, emission=0.5),
    Material("escape_sign", "traffic_sign", (0.02, 0.30, 0.10), 8.0, retro=True, emission=0.02),
    Material("pothole", "road", (0.09, 0.085, 0.08), 0.2, oren_nayar_rad=0.6, texture="asphalt"),
    Material("bridge_concrete", "wall", (0.36, 0.36, 0.34), 0.38, oren_nayar_rad=0.2, texture="concrete"),
    Material("water", "road", (0.02, 0.025, 0.03), 0.02, roughness=0.02, clear_coat=1.0, index=1.33),
    Material("mirror", "other_object", (0.9, 0.9, 0.9), 0.02, roughness=0.02, metallic=1.0),
    Material("curtain", "building", (0.55, 0.54, 0.5), 0.6, oren_nayar_rad=0.3, texture="cloth"),
    # finishes of paint: flakes under a clear coat, mica, none, and road dust over it
    Material(
        "car_paint_metallic", "nothing", (0.5, 0.5, 0.5), 0.3, 0.3, metallic=0.35, clear_coat=1.0, tinted=True
    ),
    Material(
        "car_paint_pearl", "nothing", (0.6, 0.6, 0.6), 0.4, 0.3, metallic=0.12, clear_coat=1.0, tinted=True
    ),
    Material("car_paint_matt", "nothing", (0.5, 0.5, 0.5), 0.3, roughness=0.7, tinted=True),
    Material("car_paint_dusty", "nothing", (0.4, 0.4, 0.4), 0.3, 0.6, clear_coat=0.25, tinted=True),
    # what vehicles at work wear: retro-reflective films (DIN 14502-3, classes of ECE R104), lamps, machines
    Material("livery_yellow", "nothing", (0.72, 0.74, 0.05), 25.0, retro=True),
    Material("livery_red", "nothing", (0.50, 0.02, 0.02), 12.0, retro=True),
    Material("livery_blue", "nothing", (0.01, 0.06, 0.36), 8.0, retro=True),
    Material("livery_black", "nothing", (0.015, 0.015, 0.016), 0.08, roughness=0.5),
    Material("beacon_amber", "nothing", (0.65, 0.26, 0.02), 0.5, roughness=0.2, clear_coat=1.0),
    Material("lamp_housing", "nothing", (0.05, 0.05, 0.055), 0.15, roughness=0.1, clear_coat=1.0),
    Material("seat_cloth", "nothing", (0.05, 0.05, 0.055), 0.4, oren_nayar_rad=0.3, texture="cloth"),
    Material("rubber", "nothing", (0.03, 0.03, 0.03), 0.06, roughness=0.9),
    Material("machine_paint", "nothing", (0.6, 0.4, 0.03), 0.55, roughness=0.5, clear_coat=0.4, tinted=True),
    Material("white_panel", "nothing", (0.72, 0.72, 0.70), 0.75, roughness=0.4, clear_coat=0.6),
    Material("lips", "nothing", (0.20, 0.06, 0.05), 0.45),
    Material("feather", "nothing", (0.15, 0.15, 0.16), 0.35, oren_nayar_rad=0.3, tinted=True),
    Material("horn", "nothing", (0.30, 0.25, 0.18), 0.45),
    Material("twigs", "vegetation", (0.085, 0.065, 0.05), 0.33, oren_nayar_rad=0.3),
    Material("cast_iron", "other_object", (0.06, 0.058, 0.055), 0.18, roughness=0.6, metallic=0.3),
    # printed paper: whatever it shows, paper is bright at 905 nm, where most inks are clear
    Material("poster_sky", "other_object", (0.22, 0.42, 0.68), 0.65),
    Material("poster_ground", "other_object", (0.14, 0.24, 0.06), 0.6),
    Material("poster_skin", "other_object", (0.50, 0.31, 0.22), 0.65),
    Material("poster_dark", "other_object", (0.02, 0.022, 0.03), 0.35),
    Material("poster_red", "other_object", (0.48, 0.03, 0.03), 0.62),
    Material("poster_white", "other_object", (0.72, 0.72, 0.70), 0.7),
    # mended roads: asphalt of this year, and bitumen in joints
    Material("asphalt_patch", "road", (0.095, 0.095, 0.1), 0.15, oren_nayar_rad=0.4, texture="asphalt"),
    Material("bitumen", "road", (0.03, 0.03, 0.032), 0.07, roughness=0.5),
    Material("film", "nothing", (0.62, 0.62, 0.62), 0.35, roughness=0.25, clear_coat=0.7, tinted=True),
    Material(
        "shelter_glass", "other_object", (0.03, 0.035, 0.04), 0.02, 0.05, clear_coat=1.0, transmission=0.88
    ),
    # roads of basalt, fresh or often sealed, and of pale stone, worn; see `road.surface`
    Material("asphalt_dark", "road", (0.115, 0.115, 0.12), 0.14, oren_nayar_rad=0.5, texture="asphalt"),
    Material("asphalt_pale", "road", (0.2, 0.2, 0.195), 0.31, oren_nayar_rad=0.5, texture="asphalt"),
)
# Reflectivity at 1550 nm over that at 905 nm. Spectral libraries (ECOSTRESS; USGS, Kokaly et al., "USGS
# Spectral Library Version 7", 2017) agree on the shape: water in leaves and skin absorbs near 1450 nm,
# minerals and tar brighten a little, dry cloth and paints darken a little. Medians; 1 for what is not listed.
RATIO_1550 = {
    "leaves": 0.55, "foliage": 0.55, "needles": 0.5, "grass": 0.6, "skin": 0.25, "hair": 1.3, "fur": 1.2,
    "leather": 1.2, "cloth": 0.95, "vest_orange": 0.9, "vest_yellow": 0.9, "bark": 1.1, "birch_bark": 0.9,
    "twigs": 1.1,
    "wood": 0.85, "fence_wood": 0.85, "street_wood": 0.85, "timber": 0.85, "cardboard": 0.9, "asphalt": 1.2,
    "asphalt_dark": 1.2,
    "asphalt_old": 1.15, "asphalt_pale": 1.15, "parking_asphalt": 1.2, "paving": 1.05, "kerb": 1.05,
    "concrete": 1.05, "brick": 1.1, "roof_tile": 1.1, "soil": 1.2, "water": 0.3,
}  # fmt: skip
MATERIAL_ID: dict[str, int] = {row.name: index for index, row in enumerate(MATERIALS)}


@dataclass(frozen=True)
class MaterialTable:
    """The table as a struct of arrays, one row a material, as kernels read it."""

    rgb: F32  # (M, 3)
    rho_905: F32
    rho_1550: F32
    roughness: F32
    metallic: F32
    clear_coat: F32
    oren_nayar_rad: F32
    transmission: F32
    index: F32
    leaf_m: F32
    emission: F32
    retro: I32
    tinted: I32
    texture: I32  # index into TEXTURES
    class_id: I32  # of a face that belongs to no actor


@lru_cache(maxsize=1)
def material_table() -> MaterialTable:
    """`MATERIALS` as arrays."""

    def column(name: str) -> F32:
        return np.array([getattr(row, name) for row in MATERIALS], np.float32)

    return MaterialTable(
        rgb=column("rgb"),
        rho_905=column("rho_905"),
        rho_1550=column("rho_905")
        * np.array([RATIO_1550.get(row.name, 1.0) for row in MATERIALS], np.float32),
        roughness=column("roughness"),
        metallic=column("metallic"),
        clear_coat=column("clear_coat"),
        oren_nayar_rad=column("oren_nayar_rad"),
        transmission=column("transmission"),
        index=column("index"),
        leaf_m=column("leaf_m"),
        emission=column("emission"),
        retro=column("retro").astype(np.int32),
        tinted=column("tinted").astype(np.int32),
        texture=np.array([TEXTURES.index(row.texture) for row in MATERIALS], np.int32),
        class_id=np.array([CLASS_ID[row.class_name] for row in MATERIALS], np.int32),
    )
