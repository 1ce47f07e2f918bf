"""The file: models of scene, rig and device; values with units; the loader."""

from drivesynth.scene.loader import load, loads
from drivesynth.scene.model import Scene
from drivesynth.scene.start import schema, starter

__all__ = ["Scene", "load", "loads", "schema", "starter"]
