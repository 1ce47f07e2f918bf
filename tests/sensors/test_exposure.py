"""Rolling shutter, motion blur and depth of field against closed forms."""

import numpy as np
import pytest

from drivesynth.arrays import F64
from drivesynth.geometry.mesh import make_mesh
from drivesynth.geometry.transforms import rigid
from drivesynth.scene.camera import Focus
from drivesynth.sensors.camera import Exposure, shoot
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.exposure import Taking, pass_of
from drivesynth.sensors.lens import Lens as Optics
from drivesynth.sensors.light import uniform_light
from drivesynth.world.stage import Stage
from tests.sensors.test_camera import FAITHFUL, WHITE, Lens, looking, rectangle

TIME_S = 0.05
CAMERA = Lens(width_px=120, height_px=80, focal_px=100.0)
LOW = Lens(width_px=120, height_px=41, focal_px=100.0)


def wall(x_m: float, y: tuple[float, float], speed_mps: float = 0.0) -> Stage:
    """A white wall across the view at `x_m`, from side to side between y; it moves to the left (+y)."""
    corners = np.array([[x_m, b, z] for b in y for z in (-50.0, 50.0)])
    mesh = make_mesh(f"exposure/{x_m} {y}", corners, np.array([[0, 1, 3], [0, 3, 2]], np.int32), WHITE)
    times = np.array([0.0, 0.1])
    keys = np.array([[rigid((0.0, speed_mps * (t - TIME_S), 0.0)) for t in times]])
    track = np.array([0 if speed_mps else -1], np.int32)
    moves = keys if speed_mps else np.zeros((0, 2, 4, 4))
    one = np.zeros(1, np.int32)
    return Stage(
        0.0, 0.1, (mesh,), one, np.eye(4)[None], track, times, moves, np.ones(1, np.int32), one,
        np.ones((1, 3), np.float32), np.ones(1, np.float32), one,
    )  # fmt: skip


def taken(
    stage: Stage, taking: Taking, quality: str = "draft", poses: object = None, camera: Lens = CAMERA
) -> Exposure:
    caster = Caster(stage, hidden_actors=())
    pose = looking(height_m=0.0, pitch_rad=0.0)
    light = uniform_light(0.0)
    return shoot(
        caster, stage, camera, pose, light, TIME_S, quality, 1, 7, FAITHFUL, taking=taking, poses=poses,
    )  # type: ignore[arg-type] # fmt: skip


def edges(exposure: Exposure) -> F64:
    """By row, the column of the wall's right edge: what stands left of it shows the wall."""
    return (exposure.frame.actor == 1).sum(axis=1) - 0.5


def test_a_rolling_shutter_leans_what_moves_by_its_speed() -> None:
    # A wall 10 m ahead whose right edge moves left at 20 m/s: f v t / Z columns from row to row.
    delay_s = 2e-4
    stage = wall(10.0, (0.0, 60.0), speed_mps=20.0)
    seen = edges(taken(stage, Taking(row_delay_s=delay_s)))
    row = np.arange(80) - 39.5
    expected = 59.5 - 100.0 * 20.0 * delay_s * row / 10.0
    assert np.abs(seen - expected).max() <= 1.0
    assert np.polyfit(row, seen, 1)[0] == pytest.approx(-100.0 * 20.0 * delay_s / 10.0, rel=0.05)


def test_a_rolling_shutter_s_own_motion_leans_what_stands() -> None:
    stage, delay_s = wall(10.0, (0.0, 60.0)), 2e-4

    def moving(times_s: F64) -> F64:
        return np.array([rigid((0.0, -20.0 * (t - TIME_S), 0.0)) @ looking(0.0, 0.0) for t in times_s])

    seen = edges(taken(stage, Taking(row_delay_s=delay_s), poses=moving))
    same = edges(taken(wall(10.0, (0.0, 60.0), 20.0), Taking(row_delay_s=delay_s)))
    assert np.abs(seen - same).max() <= 1.0  # to the eye, whoever moves


def test_rows_without_delay_are_those_of_a_global_shutter() -> None:
    stage = wall(10.0, (0.0, 60.0), speed_mps=20.0)
    quick, slow = taken(stage, Taking()), taken(stage, Taking(row_delay_s=1e-12))
    assert (quick.frame.actor == slow.frame.actor).all()
    there = quick.frame.actor == 1
    np.testing.assert_allclose(slow.frame.depth_m[there], quick.frame.depth_m[there], rtol=1e-5)
    np.testing.assert_allclose(slow.radiance_kcd, quick.radiance_kcd, atol=1e-4)


def test_the_instants_of_an_exposure_are_spread_evenly_about_its_middle() -> None:
    taking, shots = Taking(exposure_s=0.036, instants=64), 64
    instants = sorted(pass_of(n, shots, taking).later_s for n in range(shots))
    np.testing.assert_allclose(np.diff(instants), 0.036 / shots, rtol=1e-9)
    assert instants[0] == pytest.approx(-instants[-1])


def lit_edge(taking: Taking, stage: Stage, camera: Lens = LOW, pitch_rad: float = -0.3) -> F64:
    """(W,) light of a row above the middle: the wall dark before a shining sky."""
    dark = Stage(**{**stage.__dict__, "tint_rgb": np.zeros((1, 3), np.float32)})
    caster = Caster(dark, hidden_actors=())
    pose = looking(height_m=0.0, pitch_rad=pitch_rad)
    shot = shoot(
        caster, dark, camera, pose, uniform_light(1.0), TIME_S, "draft", 1, 7, FAITHFUL, taking=taking
    )  # fmt: skip
    return shot.radiance_kcd[10, :, 1].astype(float)


@pytest.mark.parametrize(
    ("focal_px", "exposure_s", "expected_px"),
    # The second row stands in the reference collection: camera.motion_blur_px.
    [(100.0, 0.036, 5.004), (721.5377, 0.005, 5.014687015)],
)
def test_motion_blurs_an_edge_into_a_ramp_as_wide_as_its_way(
    focal_px: float, exposure_s: float, expected_px: float
) -> None:
    """13.9 m/s across the view at 10 m: f v t / Z. A ramp of width w, and a pixel, vary by (w^2 + 1) / 12."""
    taking = Taking(exposure_s=exposure_s, instants=64)
    light = lit_edge(taking, wall(10.0, (0.0, 60.0), speed_mps=13.9), Lens(120, 41, focal_px), pitch_rad=0.0)
    steps, at = np.abs(np.diff(light)), np.arange(len(light) - 1)
    steps = np.where(steps > 1e-3 * steps.max(), steps, 0.0) / steps.sum()
    spread = (steps * (at - (steps * at).sum()) ** 2).sum()
    assert np.sqrt(12.0 * spread - 1.0) == pytest.approx(expected_px, abs=0.4)


def test_what_is_out_of_focus_spreads_over_its_circle() -> None:
    # An edge at 4 m, sharp at 20 m: a circle of f A (1/4 - 1/20) columns.
    aperture_mm = 300.0
    stage = wall(4.0, (0.0, 60.0))
    sharp = lit_edge(Taking(focus=Focus(distance_m=4.0 / np.cos(0.3), aperture_mm=aperture_mm)), stage)
    soft = lit_edge(Taking(focus=Focus(distance_m=20.0, aperture_mm=aperture_mm)), stage)
    expected = 100.0 * 0.3 * (1 / 4.0 - 1 / 20.0)

    def width(light: F64) -> float:
        share = (light - light.min()) / (light.max() - light.min())
        return float(np.count_nonzero((share > 0.03) & (share < 0.97)))

    assert width(sharp) <= 2.0
    assert width(soft) == pytest.approx(expected, abs=2.0)


def test_a_bent_lens_with_no_bend_takes_the_same_picture() -> None:
    class Bent(Lens):
        @property
        def lens(self) -> Optics:
            straight = super().lens
            return Optics(
                straight.fx_px, straight.fy_px, straight.cx_px, straight.cy_px, "brown_conrady", (0.0,) * 5
            )

    stage = wall(10.0, (0.0, 60.0))
    straight = taken(stage, Taking(), "standard")
    bent = taken(stage, Taking(), "standard", camera=Bent(120, 80, 100.0))
    assert (straight.frame.actor == bent.frame.actor).mean() > 0.999
    off = np.abs(straight.frame.rgb.astype(int) - bent.frame.rgb)
    assert np.quantile(off, 0.99) <= 2


def test_ground_blurs_nothing_that_a_camera_at_rest_sees() -> None:
    plain = wall(10.0, (0.0, 60.0))
    assert rectangle((0, 1), (0, 1), 0.0, WHITE).faces.shape == (2, 3)
    still = taken(plain, Taking(exposure_s=0.03, instants=8), "draft")
    inside = still.frame.actor[:, 2:55]
    assert (inside == 1).all()
