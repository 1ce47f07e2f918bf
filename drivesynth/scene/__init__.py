"""The file: models of scene, rig and device; values with units; the loader."""
