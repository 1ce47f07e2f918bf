"""Faults of a camera: each does more the more severe it is, the same every time, and labels know of none."""

from dataclasses import replace

import numpy as np
import pytest

from drivesynth.scenario.model import Fault
from drivesynth.scene.faults import CAMERA_KINDS
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.camera_faults import (
    DIRT_COVER,
    DROPPED,
    GLARE_VEIL,
    MOUNT_FAULTS,
    OVER_STOPS,
    Spoils,
    dirty,
    glared,
    mounted,
    out_of_focus,
)
from drivesynth.sensors.falsified import Active
from drivesynth.sensors.lens import Lens
from drivesynth.sensors.render import observe
from drivesynth.sensors.rig import RigGeometry
from drivesynth.streams import generator
from drivesynth.truth.label import actors
from tests.sensors.test_render import TIME_S, rig, rollout

LENS = Lens(721.5377, 721.5377, 200.0, 60.0)
ONE = np.ones(3)


def scene() -> np.ndarray:
    """A picture with a bright sky, edges and a texture."""
    y, x = np.mgrid[0:120, 0:400]
    light = 0.3 + 0.2 * np.sin(x / 7.0) * np.cos(y / 5.0) + 0.5 * (y < 40)
    return np.repeat(light[..., None], 3, axis=2).astype(np.float32)


def spoilt(kind: str, severity: int, number: int = 3, age_s: float = 100.0) -> np.ndarray:
    spoils = Spoils(
        (Active(Fault(sensor="image_2", kind=kind, severity=severity), age_s, "faults/0"),), 5, number
    )
    exposure = spoils.exposed(ONE)
    picture = spoils.through_the_lens(scene(), exposure, LENS)
    assert np.isfinite(picture).all()
    assert picture.min() >= 0.0
    codes = np.clip(picture * exposure * 255, 0, 255).astype(np.uint8)
    return spoils.delivered(codes).astype(float)


IN_THE_PICTURE = [k for k in CAMERA_KINDS if k not in ("frozen", "dropped_frames", *MOUNT_FAULTS)]


@pytest.mark.parametrize("kind", IN_THE_PICTURE)
def test_every_kind_does_more_the_more_severe_it_is_and_is_the_same_every_time(kind: str) -> None:
    clear = np.clip(scene() * 255, 0, 255).astype(np.uint8)
    change = [np.abs(spoilt(kind, severity) - clear).mean() for severity in (1, 2, 3, 4, 5)]
    assert (spoilt(kind, 4) == spoilt(kind, 4)).all()
    assert change[0] > 0.0
    assert change[0] < change[2] < change[4]


@pytest.mark.parametrize("cover", DIRT_COVER)
def test_dirt_takes_its_share_of_the_light(cover: float) -> None:
    even = np.ones((200, 600, 3), np.float32)
    left = dirty(even, cover, generator(1, "dirt"))[..., 1].mean()
    # What a speck lets not through comes back as a quarter of the mean light.
    assert 1.0 - left == pytest.approx(0.75 * cover, rel=0.35)


def test_mud_grows() -> None:
    clear = np.clip(scene() * 255, 0, 255).astype(np.uint8)
    change = [np.abs(spoilt("mud", 4, age_s=age_s) - clear).mean() for age_s in (0.0, 2.0, 5.0)]
    assert change[0] == 0.0 < change[1] < change[2]


def test_over_exposure_counts_in_stops() -> None:
    for level, stops in enumerate(OVER_STOPS):
        fault = Fault(sensor="image_2", kind="over_exposure", severity=level + 1)
        spoils = Spoils((Active(fault, 1.0, "faults/0"),), 5, 3)
        np.testing.assert_allclose(spoils.exposed(ONE), 2.0**stops)


@pytest.mark.parametrize("veil", GLARE_VEIL)
def test_glare_adds_its_share_of_white_around_one_blinding_place(veil: float) -> None:
    dark = glared(np.zeros((375, 1242, 3), np.float32), ONE, veil, generator(2, "glare"))[..., 1]
    assert veil < dark.mean() < 1.6 * veil, "ghosts add to the veil"
    y, x = np.unravel_index(np.argmax(dark), dark.shape)
    assert y < 0.5 * dark.shape[0]
    step = 200 if x < 621 else -200
    near, far = dark[y, x + step], dark[y, x + 2 * step]
    core = (0.03 * 1242) ** 2  # beyond it scatter falls off with the square of the distance
    assert near / far == pytest.approx((400**2 + core) / (200**2 + core), rel=0.05)
    assert dark.max() > 10.0 * veil


def test_a_point_out_of_focus_becomes_a_disc_of_the_same_light() -> None:
    dark = np.zeros((61, 61, 3), np.float32)
    dark[30, 30] = 1.0
    disc = out_of_focus(dark, ONE, 6.0)[..., 0]
    assert disc.sum() == pytest.approx(1.0, rel=1e-5)
    assert np.count_nonzero(disc > 0.5 * disc.max()) == pytest.approx(np.pi * 36, rel=0.05)


def test_dropped_frames_are_black_as_often_as_told() -> None:
    white = np.full((2, 2, 3), 255, np.uint8)
    for severity in (3, 5):
        fault = Active(Fault(sensor="image_2", kind="dropped_frames", severity=severity), 9.0, "faults/0")
        black = [Spoils((fault,), 5, number).delivered(white).max() == 0 for number in range(300)]
        share = DROPPED[severity - 1]
        assert np.mean(black) == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 300))


def test_a_moved_camera_shows_it_in_the_picture_but_labels_stay() -> None:
    geometry = RigGeometry.of(load_rig("kitti_mono"))
    fault = Active(Fault(sensor="image_2", kind="misalignment", severity=5), 100.0, "faults/0")
    moved = mounted(geometry.cameras["image_2"], [fault], 3, 1)
    turn = geometry.cameras["image_2"].vehicle_from_camera[:3, :3].T @ moved.vehicle_from_camera[:3, :3]
    degrees = np.degrees(np.arccos((np.trace(turn) - 1) / 2))
    assert 0.05 < degrees < 2.0 * np.sqrt(3)
    young = Active(fault.fault, 1.0, "faults/0")
    little = mounted(geometry.cameras["image_2"], [young], 3, 1).vehicle_from_camera[:3, :3]
    small = np.arccos((np.trace(geometry.cameras["image_2"].vehicle_from_camera[:3, :3].T @ little) - 1) / 2)
    assert np.degrees(small) == pytest.approx(degrees / 10.0, rel=0.05)

    honest = observe(rollout(), TIME_S, rig(), "draft")
    lived = rollout()
    scenario = lived.scenario.model_copy(
        update={"faults": (Fault(sensor="image_2", kind="misalignment", severity=5, from_s=-60.0),)}
    )
    failing = replace(lived, scenario=scenario)
    seen = observe(failing, TIME_S, rig(), "draft")
    assert (seen.frame.images["image_2"].actor != honest.frame.images["image_2"].actor).mean() > 1e-3
    assert (seen.sight["image_2"].actor == honest.sight["image_2"].actor).all()
    for ours, theirs in zip(actors(seen, failing), actors(honest, lived), strict=True):
        assert ours.views == theirs.views
