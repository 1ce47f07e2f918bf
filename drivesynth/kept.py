"""What is slow to make and the same each time is made once a machine: car bodies, trees, textures.

    @made_once(256)
    def _mesh(asset: str, size_m: Size) -> Mesh: ...

    recall(("triangles", plan), lambda: Delaunay(plan).simplices)

Values lie on disk beside the machine code, each under a digest of what it is made from, in a folder that
is named after all sources, the packages whose arithmetic they use and the machine's instructions:
whatever could change a value makes another folder. Only what depends on nothing else may be kept, and
nobody may write to it.

Any number of processes may fill a folder at once: files appear whole, and who finds none makes its own.
A file that does not hold what was written is made again; a full disk costs only time.
"""

import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache, lru_cache, wraps
from hashlib import blake2b, sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

from drivesynth_kernels import folders

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

MOST_BYTES = 400_000_000  # of a folder; a drawn size is a mesh of its own, and sizes come without end
_OTHER_VERSIONS = 2  # whose folders stay when a new one is made
_CHECK_BYTES = 16


def made_once(maxsize: int) -> Callable[[F], F]:
    """Keep a function's values: the last `maxsize` in the process, all of them on disk."""

    def keep(make: F) -> F:
        name = f"{make.__module__}.{make.__qualname__}"

        @lru_cache(maxsize)
        @wraps(make)
        def kept(*arguments: Any, **named: Any) -> Any:
            what = name, arguments, sorted(named.items())
            return recall(what, lambda: make(*arguments, **named))

        return cast("F", kept)

    return keep


def recall(what: tuple[Any, ...], make: Callable[[], T]) -> T:
    """The value made from `what`, which begins with a name of its own: from disk where it was made before."""
    # Equal values may be written in two ways, which costs a file; different ones never in one.
    path = folder() / blake2b(pickle.dumps(what, protocol=5), digest_size=16).hexdigest()
    with suppress(OSError, ValueError):
        return cast("T", _read(path))
    value = make()
    with suppress(OSError):
        _write(path, pickle.dumps(value, protocol=5))
    return value


@cache
def folder() -> Path:
    """Where values of this program on this machine are kept."""
    from importlib.metadata import version  # it reads mail headers: not for who keeps nothing

    # A version of numpy alone does not decide a sum's last bit: the instructions that it finds do too.
    arithmetic: Any = import_module("numpy._core._multiarray_umath")
    machine = sorted(name for name, has in arithmetic.__cpu_features__.items() if has)
    told = (sources(), sys.version, version("numpy"), version("scipy"), version("shapely"), machine)
    return folders.root() / f"made-{sha256(repr(told).encode()).hexdigest()[:12]}"


@cache
def sources() -> str:
    """A digest of the program's files: a checkout changes between releases."""
    digest = sha256()
    for package in ("drivesynth", "drivesynth_kernels"):
        found = find_spec(package)
        assert found is not None
        assert found.origin is not None
        home = Path(found.origin).parent
        for path in sorted(home.rglob("*.py")):
            digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _read(path: Path) -> Any:
    """The value in a file; ValueError where it is not as it was written."""
    content = path.read_bytes()
    if _check(content[_CHECK_BYTES:]) != content[:_CHECK_BYTES]:
        raise ValueError(f"{path} is damaged")
    return pickle.loads(memoryview(content)[_CHECK_BYTES:])


def _write(path: Path, content: bytes) -> None:
    """The file of a value, all at once."""
    if not path.parent.is_dir():
        _drop_old_versions()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not _fits(len(content)):
        return
    file, name = tempfile.mkstemp(dir=path.parent)
    try:
        with open(file, "wb") as out:
            out.write(_check(content) + content)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _check(content: bytes) -> bytes:
    return blake2b(content, digest_size=_CHECK_BYTES).digest()


def _drop_old_versions() -> None:
    """Remove what other versions have kept, but for the latest of them."""
    others = sorted(folders.root().glob("made-*"), key=lambda path: path.stat().st_mtime_ns)
    for path in others[:-_OTHER_VERSIONS]:
        shutil.rmtree(path, ignore_errors=True)


_held: list[int] = []  # bytes in the folder, since this process first wrote


def _fits(more: int) -> bool:
    """Whether the folder may take more; one that is half full when a process comes loses its older half."""
    if not _held:
        found = sorted((at.stat().st_mtime_ns, at.stat().st_size, at) for at in folder().iterdir())
        while sum(size for _, size, _ in found) > MOST_BYTES / 2:
            older, found = found[: -(-len(found) // 2)], found[-(-len(found) // 2) :]
            for _, _, path in older:
                path.unlink(missing_ok=True)
        _held.append(sum(size for _, size, _ in found))
    if _held[0] + more > MOST_BYTES:
        return False
    _held[0] += more
    return True
