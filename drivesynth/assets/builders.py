"""Who makes which asset: a builder a family. Loaded when the first asset is made, not where sizes do."""

from collections.abc import Callable

from drivesynth.assets import debris, user_mesh
from drivesynth.assets.cycles import cargo, cyclist, powered
from drivesynth.assets.model import Model
from drivesynth.assets.nature import animals, birds, horse_rider, plants
from drivesynth.assets.people import pedestrians, persons
from drivesynth.assets.sizes import Size
from drivesynth.assets.street import furniture, houses, signs, urban, work_zone
from drivesynth.assets.vehicles import bus, cars, crashed, machines, trams, trucks

Builder = Callable[[str, int, Size], Model]


def _animal(asset: str, look_seed: int, size_m: Size) -> Model:
    others = {
        "animal/crow": birds.build,
        "animal/gull_flying": birds.build,
        "animal/horse_rider": horse_rider.build,
    }
    return others.get(asset, animals.build)(asset, look_seed, size_m)


def _cyclist(asset: str, look_seed: int, size_m: Size) -> Model:
    build_one = cargo.build if asset == "cyclist/cargo" else cyclist.build
    return build_one(asset, look_seed, size_m)


def _street(asset: str, look_seed: int, size_m: Size) -> Model:
    if asset in work_zone.SHAPES:
        return work_zone.build(asset, look_seed, size_m)
    build_one = urban.build if asset in urban.SHAPES else furniture.build
    return build_one(asset, look_seed, size_m)


def _wreck(asset: str, look_seed: int, size_m: Size) -> Model:
    build_one = trucks.build_overturned if asset == "wreck/lorry" else crashed.build
    return build_one(asset, look_seed, size_m)


FAMILIES: dict[str, Builder] = {
    **dict.fromkeys(("car", "van", "taxi", "police", "ambulance", "pickup"), cars.build),
    "truck": trucks.build,
    "bus": bus.build,
    "fire_engine": trucks.build,
    "tram": trams.build,
    **dict.fromkeys(("tractor", "excavator", "caravan"), machines.build),
    "wreck": _wreck,
    "cyclist": _cyclist,
    "moped": powered.build,
    "motorcycle": powered.build,
    "escooter": powered.build,
    "animal": _animal,
    "debris": debris.build,
    "pedestrian": pedestrians.build,
    "person": persons.build,
    **dict.fromkeys(("tree", "bush", "hedge", "wood", "occluder", "verge"), plants.build),
    "house": houses.build,
    "sign": signs.build,
    "signal": signs.build_signal,
    **dict.fromkeys(("cone", "barrier", "rail", "work"), _street),
    **dict.fromkeys(("lamp", "bollard", "post", "bin", "bench", "wall", "fence"), _street),
    **dict.fromkeys(
        ("shelter", "hydrant", "skip", "scaffold", "billboard", "mirror", "manhole", "patch"), _street
    ),
}


def made(asset: str, look_seed: int, size_m: Size, detail: int, doors: tuple[str, ...] = ()) -> Model:
    """The model of a known asset; see `catalogue.build`."""
    if user_mesh.is_user_mesh(asset):
        return user_mesh.build(asset, size_m)
    if detail and (asset in plants.GROWERS or asset in plants.THIN_THEMSELVES):
        return plants.build(asset, look_seed, size_m, detail)
    if (detail or doors) and FAMILIES[asset.split("/")[0]] is cars.build:
        return cars.build(asset, look_seed, size_m, detail, doors)
    if detail and asset.startswith("house/"):
        return houses.build(asset, look_seed, size_m, detail)
    return FAMILIES[asset.split("/")[0]](asset, look_seed, size_m)
