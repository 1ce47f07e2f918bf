"""The LiDAR against reference numbers; `lidar_reference.csv` has each with its inputs and its source."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from drivesynth_kernels.echo import answer
from drivesynth_kernels.footprint import both_faces
from lidars import device, ground, mounted, still, wall
from scipy import stats

from drivesynth.arrays import F64
from drivesynth.scene.catalogue import find
from drivesynth.scene.device import Lidar
from drivesynth.scene.document import read
from drivesynth.scene.validate import validated
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.footprint import sub_beams
from drivesynth.sensors.lidar import compensated, sweep
from drivesynth.sensors.scan import oren_nayar, scan

with (Path(__file__).parent / "lidar_reference.csv").open() as file:
    ROWS = list(csv.DictReader(file))
DEVICE_OF = {"HDL-64E": "hdl64e_nominal", "VLP-16": "vlp16", "HDL-32E": "hdl32e", "VLS-128": "vls128"}


def numbers(row: dict[str, str]) -> dict[str, float]:
    """`name=value` pairs of a row's inputs."""
    return {name: float(value) for name, value in re.findall(r"(\w+)=(-?[\d.e+-]*\d)", row["inputs"])}


def approx(row: dict[str, str], least: float = 0.0):
    """The expected number within the row's tolerance, or within `least` of it where files are coarser."""
    kind, bound = row["tolerance"].split()[:2]
    return pytest.approx(float(row["expected"]), **{kind: max(float(bound), least)})


def rows_of(quantity: str) -> list[dict[str, str]]:
    found = [row for row in ROWS if row["quantity"] == quantity]
    assert found, quantity
    return found


def each(quantity: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows_of(quantity), ids=lambda row: row["inputs"][:60])


def farthest_m(lidar: Lidar, rho: float, alpha: float, alpha_ref: float = 1e-4) -> float:
    """Where the device's own SNR falls to what its data sheet asks for, in air of an extinction."""
    plan = scan(lidar)
    sheet = lidar.receiver
    least = (
        plan.device.snr_1m * sheet.reflectivity / sheet.range_m**2 * np.exp(-2 * alpha_ref * sheet.range_m)
    )
    ranges = np.linspace(1.0, 400.0, 400_000)
    snr = plan.device.snr_1m * rho / ranges**2 * np.exp(-2 * alpha * ranges)
    return float(ranges[snr >= least][-1])


@each("lidar.max_range_m")
def test_range_in_hazy_air(row: dict[str, str]) -> None:
    lidar = device(receiver={"range_m": 120.0, "reflectivity": 0.8})
    rho, alpha = re.findall(r"rho=([\d.]+); alpha=([\d.]+)$", row["inputs"])[0]
    assert farthest_m(lidar, float(rho), float(alpha)) == approx(row)


@each("lidar.range_ratio")
def test_range_goes_with_the_root_of_reflectivity(row: dict[str, str]) -> None:
    lidar = device(receiver={"range_m": 120.0, "reflectivity": 0.8})
    assert farthest_m(lidar, 0.1, 0.0, 0.0) / farthest_m(lidar, 0.8, 0.0, 0.0) == approx(row, 1e-4)


@each("lidar.threshold_sigma")
def test_threshold_of_a_false_alarm_rate(row: dict[str, str]) -> None:
    plan = scan(device(receiver={"false_alarm": 1e-4}))
    assert plan.device.threshold == approx(row)


@each("lidar.detection_probability")
def test_detection_at_a_signal(row: dict[str, str]) -> None:
    """Pulses on a wall whose signal is the row's: as many come back as the row says, within chance."""
    receiver = {"false_alarm": 1e-4, "range_m": 100.0, "reflectivity": 0.1}
    lidar = device((0.5, 0.0, -0.5), firings=36_000, receiver=receiver)
    plan = scan(lidar)
    a, _ = oren_nayar(np.array(0.1))
    range_m = np.sqrt(plan.device.snr_1m * 0.5 * float(a) / numbers(row)["SNR"])  # plaster of tint 0.5
    pulses = sweep(
        Caster(still(wall(float(range_m), "plaster", 300.0))), mounted(lidar, 0.0), _still, 0.0, key=5
    )
    squarely = np.abs(np.angle(np.exp(1j * pulses.azimuth_rad.astype(np.float64)))) < np.radians(2.0)
    found = np.isfinite(pulses.range_m[squarely])
    assert stats.binomtest(int(found.sum()), len(found), float(row["expected"])).pvalue > 1e-4


@each("lidar.oren_nayar_retro_factor")
def test_rough_surfaces(row: dict[str, str]) -> None:
    sigma, incidence = re.findall(r"sigma=(\d+) deg; incidence (\d+) deg", row["inputs"])[0]
    a, b = oren_nayar(np.array(np.radians(float(sigma))))
    cosine = np.cos(np.radians(float(incidence)))
    assert answer(1.0, float(a), float(b), 0.0, 0.0, 1.0, False, cosine) == approx(row)


@each("lidar.glass_reflectance_two_surfaces")
def test_a_pane(row: dict[str, str]) -> None:
    assert both_faces(1.0, numbers(row)["n"]) == approx(row)


@each("lidar.footprint_m")
def test_footprint(row: dict[str, str]) -> None:
    assert 2 * 50.0 * scan(device(receiver={"divergence_mrad": 3.0})).beam_rad == approx(row)


@each("lidar.edge_energy_fraction")
def test_a_beam_shared_by_an_edge(row: dict[str, str]) -> None:
    """The sub-beams on one side of an edge half a radius off the middle, however the edge is turned."""
    offsets = sub_beams(19)
    turns = np.radians(np.arange(0.0, 360.0, 1.0))
    across = offsets @ np.vstack([np.cos(turns), np.sin(turns)])
    assert (across < 0.5).mean() == pytest.approx(float(row["expected"]), abs=0.03)
    assert np.abs((across < 0.5).mean(axis=0) - float(row["expected"])).max() < 2.0 / 19.0


@each("device.azimuth_step_deg")
def test_steps_of_shipped_devices(row: dict[str, str]) -> None:
    """Ours has a whole number of firings a turn; at the row's rate their step is that of the cycle."""
    model = next(file for name, file in DEVICE_OF.items() if name in row["inputs"])
    turn = validated(Lidar, read(find(model, folder="devices"))).turn
    cycle_us, rate_hz = re.findall(r"([\d.]+) us; (\d+) Hz", row["inputs"])[0]
    assert turn.period_s / turn.firings * 1e6 == pytest.approx(float(cycle_us), rel=2e-3)
    step = 360.0 * float(rate_hz) * turn.period_s / turn.firings
    assert step == approx(row, 2e-3)


@each("device.columns_per_rev")
def test_columns_of_the_nominal_hdl64e(row: dict[str, str]) -> None:
    turn = validated(Lidar, read(find("hdl64e_nominal", folder="devices"))).turn
    assert turn.firings * 0.1 / turn.period_s == approx(row, 1e-3)


@each("device.ground_hit_m")
def test_where_a_beam_meets_the_ground(row: dict[str, str]) -> None:
    height, elevation = (
        float(text) for text in re.findall(r"height ([\d.]+) m; elevation (-[\d.]+)", row["inputs"])[0]
    )
    pulses = sweep(
        Caster(still(ground())), mounted(device((elevation,), firings=16), height), _still, 0.0, key=1
    )
    flat = np.hypot(pulses.xyz_m[:, 0], pulses.xyz_m[:, 1]).astype(np.float64)
    assert flat == approx(row, 2e-5)  # stored as float32


@each("motion.kitti_point_time_s")
def test_time_by_azimuth(row: dict[str, str]) -> None:
    pulses = sweep(Caster(still(ground())), mounted(device(firings=360)), _still, 0.0, key=1)
    left = np.argmin(np.abs(pulses.azimuth_rad - np.pi / 2))
    assert pulses.time_ns[left] * 1e-9 == approx(row, 1e-7)


@pytest.mark.parametrize("axis", [0, 1])
def test_untwisting_a_point_of_a_turning_car(axis: int) -> None:
    """Fired 0.05 s early at a wall 10 m to the left: where the car at the frame time has it."""
    row = rows_of(f"motion.untwist_{'xy'[axis]}_m")[0]
    lidar = device((0.0,), firings=4, turn={"direction": "counter_clockwise"})
    early = np.array([0.0, 10.0, 0.0])
    pulses = sweep(Caster(still(wall(10.0))), mounted(lidar, 0.0), _still, 0.0, key=1)
    # One record, put where the row has it: compensation moves whatever the sweep holds.
    one = type(pulses)(
        **{name: getattr(pulses, name)[:1].copy() for name in type(pulses).__dataclass_fields__}
    )
    one.xyz_m[0], one.range_m[0], one.time_ns[0] = early, 10.0, -50_000_000
    moved = compensated(one, mounted(lidar, 0.0), _twist, 0.0)
    assert moved[0, axis] == approx(row)


def _still(times_s: F64) -> F64:
    return np.tile(np.eye(4), (len(np.atleast_1d(times_s)), 1, 1))


def _twist(times_s: F64) -> F64:
    """Constant 10 m/s forward and 0.2 rad/s: an arc of 50 m radius."""
    times = np.atleast_1d(times_s)
    poses = np.tile(np.eye(4), (len(times), 1, 1))
    yaw = 0.2 * times
    c, s = np.cos(yaw), np.sin(yaw)
    poses[:, 0, 0], poses[:, 0, 1], poses[:, 1, 0], poses[:, 1, 1] = c, -s, s, c
    poses[:, 0, 3], poses[:, 1, 3] = 50 * s, 50 * (1 - c)
    return poses
