"""A scene in a mirror has the labels of the scene in a mirror: boxes, silhouettes, what is hidden."""

import numpy as np
import pytest

from drivesynth.dataset.takes import Take
from drivesynth.scenario.model import Aim, Scenario
from drivesynth.scene.camera import Mount
from drivesynth.scene.rig import LabelFrame, Rig, load_rig
from drivesynth.sensors.rig import RigGeometry
from drivesynth.truth.model import ActorTruth
from tests.world.mirrors import mirrored
from tests.world.worlds import actor, scenario, street

WIDTH_PX, HEIGHT_PX, TIME_S = 801, 301, 3.0
WALKS = ("who",)


def symmetric_rig() -> Rig:
    """A scanner and a camera on the middle of the car, looking straight ahead."""
    rig = load_rig("kitti_mono")
    (lidar,) = rig.lidars.values()
    (camera,) = rig.cameras.values()
    mount = Mount(x_m=1.0, z_m=1.7)
    seeing = camera.model_copy(
        update={
            "projection": None, "mount": mount, "distortion": (),
            "width_px": WIDTH_PX, "height_px": HEIGHT_PX,
            "fx_px": 500.0, "fy_px": 500.0, "cx_px": (WIDTH_PX - 1) / 2, "cy_px": (HEIGHT_PX - 1) / 2,
        }
    )  # fmt: skip
    return rig.model_copy(
        update={
            "lidars": {name: lidar.model_copy(update={"mount": mount, "mask": ()}) for name in rig.lidars},
            "cameras": dict.fromkeys(rig.cameras, seeing),
            "label_frame": LabelFrame(),
        }
    )


def crowded() -> Scenario:
    plan = street(200.0, 1 / 120)
    return scenario(
        plan,
        actor(plan, "ego", "car/estate", "R1", 20, 9.0),
        actor(plan, "van", "van/delivery", "R.parking", 65, turned_rad=0.1),
        actor(plan, "car", "car/sedan", "R.parking", 72.5),
        actor(plan, "lorry", "truck/rigid", "L1", 90, 6.0),
        actor(plan, "behind", "car/compact", "L1", 104, 6.0),
        actor(plan, "bike", "cyclist/adult", "R1", 55, 4.0, offset_m=-1.0),
        actor(plan, "who", "pedestrian/adult", "R.sidewalk", 78, aim=Aim(speed_mps=1.4)),
        actor(plan, "box", "debris/box", "R.sidewalk", 62, turned_rad=0.5),
    )


@pytest.fixture(scope="module")
def twins() -> dict[str, tuple[ActorTruth, ActorTruth]]:
    here, there = (
        Take(take.rollout, RigGeometry.of(symmetric_rig())).shoot(TIME_S, "draft", 1).truths
        for take in (Take.of(one, symmetric_rig()) for one in (crowded(), mirrored(crowded())))
    )
    assert [one.name for one in here] == [one.name for one in there]
    return {a.name: (a, b) for a, b in zip(here, there, strict=True)}


def test_boxes_lie_on_the_other_side(twins: dict[str, tuple[ActorTruth, ActorTruth]]) -> None:
    for name, (here, there) in twins.items():
        # A walker's left foot is ahead where its twin's right one were: arms and legs differ, not the place.
        tolerance_m = 0.08 if name in WALKS else 2e-3
        flipped = here.box.bottom_center_m * (-1.0, 1.0, 1.0)
        assert there.box.bottom_center_m == pytest.approx(flipped, abs=tolerance_m), name
        for size in ("length_m", "width_m", "height_m"):
            assert getattr(there.box, size) == pytest.approx(getattr(here.box, size), abs=tolerance_m), name
        turned = here.box.rotation_y_rad + there.box.rotation_y_rad - np.pi
        assert np.cos(turned) == pytest.approx(1.0, abs=1e-6), name


def test_silhouettes_and_what_hides_them_are_flipped(twins: dict[str, tuple[ActorTruth, ActorTruth]]) -> None:
    hidden = 0
    for name, (here, there) in twins.items():
        (a,), (b,) = here.views.values(), there.views.values()
        assert (a.amodal_box_px is None) == (b.amodal_box_px is None), name
        if a.amodal_box_px is None or b.amodal_box_px is None:
            continue
        left, top, right, bottom = a.amodal_box_px
        flipped = (WIDTH_PX - 1 - right, top, WIDTH_PX - 1 - left, bottom)
        assert b.amodal_box_px == pytest.approx(flipped, abs=4.0 if name in WALKS else 1.0), name
        assert b.visible_ratio == pytest.approx(a.visible_ratio, abs=0.03), name
        assert b.truncated_ratio == pytest.approx(a.truncated_ratio, abs=0.02), name
        assert b.visible_px == pytest.approx(a.visible_px, rel=0.15 if name in WALKS else 0.05, abs=10), name
        hidden += 0.05 < a.visible_ratio < 0.95
    assert hidden >= 1, "somebody is hidden in part, or it would be no proof"


def test_a_scanner_that_turns_the_same_way_counts_about_as_many(
    twins: dict[str, tuple[ActorTruth, ActorTruth]],
) -> None:
    for name, (here, there) in twins.items():
        (a,), (b,) = here.lidar_points.values(), there.lidar_points.values()
        assert b == pytest.approx(a, rel=0.12, abs=15), name
    assert sum(count for here, _ in twins.values() for count in here.lidar_points.values()) > 1000
