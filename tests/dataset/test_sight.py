"""What sensors see decides which variants may stay, and `sample --seen` tells it."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from drivesynth.cli import verbs
from drivesynth.dataset.build import build
from drivesynth.dataset.draw import drawn
from drivesynth.dataset.plan import Request
from drivesynth.dataset.sight import looking, sightings
from drivesynth.dataset.takes import Take
from drivesynth.errors import RequestError
from drivesynth.scene import load
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.rig import RigGeometry
from drivesynth.study.variants import Report, accept

SCENE = """\
drivesynth: 1
road: {lanes: {right: [drive, parking, sidewalk], left: [drive]}, length: 120 m, street: none}
ego: {asset: car/estate, at: {lane: R1, s: 15 m}, speed: 30 km/h}
actors:
  van: {asset: van/delivery, at: {lane: R.parking, s: 45 m}}
  child:
    asset: pedestrian/child
    at: {ahead_of: van, by: 0.5 m, lane: R.sidewalk}
    aim: {at: ego, impact: 50 %, speed: 5 km/h}
  hidden: {asset: debris/box, at: {lane: R.sidewalk, s: 70 m}}
  screen: {asset: van/delivery, at: {lane: R.parking, s: 66 m}}
rig: kitti_mono
sample: {max_tries: 2}
output: {fps: 4, keep: {around: hit(child), before: 2.5 s, after: 0 s}}
"""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sight") / "van.yaml"
    file.write_text(SCENE)
    return file


def test_who_steps_out_is_seen_late_and_ever_better(scene: Path) -> None:
    draw = drawn(load(scene), 0, None, None)
    assert not isinstance(draw, str)
    seen = sightings(draw.rollout, RigGeometry.of(load_rig("kitti_mono")))
    assert seen.time_s == pytest.approx(draw.times_s)
    points, hidden = seen.points_on("child"), seen.occlusion("child")
    assert points[0] == 0 and hidden[0] == 1.0, "behind the van"
    assert points[-1] > 100 and hidden[-1] < 0.3, "before the bumper"
    first = int(np.argmax((points >= 5) | (hidden <= 0.9)))
    hit = draw.rollout.hit_s["child"]
    assert seen.time_visible_s("child", hit) == pytest.approx(hit - seen.time_s[first])
    assert 0.3 < hit - seen.time_s[first] < 2.2


def test_a_draft_picture_shows_of_everybody_what_a_finished_frame_does(scene: Path) -> None:
    draw = drawn(load(scene), 0, None, None)
    assert not isinstance(draw, str)
    take = Take(draw.rollout, RigGeometry.of(load_rig("kitti_mono")))
    draft, final = (
        take.shoot(float(draw.times_s[-2]), "standard", 1, light).truths for light in ("draft", None)
    )
    assert [(one.name, one.lidar_points, one.views) for one in draft] == [
        (one.name, one.lidar_points, one.views) for one in final
    ]


def with_rules(scene: Path, *rules: str) -> Path:
    file = scene.with_name(f"ruled_{len(list(scene.parent.iterdir()))}.yaml")
    listed = "".join(f"  - {rule}\n" for rule in rules)
    file.write_text(f"{SCENE}require:\n{listed}")
    return file


def test_rules_on_what_sensors_see_reject_draws_and_are_counted_last(scene: Path) -> None:
    look, report = looking(load_rig("kitti_mono")), Report()
    strict = load(with_rules(scene, "points_on(child) > 100000", "time_visible(child) < 2.2 s"))
    assert accept(strict, None, 0, report, look) is None
    assert report.rejected == {"require.0 points_on(child) > 100000": 2}
    assert accept(strict, None, 0) is not None, "without a look they are left open"
    fair = load(with_rules(scene, "points_on(child) > 100", "0.3 s < time_visible(child) < 2.2 s"))
    assert accept(fair, None, 0, None, look) is not None


def test_a_kinematic_rule_spares_the_look(scene: Path) -> None:
    def never(_: object) -> None:
        raise AssertionError("looked at what was refused already")

    rules = load(with_rules(scene, "ego.speed > 90 km/h", "points_on(child) > 1"))
    assert accept(rules, None, 0, Report(), never) is None  # type: ignore[arg-type]


def test_a_dataset_has_no_take_that_such_a_rule_refuses(scene: Path, tmp_path: Path) -> None:
    strict = with_rules(scene, "occlusion(child) > 200 %")
    with pytest.raises(RequestError, match=r"rejected: require.0 occlusion\(child\) > 200 %"):
        build(Request(scenes=(str(strict),), rig="kitti_mono", quality="draft"), tmp_path / "out")


def test_sample_tells_what_is_seen(scene: Path) -> None:
    words = ["sample", str(scene), "--variants", "1", "--json"]
    plain = json.loads(CliRunner().invoke(verbs, words).stdout)
    assert "sightings" not in plain
    figures = plain["criticality"]["child"]
    assert set(figures) == {
        "min_ttc_s", "at_min_ttc_s", "min_gap_m", "closest_s", "min_headway_s", "max_drac_mps2",
        "min_rss_margin_m", "pet_s", "collision_s", "hit_s",
    }  # fmt: skip
    seen = json.loads(CliRunner().invoke(verbs, [*words, "--seen"]).stdout)
    assert seen["criticality"] == plain["criticality"]
    child = seen["sightings"]["child"]
    assert len(child["points_on"]) == len(child["occlusion"]) == len(child["time_s"]) >= 8
    assert 0.3 < child["time_visible_s"] < 2.2
    assert seen["sightings"]["van"]["time_visible_s"] is None, "it is not to be hit"


def test_sample_says_that_such_rules_are_open(scene: Path) -> None:
    result = CliRunner().invoke(
        verbs, ["sample", str(with_rules(scene, "points_on(child) > 1")), "--variants", "1"]
    )
    assert result.exit_code == 0 and "--seen judges them here" in result.stderr
