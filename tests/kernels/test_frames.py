"""Poses between keys and the boxes that instances sweep, against scipy and against points carried along."""

import numpy as np
import pytest
from drivesynth_kernels.frames import pose_between, settle
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


def settled(keys: np.ndarray, box: np.ndarray, origin: np.ndarray) -> tuple[np.ndarray, ...]:
    """An instance of each track and one at rest at its first key, of meshes that fill `box` (2, 3)."""
    tracks, each = keys.shape[:2]
    far = np.zeros((tracks, each, 4, 4))
    far[:, :, :3], far[:, :, 3, 3] = keys, 1.0
    poses = np.concatenate([far[:, 0], far[:, 0]])
    track = np.concatenate([np.arange(tracks), np.full(tracks, -1)]).astype(np.int32)
    low, high = np.array(box[0], np.float32), np.array(box[1], np.float32)
    near, turns = np.empty_like(keys), np.zeros((tracks, each - 1, 3))
    pose, frame = np.empty((2 * tracks, 12)), np.empty((2 * tracks, 12), np.float32)
    boxes = np.empty((2 * tracks, 8), np.float32)
    written = [a.reshape(-1) for a in (pose, frame, near, turns, boxes)]
    mesh = np.zeros(2 * tracks, np.int64)
    settle(poses.reshape(-1), far.reshape(-1), each, origin, track, mesh, low, high, *written)
    return pose, frame, near, turns, boxes


def turns_of(keys: np.ndarray) -> np.ndarray:
    return settled(keys, np.zeros((2, 3)), np.zeros(3))[3]


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


def corners_of(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * (high - low) + low


@given(seed=st.integers(0, 1000))
def test_swept_boxes_hold_every_point_at_every_time(seed: int) -> None:
    keys, motion = keys_of(seed, 2.0), np.zeros(18)
    rng = np.random.default_rng(seed)
    low, high = np.sort(rng.uniform(-2, 2, (2, 1, 3)).astype(np.float32), axis=0)
    _, _, keys, turns, (box, still) = settled(keys, np.concatenate([low, high]), np.zeros(3))
    points = rng.choice([0.0, 1.0], (20, 3)) * (high - low) + low
    for time in np.linspace(0, 0.1, 41):
        pose_of(keys, TIMES, turns, 0, time, motion)
        carried = points @ motion[:12].reshape(3, 4)[:, :3].T + motion[:12].reshape(3, 4)[:, 3]
        assert (carried >= box[:3] - 1e-5).all() and (carried <= -box[4:7] + 1e-5).all()
        if time == 0.0:
            assert (carried >= still[:3] - 1e-5).all() and (carried <= -still[4:7] + 1e-5).all()
    # And at rest it is no wider than its corners.
    assert (
        -still[4:7] - still[:3] <= np.ptp(corners_of(low, high) @ keys[0, 0, :, :3].T, axis=0) + 1e-3
    ).all()


@given(seed=st.integers(0, 1000))
def test_settled_instances_stand_about_the_origin_and_their_frames_lead_back(seed: int) -> None:
    keys, origin = keys_of(seed), np.random.default_rng(seed).uniform(-100, 100, 3)
    pose, frame, near, _, _ = settled(keys, np.ones((2, 3)), origin)
    there, back = np.eye(4), np.eye(4)
    there[:3], back[:3] = pose[1].reshape(3, 4), frame[1].reshape(3, 4)
    assert back @ there == pytest.approx(np.eye(4), abs=2e-4)
    assert (near[..., :3] == keys[..., :3]).all() and (near[..., 3] == keys[..., 3] - origin).all()
    assert (there[:3, :3] == keys[0, 0, :, :3]).all() and (there[:3, 3] == keys[0, 0, :, 3] - origin).all()
