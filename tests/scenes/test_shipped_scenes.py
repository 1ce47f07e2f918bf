"""Every shipped edge case: it draws, what it promises happens, and nothing odd happens beside it."""

import re
from pathlib import Path

import pytest

from drivesynth.scenario.draw import check
from drivesynth.scene import catalogue
from drivesynth.scene.catalogue import Entry
from drivesynth.study.conditions import expected
from drivesynth.study.soundness import faults, touched
from drivesynth.study.variants import Report, accept
from drivesynth.world.build import stage
from drivesynth.world.times import frame_times_s

ENTRIES = catalogue.entries()
LEAST_TRIANGLES, MOST_TRIANGLES = 200_000, 500_000
# What issue readers count on; a scene may carry several of them.
FAMILIES = (
    "ncap/CCRs", "ncap/CCRm", "ncap/CCRb", "ncap/CCFtap", "ncap/CCCscp", "ncap/CMRb", "ncap/CPFA",
    "ncap/CPNA", "ncap/CPNCO", "ncap/CPLA", "ncap/CPTA", "ncap/CBNA", "ncap/CBNAO", "ncap/CBLA", "ncap/CBDA",
    "unece/R157-cut-in", "unece/R157", "unece/R157-deceleration",
    "nhtsa/2", "nhtsa/3", "nhtsa/7", "nhtsa/10", "nhtsa/15", "nhtsa/16", "nhtsa/19",
    "nhtsa/21", "nhtsa/22",
    "nhtsa/31",
    "work_zone", "debris", "blockage", "wrong_way", "animal", "queue",
)  # fmt: skip


def group_and_name(entry: Entry) -> str:
    return f"{entry.path.parent.name}/{entry.path.stem}"


@pytest.mark.parametrize("entry", ENTRIES, ids=group_and_name)
def test_what_a_scene_promises_happens_and_nothing_odd_beside(entry: Entry) -> None:
    scene = check(entry.path)
    assert scene.about and scene.tags and scene.expect, "every scene says what it is and what must happen"
    for variant in range(max(len(scene.cases), 1)):
        report = Report()
        draw = accept(scene, None, variant, report)
        assert draw is not None and report.rejected.total() <= 10, str(report)
        assert [str(v) for v in expected(draw.rollout) if not v.holds] == []
        assert faults(draw.rollout) == []
        named = set(re.findall(r"\w+(?:\.\w+)?", " ".join((*scene.expect, *scene.require))))
        assert {name for name in touched(draw.rollout) if name not in named} == set()
        times = frame_times_s(draw.rollout)
        assert len(times) >= 10, "a second of frames at the least"
        if variant == 0 and ENTRIES.index(entry) % 4 == 0:  # all of them: tools/soak_catalogue.py
            middle_s = times[len(times) // 2]
            assert LEAST_TRIANGLES <= stage(draw.rollout, middle_s, middle_s).triangles <= MOST_TRIANGLES


def test_the_benchmark_street_keeps_its_size() -> None:
    draw = accept(check(catalogue.root() / "benchmark" / "street.yaml"), None, 0)
    assert draw is not None
    assert stage(draw.rollout, 3.0, 3.0).triangles == 304_963


def test_the_catalogue_has_every_family_it_is_to_have() -> None:
    tags = {tag for entry in ENTRIES for tag in entry.tags}
    assert set(FAMILIES) - tags == set()
    assert len(ENTRIES) >= 40


def test_every_scene_stands_in_the_table_with_its_picture() -> None:
    root = catalogue.root()
    table = (root / "README.md").read_text()
    for entry in ENTRIES:
        assert f"({entry.path.relative_to(root)})" in table
        assert entry.about in table
    pictures = [root / Path(name) for name in re.findall(r"<img src='([^']+)'", table)]
    assert len(pictures) == len(ENTRIES)
    assert all(picture.is_file() for picture in pictures)
    assert sum(picture.stat().st_size for picture in pictures) < 2_000_000
