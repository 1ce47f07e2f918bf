"""A wet road mirrors lamps: by Fresnel's share, once, spread along it, and only where it is wet."""

import numpy as np
import pytest

from drivesynth.assets.materials import MATERIAL_ID, material_table
from drivesynth.geometry.mesh import make_mesh
from drivesynth.geometry.transforms import rigid
from drivesynth.scenario.model import Environment
from drivesynth.sensors.camera import shoot
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.film import Film
from drivesynth.sensors.lamps import NONE, Lamps
from drivesynth.sensors.light import even_light, light_of
from drivesynth.sensors.wet import _blurred
from tests.sensors.test_lamps import Lens, plane, staged

AHEAD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
GLOW_KCD = 30.0 * float(material_table().emission[MATERIAL_ID["tunnel_lamp"]])
DIM = Lamps(NONE.rows, NONE.rgb, 1.0, NONE.lit, True)


def seen(
    wetness: float, quality: str = "standard", threads: int = 1, snow: float = 0.0, ground: str = "asphalt"
) -> np.ndarray:
    """(81, 61, 3) radiance of a road before a tall shining wall 12 m ahead, in the dark."""
    wall = make_mesh(
        "wet/wall", np.array([[12.0, y, z] for y in (-40.0, 40.0) for z in (0.0, 40.0)]),
        np.array([[0, 1, 3], [0, 3, 2]], np.int32), MATERIAL_ID["tunnel_lamp"],
    )  # fmt: skip
    stage = staged(plane(0.0, 200.0, MATERIAL_ID[ground]), wall)
    lens = Lens(61, 81, 100.0)
    lens.K[0, 2], lens.K[1, 2] = 30.0, 20.0
    night = Environment(sun_elevation_rad=-0.4, wetness_ratio=wetness, snow_cover_ratio=snow, cloud_ratio=0.0)
    caster = Caster(stage, hidden_actors=(), threads=threads)
    pose, film = rigid((0.0, 0.0, 1.6), AHEAD), Film(bloom=0.0, haze=0.0)
    shot = shoot(caster, stage, lens, pose, light_of(night), 0.05, quality, threads, 3, film, DIM)  # type: ignore[arg-type]
    return shot.radiance_kcd.astype(float)


def test_a_shining_wall_is_mirrored_by_fresnel_and_the_film_s_share() -> None:
    wetness = 0.8
    mirrored = seen(wetness)[45:75, 30, 0]
    down = (np.arange(45, 75) - 20.0) / 100.0
    cosine = down / np.sqrt(1 + down * down)
    expected = 0.45 * wetness * (0.02 + 0.98 * (1 - cosine) ** 5) * GLOW_KCD
    np.testing.assert_allclose(mirrored, expected, rtol=0.01)


def test_a_dry_or_white_road_grass_and_a_draft_mirror_nothing() -> None:
    for picture in (seen(0.0), seen(0.8, snow=1.0), seen(0.8, "draft"), seen(0.8, ground="grass")):
        assert picture[45:75, 30].max() < 1e-3


def test_threads_change_no_byte_of_a_wet_night() -> None:
    assert seen(0.6).tobytes() == seen(0.6, threads=3).tobytes()


@pytest.mark.parametrize(("up_px", "side_px"), [(6.0, 1.5), (4.0, 2.0)])
def test_spreading_keeps_the_light_and_has_its_widths(up_px: float, side_px: float) -> None:
    spot = np.zeros((101, 41))
    spot[50, 20] = 7.0
    spread = _blurred(spot, up_px, side_px)
    assert spread.sum() == pytest.approx(7.0, rel=1e-6)
    y, x = np.mgrid[0:101, 0:41]
    assert np.sqrt((spread * (y - 50) ** 2).sum() / 7.0) == pytest.approx(up_px, rel=1e-3)
    assert np.sqrt((spread * (x - 20) ** 2).sum() / 7.0) == pytest.approx(side_px, rel=1e-3)


@pytest.mark.parametrize("ground", ["car_paint", "livery_red", "grass", "skin", "car_glass"])
def test_snow_lies_on_roofs_of_cars_as_on_roads_but_not_on_people_and_panes(ground: str) -> None:
    def white(material: str) -> float:
        lens = Lens(9, 9, 100.0)
        lens.K[0, 2], lens.K[1, 2] = 4.0, 4.0
        down = rigid((0.0, 0.0, 5.0), np.diag([1.0, -1.0, -1.0]))
        stage = staged(plane(0.0, 50.0, MATERIAL_ID[material]))
        caster = Caster(stage, hidden_actors=(), threads=1)
        film = Film(bloom=0.0, haze=0.0)
        shot = shoot(caster, stage, lens, down, even_light(0.0, 1.0), 0.05, "draft", 1, 3, film, NONE)  # type: ignore[arg-type]
        return float(shot.radiance_kcd[4, 4, 1])

    assert white("asphalt") == pytest.approx(0.82, abs=0.03)
    if ground in ("skin", "car_glass"):
        assert white(ground) < 0.6
    else:
        assert white(ground) == pytest.approx(white("asphalt"), abs=0.05)
