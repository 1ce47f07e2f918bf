"""Poses between keys and the boxes that instances sweep, against scipy and against points carried along."""

import numpy as np
import pytest
from drivesynth_kernels.frames import pose_between, segment_turns, swept_boxes
from drivesynth_kernels.jit import kernel
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

TIMES = np.linspace(0.0, 0.1, 6)


@kernel
def pose_of(keys, key_times, turns, track, time, motion):  # type: ignore[no-untyped-def]
    pose_between(keys, key_times, turns, track, time, motion)


def keys_of(seed: int, fastest: float = 1.2) -> np.ndarray:
    """(1, 6, 3, 4): a tumbling, drifting frame; at most `fastest` radians between keys."""
    rng = np.random.default_rng(seed)
    steps = Rotation.from_rotvec(rng.uniform(-fastest, fastest, (6, 3)) / np.sqrt(3))
    keys, turn = np.zeros((1, 6, 3, 4)), Rotation.from_rotvec(rng.normal(size=3))
    for k in range(6):
        keys[0, k, :, :3], keys[0, k, :, 3] = turn.as_matrix(), rng.uniform(-5, 5, 3)
        turn = steps[k] * turn
    return keys


def turns_of(keys: np.ndarray) -> np.ndarray:
    turns = np.zeros((keys.shape[0], keys.shape[1] - 1, 3))
    segment_turns(keys, turns)
    return turns


@given(seed=st.integers(0, 1000), time=st.floats(0.0, 0.1))
def test_between_keys_rotation_turns_evenly_and_the_origin_runs_straight(seed: int, time: float) -> None:
    keys, motion = keys_of(seed), np.zeros(18)
    pose_of(keys, TIMES, turns_of(keys), 0, time, motion)
    rows = motion[:12].reshape(3, 4)
    turned = Slerp(TIMES, Rotation.from_matrix(keys[0, :, :, :3]))(time).as_matrix()
    assert rows[:, :3] == pytest.approx(turned, abs=1e-9)
    for axis in range(3):
        assert rows[axis, 3] == pytest.approx(np.interp(time, TIMES, keys[0, :, axis, 3]), abs=1e-9)


def test_a_turn_of_nearly_nothing_or_a_single_key_is_harmless() -> None:
    keys, motion = np.tile(np.eye(4)[:3], (1, 6, 1, 1)), np.full(18, np.nan)
    pose_of(keys, TIMES, turns_of(keys), 0, 0.05, motion)
    assert motion[:12].reshape(3, 4) == pytest.approx(np.eye(4)[:3]) and not motion[12:].any()
    pose_of(keys[:, :1].copy(), TIMES[:1], np.zeros((1, 0, 3)), 0, 0.05, motion)
    assert motion[:12].reshape(3, 4) == pytest.approx(np.eye(4)[:3]) and not motion[12:].any()


@given(seed=st.integers(0, 1000))
def test_swept_boxes_hold_every_point_at_every_time(seed: int) -> None:
    keys, motion = keys_of(seed, 2.0), np.zeros(18)
    turns = turns_of(keys)
    rng = np.random.default_rng(seed)
    low, high = np.sort(rng.uniform(-2, 2, (2, 1, 3)).astype(np.float32), axis=0)
    boxes, ids = np.zeros(8, np.float32), np.zeros(1, np.int32)
    swept_boxes(low, high, np.zeros((1, 1, 3, 4)), np.zeros(1, np.int32), keys, turns, boxes, ids)
    points = rng.choice([0.0, 1.0], (20, 3)) * (high - low) + low
    for time in np.linspace(0, 0.1, 41):
        pose_of(keys, TIMES, turns, 0, time, motion)
        carried = points @ motion[:12].reshape(3, 4)[:, :3].T + motion[:12].reshape(3, 4)[:, 3]
        assert (carried >= boxes[:3] - 1e-5).all() and (carried <= -boxes[4:7] + 1e-5).all()
