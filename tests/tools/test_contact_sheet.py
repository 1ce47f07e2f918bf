"""The contact sheet shows each asset from four sides, filling its picture."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from drivesynth.assets.catalogue import build


@pytest.fixture(scope="module")
def sheet() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "tools" / "contact_sheet.py"
    spec = importlib.util.spec_from_file_location("contact_sheet", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_four_sides_of_a_cone_are_orange_in_the_middle(sheet: ModuleType) -> None:
    views = sheet.pictures(build("cone/75cm", 0), (40, 60), {})
    assert len(views) == 4
    for view in views:
        assert view.shape == (60, 40, 3)
        blue, green, red = (view.astype(int)[..., k] for k in range(3))
        orange = (red > green + 40) & (red > blue + 40)
        rows = np.flatnonzero(orange.any(axis=1))
        assert np.ptp(rows) > 35, "from foot to tip"
        columns = np.flatnonzero(orange.any(axis=0))
        assert abs(columns.mean() - 19.5) < 3.0


def test_tiles_keep_their_order_and_are_padded(sheet: ModuleType) -> None:
    tiles = [np.full((4, 6, 3), k, np.uint8) for k in range(5)]
    whole = sheet.tiled(tiles, 2)
    assert whole.shape == (12, 12, 3)
    assert [whole[0, 0, 0], whole[0, 6, 0], whole[4, 0, 0], whole[8, 0, 0], whole[8, 6, 0]] == [
        0,
        1,
        2,
        4,
        245,
    ]


def test_every_light_changes_the_environment(sheet: ModuleType) -> None:
    for name in sheet.CONDITIONS:
        lit = sheet.replace_light(sheet.STUDIO, name)
        assert type(lit).model_validate(lit.model_dump()) == lit and lit != sheet.STUDIO
