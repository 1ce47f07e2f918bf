"""A scene from a file: read, merged, validated, looked at again with all names known."""

from pathlib import Path

from drivesynth.errors import Mistakes, RequestError, did_you_mean
from drivesynth.scene import catalogue
from drivesynth.scene.document import Node, parse
from drivesynth.scene.merge import Merger, deep, without
from drivesynth.scene.model import Scene
from drivesynth.scene.reach import unreachable
from drivesynth.scene.references import Checker
from drivesynth.scene.validate import mistake, validated


def load(path_or_name: str | Path) -> Scene:
    """The scene of a file, or of a name in the catalogue; Mistakes tells all that is wrong with it."""
    path = catalogue.find(path_or_name, folder=catalogue.SCENES)
    scene = build(Merger(path).scene(), path)
    for name in scene.cases:
        case(scene, name)
    return scene


def loads(text: str, name: str = "scene.yaml") -> Scene:
    """The scene of a text that stands in no file; references are looked up in the working directory."""
    path = Path(name)
    merger = Merger(path)
    tree = parse(text, name)
    if not isinstance(tree.value, dict):
        raise RequestError("a scene is a mapping of keys; this text holds none", place=tree.place)
    return build(merger.with_map(merger.with_template(merger.joined(tree, path, ()))), path)


def build(tree: Node, path: Path | None) -> Scene:
    """The scene of a merged tree."""
    version = tree.child("drivesynth")
    if version is None:
        raise mistake(tree, ("drivesynth",), "missing; a scene begins with drivesynth: 1")
    if version.value != 1:
        raise mistake(tree, ("drivesynth",), f"version {version.value!r} is not known; this program reads 1")
    if (abstract := tree.child("abstract")) is not None and abstract.value is True:
        raise mistake(tree, ("abstract",), "this file is a base for others; extend it, it does not run alone")
    scene = validated(Scene, tree)
    scene._tree, scene._path = tree, path
    found = Checker(scene).run()
    if not found:
        found = [
            mistake(tree, ("story", i, "when" if scene.story[i].when else "after"), what)
            for i, what in unreachable(scene)
        ]
    if found:
        raise Mistakes(found)
    return scene


def case(scene: Scene, name: str) -> Scene:
    """The scene with one of its cases on top."""
    overlay = scene.tree.child("cases")
    overlay = overlay.child(name) if overlay is not None else None
    if overlay is None:
        raise RequestError(f"no case {name!r}{did_you_mean(name, scene.cases)}", field="cases")
    try:
        return build(deep(without(scene.tree, "cases"), overlay), scene.path)
    except RequestError as error:
        found = error.mistakes if isinstance(error, Mistakes) else [error]
        raise Mistakes(
            RequestError(m.what, field=".".join(f for f in ("cases", name, m.field) if f), place=m.place)
            for m in found
        ) from None
