"""Faults of a LiDAR: what each does, to whom, from when to when."""

from types import SimpleNamespace

import numpy as np
import pytest

from drivesynth.errors import RequestError
from drivesynth.scenario.draw import sample
from drivesynth.scenario.model import Action, Event, Fault
from drivesynth.scene import loads
from drivesynth.scene.faults import LIDAR_KINDS
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.faults import GHOSTS, PACKET_LOSS, Active, active, marked, struck
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.lidar import sweep
from drivesynth.sensors.rig import LidarMount
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


CLEAR = look()


@pytest.mark.parametrize("kind", LIDAR_KINDS)
def test_every_kind_does_more_the_more_severe_it_is_and_is_the_same_every_time(kind: str) -> None:
    def change(severity: int) -> float:
        seen = look(Fault(kind=kind, severity=severity))
        again = look(Fault(kind=kind, severity=severity))
        assert np.array_equal(seen.xyz_m, again.xyz_m) and np.array_equal(seen.time_ns, again.time_ns)
        late = float(np.abs(seen.time_ns - CLEAR.time_ns).mean()) * 1e-9
        other = np.any(seen.xyz_m != CLEAR.xyz_m, axis=1) | (seen.cause != CLEAR.cause)
        return float(np.mean(other) + np.abs(seen.intensity - CLEAR.intensity).mean()) + late

    # Turned by any angle, all points move: how far is another test's.
    if kind in ("misalignment", "shaken"):
        assert change(1) > 0.5
    else:
        assert change(1) < change(5) > 0.0


def test_dirt_takes_its_share_of_its_sector_and_nothing_else() -> None:
    fault = Fault(kind="dirt", sector_rad=np.radians(20.0), at_rad=np.radians(-15.0), loss_ratio=0.6)
    seen = look(fault)
    azimuth = (np.degrees(CLEAR.azimuth_rad) + 15.0 + 180.0) % 360.0 - 180.0
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
    ghosts = look(Fault(kind="interference", severity=5))
    far = ghosts.cause == CAUSE["crosstalk"]
    assert 0 < far.sum() < 1.3 * GHOSTS[4] * len(far)
    spread = np.linalg.norm(ghosts.xyz_m[far], axis=1)
    assert spread == pytest.approx(ghosts.range_m[far], rel=1e-4)
    assert np.all(ghosts.range_m[far] < CLEAR.range_m[far])
    assert np.all(ghosts.actor[far] == -1) and np.all(ghosts.material[far] == 0)  # nothing stands there


def test_the_timeline_holds_the_rig_s_faults_and_the_story_s() -> None:
    scenario = SimpleNamespace(
        faults=(Fault(kind="dirt", from_s=1.0, to_s=2.0), Fault(sensor="roof", kind="clock")),
        story=(
            Event(name="hit", do={"ego": (
                Action(kind="wait", args={"for_s": 0.5}), Action(kind="fault", args={"kind": "shaken"}),
            )}),
            Event(name="never", do={"ego": (Action(kind="fault", args={"kind": "drops"}),)}),
        ),
    )  # fmt: skip
    rollout = SimpleNamespace(scenario=scenario, events={"hit": 3.0, "never": np.inf})
    geometry = SimpleNamespace(main_lidar=SimpleNamespace(name="velodyne"))

    def kinds(sensor: str, time_s: float) -> list[str]:
        return [at_work.fault.kind for at_work in active(rollout, geometry, sensor, time_s)]  # type: ignore[arg-type]

    assert kinds("velodyne", 0.5) == [] and kinds("velodyne", 1.5) == ["dirt"]
    assert kinds("velodyne", 3.4) == [] and kinds("velodyne", 3.6) == ["shaken"]
    assert kinds("roof", 3.6) == ["clock"]


def test_a_scene_s_faults_are_drawn() -> None:
    (fault,) = sample(loads(SCENE)).faults
    assert (fault.kind, fault.from_s, fault.to_s, fault.severity) == ("dirt", 1.0, None, 3)
    assert 0.4 <= (fault.loss_ratio or 0.0) <= 0.8 and fault.at_rad == pytest.approx(np.radians(-15.0))


@pytest.mark.parametrize(
    ("old", "new", "needle"),
    [
        ("kind: dirt", "kind: dirth", "did you mean 'dirt'"),
        ("sensor: lidar", "sensor: lidarr", "no LiDAR 'lidarr'"),
        ("kind: dirt", "kind: clock", "belong to dirt and mud"),
        ("from: 1 s", "severity: 6", "severity"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(old: str, new: str, needle: str) -> None:
    with pytest.raises(RequestError) as caught:
        sample(loads(SCENE.replace(old, new)))
    assert needle in str(caught.value)
