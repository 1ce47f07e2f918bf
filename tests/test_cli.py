"""The command line as its user meets it: outputs, messages, exit statuses, what it imports."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from drivesynth import __version__, cli
from drivesynth.cli.terminal import ProgressLine, rate
from drivesynth.dataset.build import Progress
from drivesynth.scene import severities
from tests.clouds import kitti_cloud

CHILD = "edge_cases/occlusion/child_between_parked_cars.yaml"
MINIMAL = """drivesynth: 1
road: {template: street/plain, length: 120 m, limit: 50 km/h}
ego: {asset: car/estate, at: {lane: R1, s: 30 m}, speed: 30 km/h}
actors:
  walker: {asset: pedestrian/adult, at: {lane: R.sidewalk, s: 50 m}, speed: 5 km/h}
rig: kitti_mono
"""


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    """Exit status, stdout, stderr of a command."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    file = tmp_path / "scene.yaml"
    file.write_text(MINIMAL)
    return file


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"drivesynth {__version__}\n", "")
    status, out, _ = run(capsys, "--help")
    assert status == 0
    for verb in cli.verbs.commands:
        assert verb in out
        status, text, _ = run(capsys, verb, "--help")
        assert status == 0 and "Example: drivesynth" in text


@pytest.mark.parametrize("words", [["--help"], ["check", CHILD], ["scenes"], ["render", "--help"]])
def test_light_verbs_load_no_heavy_library(words: list[str]) -> None:
    code = (
        "import sys\nfrom drivesynth.cli import main\n"
        f"try: main({words!r})\nexcept SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'numba', 'cv2', 'open3d', 'scipy.stats'} & set(sys.modules)\nassert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_new_scene_is_in_order_and_is_never_overwritten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    assert run(capsys, "new", file)[0] == 0
    before = file.read_text()
    assert run(capsys, "check", file) == (0, "1 scene in order\n", "")
    status, _, err = run(capsys, "new", file)
    assert status == 2 and "not overwritten" in err and file.read_text() == before


def test_a_misspelt_word_is_pointed_at_and_all_mistakes_are_told(
    capsys: pytest.CaptureFixture[str], scene: Path
) -> None:
    scene.write_text(MINIMAL.replace("speed: 30 km/h", "spede: 30").replace("length: 120 m", "length: 120"))
    status, out, err = run(capsys, "check", scene)
    lines = err.splitlines()
    assert status == 2 and out == ""
    assert lines[0].startswith(f"{scene}:2:") and "has no unit" in lines[0]
    assert any(line.startswith(f"{scene}:3:") and "did you mean 'speed'" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (["chekc"], "did you mean 'check'"),
        (["check", "no_such_scene.yaml"], "no_such_scene.yaml"),
        (["check"], "name a scene file"),
        (["render", CHILD], "--output"),
        (["render", CHILD, "-o", "x", "--variants", "some"], "neither a number"),
        (
            ["render", CHILD, "-o", "x", "--rig", "kity"],
            "rig: no such file here or in the catalogue: kity;",
        ),
        (["render", CHILD, "-o", "x", "--rig", "zoe"], "zoe; shipped are kitti, "),
        (
            ["render", CHILD, "-o", "x", "--format", "nuscenes"],
            "format: 'nuscenes' is no format;",
        ),
        (["render", CHILD, "-o", "x", "--frames", "0"], "--frames"),
        (["scenes", "--tag", "vruu"], "did you mean 'vru'"),
        (["view", "no_such_dataset", "--png", "x.png"], "no_such_dataset: no such folder"),
        (["verify", "no_such_dataset"], "no_such_dataset"),
        (["weather", "no_such.bin", "-o", "x"], "no_such.bin"),
        (["weather", ".", "-o", "x", "--fog-mor-m", "80"], "no cloud"),
        (["weather", "a.bin", "-o", "x", "--fog-mor-m", "0"], "--fog-mor-m"),
        (["weather", "a.bin", "--fog-mor-m", "80"], "--output"),
        (["weather", "a.bin", "-o", "x", "--severity", "fog:6"], "1 to 5"),
        (["weather", "a.bin", "-o", "x", "--severity", "hail:2"], "fog, rain, snow"),
        (["weather", "a.bin", "-o", "x", "--severity", "fog:1", "--severity", "fog:2"], "two severities"),
        (["weather", "a.bin", "-o", "x", "--severity", "fog:1", "--fog-mor-m", "80"], "give one of them"),
        (
            ["weather", "a.bin", "-o", "x", "--severity", "robo3d/fog:1"],
            "snow, wet_ground, a colon and 1 to 3",
        ),
        (["weather", "a.bin", "-o", "x", "--severity", "robo2d/snow:1"], "known are kitti-c, robo3d"),
    ],
)
def test_a_wrong_request_ends_with_status_2_and_one_clear_message(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    words: list[str], needle: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    status, _, err = run(capsys, *words)
    assert status == 2 and needle in err and "Traceback" not in err
    assert not list(tmp_path.iterdir()), "nothing is left behind"


def test_sample_tells_parameters_and_criticality(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "sample", CHILD, "--variants", "2")
    assert status == 0 and len(out.splitlines()) == 2 and "min_ttc" in out
    assert re.match(r"   0  impact [\d.]+, v [\d.]+ m/s, ", out), out
    status, out, _ = run(capsys, "sample", CHILD, "--variants", "2", "--json")
    documents = [json.loads(line) for line in out.splitlines()]
    assert [d["scenario"]["variant"] for d in documents] == [0, 1]
    assert documents[0]["criticality"]["child"]["min_ttc_s"] < 1.5
    assert documents[0]["scenario"]["params"]["v"] != documents[1]["scenario"]["params"]["v"]


def test_a_terminal_shows_from_the_start_what_is_done_and_what_there_is_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with ProgressLine() as line:
        line.tell(Progress("plan", 0, 1))
        line.tell(Progress("plan", 1, 1))
        for done in (2, 3, 4):  # two were there
            line.tell(Progress("render", done, 5))
            assert (line._bar.n, line._bar.initial, line._bar.total) == (done, 2, 5)


def test_a_slow_rate_is_told_in_seconds() -> None:
    assert rate(30, 10.0, "frame") == "3.0 frames/s" and rate(2, 25.0, "frame") == "12.5 s a frame"


def test_sample_tells_which_case_a_variant_is_of(capsys: pytest.CaptureFixture[str], scene: Path) -> None:
    scene.write_text(scene.read_text() + "cases: {noon: {}, dusk: {environment: {time: 21:00}}}\n")
    _, out, _ = run(capsys, "sample", scene, "--variants", "2")
    assert [line.strip().split("  ")[1] for line in out.splitlines()] == ["case noon", "case dusk"], out


def test_render_view_verify_and_resume(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, scene: Path
) -> None:
    out_folder = tmp_path / "out"
    words = ["render", scene, "-o", out_folder, "--frames", "1", "--quality", "draft", "--workers", "1"]
    status, out, _ = run(capsys, *words)
    assert status == 0 and "made 1 frame (" in out
    status, out, _ = run(capsys, *words)
    assert status == 0 and "made 0 frames, 1 was there" in out
    assert run(capsys, "verify", out_folder)[0] == 0
    picture = tmp_path / "look.png"
    assert run(capsys, "view", out_folder, "--png", picture)[0] == 0 and picture.stat().st_size > 10_000
    status, _, err = run(capsys, *words[:-1], "1", "--seed", "5")
    assert status == 2 and "seed" in err
    (out_folder / "training" / "label_2" / "000000.txt").write_text("Car 0.00 0 0\n")
    status, _, err = run(capsys, "verify", out_folder)
    assert status == 1 and "label_2/000000.txt" in err


def test_a_scene_is_looked_at_without_a_dataset(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, scene: Path
) -> None:
    scene.write_text(scene.read_text() + "duration: 0.3 s\n")
    status, out, err = run(capsys, "view", scene, "--png", tmp_path / "look.png")
    assert status == 0 and "render 0/" in err and "look.png" in out
    assert (tmp_path / "look.png").stat().st_size > 10_000


def test_cache_says_where_kernels_live_and_clears_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = (
        "from drivesynth_kernels.jit import kernel\n"
        "from drivesynth.cli import main\n"
        "main(['cache', '--clear'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"DRIVESYNTH_CACHE": str(tmp_path / "kernels"), "PATH": ""},
    )
    assert done.returncode == 0 and str(tmp_path) in done.stdout and "removed" in done.stdout, done.stderr


def test_sample_tells_what_never_happened(capsys: pytest.CaptureFixture[str], scene: Path) -> None:
    with scene.open("a") as file:
        file.write("story:\n  - {name: near, when: distance(walker) < 0.1 m, do: {walker: stop}}\n")
        file.write("  - {name: later, after: near, do: {walker: stop}}\n")
        file.write("  - {name: soon, when: time > 1 s, do: {walker: stop}}\n")
    status, _, err = run(capsys, "sample", scene, "--variants", "2")
    assert status == 0 and err.splitlines() == [
        "warning: story event 'near' never happened in 2 of 2 variants: when distance(walker) < 0.1 m",
        "warning: story event 'later' never happened in 2 of 2 variants: it waits for 'near'",
    ]


def test_sample_says_once_what_every_variant_lacks(capsys: pytest.CaptureFixture[str], scene: Path) -> None:
    scene.write_text(scene.read_text().replace("rig: ", "require: [time > 900 s]\nrig: "))
    status, _, err = run(capsys, "sample", scene, "--variants", "3")
    lines = err.splitlines()
    assert status == 1 and len(lines) >= 3 and "as the one before" not in lines[0]
    assert [line.endswith("has no scenario: as the one before") for line in lines[-2:]] == [True, True]


def test_weather_says_what_became_of_the_points_and_fails_where_a_file_is_bad(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "velodyne"
    folder.mkdir()
    (folder / "000000.bin").write_bytes(kitti_cloud().astype("<f4").tobytes())
    words = ["weather", folder, "-o", tmp_path / "foggy", "--fog-mor-m", "60"]
    status, out, err = run(capsys, *words)
    assert status == 0 and "1 cloud (" in out and "moved" in out and "weather 1/1" in err
    assert (tmp_path / "foggy" / "changes" / "000000.bin.changes").stat().st_size % 8 == 0
    mor = str(severities.figures("kitti-c", {"fog": 4})["fog_mor_m"])
    grades = {"by_mor": ("--fog-mor-m", mor), "by_grade": ("--severity", "fog:4")}
    grades["by_other"] = ("--severity", "multicorrupt/fog:2")
    for name, asked in grades.items():
        assert run(capsys, *words[:3], tmp_path / name, *asked)[0] == 0
    by_mor, by_grade, other = ((tmp_path / name / "000000.bin").read_bytes() for name in grades)
    assert by_mor == by_grade == other != (folder / "000000.bin").read_bytes()
    status, _, err = run(capsys, *words[:3], tmp_path / "x", "--device", "vlp33")  # even without weather
    assert status == 2 and "vlp33; did you mean 'vlp32c'" in err and not (tmp_path / "x").exists()
    (folder / "000001.bin").write_bytes(b"cut off")
    status, out, err = run(capsys, *words)
    assert status == 2 and "000001.bin: 7 bytes" in err and "1 cloud (" in out and "Traceback" not in err
