"""The sweep against closed forms: where points lie, when, in which order, and which are lost."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lidars import box, device, driving, ground, mounted, quad, staged, still, wall

from drivesynth.arrays import F64, I64
from drivesynth.geometry.transforms import move_points, rigid, rotation_xyz
from drivesynth.scene.catalogue import find, names
from drivesynth.scene.device import Lidar, Quantum, RangeNoise
from drivesynth.scene.document import read
from drivesynth.scene.rig import load_rig
from drivesynth.scene.validate import validated
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.lidar import compensated, sweep
from drivesynth.sensors.rig import LidarMount, RigGeometry

PARKED = driving()


def is_lidar(name: str) -> bool:
    return str(read(find(name, folder="devices")).plain().get("kind", "")).endswith("_lidar")


@lru_cache
def kitti() -> LidarMount:
    return RigGeometry.of(load_rig("kitti")).main_lidar


@lru_cache
def street_turn(speed_mps: float = 0.0, threads: int = 1, key: int = 1) -> Pulses:
    """One turn of KITTI's scanner between two walls, a house and a sign."""
    rows = [
        (ground(), np.eye(4), -1),
        (quad("left", [[-80, 9, -1], [80, 9, -1], [80, 9, 6], [-80, 9, 6]], "brick"), np.eye(4), -1),
        (quad("right", [[-80, -7, -1], [-80, -7, 4], [80, -7, 4], [80, -7, -1]], "leaves"), np.eye(4), -1),
        (box("house", (6.0, 3.0, 8.0)), rigid((25.0, 4.0, 0.0)), -1),
        (box("sign", (0.1, 0.8, 0.8), "sign_face"), rigid((12.0, -4.0, 2.0)), -1),
    ]
    return sweep(Caster(staged(rows)), kitti(), driving(speed_mps, 0.2), 0.3, key=key, threads=threads)


def rings_by_wrap(xyz_m: F64) -> I64:
    """Rings of a KITTI file, told apart by where the azimuth falls back."""
    azimuth = np.arctan2(xyz_m[:, 1], xyz_m[:, 0]) % (2 * np.pi)
    return np.concatenate([[0], np.cumsum(np.diff(azimuth) < -np.pi)])


@settings(max_examples=12)
@given(height_m=st.floats(0.5, 4.0), steep_deg=st.floats(3.0, 80.0))
def test_a_falling_beam_meets_the_ground_at_height_over_sine(height_m: float, steep_deg: float) -> None:
    mount = mounted(device((-2.9, -steep_deg), firings=16), height_m)
    pulses = sweep(Caster(still(ground())), mount, PARKED, 0.0, key=1)
    expected = height_m / np.sin(np.radians(np.where(pulses.ring == 0, 2.9, steep_deg)))
    assert pulses.range_m == pytest.approx(expected, rel=1e-4)


def test_points_stand_on_the_ground_and_on_their_beams_cone() -> None:
    listed = {"origin_z_m": (0.2, 0.1), "origin_left_m": (-0.03, 0.02), "azimuth_offset_deg": (3.0, -5.0)}
    mount = mounted(device((-3.0, -9.0), beams=listed))
    pulses = sweep(Caster(still(ground())), mount, PARKED, 0.0, key=1)
    xyz = pulses.xyz_m.astype(np.float64)
    assert xyz[:, 2] == pytest.approx(-2.0, abs=1e-4)
    rho = np.sqrt(xyz[:, 0] ** 2 + xyz[:, 1] ** 2 - np.array([0.03, 0.02])[pulses.ring] ** 2)
    cone = np.array([0.2, 0.1])[pulses.ring] + rho * np.tan(np.radians([-3.0, -9.0]))[pulses.ring]
    assert xyz[:, 2] == pytest.approx(cone, abs=1e-4)


def test_a_ring_looks_straight_ahead_at_the_frame_time_and_turns_counter_clockwise_from_the_rear() -> None:
    mount = mounted(device(firings=360))
    pulses = sweep(Caster(still(ground())), mount, PARKED, 5.0, key=1)
    ring = pulses.ring == 3
    azimuth = np.arctan2(pulses.xyz_m[ring, 1], pulses.xyz_m[ring, 0])
    seconds = pulses.time_ns[ring] * 1e-9 - 5.0
    assert np.abs(np.angle(np.exp(1j * (azimuth - 2 * np.pi * seconds / 0.1)))).max() < 1e-4
    assert np.abs(seconds[np.argmin(np.abs(azimuth))]) < 1e-6
    assert (seconds.min(), seconds.max()) == pytest.approx((-0.05, 0.05), abs=3e-4)
    assert pulses.column[ring][np.argmin(seconds)] == 0


def test_a_clockwise_device_passes_the_right_side_first() -> None:
    mount = mounted(device(turn={"direction": "clockwise"}))
    pulses = sweep(Caster(still(ground())), mount, PARKED, 0.0, key=1)
    left = pulses.xyz_m[:, 1] > 1.0
    assert pulses.time_ns[left].max() < 0 < pulses.time_ns[pulses.xyz_m[:, 1] < -1.0].min()


def test_the_head_turns_on_while_the_lasers_of_a_firing_take_their_turn() -> None:
    """50 of 250 us later, a fifth of a step further; and 1 mm further along at 20 m/s."""
    mount = mounted(device((-10.0, -10.0), firings=400, beams={"fire_offset_us": (0.0, 50.0)}))
    pulses = sweep(Caster(still(ground())), mount, driving(20.0), 0.0, key=1)
    first, second = ({c: i for i, c in enumerate(pulses.column) if pulses.ring[i] == r} for r in (0, 1))
    a, b = np.array([first[c] for c in range(400)]), np.array([second[c] for c in range(400)])
    assert np.all(pulses.time_ns[b] - pulses.time_ns[a] == 50_000)
    turned = np.angle(np.exp(1j * (pulses.azimuth_rad[b] - pulses.azimuth_rad[a]).astype(np.float64)))
    assert turned == pytest.approx(2 * np.pi / 400 / 5, abs=1e-5)


@pytest.mark.parametrize("name", [name for name in names("devices") if is_lidar(name)])
def test_every_shipped_device_draws_its_rings_on_the_ground(name: str) -> None:
    lidar = validated(Lidar, read(find(name, folder="devices")))
    still_sharp = lidar.receiver.model_copy(update={"angle_noise_deg": 0.0, "returns": "strongest"})
    quiet = lidar.model_copy(
        update={"range_noise": RangeNoise(), "quantum": Quantum(), "receiver": still_sharp}
    )
    pulses = sweep(Caster(still(ground())), mounted(quiet, 1.8), PARKED, 0.0, key=1)
    rows = np.flatnonzero(pulses.cause == CAUSE["surface"])
    expected = 1.8 / -np.sin(pulses.elevation_rad[rows].astype(np.float64))
    height = np.array(lidar.beams.origin_z_m or (0.0,) * 256)[pulses.ring[rows]]
    np.testing.assert_allclose(pulses.range_m[rows], expected * (1.8 + height) / 1.8, rtol=1e-3)
    assert len(np.unique(pulses.ring[rows])) >= len(np.unique(pulses.ring)) // 3
    assert pulses.range_m[rows].max() < lidar.receiver.max_m


def test_the_encoder_rounds_azimuths_down_to_its_grid() -> None:
    lanes = street_turn()
    offset = np.radians(np.array(kitti().device.beams.azimuth_offset_deg))[lanes.ring]
    steps = np.degrees(lanes.azimuth_rad - offset) / 0.09
    assert np.abs(steps - np.rint(steps)).max() < 0.01
    ring = np.sort(np.rint(steps[lanes.ring == 20]).astype(int) % 4000)
    gaps, counts = np.unique(np.diff(ring), return_counts=True)
    assert list(gaps) == [1, 2]
    assert counts[0] / counts.sum() == pytest.approx(1 / 7, abs=0.01)


def test_kittis_points_come_ring_by_ring_each_from_azimuth_zero() -> None:
    pulses = street_turn(15.0)
    rows = pulses.returned
    ring = rings_by_wrap(pulses.xyz_m[rows].astype(np.float64))
    assert np.array_equal(ring, pulses.ring[rows].astype(int) - int(pulses.ring[rows[0]]))
    azimuth = np.degrees(np.arctan2(pulses.xyz_m[rows, 1], pulses.xyz_m[rows, 0])) % 360
    within = np.diff(ring) == 0
    assert np.diff(azimuth)[within].min() > -0.03  # the millimetre of the file


@pytest.mark.parametrize("kind", ["ours", "real"])
def test_kittis_beams_explain_every_point_to_a_millimetre(kind: str, request: pytest.FixtureRequest) -> None:
    """The same fit on our sweep of a moving car and on a genuine frame: neither is motion compensated."""
    if kind == "ours":
        pulses = street_turn(15.0)
        xyz = pulses.xyz_m[pulses.returned].astype(np.float64)
        ring = pulses.ring[pulses.returned].astype(int)
    else:
        real: Path = request.getfixturevalue("real")
        cloud = np.fromfile(real / "kitti" / "velodyne" / "000005.bin", "<f4").reshape(-1, 4)
        xyz = cloud[:, :3].astype(np.float64)
        ring = rings_by_wrap(xyz)
        assert ring.max() == 63
    beams = kitti().device.beams
    rho = np.hypot(xyz[:, 0], xyz[:, 1])
    elevation = np.radians(np.array(beams.elevation_deg))[ring]
    cone = np.array(beams.origin_z_m)[ring] + rho * np.tan(elevation)
    residual = np.abs(xyz[:, 2] - cone)
    assert np.quantile(residual, 0.99) < 0.001
    # Taking the laser's offset to the side out of the azimuth leaves the encoder's grid.
    far = rho > 3
    side = np.degrees(np.arcsin(np.array(beams.origin_left_m)[ring] / rho))
    fired = np.degrees(np.arctan2(xyz[:, 1], xyz[:, 0])) - side - np.array(beams.azimuth_offset_deg)[ring]
    steps = fired[far] / 0.09
    off_grid = np.abs(steps - np.rint(steps))
    assert np.quantile(off_grid, 0.95) < 0.15


def test_what_stands_left_is_seen_late_and_so_displaced_backwards() -> None:
    pole = box("pole", (0.2, 0.2, 4.0))
    world = Caster(staged([(pole, rigid((0.0, 10.0, 0.0)), -1), (pole, rigid((0.0, -10.0, 0.0)), -1)]))
    speed = 20.0
    pulses = sweep(world, mounted(device((0.0,), firings=1440)), driving(speed), 0.0, key=1)
    xyz = pulses.xyz_m[pulses.returned]
    # A quarter of a turn of 0.1 s after, or before, the frame time.
    assert xyz[xyz[:, 1] > 0, 0].mean() == pytest.approx(-speed * 0.025, abs=0.03)
    assert xyz[xyz[:, 1] < 0, 0].mean() == pytest.approx(+speed * 0.025, abs=0.03)


def test_the_oracle_sees_everything_where_it_is_at_the_frame_time() -> None:
    pole = box("pole", (0.2, 0.2, 4.0))
    rows = [(pole, rigid((0.0, 10.0, 0.0)), -1), (pole, rigid((0.0, -10.0, 0.0)), 1)]
    world = Caster(staged(rows, {1: (8.0, 0.0, 0.0)}))
    mount, poses = mounted(device((0.0,), firings=1440)), driving(20.0)
    oracle = sweep(world, mount, poses, 0.0, key=1, frozen=True)
    xyz = oracle.xyz_m[oracle.returned]
    assert len(xyz) > 4 and np.abs(xyz[:, 0]).max() < 0.11
    moving = sweep(world, mount, poses, 0.0, key=1)
    assert np.array_equal(np.sort(oracle.time_ns), np.sort(moving.time_ns))


def test_compensation_puts_a_still_world_back_where_it_is() -> None:
    poses = driving(15.0, yaw_rate=0.4)
    world = Caster(still(ground(), wall(30.0)))
    pulses = sweep(world, mounted(device()), poses, 0.2, key=1, quality="draft")  # middles of beams alone
    mount = mounted(device())
    points = move_points(poses(0.2)[0] @ mount.vehicle_from_lidar, compensated(pulses, mount, poses, 0.2))
    on_ground, on_wall = np.abs(points[:, 2]) < 2e-3, np.abs(points[:, 0] - 30.0) < 2e-3
    assert (on_ground | on_wall).all()
    raw = move_points(
        poses(0.2)[0] @ mount.vehicle_from_lidar, pulses.xyz_m[pulses.returned].astype(np.float64)
    )
    assert np.abs(raw[on_wall, 0] - 30.0).max() > 0.1


def test_every_return_of_an_actor_lies_in_its_box_at_the_returns_own_time() -> None:
    size, velocity = (4.0, 1.8, 1.5), (-12.0, 3.0, 0.0)
    start = rigid((18.0, 4.0, 0.0), rotation_xyz(0.0, 0.0, 2.8))
    world = staged([(ground(), np.eye(4), -1), (box("car", size), start, 3)], {1: velocity})
    mount, poses = kitti(), driving(14.0, 0.3)
    pulses = sweep(Caster(world), mount, poses, 0.1, key=4)
    rows = np.flatnonzero((pulses.actor == 3) & (pulses.cause == CAUSE["surface"]))
    assert len(rows) > 300 and np.isfinite(pulses.range_m[rows]).all()
    seconds = pulses.time_ns[rows] * 1e-9
    points = np.einsum(
        "nij,nj->ni",
        poses(seconds) @ mount.vehicle_from_lidar,
        np.column_stack([pulses.xyz_m[rows], np.ones(len(rows))]),
    )[:, :3]
    own = (points - start[:3, 3] - seconds[:, None] * np.array(velocity)) @ start[:3, :3]
    grown = np.array([size[0] / 2, size[1] / 2, size[2] / 2]) + 0.05
    assert (np.abs(own - [0, 0, size[2] / 2]) <= grown).all()


def test_a_mirrored_world_gives_the_mirrored_cloud() -> None:
    listed = {"origin_left_m": (0.02, -0.03, 0.0), "azimuth_offset_deg": (2.0, 0.0, -7.0)}
    mirrored = {name: tuple(-x for x in values) for name, values in listed.items()}
    mirror = np.diag([1.0, -1.0, 1.0, 1.0])
    places = [rigid((12.0, 5.0, 0.0)), rigid((-9.0, -7.0, 0.0))]
    cube = box("cube", (3.0, 2.0, 3.0))

    def turn(beams: dict[str, tuple[float, ...]], direction: str, poses: list[F64]) -> Pulses:
        rows = [(ground(), np.eye(4), -1), *((cube, pose, -1) for pose in poses)]
        mount = mounted(device((1.0, -4.0, -11.0), firings=720, beams=beams, turn={"direction": direction}))
        return sweep(Caster(staged(rows)), mount, driving(10.0), 0.0, key=1)

    one = turn(listed, "counter_clockwise", places)
    other = turn(mirrored, "clockwise", [mirror @ place @ mirror for place in places])
    a = {(r, c): p for r, c, p in zip(one.ring, one.column, one.xyz_m, strict=True)}
    b = {(r, c): p for r, c, p in zip(other.ring, other.column, other.xyz_m, strict=True)}
    assert a.keys() == b.keys()
    gap = np.array([a[k] - b[k] * [1, -1, 1] for k in a])
    assert (np.abs(gap).max(axis=1) < 1e-3).mean() > 0.999  # but for rays that graze an edge


def test_threads_do_not_change_a_byte_and_keys_change_only_noise() -> None:
    one, two, other = street_turn(), street_turn(threads=2), street_turn(key=2)
    for name in Pulses.__dataclass_fields__:
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    assert not np.array_equal(one.xyz_m, other.xyz_m)
    assert np.bincount(one.ring).tolist() == np.bincount(other.ring).tolist()


def test_every_fired_pulse_has_one_record_and_a_reason() -> None:
    pulses = street_turn()
    assert len(pulses.range_m) == 64 * 2155
    came_back = np.isfinite(pulses.range_m)
    back = [CAUSE[name] for name in ("surface", "edge-mix", "false-alarm")]
    assert np.array_equal(came_back, np.isin(pulses.cause, back))
    assert (pulses.cause == CAUSE["false-alarm"]).sum() < 10
    assert not np.isnan(pulses.xyz_m).any() and not np.isnan(pulses.range_m).any()
    lost = pulses.xyz_m[~came_back].astype(np.float64)
    assert np.linalg.norm(lost, axis=1) == pytest.approx(1.0, abs=1e-5)  # the direction as fired
    sky = pulses.cause == CAUSE["no-surface"]
    assert sky.any() and (pulses.instance[pulses.cause == CAUSE["dropped-random"]] >= 0).all()


def test_nothing_is_reported_beyond_80_m_or_behind_the_own_car() -> None:
    pulses = street_turn()
    xyz = pulses.xyz_m[pulses.returned].astype(np.float64)
    assert np.linalg.norm(xyz, axis=1).max() < 80.0
    for first, last, begin, end, _ in kitti().hidden:
        degrees = np.degrees(pulses.azimuth_rad)
        inside = (pulses.ring >= first) & (pulses.ring <= last)
        inside &= (degrees - begin) % 360 < (end - begin) % 360 - 1e-3
        assert inside.any() and not np.isfinite(pulses.range_m[inside]).any()
        assert (pulses.cause[inside] == CAUSE["own-vehicle"]).all()


def test_a_share_of_a_hidden_sector_is_lost_at_random_to_the_own_car_and_the_rest_of_dirts_to_the_fault() -> (
    None
):
    own, dirt = (0, 3, 350.0, 40.0, 0.3), (0, 3, 20.0, 80.0, 0.8)
    mount = replace(mounted(device(firings=3600), hidden=(own,)), covered=(dirt,))
    pulses = sweep(Caster(still(wall(10.0))), mount, PARKED, 0.0, key=3)
    degrees = np.degrees(pulses.azimuth_rad)
    for begin, wide, to_car, to_dirt in (
        (350.0, 29.9, 0.3, 0.0),
        (20.0, 19.9, 0.3, 0.5),
        (40.0, 39.9, 0.0, 0.8),
    ):
        inside = (degrees - begin) % 360 < wide
        for cause, share in (("own-vehicle", to_car), ("dropped-fault", to_dirt)):
            lost = (pulses.cause[inside] == CAUSE[cause]).mean()
            assert lost == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / inside.sum()))
    clear = (degrees - 350.0) % 360 > 90.1
    assert not np.isin(pulses.cause[clear], (CAUSE["own-vehicle"], CAUSE["dropped-fault"])).any()
