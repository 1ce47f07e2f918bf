"""Edge-case LiDAR, camera and radar frames for driving perception, ray-cast on the CPU.

The calls of the Python API are loaded when they are first used, so that `import drivesynth`
and `drivesynth check` never pay for numba, OpenCV or Open3D.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drivesynth.api import frames, load, render, sample, simulate, truth_images

__version__ = "0.1.0"
__all__ = ["__version__", "frames", "load", "render", "sample", "simulate", "truth_images"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("drivesynth.api"), name)
    raise AttributeError(f"module 'drivesynth' has no attribute {name!r}")
