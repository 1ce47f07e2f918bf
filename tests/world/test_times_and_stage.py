"""Frames are taken around what matters; the stage shows what the rollout says."""

import numpy as np
import pytest

from drivesynth.assets.catalogue import build as build_model
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.scenario.model import Aim, Keep, Scenario
from drivesynth.world.build import stage
from drivesynth.world.simulate import simulate
from drivesynth.world.times import HALF_SWEEP_S, frame_times_s
from tests.world.worlds import actor, scenario, street


def crossing(keep: Keep | None = None, impact: float = 0.5) -> Scenario:
    plan = street()
    return scenario(
        plan,
        actor(plan, "ego", "car/estate", "R1", 20, 10.0),
        actor(plan, "parked", "car/sedan", "R.parking", 60),
        actor(plan, "who", "pedestrian/adult", "R.sidewalk", 80, aim=Aim(impact_ratio=impact, speed_mps=1.4)),
        keep=keep,
    )


def test_frames_fill_the_rollout_but_for_half_a_sweep_at_each_end() -> None:
    plan = street()
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R1", 20, 10.0), duration_s=3.0))
    times = frame_times_s(rollout)
    assert times == pytest.approx(np.arange(1, 30) / 10)
    assert times[0] >= HALF_SWEEP_S and times[-1] + HALF_SWEEP_S <= rollout.time_s[-1]


def test_frames_are_kept_around_the_event_and_end_with_a_touch() -> None:
    rollout = simulate(crossing(Keep(around="closest(who)", before_s=1.5, after_s=0.5)))
    times = frame_times_s(rollout)
    touch = rollout.hit_s["who"]
    assert times[0] == pytest.approx(touch - 1.5, abs=0.12)
    assert touch - 0.12 < times[-1] <= touch + 0.01, "no picture of a body inside another"


def test_a_rollout_runs_on_until_the_event_is_over() -> None:
    plan = street()
    slow = scenario(
        plan,
        actor(plan, "ego", "car/estate", "R1", 20, 5.0),
        actor(plan, "parked", "car/sedan", "R.parking", 120),
        keep=Keep(around="closest(parked)", before_s=1.0, after_s=1.0),
    )
    times = frame_times_s(simulate(slow))
    assert len(times) in (20, 21)
    # Side by side from bumper to bumper: the first instant of the shortest distance.
    assert times[10] == pytest.approx((100 - 4.69) / 5.0, abs=0.2)


def test_frames_can_be_kept_by_a_condition() -> None:
    rollout = simulate(crossing(Keep(when="distance(who) < 15 m")))
    times = frame_times_s(rollout)
    assert 5 < len(times) < 20
    assert np.diff(times) == pytest.approx(0.1)


def test_a_stage_puts_every_part_where_the_rollout_has_it() -> None:
    rollout = simulate(crossing())
    shown = stage(rollout, 2.0, 2.104)
    assert shown.key_times_s[0] <= 2.0 and shown.key_times_s[-1] >= 2.104
    assert len({mesh.key for mesh in shown.meshes}) == len(shown.meshes)
    row = round(shown.key_times_s[3] / 0.01)
    who = rollout.scenario.actors[1]
    model = build_model(who.asset, who.look_seed, who.size_m)
    channels = dict.fromkeys(("gait_rad", "stride_m"), 0.0)
    channels["gait_rad"], channels["stride_m"] = rollout.articulation[row, 2, 2:4]
    body = rigid(tuple(rollout.position_m[row, 2]), rotation_xyz(*rollout.rpy_rad[row, 2]))
    own = np.flatnonzero(shown.actor == 2)
    assert len(own) == len(model.parts)
    for instance, expected in zip(own, body @ model.poses(channels), strict=True):
        assert shown.track[instance] >= 0
        assert shown.keys[shown.track[instance], 3] == pytest.approx(expected, abs=1e-3)


def test_what_stands_still_has_no_track_and_keeps_its_instances() -> None:
    rollout = simulate(crossing())
    early, late = stage(rollout, 0.5, 0.604), stage(rollout, 2.5, 2.604)
    for shown in (early, late):
        assert (shown.track[shown.actor == 1] == -1).all()
        assert (shown.track[shown.actor == -1] == -1).all()
        assert (shown.track[shown.actor == 0] >= 0).all()
        assert shown.keys.shape[0] == (shown.track >= 0).sum()
    assert np.array_equal(early.actor, late.actor)
    assert early.meshes == late.meshes


def test_wheels_stay_down_while_the_body_dips() -> None:
    plan = street()
    ego = actor(plan, "ego", "car/estate", "R1", 20, 14.0, model="idm")
    rollout = simulate(scenario(plan, ego, actor(plan, "stopped", "car/suv", "R1", 90), duration_s=8.0))
    assert rollout.tilt_rad is not None
    hardest = float(rollout.time_s[np.argmax(rollout.tilt_rad[:, 0, 1])])
    assert rollout.tilt_rad[:, 0, 1].max() > np.radians(1.0)
    shown = stage(rollout, hardest - 0.05, hardest + 0.05)
    names = [part.name for part in build_model(ego.asset, ego.look_seed, ego.size_m).parts]
    own = np.flatnonzero(shown.actor == 0)
    for instance, name in zip(own, names, strict=True):
        if not name.startswith("wheel"):
            continue
        mesh = shown.meshes[shown.mesh[instance]]
        pose = shown.world_from_mesh[instance]
        lowest = (mesh.vertices @ pose[:3, :3].T + pose[:3, 3])[:, 2].min()
        assert abs(lowest) < 0.01
