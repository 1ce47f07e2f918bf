"""Scenes from files: extends, imports, templates, cases; places that survive merging; round trips."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivesynth.errors import Mistakes, RequestError
from drivesynth.scenario.draw import check, sample
from drivesynth.scenario.sun import sun_at
from drivesynth.scene import Scene, catalogue, load, loads, schema, starter
from drivesynth.scene.loader import case

SCENES = [entry.path for entry in catalogue.entries()]
BASE = """\
drivesynth: 1
about: base
road: {template: street/plain, length: 200 m}
ego: {at: {lane: R1, s: 20 m}, speed: 30 km/h}
"""


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_a_catalogue_scene_is_read_written_and_read_again_unchanged(path: Path) -> None:
    scene = load(path)
    again = loads(scene.to_yaml(), scene.name)
    assert again.model_dump() == scene.model_dump() and again.to_yaml() == scene.to_yaml()
    assert again.sha256 == scene.sha256


def test_a_scene_built_in_python_is_the_same_as_one_from_a_file(tmp_path: Path) -> None:
    built = Scene.model_validate(
        {
            "drivesynth": 1,
            "road": {"lanes": {"right": ["drive"]}, "length": "90 m"},
            "ego": {"at": {"lane": "R1", "s": "9..20 m"}},
        }
    )
    file = write(tmp_path, "built.yaml", built.to_yaml())
    assert load(file).model_dump() == built.model_dump()


def test_the_starter_scene_is_valid(tmp_path: Path) -> None:
    check(write(tmp_path, "start.yaml", starter()))


def test_later_files_and_own_keys_win_null_deletes_lists_replace(tmp_path: Path) -> None:
    write(tmp_path, "base.yaml", BASE + "tags: [a, b]\nenvironment: {rain: 3 mm/h, wetness: 20 %}\n")
    write(tmp_path, "wet.yaml", "environment: {wetness: 90 %, rain: null}\n")
    scene = load(
        write(
            tmp_path,
            "own.yaml",
            "drivesynth: 1\nextends: [base.yaml, wet.yaml]\ntags: [c]\nego: {speed: 9 m/s}\n",
        )
    )
    environment = scene.environment
    assert environment.wetness is not None and environment.wetness.constant == 0.9
    assert environment.rain is None and scene.tags == ("c",) and scene.about == "base"
    assert scene.ego.speed is not None and scene.ego.speed.constant == 9.0 and scene.ego.at is not None


def test_each_leaf_keeps_the_place_it_was_written_at(tmp_path: Path) -> None:
    write(tmp_path, "base.yaml", BASE.replace("30 km/h", "30 km"))
    write(tmp_path, "weather.yaml", "environment:\n  wetness: 120 %\n")
    own = write(tmp_path, "own.yaml", "drivesynth: 1\nextends: [base.yaml, weather.yaml]\nseed: -1\n")
    with pytest.raises(Mistakes) as caught:
        load(own)
    places = {
        Path(m.place.file).name: (m.place.line, m.place.column) for m in caught.value.mistakes if m.place
    }
    assert places == {"base.yaml": (4, 39), "weather.yaml": (2, 12), "own.yaml": (3, 7)}


def test_fragments_are_put_in_where_they_are_used(tmp_path: Path) -> None:
    write(tmp_path, "parts/row.yaml", "asset: car/*\nfill: {lane: R1, from: 60 m, to: 90 m, gap: 2 m}\n")
    text = BASE + "imports: {row: parts/row.yaml}\nactors:\n  queue: {use: row, fill: {to: 120 m}}\n"
    fill = load(write(tmp_path, "own.yaml", text)).actors["queue"].fill
    assert fill is not None and fill.to is not None and fill.to.constant == 120.0
    assert fill.from_ is not None and fill.from_.constant == 60.0


def test_cases_lie_on_top_and_all_are_checked(tmp_path: Path) -> None:
    text = BASE + "cases:\n  wet: {environment: {wetness: 80 %}}\n  fast: {ego: {speed: 90 km/h}}\n"
    scene = load(write(tmp_path, "own.yaml", text))
    assert case(scene, "fast").ego.speed != scene.ego.speed
    with pytest.raises(RequestError, match="no case 'dry'"):
        case(scene, "dry")


def test_a_time_of_day_takes_the_sun_of_what_lies_below_with_it(tmp_path: Path) -> None:
    high = "environment: {time: 12:00, sun: {elevation: 30 deg, azimuth: 80 deg}}"
    write(tmp_path, "base.yaml", BASE + high)
    write(tmp_path, "late.yaml", "environment: {time: 22:00}")
    write(tmp_path, "sky.yaml", "time: 9:00\nsun: {elevation: 30 deg, azimuth: 80 deg}")
    text = """drivesynth: 1
extends: [base.yaml, late.yaml]
cases:
  below: {tags: [late]}
  low: {environment: {sun: {elevation: 5 deg, azimuth: 200 deg}}}
  both: {environment: {time: 17:00, sun: {elevation: 6 deg, azimuth: 0 deg}}}
  dusk: {environment: {time: 20:30}}
"""
    scene = load(write(tmp_path, "own.yaml", text))
    drawn = {name: sample(scene, variant=i).environment for i, name in enumerate(scene.cases)}
    elevations_deg = {name: round(np.degrees(sky.sun_elevation_rad)) for name, sky in drawn.items()}
    by_time = {name: round(np.degrees(sun_at(3600.0 * h)[0])) for name, h in (("below", 22), ("dusk", 20.5))}
    assert elevations_deg == {"low": 5, "both": 6, **by_time}
    # A layer that does not name the time keeps the sun; null takes a time away and leaves the sun.
    write(tmp_path, "wet.yaml", "environment: {wetness: 50 %, time: null}")
    kept = load(write(tmp_path, "own.yaml", "drivesynth: 1\nextends: [base.yaml, wet.yaml]"))
    assert kept.environment.sun is not None and kept.environment.time is None
    used = BASE + "imports: {sky: sky.yaml}\nenvironment: {use: sky, time: 10:00}"
    assert load(write(tmp_path, "own.yaml", used)).environment.sun is None


@pytest.mark.parametrize("overlay", ["day", "dusk", "night", "fog", "rain", "snow"])
def test_an_overlay_goes_on_any_scene(tmp_path: Path, overlay: str) -> None:
    name = catalogue.entries()[0].name
    check(write(tmp_path, "own.yaml", f"drivesynth: 1\nextends: [{name}, overlays/{overlay}.yaml]\n"))


def test_the_day_takes_away_night_and_weather(tmp_path: Path) -> None:
    files = "edge_cases/lane_departure/skids_on_wet_bend.yaml, overlays/night.yaml, overlays/fog.yaml"
    own = write(tmp_path, "own.yaml", f"drivesynth: 1\nextends: [{files}, overlays/day.yaml]\n")
    there = sample(load(own)).environment
    assert there.sun_elevation_rad == pytest.approx(math.pi / 4)
    assert there.rain_mm_h == there.wetness_ratio == 0.0 and there.fog_mor_m is None


def test_a_misspelt_file_beside_is_suggested(tmp_path: Path) -> None:
    (tmp_path / "my_rig.yaml").touch()
    with pytest.raises(RequestError, match=r"my_rigg\.yaml; did you mean 'my_rig'\?"):
        catalogue.find("my_rigg.yaml", tmp_path, folder="rigs")


def test_names_are_looked_up_beside_the_file_before_the_catalogue(tmp_path: Path) -> None:
    write(tmp_path, "overlays/night.yaml", "seed: 77\n")
    write(tmp_path, "base.yaml", BASE)
    own = write(tmp_path, "own.yaml", "drivesynth: 1\nextends: [base.yaml, overlays/night.yaml]\n")
    assert load(own).seed == 77


def test_a_link_may_not_lead_outside_either(tmp_path: Path) -> None:
    write(tmp_path, "secret.yaml", BASE)
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    own = write(tmp_path / "scenes", "own.yaml", "drivesynth: 1\nextends: link.yaml\n")
    with pytest.raises(RequestError, match="leads outside"):
        load(own)


def test_a_long_chain_of_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "f0.yaml", BASE)
    for i in range(1, 60):
        write(tmp_path, f"f{i}.yaml", f"extends: f{i - 1}.yaml\n")
    own = write(tmp_path, "own.yaml", "drivesynth: 1\nextends: f59.yaml\n")
    with pytest.raises(RequestError, match="more than 40 files"):
        load(own)


def test_the_schema_names_every_key_of_a_scene() -> None:
    document = schema()
    assert {"extends", "imports", "actors", "road", "story"} <= set(document["properties"])
    assert "ahead_of" in document["$defs"]["Position"]["properties"]


def test_reading_and_drawing_load_no_heavy_package(tmp_path: Path) -> None:
    code = "import sys\nfrom drivesynth.scenario.draw import check\n"
    for method in ("random", "sobol", "lhs", "grid"):
        text = f"drivesynth: 1\nextends: {SCENES[0]}\nsample: {{method: {method}, count: 8}}\n"
        code += f"check({str(write(tmp_path, f'{method}.yaml', text))!r})\n"
        heavy = "[m for m in ('numba', 'cv2', 'open3d', 'scipy', 'trimesh') if m in sys.modules]"
        code += f"print({method!r}, *{heavy})\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["random", "sobol", "lhs", "grid"]


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_the_catalogue_is_in_order(path: Path) -> None:
    check(path)


LINES = (
    BASE.splitlines()
    + (
        "actors:\n  van: {asset: van/delivery, at: {ahead_of: ego, by: 20 m}, speed: 20 km/h}\n"
        "story:\n  - when: gap(van) < 15 m\n    do: {van: {brake: {decel: 4 m/s^2}}}\n"
        "require:\n  - min_ttc(van) < 9 s\nsample: {count: 4, method: lhs}"
    ).splitlines()
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=500)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(LINES) - 1),
            st.integers(0, 60),
            st.integers(0, 6),
            st.text(max_size=5)
            | st.sampled_from(
                ["$", "..", " m", ": ", "}", "null", "1e308", "-1", ".inf", "ego", "{", "|", "*a", "&a "]
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_damaged_scene_is_read_or_refused(damage: list[tuple[int, int, int, str]]) -> None:
    lines = list(LINES)
    for line, column, length, text in damage:
        lines[line] = lines[line][:column] + text + lines[line][column + length :]
    try:
        loads("\n".join(lines), "damaged.yaml")
    except RequestError as error:
        assert str(error)
