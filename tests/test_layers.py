"""Rooms follow the data's way: each imports only itself and rooms above it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "drivesynth"
KERNELS = PACKAGE.parent / "kernels" / "drivesynth_kernels"

# In the order of the data. What stands in one row may import anything from the rows above.
ROOMS = (
    "errors", "arrays", "streams", "kept", "geometry", "scene", "assets", "road", "scenario", "world",
    "sensors", "truth", "study", "export", "dataset", "view", "audit", "api", "cli", "__main__",
)  # fmt: skip
MAY_IMPORT_KERNELS = {"sensors", "world", "cli", "kept"}  # the last two ask where machine code is kept


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("relative import")
    return names


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_imports_only_from_rooms_above_its_own(path: Path) -> None:
    if path == PACKAGE / "__init__.py" or "catalogue" in path.relative_to(PACKAGE).parts[:1]:
        return
    own = ROOMS.index(room(path))
    for name in imports(path):
        assert name != "relative import", "absolute imports only"
        parts = name.split(".")
        if parts[0] == "drivesynth" and len(parts) > 1 and parts[1] in ROOMS:
            assert ROOMS.index(parts[1]) <= own, f"{room(path)} may not import {name}"
        if parts[0] == "drivesynth_kernels":
            assert room(path) in MAY_IMPORT_KERNELS, f"{room(path)} may not call kernels"


@pytest.mark.parametrize("path", sorted(KERNELS.rglob("*.py")), ids=lambda p: p.name)
def test_kernels_know_numpy_and_numba_only(path: Path) -> None:
    import sys

    allowed = {"numpy", "numba", "llvmlite", "drivesynth_kernels", "__future__", *sys.stdlib_module_names}
    assert {name.split(".")[0] for name in imports(path)} <= allowed
