"""Where files named in a scene are found: beside the file, then in the shipped catalogue, nowhere else."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from drivesynth.errors import RequestError, did_you_mean
from drivesynth.scene import document

SCENES = "edge_cases"


@dataclass(frozen=True)
class Entry:
    """A shipped scene: its name as `find` takes it, what it is about, its tags."""

    name: str
    about: str
    tags: tuple[str, ...]
    path: Path


@cache
def root() -> Path:
    """The catalogue: `scenes/` of a checkout, or what the wheel carries."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parent / "scenes", package / "catalogue"):
        if (folder / SCENES).is_dir():
            return folder
    raise RequestError(f"the catalogue of scenes is missing beside {package}; install drivesynth again")


def find(
    ref: str | Path, beside: Path | None = None, *, folder: str = "", inside: Path | None = None
) -> Path:
    """The file or folder a name stands for; RequestError with a suggestion where there is none.

    beside  the folder of the file that names it; None: named by a person, then any path will do
    folder  of the catalogue in which short names are looked up (`rigs` for `kitti`)
    inside  a name in a file may not lead outside this folder or the catalogue; default: `beside`
    """
    name = str(ref)
    if not name.strip() or "\0" in name or len(name) > 400:
        raise RequestError(f"{name[:40]!r} is no file name")
    endings = (
        ("",)
        if name.endswith(
            (".yaml", ".yml", ".xodr", ".csv", ".json", ".glb", ".gltf", ".obj", ".ply", ".stl", ".off")
        )
        else (".yaml", "")
    )
    bases = [beside or Path(), root(), *([root() / folder] if folder else [])]
    escaped = False
    for base in bases:
        for ending in endings:
            path = base / f"{name}{ending}"
            if not _exists(path):
                continue
            if beside is None or _is_within(path, (inside or beside, root())):
                return path
            escaped = True
    if escaped or (beside is not None and (Path(name).is_absolute() or ".." in Path(name).parts)):
        raise RequestError(
            f"{name} leads outside the scene's folder and the catalogue; copy the file beside it"
        )
    known = names(folder) if folder else names("")
    # A person may leave out the group: `child_between_parked_cars`.
    full = [long for long in known if long.rpartition("/")[2] == name.removesuffix(".yaml")]
    if beside is None and len(full) == 1:
        return root() / folder / f"{full[0]}.yaml"
    known += [path.stem for path in sorted((beside or Path()).glob("*.yaml"))]
    where = "beside the file or in the catalogue" if beside is not None else "here or in the catalogue"
    raise RequestError(f"no such file {where}: {name}{did_you_mean(name.removesuffix('.yaml'), known)}")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _is_within(path: Path, roots: tuple[Path, ...]) -> bool:
    real = path.resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in roots)


def names(folder: str) -> list[str]:
    """Names of the catalogue's files below a folder, without their ending."""
    base = root() / folder
    return [str(path.relative_to(base).with_suffix("")) for path in sorted(base.rglob("*.yaml"))]


def entries() -> list[Entry]:
    """The shipped scenes, sorted by name."""
    rows = []
    for path in sorted((root() / SCENES).rglob("*.yaml")):
        data = document.read(path).plain()
        data = data if isinstance(data, dict) else {}
        about, tags = data.get("about"), data.get("tags")
        rows.append(
            Entry(
                str(path.relative_to(root())),
                str(about or ""),
                tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
                path,
            )
        )
    return rows
