"""Doors, boots and bonnets: shut they are the skin, open they leave a hole that rays go through."""

from typing import get_args

import numpy as np
import pytest
from scipy.spatial import cKDTree

from drivesynth.arrays import F64
from drivesynth.assets.catalogue import build
from drivesynth.assets.model import DOORS, Model
from drivesynth.assets.vehicles.car_styles import STYLES
from drivesynth.assets.vehicles.flaps import openable_on
from drivesynth.geometry.transforms import move_points
from drivesynth.scene.fields import Door

ALL = tuple(DOORS)


def test_the_language_names_the_doors_that_models_have() -> None:
    assert get_args(Door) == ALL


def corners(model: Model, **channels: float) -> F64:
    """(F, 3, 3) corners of all faces but the wheels'."""
    return np.concatenate(
        [
            move_points(pose, part.mesh.vertices.astype(float))[part.mesh.faces]
            for pose, part in zip(model.poses(channels), model.parts, strict=True)
            if not part.name.startswith("wheel") and part.name != "door"
        ]
    )


@pytest.mark.parametrize("asset", list(STYLES))
def test_shut_flaps_fill_their_holes(asset: str) -> None:
    whole, cut = corners(build(asset, 1)), corners(build(asset, 1, doors=ALL))
    np.testing.assert_allclose(cut.min(axis=(0, 1)), whole.min(axis=(0, 1)), atol=2e-3)
    np.testing.assert_allclose(cut.max(axis=(0, 1)), whole.max(axis=(0, 1)), atol=2e-3)
    # Every face of the one-piece car is there.
    away_m, _ = cKDTree(cut.mean(axis=1)).query(whole.mean(axis=1))
    assert (away_m > 2e-3).mean() <= 0.002


@pytest.mark.parametrize("asset", ["car/sedan", "car/suv", "car/sports", "van/delivery", "pickup/crew"])
def test_each_flap_opens_outward_and_leaves_what_does_not_open(asset: str) -> None:
    model = build(asset, 1, doors=ALL)
    names = [part.name for part in model.parts]
    known = openable_on(asset)
    assert set(known) <= set(names)
    outward = {"driver": [0, 1, 0], "passenger": [0, -1, 0], "rear_left": [0, 1, 0], "rear_right": [0, -1, 0]}
    shut = model.poses({})
    for name in known:
        channel, angle = DOORS[name]
        open_ = model.poses({channel: angle})
        row, moves = names.index(name), np.abs(open_ - shut).max(axis=(1, 2)) > 1e-9
        assert moves.sum() == 1 and moves[row]
        points = model.parts[row].mesh.vertices.astype(float)
        way = move_points(open_[row], points) - move_points(shut[row], points)
        assert (way @ np.array(outward.get(name, [0, 0, 1]))).max() > 0.4
        assert way.mean(axis=0) @ np.array(outward.get(name, [0, 0, 1])) > 0.1


def test_vans_have_no_rear_doors_and_lorries_none() -> None:
    assert openable_on("van/delivery") == ("driver", "passenger", "bonnet")
    assert openable_on("truck/rigid") == ()
    assert "rear_left" not in openable_on("car/sports")
