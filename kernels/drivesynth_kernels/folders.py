"""Where a user's machine keeps what is slow to make: machine code, built meshes.

The folder lies under $DRIVESYNTH_CACHE, else the user's cache folder, else (a home that cannot be
written) the temporary folder. Loads no numba, so that asking costs nothing.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@cache
def root() -> Path:
    """The first folder that takes files; another user's folder of the same name is never trusted."""
    named = os.environ.get("DRIVESYNTH_CACHE")
    if named and _writable(Path(named)):
        return Path(named)
    with suppress(RuntimeError):  # no home at all
        user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "drivesynth"
        if _writable(user):
            return user
    owner = os.getuid() if hasattr(os, "getuid") else 0
    shared = Path(tempfile.gettempdir()) / f"drivesynth-{owner}"
    if _writable(shared) and (not hasattr(os, "getuid") or shared.stat().st_uid == owner):
        return shared
    return Path(tempfile.mkdtemp(prefix="drivesynth-"))


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@dataclass(frozen=True)
class CacheReport:
    """What the folder holds; `stale_bytes` belong to other versions than the `current` folders."""

    folder: Path
    files: int
    bytes: int
    stale_bytes: int


def report(*current: Path) -> CacheReport:
    """What lies in the current folders together, and what beside them."""
    sizes: dict[Path, int] = {}
    for folder in _folders():
        for path in folder.rglob("*"):
            with suppress(OSError):  # another process may clear it meanwhile
                if path.is_file():
                    sizes[path] = path.stat().st_size
    own = [size for path, size in sizes.items() if any(folder in path.parents for folder in current)]
    return CacheReport(root(), len(own), sum(own), sum(sizes.values()) - sum(own))


def clear() -> None:
    """Remove what this and all other versions have put there."""
    for folder in _folders():
        shutil.rmtree(folder, ignore_errors=True)


def _folders() -> list[Path]:
    """Machine code and built meshes of all versions; whatever else lies there is not ours."""
    return [*root().glob("kernels-*"), *root().glob("made-*")]
