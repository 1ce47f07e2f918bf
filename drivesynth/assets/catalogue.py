"""The shipped assets by name: `match` finds them, `info` measures them, `build` makes them.

    car/sedan, pedestrian/child, tree/birch ...        family/kind
    car/*                                              a pattern, as `fill` and `asset` take it

A model depends on (asset, look_seed, size_m) alone. Looks that differ only by colour share their
meshes, so that one tree of acceleration serves them all.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from drivesynth.assets import user_mesh
from drivesynth.assets.recoat import recoated
from drivesynth.assets.sizes import ASSETS, AssetInfo, Size
from drivesynth.errors import RequestError, did_you_mean

if TYPE_CHECKING:
    from drivesynth.assets.model import Model


@lru_cache(maxsize=256)
def match(pattern: str) -> tuple[str, ...]:
    """Names that fit a shell pattern (`car/*`), in the table's order; none that fits is an error."""
    names = tuple(name for name in ASSETS if fnmatchcase(name, pattern))
    if not names:
        raise _unknown(pattern)
    return names


def _unknown(name: str) -> RequestError:
    families = list(dict.fromkeys(known.split("/")[0] for known in ASSETS))
    known = [*ASSETS, *(f"{family}/*" for family in families)] if "*" in name else ASSETS
    hint = did_you_mean(name, known) or f"; the families are {', '.join(families)}, each with its /kinds"
    return RequestError(f"no asset is called {name!r}{hint}")


def one_of(names: Sequence[str], at: float) -> str:
    """The name at a uniform number, each taking as much room in 0..1 as its share among them."""
    shares = np.cumsum([ASSETS[name].share for name in names])
    return names[min(int(np.searchsorted(shares, at * shares[-1], side="right")), len(names) - 1)]


def info(asset: str) -> AssetInfo:
    """Class, size and spread of a named asset."""
    if user_mesh.is_user_mesh(asset):
        return user_mesh.info(asset)
    if asset not in ASSETS:
        raise _unknown(asset)
    return ASSETS[asset]


def build(
    asset: str,
    look_seed: int,
    size_m: Size | None = None,
    detail: int = 0,
    material: str | None = None,
    doors: tuple[str, ...] = (),
) -> "Model":
    """The asset as one look draws it, at its table size or at `size_m` (length, width, height).

    detail    0 whole; 1 to 3 coarser, for plants, houses and cars that the sensors do not come near
    material  what most of its surface is made of instead
    doors     which of a car's `model.DOORS` ever open; the rest of its skin is one piece

    Sizes count to the centimetre, so that nearly equal ones share their meshes.
    """
    wanted = info(asset).size_m if size_m is None else size_m
    least = 0.003 if asset.startswith("patch/") else 0.02
    if min(wanted) <= least:
        raise RequestError(
            f"{asset}: size {wanted} m is too small; every side must exceed {least * 100:g} cm"
        )
    length, width, height = (round(float(side), 3 if side < 0.5 else 2) for side in wanted)
    model = _build(asset, int(look_seed), (length, width, height), detail, doors)
    return model if material is None else recoated(model, material)


@lru_cache(maxsize=2048)
def _build(asset: str, look_seed: int, size_m: Size, detail: int, doors: tuple[str, ...]) -> "Model":
    from drivesynth.assets.builders import made  # every builder there is: a tenth of a second to load

    return made(asset, look_seed, size_m, detail, doors)
