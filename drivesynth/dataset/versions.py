"""What the bytes of a dataset depend on beyond its plan: versions of the program and its packages."""

from functools import cache
from importlib.metadata import version

import drivesynth
from drivesynth.kept import sources


@cache
def versions() -> dict[str, str]:
    """Name -> version; `sources` is a digest of the program's files: a checkout changes between releases."""
    packages = ("numpy", "numba", "opencv-python-headless", "isal")
    return {
        "drivesynth": drivesynth.__version__,
        "sources": sources(),
        **{name: version(name) for name in packages},
    }
