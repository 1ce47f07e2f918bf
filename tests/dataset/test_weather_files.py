"""Weather for clouds on disk: formats come back as they went, and the changes file tells the truth."""

import time
from pathlib import Path

import numpy as np
import pytest

from drivesynth.dataset import weather as work
from drivesynth.dataset.weather import Done, Request, Wake, environment_of, weather_files
from drivesynth.errors import RequestError
from drivesynth.export import clouds, pcd
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.frame import CAUSE, CAUSES
from drivesynth.sensors.rig import RigGeometry
from drivesynth.sensors.weathering import CHANGES
from tests.clouds import PCD_BINARY, kitti_cloud, nuscenes_cloud, pcd_file

FOG = environment_of(fog_mor_m=60.0)
ALL = environment_of(fog_mor_m=300.0, rain_mm_h=20.0, snow_mm_h=1.0, dust_mor_m=500.0, snow_cover_ratio=0.2)
FORMATS = ("000001.bin", "000001.pcd.bin", "binary.pcd", "ascii.pcd")


def put(folder: Path, name: str) -> Path:
    """A cloud of a street canyon in the named format."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    if name.endswith(".pcd.bin"):
        data = nuscenes_cloud().astype("<f4").tobytes()
    elif name.endswith(".bin"):
        data = kitti_cloud().astype("<f4").tobytes()
    else:
        data = pcd_file(nuscenes_cloud(), name.removesuffix(".pcd"))
    file.write_bytes(data)
    return file


def run(
    file: Path, output: Path, request: Request
) -> tuple[clouds.Cloud, np.ndarray, np.ndarray, np.ndarray]:
    """The written cloud, and source, change and cause of its points and the lost ones."""
    (done,) = list(weather_files([file], output, request))
    assert isinstance(done, Done), done
    cloud = clouds.decode((output / file.name).read_bytes(), file.name, request.full)
    source, change, cause = clouds.decode_changes((output / "changes" / f"{file.name}.changes").read_bytes())
    assert done.counts == {name: int((change == i).sum()) for i, name in enumerate(CHANGES)}
    return cloud, source, change, cause


@pytest.mark.parametrize("name", FORMATS)
def test_no_weather_is_the_same_bytes(tmp_path: Path, name: str) -> None:
    file = put(tmp_path / "in", name)
    _, source, change, _ = run(file, tmp_path / "out", Request(environment_of()))
    assert (tmp_path / "out" / name).read_bytes() == file.read_bytes()
    assert np.array_equal(source, np.arange(len(source))) and not change.any()


@pytest.mark.parametrize("name", FORMATS)
def test_the_changes_file_says_what_became_of_every_point(tmp_path: Path, name: str) -> None:
    file = put(tmp_path / "in", name)
    before = clouds.decode(file.read_bytes(), name)
    after, source, change, cause = run(file, tmp_path / "out", Request(ALL))
    rows = len(after.xyz_m)
    kept, moved, lost, added = (change == i for i in range(4))
    assert kept.sum() > 0 and moved.sum() > 0 and lost.sum() > 0 and added.sum() > 0
    assert not lost[:rows].any() and lost[rows:].all()
    # Every point of the old cloud is somewhere, once.
    assert np.array_equal(np.sort(source[source >= 0]), np.arange(len(before.xyz_m)))
    assert np.array_equal(source < 0, added)
    assert np.array_equal(after.xyz_m[kept[:rows]], before.xyz_m[source[kept]])
    assert np.all(after.intensity[kept[:rows]] <= before.intensity[source[kept]] * 4.1 + 0.5)
    scattered = moved | added
    assert set(cause[scattered]) <= {CAUSE[name] for name in ("fog", "rain", "snow", "dust")}
    assert not cause[~scattered].any()
    # A scattered return lies on its pulse's way, nearer than what the pulse met.
    here, there = after.xyz_m[moved[:rows]], before.xyz_m[source[moved]]
    assert np.all(np.linalg.norm(here, axis=1) < np.linalg.norm(there, axis=1) + 0.3)
    if name.endswith((".pcd.bin", ".pcd")):
        assert after.ring is not None and before.ring is not None
        assert np.array_equal(after.ring[~added[:rows]], before.ring[source[:rows][~added[:rows]]])
        slope = np.degrees(np.arctan2(after.xyz_m[:, 2], np.hypot(after.xyz_m[:, 0], after.xyz_m[:, 1])))
        for ring in np.unique(after.ring):
            assert np.ptp(slope[after.ring == ring]) < 0.5


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_words_give_the_same_bytes_and_another_seed_others(tmp_path: Path, name: str) -> None:
    file = put(tmp_path / "in", name)
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        run(file, tmp_path / folder, Request(ALL, seed=seed))
    a, b, c = ((tmp_path / folder / name).read_bytes() for folder in "abc")
    assert a == b != c


def test_the_order_of_the_points_changes_nothing(tmp_path: Path) -> None:
    file = put(tmp_path / "in", "x.pcd.bin")
    rows = nuscenes_cloud()
    order = np.random.default_rng(5).permutation(len(rows))
    run(file, tmp_path / "a", Request(ALL))
    file.write_bytes(rows[order].astype("<f4").tobytes())
    run(file, tmp_path / "b", Request(ALL))
    a, b = (np.fromfile(tmp_path / f / "x.pcd.bin", "<f4").reshape(-1, 5) for f in "ab")
    assert np.array_equal(a[np.lexsort(a.T)], b[np.lexsort(b.T)])


def test_formats_with_the_same_points_are_weathered_alike(tmp_path: Path) -> None:
    binary, ascii_ = (run(put(tmp_path / "in", f), tmp_path / "out", Request(FOG)) for f in FORMATS[2:])
    # Names differ, so draws do; the physics does not.
    for counts in zip(*(np.bincount(c[2], minlength=4) for c in (binary, ascii_)), strict=True):
        assert counts[0] == pytest.approx(counts[1], rel=0.1, abs=40)


def test_fog_dims_what_is_kept_by_beer_and_lambert(tmp_path: Path) -> None:
    file = put(tmp_path / "in", "x.pcd.bin")
    before = clouds.decode(file.read_bytes(), "x.pcd.bin")
    after, source, change, _ = run(file, tmp_path / "out", Request(FOG))
    kept = np.flatnonzero(change == 0)
    range_m = np.linalg.norm(before.xyz_m[source[kept]], axis=1)
    wanted = before.intensity[source[kept]] * np.exp(-2 * np.log(20) / 60.0 * range_m)
    assert np.abs(after.intensity[kept] - wanted).max() <= 0.51 / 255


def test_fog_takes_the_distance_and_gives_a_wall_near_by(tmp_path: Path) -> None:
    file = put(tmp_path / "in", "000001.bin")
    reach = {}
    for mor in (500.0, 100.0, 40.0):
        environment = environment_of(fog_mor_m=mor)
        after, _, change, _ = run(file, tmp_path / f"{mor}", Request(environment))
        range_m = np.linalg.norm(after.xyz_m, axis=1)
        reach[mor] = np.percentile(range_m[change[: len(range_m)] == 0], 99)
        scattered = range_m[np.isin(change[: len(range_m)], (1, 3))]
    assert reach[500.0] > reach[100.0] > reach[40.0]
    assert 2.0 < np.median(scattered) < 6.0


def test_no_pulse_is_added_where_the_car_itself_stands(tmp_path: Path) -> None:
    file = put(tmp_path / "in", "000001.bin")
    after, _, change, _ = run(file, tmp_path / "out", Request(environment_of(fog_mor_m=30.0)))
    added = after.xyz_m[change[: len(after.xyz_m)] == 3]
    assert len(added) > 100
    beams = np.array(RigGeometry.of(load_rig("kitti")).main_lidar.device.beams.elevation_deg)
    slope = np.degrees(np.arctan2(added[:, 2] - 0.12, np.hypot(added[:, 0], added[:, 1])))
    azimuth = np.degrees(np.arctan2(added[:, 1], added[:, 0]))
    behind = (slope < beams[56]) & (np.abs(azimuth) > 160)
    assert not behind.any()


def test_spray_stands_behind_the_vehicle_ahead(tmp_path: Path) -> None:
    file = put(tmp_path / "in", "000001.bin")
    request = Request(environment_of(), wake=Wake(110.0, 15.0))
    after, _, change, cause = run(file, tmp_path / "out", request)
    scattered = after.xyz_m[np.isin(change[: len(after.xyz_m)], (1, 3))]
    assert len(scattered) > 20 and set(cause[np.isin(change, (1, 3))]) == {CAUSE["spray"]}
    assert np.all(scattered[:, 0] < 17.0) and np.median(scattered[:, 0]) > 2.0
    assert np.abs(scattered[:, 1]).max() < 4.0


def test_a_wet_road_loses_its_far_part_and_snow_brightens_it(tmp_path: Path) -> None:
    file = put(tmp_path / "in", "000001.bin")
    _, source, change, _ = run(file, tmp_path / "wet", Request(environment_of(wetness_ratio=1.0)))
    before = clouds.decode(file.read_bytes(), file.name)
    ground = before.xyz_m[:, 2] < -1.6
    lost = np.zeros(len(before.xyz_m), np.bool_)
    lost[source[change == 2]] = True
    assert lost[ground].mean() > 0.02 and not lost[before.xyz_m[:, 2] > -1.1].any()
    far = np.linalg.norm(before.xyz_m, axis=1) > 20
    assert lost[ground & far].mean() > lost[ground & ~far].mean()
    white, source, change, _ = run(file, tmp_path / "snow", Request(environment_of(snow_cover_ratio=1.0)))
    kept = source[: len(white.xyz_m)]
    assert white.intensity[ground[kept]].mean() > before.intensity[ground].mean() + 0.05


@pytest.mark.parametrize(
    ("name", "data", "needle"),
    [
        ("x.bin", b"1234567", "whole rows of 4"),
        ("x.pcd.bin", b"\0" * 16, "whole rows of 5"),
        ("x.bin", np.full(8, 1e30, "<f4").tobytes(), "are these rows"),
        ("x.pcd.bin", np.full(10, 0.5, "<f4").tobytes(), "no ring number"),
        ("x.pcd", b"not at all", "not a PCD file"),
        ("x.pcd", PCD_BINARY.replace(b"binary", b"binary_compressed"), "DATA binary_compressed is not read"),
        ("x.pcd", PCD_BINARY.replace(b"FIELDS x y", b"FIELDS x w"), "no field y"),
        ("x.pcd", PCD_BINARY.replace(b"SIZE 4", b"SIZE 3"), "3 bytes"),
        ("x.pcd", PCD_BINARY.replace(b"POINTS 3", b"POINTS 9"), "cut off"),
        ("x.pcd", PCD_BINARY.replace(b"POINTS 3", b"POINTS many"), "not a whole number"),
        ("x.pcd", pcd_file(nuscenes_cloud()[:3], "ascii").replace(b"1", b"one"), "not a"),
    ],
)
def test_a_bad_file_is_told_and_the_others_are_made(
    tmp_path: Path, name: str, data: bytes, needle: str
) -> None:
    good, bad = put(tmp_path / "in", "good.bin"), tmp_path / "in" / name
    bad.write_bytes(data)
    told, done = list(weather_files([bad, good], tmp_path / "out", Request(FOG)))
    assert isinstance(told, RequestError) and needle in str(told) and name in str(told)
    assert isinstance(done, Done)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["changes", "good.bin"]


def test_a_pcd_without_rings_needs_a_device(tmp_path: Path) -> None:
    rows = nuscenes_cloud()
    file = tmp_path / "x.pcd"
    points = np.zeros(len(rows), [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("intensity", "<f4")])
    for i, field in enumerate(points.dtype.names):
        points[field] = rows[:, i]
    header = {
        "VERSION": "0.7",
        "FIELDS": "x y z intensity",
        "SIZE": "4 4 4 4",
        "TYPE": "F F F F",
        "COUNT": "1 1 1 1",
    }
    file.write_bytes(pcd.encode(pcd.Pcd(header | {"VIEWPOINT": "0 0 0 1 0 0 0", "DATA": "binary"}, points)))
    (told,) = weather_files([file], tmp_path / "a", Request(FOG))
    assert isinstance(told, RequestError) and "--device" in str(told)
    assert "vlp16" in str(told) and "radar" not in str(told) and "oxts" not in str(told)
    for other in ("front_radar_77ghz", "oxts_rt3003", "surround_fisheye"):
        with pytest.raises(RequestError, match=f"{other} is a .*; a spinning_lidar is needed here"):
            run(file, tmp_path / "c", Request(FOG, device=other))
    _, _, change, _ = run(file, tmp_path / "b", Request(FOG, device="hdl32e"))
    with_rings = run(put(tmp_path / "in", "x.pcd.bin"), tmp_path / "c", Request(FOG))
    assert (change == 3).sum() == pytest.approx((with_rings[2] == 3).sum(), rel=0.1)


def test_two_files_of_one_name_and_the_input_itself_are_refused(tmp_path: Path) -> None:
    one, two = put(tmp_path / "a", "x.bin"), put(tmp_path / "b", "x.bin")
    with pytest.raises(RequestError, match="one name"):
        work.cloud_files([one, two])
    with pytest.raises(RequestError, match="overwritten"):
        list(weather_files([one], tmp_path / "a", Request(FOG)))
    with pytest.raises(RequestError, match="no cloud by its name"):
        other = tmp_path / "x.txt"
        other.write_text("x")
        work.cloud_files([other])


def test_points_that_are_no_numbers_stay_as_they_are(tmp_path: Path) -> None:
    rows = nuscenes_cloud()
    rows[[3, 500], :3] = np.nan
    file = tmp_path / "in" / "x.pcd.bin"
    file.parent.mkdir()
    file.write_bytes(rows.astype("<f4").tobytes())
    after, source, change, _ = run(file, tmp_path / "out", Request(ALL))
    for row in (3, 500):
        at = int(np.flatnonzero(source == row)[0])
        assert change[at] == 0 and np.isnan(after.xyz_m[at]).all()


def test_real_clouds_in_all_weathers(tmp_path: Path, real: Path) -> None:
    files = sorted((real / "kitti" / "velodyne").glob("*.bin"))[:2]
    files += sorted((real / "nuscenes").glob("*.pcd.bin"))[:1]
    for environment in (FOG, environment_of(rain_mm_h=20.0), environment_of(snow_mm_h=2.0)):
        for file in files:
            before = clouds.decode(file.read_bytes(), file.name)
            after, _, change, cause = run(file, tmp_path, Request(environment))
            count = len(before.xyz_m)
            assert 0.3 * count < (change == 0).sum() < count
            scattered = np.isin(change, (1, 3))
            assert 0.002 * count < scattered.sum() < 0.6 * count, CAUSES[cause[scattered][0]]
            assert np.isfinite(after.xyz_m).all() and 0 <= after.intensity.min() <= after.intensity.max() <= 1


def test_thick_fog_answers_itself_and_thin_fog_lets_weak_echoes_go(tmp_path: Path, real: Path) -> None:
    """A pulse in 80 m of fog has a fog echo far above the threshold: its target drowns, none is lost."""
    file = min((real / "kitti" / "velodyne").glob("*.bin"))
    before = clouds.decode(file.read_bytes(), file.name)
    away = np.linalg.norm(before.xyz_m, axis=1)
    share = {}
    for mor in (80.0, 600.0):
        _, source, change, _ = run(file, tmp_path / f"{mor}", Request(environment_of(fog_mor_m=mor)))
        share[mor] = (change == 1).sum() / len(away), (change == 2).sum() / len(away)
        moved = source[change == 1]
        if mor == 80.0:
            bright = before.intensity[moved] > 0.2
            assert np.percentile(away[moved][bright], 5) > 10.0
            assert np.mean(np.isin(np.flatnonzero(away > 45.0), moved)) > 0.95
    assert 0.03 < share[80.0][0] < 0.3 and share[80.0][1] == 0.0
    assert share[600.0][0] < 0.002 and 0.0 < share[600.0][1] < 0.03


def test_a_real_cloud_takes_at_most_three_tenths_of_a_second_on_two_cores(tmp_path: Path, real: Path) -> None:
    file = min((real / "kitti" / "velodyne").glob("*.bin"))
    request = Request(environment_of(fog_mor_m=100.0, rain_mm_h=10.0, snow_mm_h=1.0))
    spent = []
    for _ in range(4):
        begun = time.process_time()
        run(file, tmp_path, request)
        spent.append(time.process_time() - begun)
    assert min(spent) < 0.6  # of one core
