"""Lamps nearby: closed forms of their light, what switches them on, where they sit."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from drivesynth_kernels.lamps import COSINE, L_SIZE, LOW_BEAM

from drivesynth.arrays import F64
from drivesynth.assets.catalogue import build
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.mesh import Mesh, make_mesh
from drivesynth.geometry.transforms import rigid
from drivesynth.scenario.model import Environment
from drivesynth.sensors import lens as optics
from drivesynth.sensors.beams import low_beam_cd, street_table
from drivesynth.sensors.camera import Exposure, shoot
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.film import Film
from drivesynth.sensors.lamplight import _head_kcd
from drivesynth.sensors.lamps import BIT, NONE, Lamps, is_dim, lamps_of, window_glow
from drivesynth.sensors.lenses import lenses, panes
from drivesynth.sensors.light import light_of, uniform_light
from drivesynth.world.stage import Stage

MATT = MATERIAL_ID["tarpaulin"]  # tinted, Lambertian, no texture
DOWN = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])  # camera axes looking straight down
NIGHT = Environment(sun_elevation_rad=-0.4)


@dataclass(frozen=True)
class Lens:
    width_px: int = 41
    height_px: int = 31
    focal_px: float = 30.0
    K: F64 = field(init=False)

    def __post_init__(self) -> None:
        k = [[self.focal_px, 0.0, 20.0], [0.0, self.focal_px, 15.0], [0.0, 0.0, 1.0]]
        object.__setattr__(self, "K", np.array(k))

    @property
    def lens(self) -> optics.Lens:
        k = self.K
        return optics.Lens(k[0, 0], k[1, 1], k[0, 2], k[1, 2])


def plane(z: float, half_m: float, material: int = MATT, at: tuple[float, float] = (0.0, 0.0)) -> Mesh:
    x, y = at
    corners = np.array([[x + a * half_m, y + b * half_m, z] for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
    key = f"lamps/{z} {half_m} {material} {at}"
    return make_mesh(key, corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), material)


def staged(*meshes: Mesh, lights: int = 0, tint: float = 0.5, actor: int = -1) -> Stage:
    count = len(meshes)
    return Stage(
        0.0, 0.1, meshes, np.arange(count, dtype=np.int32), np.tile(rigid((0.0, 0.0, 0.0)), (count, 1, 1)),
        np.full(count, -1, np.int32), np.array([0.0, 0.1]), np.zeros((0, 2, 4, 4)),
        np.full(count, actor, np.int32), np.zeros(count, np.int32), np.full((count, 3), tint, np.float32),
        np.full(count, 0.4, np.float32), np.full(count, lights, np.int32),
    )  # fmt: skip


def lamp(at: tuple[float, float, float], kcd: float, kind: int = COSINE, axes: F64 | None = None) -> Lamps:
    row = np.zeros(L_SIZE)
    row[:3], row[3:12] = at, (np.eye(3) if axes is None else axes).reshape(-1)
    row[12:] = kind, 0.0, kcd, 1e9
    return Lamps(row[None], np.ones((1, 3)), 1e-9, np.zeros(0, np.int64))


def taken(
    stage: Stage, lamps: Lamps, height_m: float = 4.0, quality: str = "draft", threads: int = 1
) -> Exposure:
    pose = rigid((0.0, 0.0, height_m), DOWN)
    caster = Caster(stage, hidden_actors=(), threads=threads)
    film = Film(vignette=0.0, veil=0.0)
    return shoot(caster, stage, Lens(), pose, uniform_light(0.0), 0.05, quality, threads, 3, film, lamps)  # type: ignore[arg-type]


def ground_points(height_m: float = 4.0) -> tuple[F64, F64]:
    columns, rows = np.meshgrid(np.arange(41.0), np.arange(31.0))
    return (rows - 15.0) / 30.0 * height_m, (columns - 20.0) / 30.0 * height_m


@pytest.mark.parametrize("height_m", [1.5, 3.0, 8.0])
def test_a_lamp_above_a_plane_lights_it_by_the_cube_of_the_cosine(height_m: float) -> None:
    seen = taken(staged(plane(0.0, 50.0)), lamp((0.7, -0.4, height_m), 0.3)).radiance_kcd
    x, y = ground_points()
    cosine = height_m / np.sqrt((x - 0.7) ** 2 + (y + 0.4) ** 2 + height_m**2)
    expected = 0.5 / np.pi * 0.3 * cosine**3 / height_m**2
    np.testing.assert_allclose(seen, np.repeat(expected[..., None], 3, axis=2), rtol=1e-4)


def test_what_stands_before_a_lamp_shades_by_similar_triangles() -> None:
    sheet = plane(1.0, 0.4)
    stage = staged(plane(0.0, 50.0), sheet)
    lit = taken(stage, lamp((0.9, 0.0, 2.0), 1.0), height_m=0.8).radiance_kcd[:, :, 0] > 0.0
    x, y = ground_points(0.8)
    # The lamp is 2 m up and the sheet 1 m: a ray to the ground passes the sheet half way.
    shaded = (abs((x + 0.9) / 2) < 0.4) & (abs(y / 2) < 0.4)
    assert shaded.any()
    assert not shaded.all()
    assert (lit == ~shaded).mean() > 0.98


@pytest.mark.parametrize(("right", "up", "least", "most"), [
    (-3.43, 0.57, 0, 350), (1.15, -0.57, 10_100, 44_100), (-3.43, -0.57, 0, 10_600),
    (-3.43, -0.86, 0, 13_200), (1.72, -0.86, 10_100, 44_100), (0.0, -0.86, 5_100, 44_100),
    (-9.0, -1.72, 1_700, 44_100), (9.0, -1.72, 1_700, 44_100),
    (0.0, 0.0, 0, 625), (-8.0, 0.3, 0, 625), (-5.15, -1.2, 2_500, 44_100),
    (5.15, -1.2, 2_500, 44_100),
])  # fmt: skip
def test_the_low_beam_keeps_the_points_of_regulation_112(
    right: float, up: float, least: int, most: int
) -> None:
    assert least <= float(low_beam_cd(np.array(right), np.array(up))) <= most


def test_nothing_of_a_low_beam_falls_before_the_wheels_or_behind() -> None:
    down, side = low_beam_cd(np.array([0.0, 60.0, -60.0]), np.array([-20.0, -1.0, -1.0])), 20.0
    np.testing.assert_array_equal(down, 0.0)
    assert float(low_beam_cd(np.array(side), np.array(-2.0))) > 1_000.0


def test_an_oncoming_headlamp_is_as_bright_as_its_beam_is_that_way() -> None:
    pose = rigid((0.0, 0.0, 0.0))
    pose[:3, :3] = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])  # its x axis looks up
    assert _head_kcd(pose, np.array([0.0, 0.0, 30.0])) > _head_kcd(pose, np.array([0.0, 2.0, 30.0]))
    # 28 m ahead of the lamp and 0.65 m below it: 1.33 degrees under the horizon.
    below = float(low_beam_cd(np.array(0.0), np.array(-np.degrees(np.arctan2(0.65, 28.0)))))
    assert _head_kcd(pose, np.array([0.0, 0.0, 30.0])) == pytest.approx(below / 1e3 / 0.02)


def test_a_headlamp_s_cut_off_stands_on_a_wall() -> None:
    # 25 m ahead the cut-off of a lamp at 0.65 m lies 1 % lower, 0.40 m up, left of where it rises.
    wall = make_mesh(
        "lamps/wall", np.array([[25.0, y, z] for y in (-9.0, 9.0) for z in (-1.0, 3.0)]),
        np.array([[0, 1, 3], [0, 3, 2]], np.int32), MATT,
    )  # fmt: skip
    stage = staged(wall)
    lens = Lens(41, 201, 400.0)
    lens.K[1, 2] = 100.0
    turn = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    pose = rigid((15.0, 0.0, 0.4), turn)
    head = lamp((0.0, 0.0, 0.65), 1.0, LOW_BEAM)
    caster = Caster(stage, hidden_actors=())
    shot = shoot(caster, stage, lens, pose, uniform_light(0.0), 0.05, "draft", 1, 3, Film(), head)
    column = shot.radiance_kcd[:, 2, 0].astype(float)  # 0.45 m to the left
    height = 0.4 - (np.arange(201) - 100) / 400.0 * 10.0
    steepest = height[np.argmax(np.diff(column))]
    assert steepest == pytest.approx(0.40, abs=0.06)
    assert column[abs(height) < 0.3].min() > 10 * column[height > 0.6].max()


def test_a_luminaire_of_one_klm_sends_out_one_klm_and_nothing_to_the_side() -> None:
    angle = np.radians(np.arange(181) / 2)
    flux = 2 * np.pi * np.trapezoid(street_table() * np.sin(angle), angle)
    assert flux == pytest.approx(1.0, rel=1e-4)
    assert street_table()[-1] == 0.0
    assert np.argmax(street_table()) == 124


@pytest.mark.parametrize(("apart_deg", "retro"), [(0.2, 250.0), (0.33, 180.0), (2.0, 5.0)])
def test_a_sign_shines_back_as_its_class_says(apart_deg: float, retro: float) -> None:
    face = plane(0.0, 3.0, MATERIAL_ID["sign_white"])
    away = 20.0
    eye = lamp((float(np.tan(np.radians(apart_deg)) * away), 0.0, away), 1.0)
    seen = taken(staged(face), eye, away).radiance_kcd[15, 20, 0]
    illuminance = np.cos(np.radians(apart_deg)) ** 3 / away**2
    assert seen == pytest.approx(illuminance * (retro + 0.72 / np.pi), rel=0.06)


def test_by_day_no_lamp_is_asked() -> None:
    model = build("car/sedan", 3)
    stage = staged(*(part.mesh for part in model.parts), lights=BIT["low_beam"], actor=1)
    for elevation_rad in (0.2, 0.9):
        environment = Environment(sun_elevation_rad=elevation_rad)
        light = light_of(environment)
        assert not is_dim(light)
        assert lamps_of(stage, environment, light, 0.05, np.zeros(3)) is NONE


def test_a_car_s_lights_decide_what_shines_and_where_to() -> None:
    model = build("car/sedan", 3)
    meshes = tuple(part.mesh for part in model.parts)

    def found(*names: str) -> Lamps:
        stage = staged(*meshes, lights=sum(BIT[name] for name in names), actor=1)
        return lamps_of(stage, NIGHT, light_of(NIGHT), 0.05, np.zeros(3))

    assert len(found().rows) == 0
    low = found("low_beam").rows
    heads = low[low[:, 12] == LOW_BEAM]
    assert len(heads) == 2
    assert sorted(np.sign(heads[:, 1])) == [-1.0, 1.0]
    assert (heads[:, 0] > 1.0).all()
    np.testing.assert_allclose(heads[:, 3:6], [[1.0, 0.0, 0.0]] * 2, atol=1e-9)
    tails = low[low[:, 12] == COSINE]
    assert (tails[:, 0] < -1.0).all()
    assert (tails[:, 3] < -0.99).all()
    brakes = found("brake").rows
    assert brakes[:, 14].min() > 5 * tails[:, 14].max()
    left = found("indicator_left").rows
    assert (left[:, 1] > 0.0).all()
    assert len(left) == 2


def test_low_beams_spare_the_other_side_where_traffic_keeps_left() -> None:
    car = staged(*(part.mesh for part in build("car/estate", 1).parts), lights=BIT["low_beam"], actor=1)
    right, left = (
        lamps_of(replace(car, keeps_left=side), NIGHT, light_of(NIGHT), 0.05, np.zeros(3)).rows
        for side in (False, True)
    )
    beams = right[:, 12] == LOW_BEAM
    assert beams.sum() == 2 and np.array_equal(right[:, :6], left[:, :6])
    assert np.array_equal(left[beams, 6:9], -right[beams, 6:9]) and np.array_equal(left[:, 9:], right[:, 9:])
    assert np.array_equal(left[~beams], right[~beams])


def test_street_lamps_come_on_in_twilight_and_some_do_not_work() -> None:
    model = build("lamp/street", 0)
    stage = staged(*(part.mesh for part in model.parts))

    def number(elevation_rad: float, working: float = 1.0) -> int:
        environment = Environment(sun_elevation_rad=elevation_rad, lamp_working_ratio=working)
        return len(lamps_of(stage, environment, light_of(environment), 0.05, np.zeros(3)).lit)

    assert [number(0.035), number(-0.1), number(-0.4), number(-0.4, 0.0)] == [0, 1, 1, 0]


def test_panes_are_told_apart_and_keep_their_light() -> None:
    house = build("house/terrace", 5).parts[0].mesh
    pane_of, middles = panes(house)
    glass = house.face_material == MATERIAL_ID["window"]
    assert (pane_of[glass] >= 0).all()
    assert (pane_of[~glass] == -1).all()
    assert len(middles) >= 4
    glow = window_glow(np.repeat(middles, 30, axis=0) + np.arange(30 * len(middles))[:, None])
    assert 0.15 < (glow[:, 0] > 0).mean() < 0.45
    np.testing.assert_array_equal(window_glow(middles), window_glow(middles))


def test_threads_change_no_byte_of_a_night() -> None:
    stage = staged(plane(0.0, 50.0, MATERIAL_ID["asphalt"]), plane(1.0, 0.4))
    lights = lamp((1.5, 0.0, 2.0), 1.0)
    pictures = [taken(stage, lights, 4.0, "standard", threads) for threads in (1, 2, 3)]
    for other in pictures[1:]:
        assert other.radiance_kcd.tobytes() == pictures[0].radiance_kcd.tobytes()
        assert other.frame.rgb.tobytes() == pictures[0].frame.rgb.tobytes()


def test_a_lamp_s_reach_leaves_out_only_what_does_not_count() -> None:
    stage = staged(plane(0.0, 50.0))
    all_of_it = lamp((0.7, -0.4, 1.0), 0.3)
    least = 0.02
    rows = all_of_it.rows.copy()
    rows[:, 15] = 0.3 / least
    part = replace(all_of_it, rows=rows, least_klx=least)
    full, some = (taken(stage, lamps).radiance_kcd[:, :, 0] for lamps in (all_of_it, part))
    kept = full * np.pi / 0.5 > least * 1.01
    assert kept.any()
    assert not kept.all()
    np.testing.assert_array_equal(some[kept], full[kept])
    assert not some[full * np.pi / 0.5 < least * 0.99].any()


@pytest.mark.parametrize("asset", ["car/sedan", "van/delivery", "truck/semi", "bus/city", "cyclist/adult"])
def test_vehicles_have_lenses_at_the_front_and_at_the_back(asset: str) -> None:
    names = {lens.material for part in build(asset, 1).parts for lens in lenses(part.mesh)}
    assert {"headlamp", "tail_lamp"} <= names


@pytest.mark.parametrize(
    ("asset", "most", "least"),
    [("tractor/farm", 0, 2), ("excavator/wheeled", 0, 2), ("police/estate", 2, 0)],
)
def test_beacons_shine_in_the_colour_of_their_glass(asset: str, most: int, least: int) -> None:
    meshes = [part.mesh for part in build(asset, 1).parts]
    lamps = lamps_of(
        staged(*meshes, lights=BIT["beacon"], actor=1), NIGHT, light_of(NIGHT), 0.05, np.array([-9.0, 0, 1.5])
    )
    assert len(lamps.rgb) == 1
    assert np.argmax(lamps.rgb[0]) == most and np.argmin(lamps.rgb[0]) == least
