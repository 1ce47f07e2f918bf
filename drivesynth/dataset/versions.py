"""What the bytes of a dataset depend on beyond its plan: versions of the program and its packages."""

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import drivesynth


@cache
def versions() -> dict[str, str]:
    """Name -> version; `sources` is a digest of the program's files: a checkout changes between releases."""
    digest = sha256()
    for package in ("drivesynth", "drivesynth_kernels"):
        found = find_spec(package)
        assert found is not None
        assert found.origin is not None
        folder = Path(found.origin).parent
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    packages = ("numpy", "numba", "opencv-python-headless", "isal")
    return {
        "drivesynth": drivesynth.__version__,
        "sources": digest.hexdigest()[:12],
        **{name: version(name) for name in packages},
    }
