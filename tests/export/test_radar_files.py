"""Radar files: read back by ours, and by a reader written from the PCD format's own words."""

import struct
from dataclasses import fields

import numpy as np
import pytest

from drivesynth.errors import RequestError
from drivesynth.export import radar
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.sensors.frame import Detections, RadarCube

NUSCENES = (
    "x y z dyn_prop id rcs vx vy vx_comp vy_comp is_quality_valid ambig_state x_rms y_rms invalid_state pdh0 "
    "vx_rms vy_rms"
)
POSE = rigid((2.6, -0.1, -1.2), rotation_xyz(0.02, -0.03, 2.5))


def some(count: int = 20, seed: int = 1) -> Detections:
    rng = np.random.default_rng(seed)

    def column(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, count).astype(np.float32)

    return Detections(
        time_ns=1_500_000_000,
        range_m=column(1, 150),
        azimuth_rad=column(-1, 1),
        elevation_rad=column(-0.1, 0.1),
        speed_mps=column(-30, 30),
        own_speed_mps=column(-20, -5),
        rcs_dbsm=column(-20, 30),
        snr_db=column(12, 60),
        range_sigma_m=column(0.001, 0.3),
        azimuth_sigma_rad=column(0.001, 0.05),
        speed_sigma_mps=column(0.001, 0.3),
        folds=rng.integers(-1, 2, count).astype(np.int32),
        actor=rng.integers(-1, 5, count).astype(np.int32),
        class_id=rng.integers(0, 30, count).astype(np.int32),
        cause=rng.integers(0, 6, count).astype(np.uint8),
    )


def independent(data: bytes) -> list[dict[str, float]]:
    """PCD v0.7: header lines up to DATA, then the points' bytes without padding."""
    head: dict[str, list[str]] = {}
    while "DATA" not in head:
        line, _, data = data.partition(b"\n")
        key, *words = line.decode("ascii").split(" ")
        head[key] = words
    assert head["VERSION"] == ["0.7"] and head["DATA"] == ["binary"] and head["HEIGHT"] == ["1"]
    assert head["WIDTH"] == head["POINTS"] and set(head["COUNT"]) == {"1"}
    code = {("F", "4"): "f", ("I", "1"): "b", ("I", "2"): "h", ("I", "4"): "i"}
    form = "<" + "".join(code[pair] for pair in zip(head["TYPE"], head["SIZE"], strict=True))
    assert len(data) == struct.calcsize(form) * int(head["POINTS"][0])
    return [dict(zip(head["FIELDS"], row, strict=True)) for row in struct.iter_unpack(form, data)]


def test_the_fields_are_nuscenes_and_hold_what_was_measured() -> None:
    found = some()
    rows = independent(radar.encode(found, POSE))
    assert " ".join(rows[0]) == NUSCENES and len(rows) == 20
    assert [size for *_, size in radar.FIELDS] == [4, 4, 4, 1, 2, *[4] * 5, *[1] * 8]
    for k, row in enumerate(rows):
        assert (row["x"], row["y"], row["z"]) == pytest.approx(tuple(found.xyz_m[k]))
        away = np.array([row["x"], row["y"]]) / np.hypot(row["x"], row["y"])
        assert away @ [row["vx"], row["vy"]] == pytest.approx(found.speed_mps[k], abs=1e-4)
        rest = found.speed_mps[k] - found.own_speed_mps[k]
        assert away @ [row["vx_comp"], row["vy_comp"]] == pytest.approx(rest, abs=1e-4)
        assert row["dyn_prop"] == (1 if abs(rest) < 0.5 else 2 if rest < 0 else 0)
        assert row["rcs"] == found.rcs_dbsm[k] and row["id"] == k
        assert row["ambig_state"] == (3 if found.folds[k] == 0 else 1)
        assert row["invalid_state"] == 0 and 1 <= row["pdh0"] <= 5 and 0 <= row["x_rms"] <= 30
    assert len({row["pdh0"] for row in rows}) > 1


def test_deviations_are_steps_of_the_ars_408s_scale() -> None:
    """Its table runs 0.005, 0.006, 0.008, 0.011 ... 10 m in 31 steps; a code covers the true deviation."""
    from drivesynth.export.radar import _rms_code

    scale = 0.005 * 10 ** (0.11 * np.arange(31))
    assert scale[[1, 2, 3, 30]] == pytest.approx([0.0064, 0.0083, 0.0107, 10.0], rel=0.01)
    sigma = np.array([0.001, 0.005, 0.02, 0.7, 9.9, 50.0], np.float32)
    codes = _rms_code(sigma)
    assert (scale[codes][:5] >= sigma[:5] * 0.999).all() and (scale[codes][2:5] < sigma[2:5] * 1.29).all()
    assert codes[0] == 0 and codes[-1] == 30


@pytest.mark.parametrize("count", [0, 1, 40])
def test_a_file_gives_back_its_rows_and_where_the_radar_is(count: int) -> None:
    found = some(count)
    cloud = radar.decode(radar.encode(found, POSE))
    assert np.array_equal(cloud.rows, radar.rows(found))
    assert cloud.lidar_from_radar == pytest.approx(POSE, abs=1e-7)


@pytest.mark.parametrize("angles", [(0, 0, 0), (3.1, 0, 0), (0, 1.5, 3.1), (0.3, -3.0, -2.0), (0, 0, np.pi)])
def test_any_turn_survives_as_a_quaternion(angles: tuple[float, float, float]) -> None:
    pose = rigid((0, 0, 0), rotation_xyz(*angles))
    assert radar.decode(radar.encode(some(1), pose)).lidar_from_radar == pytest.approx(pose, abs=1e-7)


def test_labels_stand_in_the_same_order() -> None:
    found = some()
    back = radar.decode_labels(radar.encode_labels(found))
    for field in fields(Detections):
        if field.name != "cube":
            assert np.asarray(getattr(back, field.name)) == pytest.approx(
                np.asarray(getattr(found, field.name)), rel=1e-6
            ), field.name


def test_files_that_are_none_are_refused() -> None:
    data = radar.encode(some(), POSE)
    with pytest.raises(RequestError, match=r"a\.pcd: .*is it whole"):
        radar.decode(data[:-3], "a.pcd")
    with pytest.raises(RequestError, match="18 radar fields"):
        radar.decode(data.replace(b" rcs ", b" abc "))
    with pytest.raises(RequestError, match="DATA binary"):
        radar.decode(b"nothing")


def test_a_cube_survives_to_half_precision_and_its_file_is_the_same_every_time() -> None:
    rng = np.random.default_rng(3)
    axes = (np.arange(6, dtype=np.float32), np.arange(5, dtype=np.float32), np.arange(4, dtype=np.float32))
    cube = RadarCube(rng.exponential(10.0, (6, 5, 4)).astype(np.float32), *axes)
    data = radar.encode_cube(cube)
    back = radar.decode_cube(data)
    assert back.power == pytest.approx(cube.power, rel=5e-3)
    assert np.array_equal(back.speed_mps, axes[1]) and radar.encode_cube(cube) == data
