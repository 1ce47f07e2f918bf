"""Feet on the ground: a standing foot does not slide, no foot sinks, hips stay within the leg's reach."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.assets.catalogue import build
from drivesynth.assets.people.gait import Leg, ankle_path, duty_factor, hip_height, step, two_bones
from drivesynth.geometry.transforms import move_points

LEG = Leg(thigh=0.43, shin=0.43, ankle=0.07, heel=0.07, toe=0.19)


@pytest.mark.parametrize(
    ("name", "stride_m", "foot"),
    [
        ("pedestrian/adult", 0.7, "foot_l"),
        ("pedestrian/adult", 1.4, "foot_r"),
        ("pedestrian/adult", 2.6, "foot_l"),
        ("pedestrian/child", 0.9, "foot_l"),
        ("pedestrian/child", 1.6, "foot_r"),
        ("animal/dog", 0.6, "foot_fore_l"),
    ],
)
def test_a_standing_foot_slips_less_than_two_centimetres(name: str, stride_m: float, foot: str) -> None:
    model = build(name, 3)
    row = [part.name for part in model.parts].index(foot)
    vertices = model.parts[row].mesh.vertices.astype(float)
    turns = np.arange(0, 360) / 360
    tracks = []
    for turn in turns:
        pose = model.poses({"gait_rad": 2 * np.pi * turn, "stride_m": stride_m})[row]
        tracks.append(move_points(pose, vertices) + np.array([stride_m * turn, 0.0, 0.0]))
    track = np.stack(tracks)  # (T, V, 3) over the ground
    assert track[..., 2].min() > -2e-3, "a foot sank into the road"
    down = track[..., 2] < 1.5e-3
    assert down.any(axis=1).mean() > 0.25, "the foot hardly stands"
    for v in np.flatnonzero(down.any(axis=0)):
        for first, last in _runs(down[:, v]):
            x = track[first:last, v, 0]
            assert x.max() - x.min() < 0.02


def _runs(down: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], down.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


@pytest.mark.parametrize("name", ["pedestrian/adult", "pedestrian/child", "animal/deer"])
def test_nothing_sinks_and_the_head_hardly_bobs(name: str) -> None:
    model = build(name, 1)
    tops = []
    for phase in np.linspace(0, 2 * np.pi, 24):
        poses = model.poses({"gait_rad": float(phase), "stride_m": 0.7 * model.size_m[2]})
        cloud = np.concatenate(
            [
                move_points(p, part.mesh.vertices.astype(float))
                for p, part in zip(poses, model.parts, strict=True)
            ]
        )
        assert cloud[:, 2].min() > -2e-3
        tops.append(cloud[:, 2].max())
    assert max(tops) - min(tops) < 0.07
    assert min(tops) > 0.88 * model.size_m[2]


@given(stride_m=st.floats(0.0, 3.0))
def test_the_left_heel_strikes_at_phase_zero(stride_m: float) -> None:
    x, _, pitch, carries = ankle_path(LEG, stride_m, 0.0)
    before = ankle_path(LEG, stride_m, -1e-4)
    assert carries and not before[3]
    assert pitch >= 0.0
    assert x == pytest.approx(before[0], abs=1e-3), "the foot jumps as it lands"
    assert duty_factor(LEG, stride_m) < 1.0


@given(stride_m=st.floats(0.0, 3.0), phase=st.floats(0.0, 6.283))
def test_the_legs_reach_their_feet(stride_m: float, phase: float) -> None:
    hip = hip_height(LEG, stride_m, phase)
    for own in (phase, phase + np.pi):
        x, z, _, _ = ankle_path(LEG, stride_m, own)
        assert np.hypot(x, hip - z) < LEG.length * 1.004
        joints = step(LEG, stride_m, own, hip)
        assert joints.thigh_rad >= joints.shin_rad - 1e-9, "a knee bent backward"


@given(forward=st.floats(-0.5, 0.5), down=st.floats(0.2, 0.65))
def test_two_bones_end_where_they_aim(forward: float, down: float) -> None:
    upper, lower = two_bones(0.43, 0.45, forward, down)
    assert 0.43 * np.sin(upper) + 0.45 * np.sin(lower) == pytest.approx(forward, abs=1e-9)
    assert 0.43 * np.cos(upper) + 0.45 * np.cos(lower) == pytest.approx(down, abs=1e-9)


PARENTS = {"torso": "pelvis", "neck": "torso", "head": "neck"} | {
    f"{child}_{side}": parent if parent in ("torso", "pelvis") else f"{parent}_{side}"
    for side in "lr"
    for child, parent in (
        ("upper_arm", "torso"), ("forearm", "upper_arm"), ("hand", "forearm"),
        ("thigh", "pelvis"), ("shin", "thigh"), ("foot", "shin"), ("toes", "foot"),
    )
}  # fmt: skip


@pytest.mark.parametrize("name", ["pedestrian/adult", "pedestrian/child", "person/vest"])
def test_seventeen_joints_turn_as_a_person_walks_and_hold_together(name: str) -> None:
    model = build(name, 3)
    row = {part.name: k for k, part in enumerate(model.parts)}
    stride = 0.8 * model.size_m[2]
    poses = model.poses({"gait_rad": np.linspace(0, 2 * np.pi, 60), "stride_m": np.full(60, stride)})
    assert len(PARENTS) == 17
    for child, parent in PARENTS.items():
        own = np.linalg.inv(poses[row[parent]]) @ poses[row[child]]
        turned = np.linalg.inv(own[:1]) @ own
        cosine = (np.trace(turned[:, :3, :3], axis1=1, axis2=2) - 1) / 2
        assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() > 1.0, child
        assert np.ptp(own[:, :3, 3], axis=0).max() < 0.06, f"{child} comes off"


def test_toes_lie_flat_while_the_heel_rises() -> None:
    model = build("pedestrian/adult", 3)
    row = {part.name: k for k, part in enumerate(model.parts)}
    phase = np.linspace(0, 2 * np.pi, 200)
    poses = model.poses({"gait_rad": phase, "stride_m": np.full(200, 1.4)})
    foot, toes = poses[row["foot_l"]], poses[row["toes_l"]]
    pitch = np.arcsin(-foot[:, 2, 0])
    raised = np.arcsin(np.clip(foot[:, 2, 0], -1, 1)) < -0.5
    assert raised.any() and pitch.max() > 0.5
    np.testing.assert_allclose(toes[raised, 2, 0], 0.0, atol=1e-9)
