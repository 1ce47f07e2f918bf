"""Faults of a LiDAR: what each does, to whom, from when to when."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from drivesynth.errors import RequestError
from drivesynth.scenario.draw import sample
from drivesynth.scenario.model import Action, Event, Fault
from drivesynth.scene import loads
from drivesynth.scene.faults import LIDAR_KINDS
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.falsified import Active
from drivesynth.sensors.faults import GHOSTS, PACKET_LOSS, active, marked, shown_s, struck
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.lidar import sweep
from drivesynth.sensors.render import observe, render
from drivesynth.sensors.rig import LidarMount, RigGeometry
from drivesynth.truth.label import actors
from drivesynth.world.simulate import simulate
from tests.sensors.lidars import device, driving, ground, mounted, still, wall

SCENE = """drivesynth: 1
road: {template: street/plain, length: 120 m, limit: 50 km/h}
ego: {asset: car/estate, at: {lane: R1, s: 30 m}, speed: 30 km/h}
rig:
  use: kitti_mono
  faults:
    - {sensor: lidar, kind: dirt, sector: 20 deg, at: -15 deg, loss: 40..80 %, from: 1 s}
"""


def mount() -> LidarMount:
    return mounted(device(elevations_deg=tuple(np.linspace(-2, -20, 32)), firings=900))


def look(*faults: Fault, age_s: float = 100.0, number: int = 7) -> Pulses:
    at_work = [Active(fault, age_s, f"faults/{i}") for i, fault in enumerate(faults)]
    failing = struck(mount(), at_work, 3, number)
    caster = Caster(still(ground(), wall(15.0)), threads=1)
    return marked(sweep(caster, failing, driving(), 0.0, key=5), failing, at_work, 3, number)


def lost(pulses: Pulses) -> np.ndarray:
    return pulses.cause == CAUSE["dropped-fault"]


@cache
def clear() -> Pulses:
    """Without a fault; not while tests are collected, where every process would wait for its kernels."""
    return look()


@pytest.mark.parametrize("kind", [kind for kind in LIDAR_KINDS if kind != "frozen"])
def test_every_kind_does_more_the_more_severe_it_is_and_is_the_same_every_time(kind: str) -> None:
    def change(severity: int) -> float:
        seen = look(Fault(kind=kind, severity=severity))
        again = look(Fault(kind=kind, severity=severity))
        assert np.array_equal(seen.xyz_m, again.xyz_m) and np.array_equal(seen.time_ns, again.time_ns)
        late = float(np.abs(seen.time_ns - clear().time_ns).mean()) * 1e-9
        other = np.any(seen.xyz_m != clear().xyz_m, axis=1) | (seen.cause != clear().cause)
        return float(np.mean(other) + np.abs(seen.intensity - clear().intensity).mean()) + late

    # Turned by any angle or blurred by any noise, all points move: how far is another test's.
    if kind in ("misalignment", "shaken", "spatial_misalignment", "gaussian_noise", "uniform_noise"):
        assert change(1) > 0.5
    else:
        assert change(1) < change(5) > 0.0


def test_dirt_takes_its_share_of_its_sector_and_nothing_else() -> None:
    fault = Fault(kind="dirt", sector_rad=np.radians(20.0), at_rad=np.radians(-15.0), loss_ratio=0.6)
    seen = look(fault)
    azimuth = (np.degrees(clear().azimuth_rad) + 15.0 + 180.0) % 360.0 - 180.0
    inside = np.abs(azimuth) < 9.9
    count = int(inside.sum())
    assert abs(lost(seen)[inside].sum() - 0.6 * count) < 4 * np.sqrt(0.24 * count)
    assert not lost(seen)[np.abs(azimuth) > 10.1].any()


def test_mud_grows_and_a_mount_drifts_away() -> None:
    mud = Fault(kind="mud", severity=4)
    shares = [lost(look(mud, age_s=age)).mean() for age in (0.0, 2.0, 10.0)]
    assert shares[0] == 0.0 < shares[1] < shares[2]
    turned = [
        np.arccos((np.trace(struck(mount(), [Active(Fault(kind="misalignment"), age, "f")], 3, 0)
                            .vehicle_from_lidar[:3, :3]) - 1.0) / 2.0)
        for age in (0.0, 5.0, 10.0, 50.0)
    ]  # fmt: skip
    assert turned[0] == pytest.approx(0.0, abs=1e-7) and turned[1] < turned[2] == pytest.approx(turned[3])


def test_dead_beams_are_whole_rings_and_stay_the_same_ones() -> None:
    rings = [
        {int(r) for r in range(32) if lost(seen)[seen.ring == r].all()}
        for seen in (look(Fault(kind="dead_beams"), number=n) for n in (1, 2))
    ]
    assert len(rings[0]) == 4 and rings[0] == rings[1]


def test_packets_are_lost_whole_and_interference_comes_at_its_rate() -> None:
    seen = look(Fault(kind="lost_packets", severity=3))
    packet = seen.column.astype(int) // 6
    share = np.bincount(packet, lost(seen)) / np.bincount(packet)
    assert set(np.unique(share)) == {0.0, 1.0}
    assert share.mean() == pytest.approx(PACKET_LOSS[2], abs=0.08)
    lit = replace(clear(), ambient=np.ones(len(clear().cause), np.float32))
    at_work = [Active(Fault(kind="lost_packets", severity=3), 100.0, "faults/0")]
    dark = marked(lit, mount(), at_work, 3, 7)
    assert np.array_equal(dark.ambient == 0.0, lost(dark))
    ghosts = look(Fault(kind="interference", severity=5))
    far = ghosts.cause == CAUSE["crosstalk"]
    assert 0 < far.sum() < 1.3 * GHOSTS[4] * len(far)
    spread = np.linalg.norm(ghosts.xyz_m[far], axis=1)
    assert spread == pytest.approx(ghosts.range_m[far], rel=1e-4)
    assert np.all(ghosts.range_m[far] < clear().range_m[far])
    assert np.all(ghosts.actor[far] == -1) and np.all(ghosts.material[far] == 0)  # nothing stands there


def test_the_kinds_of_the_public_benchmark_take_what_it_takes() -> None:
    """KITTI-C's figures at severities 1 and 5: shares of returns, metres of noise, degrees left."""
    there = np.isfinite(clear().range_m)
    count = int(there.sum())
    for severity, share in ((1, 0.06), (5, 0.3)):
        gone = lost(look(Fault(kind="density_decrease", severity=severity)))
        assert abs(gone[there].mean() - share) < 4.0 * np.sqrt(share * (1 - share) / count)
    for severity, cuts in ((1, 2), (5, 10)):
        gone = lost(look(Fault(kind="cutout", severity=severity)))
        assert gone.sum() == cuts * int(0.02 * count)
    for severity, side in ((1, 105.0), (5, 45.0)):
        gone = lost(look(Fault(kind="fov_lost", severity=severity)))
        away = np.abs(np.degrees(np.angle(np.exp(1j * clear().azimuth_rad.astype(np.float64)))))
        assert gone[away > side + 0.5].all() and not gone[away < side - 0.5].any()
    for severity, sigma in ((1, 0.02), (5, 0.1)):
        blurred = look(Fault(kind="gaussian_noise", severity=severity))
        both = there & np.isfinite(blurred.range_m)
        spread = np.std((blurred.range_m - clear().range_m)[both].astype(np.float64))
        assert spread == pytest.approx(sigma, rel=0.05)
    found = [struck(mount(), [Active(Fault(kind="spatial_misalignment", severity=5), 1.0, f"f/{k}")], 3, 0)
             for k in range(200)]  # fmt: skip
    moved = np.array([one.vehicle_from_lidar[:3, 3] - mount().vehicle_from_lidar[:3, 3] for one in found])
    assert moved.std() == pytest.approx(0.1, rel=0.1)
    for kind, share, sigma in (("crosstalk", 0.02, 3.0), ("sunlight", 0.05, 2.0)):
        crossed = look(Fault(kind=kind, severity=5))
        ghosts = crossed.cause == CAUSE["crosstalk"]
        assert abs(ghosts.sum() - share * count) < 4.0 * np.sqrt(share * count)
        away = (crossed.range_m - clear().range_m)[ghosts].astype(np.float64)
        assert np.std(away) == pytest.approx(sigma, rel=0.15)


def test_noise_of_the_public_benchmark_lies_along_the_beams() -> None:
    there = clear().returned
    for severity, most in ((1, 0.02), (5, 0.1)):
        even = look(Fault(kind="uniform_noise", severity=severity))
        along = (even.range_m - clear().range_m)[there].astype(np.float64)
        assert np.abs(along).max() <= most + 1e-5 and np.std(along) == pytest.approx(most / 3**0.5, rel=0.05)
        way = np.linalg.norm((even.xyz_m - clear().xyz_m)[there].astype(np.float64), axis=1)
        assert way == pytest.approx(np.abs(along), abs=2e-5)
        assert np.array_equal(even.cause, clear().cause)
    for severity, share in ((1, 1 / 30), (5, 1 / 10)):
        hit = look(Fault(kind="impulse_noise", severity=severity))
        along = (hit.range_m - clear().range_m)[there].astype(np.float64)
        struck_ones = np.abs(along) > 0.05
        assert np.abs(along[struck_ones]) == pytest.approx(0.1, abs=1e-5)
        assert abs(struck_ones.sum() - share * len(there)) < 4.0 * np.sqrt(share * len(there))


def test_a_frozen_device_shows_one_frame_for_as_many_as_its_severity_says() -> None:
    """From 1 s on at 10 Hz and severity 1: two frames each, 0.9 s, then 1.1 s, then 1.3 s."""

    def shown(time_s: float, severity: int = 1) -> float:
        at_work = Active(Fault(kind="frozen", severity=severity, from_s=1.0), time_s - 1.0, "faults/0")
        return shown_s(time_s, 10.0, [at_work])

    assert [shown(t) for t in (1.0, 1.1, 1.2, 1.3, 1.4)] == pytest.approx([0.9, 0.9, 1.1, 1.1, 1.3])
    assert [shown(t, 5) for t in (1.0, 1.5, 1.9, 2.0)] == pytest.approx([0.9, 0.9, 0.9, 1.9])
    assert shown_s(1.0, 10.0, []) == 1.0


FROZEN = """drivesynth: 1
road: {template: street/plain, length: 120 m, limit: 50 km/h}
ego: {asset: car/estate, at: {lane: R1, s: 30 m}, speed: 30 km/h}
actors:
  lead: {asset: car/sedan, at: {ahead_of: ego, by: 12 m, lane: same}, speed: 40 km/h}
duration: 2 s
rig:
  use: kitti_mono
  faults:
    - {sensor: lidar, kind: frozen, severity: 1, when: gap(lead) > 13 m}
    - {sensor: image_2, kind: frozen, severity: 1, from: 1 s}
"""


def test_frozen_sensors_repeat_an_earlier_frame_byte_for_byte_and_truth_stays_that_of_now() -> None:
    failing = simulate(sample(loads(FROZEN)))
    whole = simulate(sample(loads(FROZEN[: FROZEN.index("  faults")])))
    begun = failing.events["rig_fault_0"]
    assert 0.1 < begun < 0.8  # 2.8 m/s faster: a metre after 0.36 s
    rig = RigGeometry.of(load_rig("kitti_mono"))
    now = observe(failing, 1.1, rig, "draft", 2)
    held = shown_s(1.1, 10.0, active(failing, rig, "velodyne", 1.1))
    assert held < 1.1
    earlier, picture = render(whole, held, rig, "draft", 2), render(whole, 0.9, rig, "draft", 2)
    for column in ("xyz_m", "intensity", "time_ns", "cause"):
        frozen, seen = now.frame.sweeps["velodyne"], earlier.sweeps["velodyne"]
        assert np.array_equal(getattr(frozen, column), getattr(seen, column))
    assert np.array_equal(now.frame.images["image_2"].rgb, picture.images["image_2"].rgb)
    here = observe(whole, 1.1, rig, "draft", 2)
    views = [[truth.views["image_2"] for truth in actors(seen, run)]
             for seen, run in ((now, failing), (here, whole))]  # fmt: skip
    assert views[0] == views[1]


def test_the_timeline_holds_the_rig_s_faults_and_the_story_s() -> None:
    scenario = SimpleNamespace(
        faults=(Fault(kind="dirt", from_s=1.0, to_s=2.0), Fault(sensor="roof", kind="clock")),
        story=(
            Event(name="hit", do={"ego": (
                Action(kind="wait", args={"for_s": 0.5}),
                Action(kind="fault", args={"kind": "shaken", "severity": 5}),
            )}),
            Event(name="never", do={"ego": (Action(kind="fault", args={"kind": "drops"}),)}),
        ),
    )  # fmt: skip
    rollout = SimpleNamespace(scenario=scenario, events={"hit": 3.0, "never": np.inf})
    geometry = SimpleNamespace(main_lidar=SimpleNamespace(name="velodyne"), lidars={"velodyne": 0, "roof": 0})

    def kinds(sensor: str, time_s: float) -> list[str]:
        return [at_work.fault.kind for at_work in active(rollout, geometry, sensor, time_s)]  # type: ignore[arg-type]

    assert kinds("velodyne", 0.5) == [] and kinds("velodyne", 1.5) == ["dirt"]
    assert kinds("velodyne", 3.4) == [] and kinds("velodyne", 3.6) == ["shaken"]
    assert kinds("roof", 3.6) == ["clock"]
    (shaken,) = active(rollout, geometry, "velodyne", 3.6)  # type: ignore[arg-type]
    assert shaken.fault.severity == 5 and shaken.age_s == pytest.approx(0.1)


def test_a_scene_s_faults_are_drawn() -> None:
    (fault,) = sample(loads(SCENE)).faults
    assert (fault.kind, fault.from_s, fault.to_s, fault.severity) == ("dirt", 1.0, None, 3)
    assert 0.4 <= (fault.loss_ratio or 0.0) <= 0.8 and fault.at_rad == pytest.approx(np.radians(-15.0))


@pytest.mark.parametrize(
    ("old", "new", "needle"),
    [
        ("kind: dirt", "kind: dirth", "did you mean 'dirt'"),
        ("sensor: lidar", "sensor: lidarr", "no LiDAR or camera 'lidarr'"),
        ("kind: dirt", "kind: clock", "belong to dirt and mud"),
        ("sensor: lidar", "sensor: image_2", "sectors of azimuth are a LiDAR's"),
        ("from: 1 s", "from: 1 s, when: time > 1 s", "give from or when, not both"),
        ("from: 1 s", "when: min_ttc(ego) < 2 s", "known only at the end"),
        ("from: 1 s", "severity: 6", "severity"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(old: str, new: str, needle: str) -> None:
    with pytest.raises(RequestError) as caught:
        sample(loads(SCENE.replace(old, new)))
    assert needle in str(caught.value)
