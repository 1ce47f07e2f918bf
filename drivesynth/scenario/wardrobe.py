"""What an actor or a thing is: its asset, its size, the material it is made of."""

from functools import lru_cache
from pathlib import Path as Files

from drivesynth.assets import catalogue as assets
from drivesynth.assets import user_mesh
from drivesynth.assets.limits import LIMITS
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.errors import RequestError, did_you_mean
from drivesynth.scenario.chance import Chance
from drivesynth.scenario.places import Size
from drivesynth.scene.actors import ActorSpec, MeshSpec
from drivesynth.scene.catalogue import find
from drivesynth.scene.laws import Normal
from drivesynth.scene.validate import Path
from drivesynth.scene.values import Words


def stream(path: Path, what: str, member: str) -> str:
    """The name of a draw that stands nowhere in the file."""
    return ".".join(part for part in (*map(str, path), what, member) if part)


def drawn_asset(chance: Chance, words: Words | MeshSpec, path: Path, member: str = "") -> str:
    """An asset's name: a pattern is drawn first, then one of those that fit it, by their shares."""
    if isinstance(words, MeshSpec):
        return _own_mesh(chance, words, path, member)
    pattern = chance.word(words, path, member=member)
    try:
        names = _fitting(pattern)
    except RequestError as error:
        raise chance.mistake(path, error.what) from None
    return assets.one_of(names, chance.uniform(stream(path, "kind", member))) if len(names) > 1 else names[0]


@lru_cache(maxsize=512)
def _fitting(pattern: str) -> tuple[str, ...]:
    return assets.match(pattern)


def _own_mesh(chance: Chance, spec: MeshSpec, path: Path, member: str) -> str:
    """The name of the user's own mesh, which is looked at now: a bad file is a mistake of the scene."""
    scene = chance.scene
    if spec.class_ not in LIMITS:
        hint = did_you_mean(spec.class_, LIMITS) or f"; one of {', '.join(LIMITS)}"
        raise chance.mistake((*path, "class"), f"no class {spec.class_!r}{hint}")
    length = chance.maybe(spec.length, (*path, "length"), member=member)
    beside = scene.path.parent if scene.path is not None else Files()
    try:
        file = find(spec.mesh, beside)
        return user_mesh.named(file, spec.class_, length, spec.up, spec.forward, spec.materials)
    except RequestError as error:
        raise chance.mistake((*path, "mesh"), error.what) from None


def drawn_size(chance: Chance, spec: ActorSpec, asset: str, path: Path, member: str = "") -> Size:
    """Length, width, height: given, or spread like real ones, at most two deviations off."""
    if spec.size is not None:
        given = [chance.number(side, (*path, "size", i), member=member) for i, side in enumerate(spec.size)]
        return given[0], given[1], given[2]
    return usual_size(chance, asset, path, member)


def usual_size(chance: Chance, asset: str, path: Path, member: str = "") -> Size:
    """A size as real ones of the kind have it."""
    info = assets.info(asset)
    sides = []
    for i, (mean, spread) in enumerate(zip(info.size_m, info.size_spread_m, strict=True)):
        if spread > 0:
            law = Normal(mean, spread, mean - 2 * spread, mean + 2 * spread)
            sides.append(round(law.at(chance.uniform(stream(path, f"size.{i}", member))), 2))
        else:
            sides.append(mean)
    return sides[0], sides[1], sides[2]


def drawn_material(chance: Chance, words: Words | None, path: Path, member: str = "") -> str | None:
    """What most of its surface is made of instead; None: as the asset comes."""
    if words is None:
        return None
    name = chance.word(words, path, member=member)
    known = [material for material in MATERIAL_ID if material != "nothing"]
    if name not in known:
        hint = did_you_mean(name, known) or "; docs/assets.md lists them"
        raise chance.mistake(path, f"no material is called {name!r}{hint}")
    return name
