"""From files to one tree: `extends`, `imports`, the road's template; every leaf keeps its own place."""

from pathlib import Path

from drivesynth.errors import Place, RequestError
from drivesynth.scene import catalogue
from drivesynth.scene.document import Node, read

MOST_FILES = 40


def deep(base: Node, over: Node, name: str = "") -> Node:
    """`over` on top of `base`: mappings merge key by key, null deletes a key, all else replaces.

    `name` is the key that both stand at. In an `environment` a time of day says where the sun stands: it
    takes away the sun of what lies below, as a sun of its own would.
    """
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    merged = dict(base.value)
    time = over.child("time")
    if name == "environment" and time is not None and time.value is not None and "sun" not in over.value:
        merged.pop("sun", None)
    for key, child in over.value.items():
        if child.value is None and key in merged:
            del merged[key]
        else:
            merged[key] = deep(merged[key], child, key) if key in merged else child
    return Node(merged, over.place, over.key)


def without(node: Node, *keys: str) -> Node:
    """A mapping with some keys taken off."""
    if not isinstance(node.value, dict):
        return node
    return Node({k: v for k, v in node.value.items() if k not in keys}, node.place, node.key)


class Merger:
    """Follows references from one scene file. None may lead outside its folder or the catalogue."""

    def __init__(self, path: Path) -> None:
        self.path, self.inside = path, path.parent
        self.read_files = 0

    def scene(self) -> Node:
        """The whole scene."""
        return self.with_map(self.with_template(self.expanded(self.path, ())))

    def expanded(self, path: Path, chain: tuple[Path, ...], referrer: Node | None = None) -> Node:
        """A file with what it extends below it and what it uses put in."""
        real = path.resolve()
        if real in chain:
            names = " -> ".join(p.name for p in (*chain[chain.index(real) :], real))
            raise RequestError(f"extends itself: {names}", field="extends", place=_place(referrer))
        self.read_files += 1
        if self.read_files > MOST_FILES:
            what = f"more than {MOST_FILES} files are extended and imported"
            raise RequestError(what, field="extends", place=_place(referrer))
        own = read(path)
        if not isinstance(own.value, dict):
            raise RequestError("a scene is a mapping of keys; this file holds none", place=own.place)
        return self.joined(own, path, (*chain, real))

    def joined(self, own: Node, path: Path, chain: tuple[Path, ...]) -> Node:
        """What a file holds, with what it extends below it and what it uses put in."""
        own = self.with_imports(own, path, chain)
        base: Node | None = None
        for ref in _references(own.child("extends")):
            found = self.find(ref, path, "extends", "overlays")
            below = without(self.expanded(found, chain, ref), "abstract")
            base = below if base is None else deep(base, below)
        own = without(own, "extends", "imports")
        return own if base is None else deep(base, own)

    def with_imports(self, own: Node, path: Path, chain: tuple[Path, ...]) -> Node:
        """`use: alias` replaced by what the alias stands for, with the mapping's other keys on top."""
        imports = own.child("imports")
        if imports is None:
            return own
        if not isinstance(imports.value, dict):
            raise RequestError("imports are alias: file pairs", field="imports", place=imports.place)
        fragments = {
            alias: self.expanded(self.find(ref, path, f"imports.{alias}", "lib"), chain, ref)
            for alias, ref in imports.value.items()
        }
        return _with_fragments(without(own, "imports"), fragments)

    def with_template(self, scene: Node) -> Node:
        """The road's template below its own keys, which it then is part of."""
        road = scene.child("road")
        template = road.child("template") if road is not None else None
        if road is None or template is None or not isinstance(scene.value, dict):
            return scene
        found = self.find(template, self.path, "road.template", "roads")
        below = without(self.expanded(found, (), template), "drivesynth", "about")
        if road.child("path") is not None:
            below = without(below, "length")
        return Node({**scene.value, "road": without(deep(below, road), "template")}, scene.place, scene.key)

    def with_map(self, scene: Node) -> Node:
        """The road's OpenDRIVE file by its whole path."""
        road = scene.child("road")
        ref = road.child("file") if road is not None else None
        if road is None or ref is None or not isinstance(scene.value, dict):
            return scene
        found = self.find(ref, self.path, "road.file", "roads")
        over = Node({"file": Node(str(found.resolve()), ref.place, ref.key)}, road.place, road.key)
        return Node({**scene.value, "road": deep(road, over)}, scene.place, scene.key)

    def find(self, ref: Node, path: Path, field: str, folder: str) -> Path:
        """The file that a reference names."""
        if not isinstance(ref.value, str):
            raise RequestError("expected the name of a file", field=field, place=ref.place)
        try:
            found = catalogue.find(ref.value, path.parent, folder=folder, inside=self.inside)
        except RequestError as error:
            raise RequestError(error.what, field=field, place=ref.place) from None
        if found.is_dir():
            raise RequestError(f"{ref.value} is a folder; name a file", field=field, place=ref.place)
        return found


def _place(node: Node | None) -> Place | None:
    return node.place if node is not None else None


def _references(node: Node | None) -> list[Node]:
    if node is None or node.value is None:
        return []
    return node.value if isinstance(node.value, list) else [node]


def _with_fragments(node: Node, fragments: dict[str, Node], name: str = "") -> Node:
    if isinstance(node.value, list):
        return Node([_with_fragments(child, fragments) for child in node.value], node.place, node.key)
    if not isinstance(node.value, dict):
        return node
    inner = {key: _with_fragments(child, fragments, key) for key, child in node.value.items()}
    use = inner.get("use")
    if use is None or not isinstance(use.value, str) or use.value not in fragments:
        return Node(inner, node.place, node.key)
    return deep(fragments[use.value], without(Node(inner, node.place, node.key), "use"), name)
