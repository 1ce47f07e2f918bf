"""Robo3D's and MultiCorrupt's faults do what their published programs do, by grade."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from drivesynth.assets.classes import CLASS_ID
from drivesynth.errors import RequestError
from drivesynth.scenario.draw import sample
from drivesynth.scenario.model import Fault
from drivesynth.scene import loads
from drivesynth.scene.severities import BENCHMARKS
from drivesynth.sensors.camera_faults import Spoils
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.falsified import Active
from drivesynth.sensors.faults import active, marked, shown_s, struck
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.lidar import sweep
from drivesynth.sensors.rig import LidarMount
from drivesynth.world.simulate import simulate
from tests.sensors.lidars import device, driving, ground, mounted, still, wall

RINGS = 64


def mount() -> LidarMount:
    return mounted(device(elevations_deg=tuple(np.linspace(-2, -20, RINGS)), firings=600))


def at_work(benchmark: str, kind: str, severity: int) -> list[Active]:
    return [Active(Fault(benchmark=benchmark, kind=kind, severity=severity), 1.0, "faults/0")]


@cache
def clear() -> Pulses:
    return sweep(Caster(still(ground(), wall(15.0)), threads=1), mount(), driving(), 0.0, key=5)


def look(benchmark: str, kind: str, severity: int, number: int = 7) -> Pulses:
    faults = at_work(benchmark, kind, severity)
    failing = struck(mount(), faults, 3, number)
    caster = Caster(still(ground(), wall(15.0)), threads=1)
    return marked(sweep(caster, failing, driving(), 0.0, key=5), failing, faults, 3, number)


def kept_rings(pulses: Pulses) -> np.ndarray:
    return np.unique(pulses.ring[pulses.cause != CAUSE["dropped-fault"]])


@pytest.mark.parametrize(("severity", "drawn", "most"), [(1, 14.0, 16), (2, 24.4, 32), (3, 32.2, 48)])
def test_missing_beams_are_drawn_with_replacement_from_the_middle(
    severity: int, drawn: float, most: int
) -> None:
    """Of 55 beams: 16, 32, 48 draws hit 14.0, 24.4, 32.2 different ones on average."""
    counts = []
    for seed in range(40):
        failing = struck(mount(), at_work("robo3d", "beam_missing", severity), seed, 1)
        rings = {first for first, *_ in failing.covered}
        assert min(rings) >= 4 and max(rings) <= 58 and len(rings) <= most
        counts.append(len(rings))
    assert np.mean(counts) == pytest.approx(drawn, abs=1.2)
    silent = RINGS - len(kept_rings(look("robo3d", "beam_missing", severity)))
    assert silent == len(
        {f for f, *_ in struck(mount(), at_work("robo3d", "beam_missing", severity), 3, 7).covered}
    )


@pytest.mark.parametrize(("severity", "kept"), [(1, 48), (2, 32), (3, 16)])
def test_another_sensor_has_fewer_beams_and_half_the_columns(severity: int, kept: int) -> None:
    seen = look("robo3d", "cross_sensor", severity)
    rings = kept_rings(seen)
    assert len(rings) == kept and 0 in rings and 1 not in rings
    assert set(seen.column[np.isfinite(seen.range_m)] % 2) == {0}


@pytest.mark.parametrize(("severity", "step"), [(1, 2), (2, 4), (3, 8)])
def test_reduced_beams_are_every_so_manyth_from_the_second_lowest_on(severity: int, step: int) -> None:
    from_below = RINGS - 1 - kept_rings(look("multicorrupt", "beams_reducing", severity)).astype(int)
    assert sorted(from_below) == list(range(1, RINGS, step))


@pytest.mark.parametrize(("severity", "share"), [(1, 0.7), (2, 0.8), (3, 0.9)])
def test_points_are_reduced_by_their_share(severity: int, share: float) -> None:
    there = np.isfinite(clear().range_m)
    gone = look("multicorrupt", "points_reducing", severity).cause == CAUSE["dropped-fault"]
    assert abs(gone[there].mean() - share) < 4.0 * np.sqrt(share * (1 - share) / there.sum())


def test_only_vehicles_echo_incompletely() -> None:
    names = ["road", "car", "bicycle", "pedestrian", "bus"]
    names = [name for name in names if name in CLASS_ID]
    turn = np.arange(len(clear().range_m)) % len(names)
    classes = np.array([CLASS_ID[name] for name in names], np.uint8)[turn]
    pulses = replace(clear(), class_id=classes)
    there = np.isfinite(pulses.range_m)
    for severity, share in ((1, 0.75), (2, 0.85), (3, 0.95)):
        faults = at_work("robo3d", "incomplete_echo", severity)
        gone = marked(pulses, mount(), faults, 3, 7).cause == CAUSE["dropped-fault"]
        for number, name in enumerate(names):
            rows = there & (turn == number)
            taken = int(share * rows.sum()) if name in ("car", "bus") else 0
            assert gone[rows].sum() == taken, name


def test_crosstalk_moves_robo3d_s_shares_of_the_returns() -> None:
    count = len(clear().returned)
    for severity, share in ((1, 0.006), (2, 0.008), (3, 0.01)):
        crossed = look("robo3d", "crosstalk", severity).cause == CAUSE["crosstalk"]
        assert abs(crossed.sum() - share * count) < 4.0 * np.sqrt(share * count)


@pytest.mark.parametrize(
    ("benchmark", "sigmas", "noise"),
    [("robo3d", (0.04, 0.08, 0.1), 0.1), ("multicorrupt", (0.06, 0.1, 0.13), 0.1768)],
)
def test_motion_blur_shifts_a_sweep_and_makes_it_noisy(
    benchmark: str, sigmas: tuple[float, ...], noise: float
) -> None:
    for severity, sigma in enumerate(sigmas, start=1):
        faults = at_work(benchmark, "motion_blur", severity)
        failing = [struck(mount(), faults, 3, number) for number in range(300)]
        away = (
            np.array([one.vehicle_from_lidar[:3, 3] for one in failing]) - mount().vehicle_from_lidar[:3, 3]
        )
        assert np.std(away) == pytest.approx(sigma, rel=4.0 / np.sqrt(2 * away.size))
        own = mount().device.range_noise.sigma_m
        assert failing[0].device.range_noise.sigma_m == pytest.approx(np.hypot(own, noise * sigma), rel=1e-3)


def test_a_misaligned_cloud_is_turned_and_lies_two_metres_to_the_right() -> None:
    for severity, (chance, degrees) in enumerate(((0.2, 1.0), (0.4, 2.0), (0.6, 3.0)), start=1):
        faults = at_work("multicorrupt", "spatial_misalignment", severity)
        failing = [struck(mount(), faults, 3, number).vehicle_from_lidar for number in range(400)]
        moved = [one for one in failing if not np.array_equal(one, mount().vehicle_from_lidar)]
        assert abs(len(moved) - 400 * chance) < 4.0 * np.sqrt(400 * chance * (1 - chance))
        # What the calibration takes for (10, 0, 0) is then found 2 m to its right, and turned about all axes.
        found = np.linalg.inv(moved[0]) @ mount().vehicle_from_lidar @ np.array([10.0, 0.0, 0.0, 1.0])
        assert found[1] == pytest.approx(-2.0, abs=10.0 * np.radians(degrees) * 1.1)
        turn = moved[0][:3, :3].T @ mount().vehicle_from_lidar[:3, :3]
        angle = np.degrees(np.arccos((np.trace(turn) - 1.0) / 2.0))
        assert angle == pytest.approx(np.sqrt(3.0) * degrees, rel=0.02)


def test_a_late_sensor_shows_the_key_frame_before() -> None:
    for severity, chance in ((1, 0.2), (2, 0.4), (3, 0.6)):
        faults = at_work("multicorrupt", "temporal_misalignment", severity)
        shown = np.array([shown_s(0.1 * n, 10.0, faults, 0.0, seed=3) for n in range(10, 410)])
        late = 0.1 * np.arange(10, 410) - shown
        assert set(np.round(late, 6)) == {0.0, 0.5}
        assert abs((late > 0).mean() - chance) < 4.0 * np.sqrt(chance * (1 - chance) / 400)
    assert shown_s(0.2, 10.0, at_work("multicorrupt", "temporal_misalignment", 3), 0.0, seed=3) in (0.0, 0.2)


def test_a_missing_camera_is_black_as_often_as_its_grade_says() -> None:
    white = np.full((2, 2, 3), 255, np.uint8)
    for severity, chance in ((1, 0.2), (2, 0.4), (3, 0.6)):
        faults = tuple(at_work("multicorrupt", "missing_camera", severity))
        black = sum(int(Spoils(faults, 5, n).delivered(white).max() == 0) for n in range(400))
        assert abs(black - 400 * chance) < 4.0 * np.sqrt(400 * chance * (1 - chance))


SCENE = """drivesynth: 1
road: {template: street/plain, length: 120 m, limit: 50 km/h}
ego: {asset: car/estate, at: {lane: R1, s: 30 m}, speed: 30 km/h}
story:
  - {when: time > 0.5 s, do: {ego: {fault: {kind: points_reducing, benchmark: multicorrupt, severity: 1}}}}
rig:
  use: kitti_mono
  faults:
    - {benchmark: robo3d, kind: crosstalk, severity: 2}
    - {sensor: image_2, benchmark: multicorrupt, kind: missing_camera, severity: 1}
"""


def test_a_scene_names_the_benchmark_of_its_faults_and_of_its_story_s() -> None:
    from drivesynth.scene.rig import load_rig
    from drivesynth.sensors.rig import RigGeometry

    rollout, rig = simulate(sample(loads(SCENE))), RigGeometry.of(load_rig("kitti_mono"))
    there = [(one.fault.benchmark, one.fault.kind) for one in active(rollout, rig, "velodyne", 1.0)]
    assert there == [("robo3d", "crosstalk"), ("multicorrupt", "points_reducing")]
    assert [one.fault.kind for one in active(rollout, rig, "image_2", 0.1)] == ["missing_camera"]


@pytest.mark.parametrize(
    ("old", "new", "needle"),
    [
        ("severity: 2", "severity: 4", "robo3d grades from 1 to 3, not 4"),
        ("kind: crosstalk", "kind: sunlight", "robo3d has no sunlight; it has beam_missing"),
        ("benchmark: robo3d, kind: crosstalk", "kind: beam_missing", "one of robo3d: add benchmark: robo3d"),
        ("benchmark: robo3d", "benchmark: robo4d", "benchmark"),
        ("sensor: image_2, ", "", "velodyne is a LiDAR"),
        ("kind: missing_camera", "kind: beams_reducing", "is a camera, and beams_reducing a fault of LiDARs"),
    ],
)
def test_a_grade_that_a_benchmark_does_not_have_is_refused(old: str, new: str, needle: str) -> None:
    with pytest.raises(RequestError) as caught:
        sample(loads(SCENE.replace(old, new)))
    assert needle.replace("velodyne", "lidar") in str(caught.value)


def test_weather_by_the_grades_of_each_benchmark() -> None:
    def drawn(text: str) -> tuple[float | None, float, float]:
        head = "drivesynth: 1\nroad: {template: street/plain, length: 120 m}\nego: {at: {lane: R1, s: 9 m}}\n"
        air = sample(loads(f"{head}environment: {{severity: {{{text}}}}}\n")).environment
        return air.fog_mor_m, air.snow_mm_h, air.wetness_ratio

    assert drawn("benchmark: multicorrupt, fog: 2, snow: 3") == (pytest.approx(np.log(20) / 0.03), 3.75, 0.0)
    assert drawn("benchmark: robo3d, snow: 3, wet_ground: 1") == (None, 1.5625, pytest.approx(1 / 6))
    for wrong in ("benchmark: robo3d, fog: 1", "benchmark: robo3d, snow: 4", "wet_ground: 1"):
        with pytest.raises(RequestError, match="severity"):
            drawn(wrong)


def test_every_kind_of_every_benchmark_does_something() -> None:
    for name in ("robo3d", "multicorrupt"):
        for kind in BENCHMARKS[name].lidar:
            if kind == "temporal_misalignment" or kind == "incomplete_echo":
                continue  # the time that is shown, and vehicles, are other tests'
            seen = [look(name, kind, 3, number) for number in range(6)]
            assert any(not np.array_equal(one.xyz_m, clear().xyz_m) for one in seen), kind
