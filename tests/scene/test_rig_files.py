"""Rig files: what is wrong with one is told at its place; devices come from beside it or the catalogue."""

from pathlib import Path

import pytest

from drivesynth.errors import Mistakes, RequestError
from drivesynth.scene import catalogue, load
from drivesynth.scene.device import Lidar
from drivesynth.scene.document import read
from drivesynth.scene.rig import load_rig
from drivesynth.scene.validate import validated


def test_every_rig_of_the_catalogue_is_valid() -> None:
    rigs = catalogue.names("rigs")
    assert {"kitti", "kitti_mono", "kitti_radar", "solid_state"} <= set(rigs)
    for name in rigs:
        rig = load_rig(name)
        assert rig.lidars[rig.main_lidar].model.beams.elevation_deg


def test_all_mistakes_of_a_rig_are_told_at_their_places(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "lidars:\n  top: {device: hdl64e_kitti, mount: {z: 1.7}}\n"
        "cameras:\n  front: {width_px: 100, height_px: 0, projection: [1, 2]}\n"
    )
    with pytest.raises(Mistakes) as caught:
        load_rig(file)
    assert [(m.place.line, m.field) for m in caught.value.mistakes if m.place] == [
        (2, "lidars.top.mount.z"),
        (4, "cameras.front.height_px"),
        (4, "cameras.front.projection"),
    ]


def test_a_misspelt_kind_is_told_where_it_is_written(tmp_path: Path) -> None:
    device = (catalogue.root() / "devices" / "vlp16.yaml").read_text()
    (tmp_path / "own.yaml").write_text(device.replace("kind: spinning_lidar", "kind: spinning_lidr"))
    file = tmp_path / "mine.yaml"
    file.write_text("lidars:\n  top: {device: own, mount: {}}\n")
    with pytest.raises(RequestError, match=r"own.yaml:\d+:7: kind: .*did you mean 'spinning_lidar'"):
        load_rig(file)


def test_a_rig_may_bear_the_name_of_its_device(tmp_path: Path) -> None:
    file = tmp_path / "vlp16.yaml"
    file.write_text("lidars:\n  top: {device: vlp16, mount: {z_m: 1.7}}\n")
    assert load_rig(file).lidars["top"].model.name == "Velodyne VLP-16"


def test_a_device_is_named_where_it_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("lidars:\n  top:\n    device: hdl46e_kitti\n    mount: {z_m: 1.7}\n")
    with pytest.raises(
        RequestError, match=r"mine.yaml:3:13: lidars.top.device: .*did you mean 'hdl64e_kitti'"
    ):
        load_rig(file)


def test_a_camera_has_one_geometry(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    head = "lidars: {top: {device: hdl64e_kitti, mount: {}}}\ncameras: {a: {width_px: 9, height_px: 9"
    for more in ("", ", fx_px: 700.0", ", fx_px: 700.0, projection: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]"):
        file.write_text(f"{head}{more}}}}}\n")
        with pytest.raises(Mistakes, match="give either projection, or all of"):
            load_rig(file)


def test_a_rig_names_its_main_lidar(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    lidars = "lidars:\n  bumper: {device: vlp16, mount: {}}\n  roof: {device: vlp16, mount: {}}\n"
    for head, main in (("", "bumper"), ("main: roof\n", "roof")):
        file.write_text(head + lidars)
        assert load_rig(file).main_lidar == main
        assert set(load_rig(file).lidars) == {"bumper", "roof"}
    file.write_text("main: root\n" + lidars)
    with pytest.raises(Mistakes, match="main names no LiDAR 'root' of this rig: bumper, roof"):
        load_rig(file)


def test_a_scene_is_found_by_its_short_name() -> None:
    entry = catalogue.entries()[0]
    assert load(entry.path.stem).sha256 == load(entry.name).sha256
    with pytest.raises(RequestError, match=f"did you mean '.*{entry.path.stem}'"):
        load(entry.name.replace("edge_cases/", "").replace("e", "x", 1))


LIDAR = "lidars: {top: {device: hdl64e_kitti, mount: {}}}\n"


@pytest.mark.parametrize(
    "lines, said",
    [
        (
            "radars: {front: {device: hdl32e, mount: {}}}",
            r"mine.yaml:2:26: radars.front.device: hdl32e is a spinning_lidar; a fmcw_radar is needed here",
        ),
        (
            "navigation: {unit: {device: vlp61}}",
            r"navigation.unit.device: no such file .*did you mean 'vlp16'",
        ),
        (
            "navigation: {top: {device: oxts_rt3003}}",
            "two sensors are named top; noise and files go by names",
        ),
        (
            "navigation: {unit: {device: oxts_rt3003, outages: [{from_s: 3, to_s: 2}]}}",
            r"navigation.unit.outages.0: from_s 3 must be before to_s 2",
        ),
    ],
)
def test_mistakes_of_radars_and_inertial_units_are_told(tmp_path: Path, lines: str, said: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(LIDAR + lines + "\n")
    with pytest.raises(RequestError, match=said):
        load_rig(file)


def test_a_radar_whose_burst_is_too_short_for_its_training_cells_is_refused(tmp_path: Path) -> None:
    device = (catalogue.root() / "devices" / "front_radar_77ghz.yaml").read_text()
    (tmp_path / "short.yaml").write_text(device.replace("count: 256", "count: 16"))
    file = tmp_path / "mine.yaml"
    file.write_text(LIDAR + "radars: {front: {device: short, mount: {}}}\n")
    with pytest.raises(
        RequestError, match=r"short.yaml:\d+:\d+: .*cfar needs 31 cells of velocity, the burst has 16"
    ):
        load_rig(file)


def test_scanning_devices_bloom_as_reflectors_make_real_ones() -> None:
    """1e-4 to 1e-3 of the beam falls a milliradian beside its middle; KITTI's own is as measured."""
    for name in catalogue.names("devices"):
        node = read(catalogue.find(name, folder="devices"))
        if (
            node.plain()["kind"] in ("spinning_lidar", "sector_lidar", "mems_lidar")
            and name != "hdl64e_kitti"
        ):
            assert 1e-4 <= validated(Lidar, node).receiver.skirt <= 1e-3, name
