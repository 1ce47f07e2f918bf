"""Frame ids follow from the plan alone, have no gaps and never shift; only more of the same extends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.dataset.plan import Asked, AskedScene, Plan, Request, Take, decode, extend
from drivesynth.errors import RequestError, WorkError


def asked(*variants: int, **changes) -> Asked:
    scenes = tuple(
        AskedScene(name=f"scene{i}", sha256=f"sha{i}", rig_sha256="rig", variants=n)
        for i, n in enumerate(variants)
        if n
    )
    rest = {
        "seed": None, "frames": None, "rig": None,
        "quality": "standard", "formats": ("kitti",), "pulses": False,
    }  # fmt: skip
    return Asked(scenes=scenes, **(rest | changes))


def plan(*variants: int, **changes) -> Plan:
    return fill(Plan(asked=asked(*variants, **changes), versions={"drivesynth": "1"}))


def fill(empty: Plan) -> Plan:
    """Give each take a number of frames that depends on the take alone, as simulation does."""
    takes = []
    for scene, variant in empty.wanted():
        name = empty.asked.scenes[scene].name
        count = (len(name) * 7 + int(name[5:]) * 3 + variant * 5) % 4
        rejected = None if count else "require: never"
        takes.append(
            Take(scene=scene, variant=variant, times_s=tuple(i / 10 for i in range(count)), rejected=rejected)
        )
    return empty.with_takes(takes)


def ids(of: Plan) -> dict[tuple[str, int], list[str]]:
    return {
        (of.asked.scenes[take.scene].name, take.variant): [name for name, _ in take.frames]
        for take in of.takes
    }


counts = st.lists(st.integers(1, 4), min_size=1, max_size=4)


@given(counts)
def test_ids_have_no_gaps_and_rejected_takes_take_none(variants):
    whole = plan(*variants)
    everyone = [name for take in whole.takes for name, _ in take.frames]
    assert everyone == [f"{n:06d}" for n in range(whole.frame_count)]
    assert len(whole.takes) == sum(variants)


@given(counts, st.integers(0, 3))
def test_more_variants_and_scenes_shift_no_id(variants, more):
    before = plan(*variants)
    after = fill(extend(before, plan(*(n + more for n in variants), 2), "out"))
    assert {take: ids(after)[take] for take in ids(before)} == ids(before)
    assert len(after.takes) == sum(variants) + more * len(variants) + 2


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_extending_gives_what_asking_at_once_gives(scenes, first, more):
    small, large = [first] * scenes, [first + more] * scenes
    assert fill(extend(plan(*small), plan(*large), "out")) == plan(*large)


def test_the_order_in_which_scenes_are_named_again_does_not_matter():
    before = plan(2, 3)
    turned = before.model_copy(
        update={"asked": before.asked.model_copy(update={"scenes": before.asked.scenes[::-1]})}
    )
    assert extend(before, turned, "out") == before


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (plan(1, 2), "it has 2 variants of scene0, now 1 are asked for"),
        (plan(2), "it has scene scene1, which is not asked for now"),
        (plan(2, 2, seed=7), "seed was not given and is 7 now"),
        (plan(2, 2, quality="high"), "quality was standard and is high now"),
        (plan(2, 2, frames=3), "frames was not given and is 3 now"),
        (plan(2, 2, pulses=True), "pulses was False and is True now"),
        (
            plan(2, 2).model_copy(update={"versions": {"drivesynth": "2"}}),
            "other programs: version of drivesynth was 1 and is 2 now; go on with those",
        ),
    ],
)
def test_any_other_difference_is_refused_by_name(new, message):
    with pytest.raises(RequestError, match=message) as caught:
        extend(plan(2, 2), new, "out")
    assert caught.value.exit_status == 2


def test_a_changed_scene_is_told_from_a_missing_one():
    old = plan(1)
    changed = AskedScene(name="scene0", sha256="other", rig_sha256="rig", variants=1)
    new = old.model_copy(update={"asked": old.asked.model_copy(update={"scenes": (changed,)})})
    with pytest.raises(RequestError, match=r"scene scene0 .* has changed since"):
        extend(old, new, "out")


def test_a_changed_rig_is_refused():
    old = plan(1)
    changed = old.asked.scenes[0].model_copy(update={"rig_sha256": "other"})
    new = old.model_copy(update={"asked": old.asked.model_copy(update={"scenes": (changed,)})})
    with pytest.raises(RequestError, match="the rig of scene scene0 has changed since"):
        extend(old, new, "out")
    asked_for = new.model_copy(update={"asked": new.asked.model_copy(update={"rig": "kitti_mono"})})
    with pytest.raises(RequestError, match="rig was not given and is kitti_mono now"):
        extend(old, asked_for, "out")


def test_a_plan_survives_its_file_and_anything_else_is_refused():
    assert decode(plan(2, 3).encode(), "plan.json") == plan(2, 3)
    with pytest.raises(WorkError, match=r"plan\.json: not a plan"):
        decode(b'{"asked": 3}', "plan.json")


def test_more_frames_than_ids_are_refused():
    empty = Plan(asked=asked(1), versions={})
    with pytest.raises(RequestError, match="six digits"):
        empty.with_takes([Take(scene=0, variant=0, times_s=(0.0,) * 1_000_001)])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"scenes": ()}, "scenes: name at least one"),
        ({"variants": 0}, "variants: at least 1"),
        ({"frames": 0}, "frames: at least 1"),
        ({"quality": "best"}, "quality: one of draft"),
        ({"formats": ("coco",)}, "format: 'coco' is no format; there is kitti"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_by_field(words, message):
    with pytest.raises(RequestError, match=message):
        Request(**({"scenes": ("a.yaml",)} | words))
