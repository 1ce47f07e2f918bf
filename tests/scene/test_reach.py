"""Triggers that cannot come true are told before anything runs; what may happen is let be."""

import pytest

from drivesynth.errors import RequestError
from drivesynth.scene import catalogue, load, loads
from drivesynth.scene.reach import unreachable

BASE = """\
drivesynth: 1
params: {v: 20..50 km/h, d: 5..9 m, n: 3 +- 1 m, w: $d + 2 m}
road:
  lanes: {right: [drive], left: [drive]}
  path: [{line: 100 m}, {arc: 50..80 m, radius: 90 m, turn: left}]
ego: {at: {lane: R1, s: 20 m}, speed: 30 km/h}
actors: {van: {asset: van/*, at: {ahead_of: ego, by: 30 m}, speed: 20 km/h}}
"""


def story(when: str) -> str:
    return f"{BASE}story: [{{when: '{when}', do: {{van: stop}}}}]\n"


@pytest.mark.parametrize(
    "when",
    [
        "time > 60.1 s",
        "ego.s >= 181 m",
        "gap(van) < 0 m",
        "distance(van) + $d < 4.9 m",
        "ego.speed > 500 km/h and time > 1 s",
        "not (time >= 0 s)",
        "$w < 7 m",
        "$v > 60 km/h or $v < 10 km/h",
        "2 * $d > 19 m",
        "70 s < time < 80 s",
        "ttc(van) == -1 s",
        "time > 1 s for 60 s",
    ],
)
def test_what_cannot_be_is_a_mistake(when: str) -> None:
    with pytest.raises(RequestError, match=r"^scene.yaml:8:\d+: story\.0\.when: "):
        loads(story(when))


@pytest.mark.parametrize(
    "when",
    [
        "time > 59 s",
        "ego.s > 179 m",
        "gap(van) <= 0 m",
        "distance(van) + $d < 5.1 m",
        "van.s > 500 m",  # it may have left the road
        "$n < -50 m",  # a normal draw has no bounds
        "$w <= 7 m",
        "$v > 60 km/h or $v < 21 km/h",
        "van.accel < -3 m/s^2",
        "van.lane == R1",
        "not van.speed > 10 km/h",
        "$d / $d > 4",  # quotients are not followed
    ],
)
def test_what_may_be_is_let_be(when: str) -> None:
    assert unreachable(loads(story(when))) == []


def test_circles_are_told_once() -> None:
    text = "story:\n" + "".join(
        f"  - {{name: {name}, after: {after}, do: {{van: stop}}}}\n"
        for name, after in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"))
    )
    with pytest.raises(RequestError, match="wait") as caught:
        loads(BASE + text)
    assert len(str(caught.value).splitlines()) == 1


def test_no_shipped_scene_is_suspected() -> None:
    for entry in catalogue.entries():
        assert unreachable(load(entry.path)) == []
