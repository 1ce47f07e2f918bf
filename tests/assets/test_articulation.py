"""Channels move what their names say, in the sense the frames say."""

import numpy as np
import pytest

from drivesynth.arrays import F64
from drivesynth.assets.catalogue import build, info
from drivesynth.assets.model import Model
from drivesynth.assets.people.riding import BALL


def pose(model: Model, part: str, **channels: float) -> F64:
    row = [p.name for p in model.parts].index(part)
    frame: F64 = model.poses(channels)[row]
    return frame


@pytest.mark.parametrize("name", ["car/sedan", "van/delivery", "truck/rigid", "bus/city"])
@pytest.mark.parametrize("wheel", ["wheel_0", "wheel_1", "wheel_3"])
def test_a_wheel_rolls_forward(name: str, wheel: str) -> None:
    model = build(name, 0)
    rest, turned = pose(model, wheel), pose(model, wheel, wheel_rad=0.2)
    top = np.linalg.inv(rest) @ np.array([*rest[:2, 3], rest[2, 3] + 0.3, 1.0])
    assert (turned @ top)[0] > rest[0, 3] + 0.05
    assert turned[:3, 3] == pytest.approx(rest[:3, 3])
    assert rest[2, 3] == pytest.approx(info(name).wheel_radius_m), "the tread touches the ground"


@pytest.mark.parametrize("name", ["car/suv", "truck/semi", "cyclist/adult", "motorcycle/rider"])
def test_steering_left_turns_the_front_wheel_left(name: str) -> None:
    model = build(name, 0)
    wheel = "wheel_front" if "/" in name and name.split("/")[0] in ("cyclist", "motorcycle") else "wheel_0"
    assert pose(model, wheel, steer_rad=0.2)[1, 0] > 0.1
    if wheel == "wheel_0":
        assert pose(model, "wheel_2", steer_rad=0.2) == pytest.approx(pose(model, "wheel_2"))


@pytest.mark.parametrize("name", ["cyclist/child", "motorcycle/rider", "escooter/adult"])
def test_leaning_left_brings_the_head_to_the_left(name: str) -> None:
    model = build(name, 0)
    assert pose(model, "head", lean_rad=0.2)[1, 3] > 0.1


def test_a_trailer_turns_left_about_its_kingpin() -> None:
    model = build("truck/semi", 0)
    still, turned = pose(model, "load"), pose(model, "load", hitch_rad=0.3)
    tail = np.array([-8.0, 0.0, 1.0, 1.0])
    assert (turned @ tail)[1] < (still @ tail)[1] - 2.0, "its nose to the left, its tail to the right"
    pin = np.array([8.25 - 4.5, 0.0, 1.0, 1.0])
    assert turned @ pin == pytest.approx(still @ pin)
    assert pose(model, "cab", hitch_rad=0.3) == pytest.approx(np.eye(4))


@pytest.mark.parametrize("name", ["cyclist/adult", "cyclist/child"])
def test_the_feet_follow_the_pedals_and_the_hands_the_bars(name: str) -> None:
    model = build(name, 2)
    span = []
    for turn in np.linspace(0, 2 * np.pi, 17):
        for side in "lr":
            foot, pedal = (
                pose(model, f"foot_{side}", pedal_rad=float(turn)),
                pose(model, f"pedal_{side}", pedal_rad=float(turn)),
            )
            span.append((pedal[:3, 3] - foot[:3, 3])[[0, 2]])
            knee, ankle = pose(model, f"shin_{side}", pedal_rad=float(turn))[:3, 3], foot[:3, 3]
            hip = pose(model, f"thigh_{side}", pedal_rad=float(turn))[:3, 3]
            leg = np.linalg.norm(hip - knee), np.linalg.norm(knee - ankle)
            span_m = np.linalg.norm(hip - ankle)
            assert span_m < sum(leg) * 1.0001
    offsets = np.stack(span)
    assert np.ptp(offsets, axis=0).max() < 0.01, "the foot keeps its place on the pedal"
    assert offsets[0, 0] == pytest.approx(BALL * model.size_m[2], rel=0.25)
    for steer in (-0.3, 0.3):
        moved = pose(model, "hand_l", steer_rad=steer)[:3, 3] - pose(model, "hand_l")[:3, 3]
        assert moved[0] * steer < 0, "the left hand comes back as the bars turn left"
