"""Beams with a width: edges, panes, mirrors, retro-reflectors; and devices that do not spin."""

import numpy as np
import pytest
from drivesynth_kernels.footprint import both_faces, fresnel
from lidars import box, device, driving, ground, mounted, quad, staged, still, wall

from drivesynth.arrays import F64
from drivesynth.assets.catalogue import build
from drivesynth.assets.materials import MATERIAL_ID, material_table
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.scene.catalogue import find
from drivesynth.scene.device import Lidar
from drivesynth.scene.document import read
from drivesynth.scene.validate import validated
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.footprint import SUB_BEAMS, sub_beams
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.lidar import sweep
from drivesynth.sensors.scan import scan
from drivesynth.world.stage import Stage

PARKED = driving()


def shipped(name: str) -> Lidar:
    return validated(Lidar, read(find(name, folder="devices")))


def look(stage: Stage, quality: str = "standard", beams: dict[str, tuple[float, ...]] | None = None,
         elevations_deg: tuple[float, ...] = (0.0,), firings: int = 7200,
         **receiver: object) -> Pulses:  # fmt: skip
    mount = mounted(device(elevations_deg, firings=firings, receiver=receiver, beams=beams), 0.0)
    return sweep(Caster(stage), mount, PARKED, 0.0, key=3, quality=quality)


def test_a_house_s_windows_let_a_beam_in_and_its_room_or_curtain_send_it_back() -> None:
    """A pane is one skin: behind it something diffuse stands, and most beams that meet glass return."""
    house = build("house/terrace", 1, None)
    placed = rigid((0.0, 14.0, -1.7))
    poses = house.poses({})
    stage = staged([(part.mesh, placed @ pose, -1) for part, pose in zip(house.parts, poses, strict=True)])
    elevations = tuple(np.linspace(12.0, -6.0, 24))
    pulses = look(stage, elevations_deg=elevations, firings=1440, range_m=65.0, divergence_mrad=2.0)
    glass = pulses.material == MATERIAL_ID["window"]
    behind = pulses.cause == CAUSE["through-glass"]
    assert behind.sum() > 100
    assert (glass & ~np.isfinite(pulses.range_m)).sum() < 0.35 * (behind.sum() + glass.sum())
    curtained = behind & (pulses.material == MATERIAL_ID["curtain"])
    assert 0.3 < curtained.sum() / behind.sum() < 0.999


def test_most_of_a_shops_windows_show_goods_and_few_a_dark_room() -> None:
    """KITTI's fronts: hardly a point in forty stands dark behind the glass."""
    shop = build("house/shop", 1, None)
    placed = rigid((0.0, 14.0, -1.0))
    poses = shop.poses({})
    stage = staged([(part.mesh, placed @ pose, -1) for part, pose in zip(shop.parts, poses, strict=True)])
    pulses = look(stage, elevations_deg=tuple(np.linspace(6.0, -3.0, 12)), firings=1440, range_m=65.0)
    behind = pulses.cause == CAUSE["through-glass"]
    shown = behind & np.isin(pulses.material, [MATERIAL_ID["timber"], MATERIAL_ID["cardboard"]])
    assert behind.sum() > 300
    assert shown.sum() / behind.sum() > 0.5


def test_a_beam_sees_what_stands_behind_a_bus_shelter() -> None:
    """One skin of clear glass: 0.88 of the beam each way, so that the wall behind still answers."""
    shelter = build("shelter/bus", 1, None)
    turned = rigid((0.0, 8.0, -1.2), rotation_xyz(yaw_rad=np.pi))
    poses = shelter.poses({})
    parts = [(part.mesh, turned @ pose, -1) for part, pose in zip(shelter.parts, poses, strict=True)]
    far = quad("wall", [[-40, 16, -2], [40, 16, -2], [40, 16, 9], [-40, 16, 9]], "plaster")
    pulses = look(staged([*parts, (far, np.eye(4), -1)]), firings=3600, range_m=65.0)
    glass = pulses.material == MATERIAL_ID["shelter_glass"]
    through = (pulses.cause == CAUSE["through-glass"]) & (pulses.material == MATERIAL_ID["plaster"])
    assert through.sum() > 100
    assert (
        np.degrees(pulses.incidence_rad[glass & np.isfinite(pulses.range_m)]).max() < 8.0
    )  # its mirror's lobe
    assert pulses.intensity[through].min() > 0.0


@pytest.mark.parametrize("count", sorted(set(SUB_BEAMS.values()) - {1}))
def test_sub_beams_have_the_moments_of_a_gaussian_beam(count: int) -> None:
    """Of intensity exp(-2 r^2 / w^2): no mean, the same variance every way, w^2 / 4 but for the far skirt."""
    offsets = sub_beams(count)
    assert len(offsets) == count and (offsets[0] == 0).all()
    assert offsets.mean(axis=0) == pytest.approx([0.0, 0.0], abs=1e-12)
    spread = np.cov(offsets.T, bias=True)
    assert spread == pytest.approx(np.eye(2) * spread[0, 0], abs=1e-12)
    assert 0.17 < spread[0, 0] < 0.25


def edge_share(count: int, offset: float) -> F64:
    """Share of the sub-beams on one side of a straight edge, for edges turned every way."""
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    across = sub_beams(count) @ np.array([np.cos(angle), np.sin(angle)])
    return (across < offset).mean(axis=0)


def test_energy_beside_an_edge_is_the_gaussian_integral() -> None:
    """Phi(2 x / w): 0.8413 at half the radius (closed form; `lidar.edge_energy_fraction`)."""
    assert edge_share(19, 0.5).mean() == pytest.approx(0.841344746069, abs=0.03)
    assert edge_share(8, 0.5).mean() == pytest.approx(0.841344746069, abs=0.04)
    assert np.abs(edge_share(19, 0.5) - 0.841344746069).max() < 0.08


def test_at_an_edge_the_beam_meets_both_and_far_from_it_one() -> None:
    """A board 2 m before a wall: last returns give the wall as far as a part of the footprint passes."""
    stage = staged(
        [(wall(12.0), np.eye(4), -1), (box("board", (0.02, 1.0, 4.0)), rigid((10.0, 0.0, -2.0)), 1)]
    )
    width = {"divergence_mrad": 4.0, "pulse_ns": 4.0}
    first, last = look(stage, returns="first", **width), look(stage, returns="last", **width)
    draft = look(stage, "draft", returns="first", **width)
    assert (draft.actor == 1).sum() < (first.actor == 1).sum()
    both = (first.actor == 1) & (last.actor == -1) & np.isfinite(last.range_m)
    assert both.any()
    # The edges stand at +-0.5 m; sub-beams reach not farther than about 1.3 times the radius of 2 mrad.
    across = np.abs(np.tan(first.azimuth_rad[both].astype(np.float64)) * 9.99)
    assert np.abs(across - 0.5).max() < 1.3 * 0.002 * 10.0
    assert (first.intensity[both] < first.intensity[(first.actor == 1) & ~both].max()).all()


def test_a_step_shorter_than_the_pulse_gives_points_between_that_are_called_mixed() -> None:
    stage = staged(
        [(wall(10.5), np.eye(4), -1), (box("plank", (0.02, 1.0, 4.0)), rigid((10.0, 0.0, -2.0)), 1)]
    )
    pulses = look(stage, divergence_mrad=4.0, pulse_ns=6.0)
    ahead = np.abs(np.angle(np.exp(1j * pulses.azimuth_rad.astype(np.float64)))) < 0.2
    depth = pulses.xyz_m[ahead, 0].astype(np.float64)
    mixed = pulses.cause[ahead] == CAUSE["edge-mix"]
    between = (depth > 10.0 - 0.01 + 0.03) & (depth < 10.5 - 0.03)
    assert mixed.any() and (depth[mixed] > 9.98).all() and (depth[mixed] < 10.51).all()
    assert np.array_equal(between, mixed & between) and between.any()


def test_glass_lets_a_beam_through_and_back() -> None:
    pane = quad("pane", [[8, -3, -3], [8, -3, 3], [8, 3, 3], [8, 3, -3]], "window")
    stage = staged([(wall(14.0), np.eye(4), -1), (pane, np.eye(4), 2)])
    pulses = look(stage)
    azimuth = np.angle(np.exp(1j * pulses.azimuth_rad.astype(np.float64)))
    behind = (np.abs(azimuth) > 0.2) & (np.abs(azimuth) < 0.3)
    assert (pulses.cause[behind] == CAUSE["through-glass"]).mean() > 0.98
    assert pulses.xyz_m[behind, 0] == pytest.approx(14.0, abs=1e-3)
    open_air = look(staged([(wall(14.0), np.eye(4), -1)]))
    kept = pulses.intensity[behind] / open_air.intensity[behind]
    through = float(material_table().transmission[MATERIAL_ID["window"]])
    assert kept.max() == pytest.approx(through**2, abs=0.02)  # there and back


def test_a_puddle_shows_the_house_below_the_road_as_a_ghost() -> None:
    pond = quad("pond", [[5, -6, -1.5], [25, -6, -1.5], [25, 6, -1.5], [5, 6, -1.5]], "water")
    stage = staged([(pond, np.eye(4), -1), (wall(20.0, "plaster"), np.eye(4), 4)])
    pulses = look(stage, elevations_deg=(-6.0,), range_m=300.0)
    ghost = pulses.cause == CAUSE["mirror-ghost"]
    assert ghost.any() and (pulses.actor[ghost] == 4).all()
    # The image of the wall stands where the straight beam would have met it, below the water.
    assert pulses.xyz_m[ghost, 0] == pytest.approx(20.0, abs=0.01)
    assert pulses.xyz_m[ghost, 2].max() < -1.5


def test_a_retro_reflector_blooms_by_the_skirt_of_the_beam() -> None:
    sign = (box("plate", (0.02, 0.3, 0.3), "number_plate"), rigid((15.0, 0.0, -0.15)), 5)
    elevations = (0.8, 0.4, 0.0, -0.4, -0.8)
    dark, halo = (look(staged([sign]), elevations_deg=elevations, skirt=skirt) for skirt in (0.0, 1e-3))
    assert not (dark.cause == CAUSE["retro-bloom"]).any()
    bloom = halo.cause == CAUSE["retro-bloom"]
    assert bloom.sum() > 10 and (halo.actor[bloom] == 5).all()
    assert not np.isin(np.flatnonzero(bloom), halo.solid).any()
    assert halo.range_m[bloom] == pytest.approx(15.0, abs=0.05)
    azimuth = np.angle(np.exp(1j * halo.azimuth_rad[bloom].astype(np.float64)))
    assert np.hypot(azimuth, halo.elevation_rad[bloom]).max() < np.radians(1.0) + 0.3 / 15
    solid = (halo.actor == 5) & ~bloom
    assert halo.intensity[bloom].max() < halo.intensity[solid].min()


def test_crosstalk_puts_a_retro_reflector_into_lasers_fired_along_with_its_own() -> None:
    sign = (box("plate", (0.02, 0.3, 0.3), "number_plate"), rigid((15.0, 0.0, -0.15)), 5)
    pulses = look(staged([sign]), elevations_deg=(9.0, 0.0, -9.0), crosstalk=1e-2,
                  beams={"fire_offset_us": (0.0, 0.0, 5.0)})  # fmt: skip
    leak = pulses.cause == CAUSE["crosstalk"]
    assert leak.any() and set(pulses.ring[leak]) == {0}
    assert set(pulses.column[leak]) <= set(pulses.column[(pulses.ring == 1) & (pulses.actor == 5)])


def test_fresnel_at_normal_incidence_and_a_pane_of_two_faces() -> None:
    assert fresnel(1.0, 1.33) == pytest.approx((0.33 / 2.33) ** 2)
    assert both_faces(1.0, 1.52) == pytest.approx(0.0816819719671, rel=1e-6)
    assert fresnel(1e-9, 1.5) == pytest.approx(1.0)


def test_leaves_and_skin_are_darker_at_1550_nm_and_asphalt_is_not() -> None:
    def level(material: str, wavelength_nm: float) -> float:
        return float(look(still(wall(9.0, material)), wavelength_nm=wavelength_nm).intensity.max())

    for material, ratio in (("leaves", 0.55), ("skin", 0.25), ("asphalt", 1.2)):
        assert level(material, 1550.0) == pytest.approx(ratio * level(material, 905.0), rel=0.03)


def test_the_sun_on_a_bright_wall_hides_it_and_the_night_does_not() -> None:
    lidar = device((0.0,), firings=3600, receiver={"range_m": 60.0, "sun_share": 0.8})
    mount, world = mounted(lidar, 0.0), Caster(still(wall(80.0)), threads=1)
    found = [
        len(sweep(world, mount, PARKED, 0.0, key=1, sun_klx=klx).returned) for klx in (0.0, 100.0, 400.0)
    ]
    assert found[0] > 1.3 * found[1] > 1.3 * found[2]


def test_noise_of_the_angle_moves_points_across_the_beam() -> None:
    sigma = np.radians(0.1)
    pulses = look(still(wall(20.0)), angle_noise_deg=0.1)
    near = np.abs(np.angle(np.exp(1j * pulses.azimuth_rad.astype(np.float64)))) < 0.3
    height = pulses.xyz_m[near, 2] / pulses.range_m[near] / sigma
    z = np.sum(height.astype(np.float64) ** 2)
    count = near.sum()
    assert abs(z - count) < 5 * np.sqrt(2 * count)


def test_a_sector_device_sweeps_its_sector_from_left_to_right() -> None:
    pulses = sweep(Caster(still(ground())), mounted(shipped("at128")), PARKED, 0.0, key=1)
    azimuth = np.angle(np.exp(1j * pulses.azimuth_rad.astype(np.float64)))
    assert (azimuth.max(), azimuth.min()) == pytest.approx((np.radians(60), -np.radians(60)), abs=1e-3)
    ring = pulses.ring == 127
    assert (np.diff(azimuth[ring]) < 0).all() and (np.diff(pulses.time_ns[ring]) > 0).all()
    assert len(pulses.range_m) == 128 * 1200


def test_mems_lines_run_there_and_back_with_all_modules_at_once() -> None:
    pulses = sweep(Caster(still(ground())), mounted(shipped("rs_m1")), PARKED, 0.0, key=1)
    assert len(pulses.range_m) == 78_750  # 787,500 a second
    azimuth = np.degrees(np.angle(np.exp(1j * pulses.azimuth_rad.astype(np.float64))))
    assert (azimuth.max(), azimuth.min()) == pytest.approx((60.5, -60.5), abs=0.2)
    for line, sense in ((0, 1), (1, -1)):
        mine = np.flatnonzero(pulses.ring == line)[:125]
        assert (np.sign(np.diff(pulses.time_ns[mine])) == sense).all()
        assert np.diff(azimuth[mine]) == pytest.approx(-0.2, abs=1e-3)


def test_prisms_draw_a_rosette_that_fills_its_circle_and_goes_on_from_sweep_to_sweep() -> None:
    avia = shipped("livox_avia")
    seen = []
    for since in (0.0, 0.1):
        lanes = scan(avia, (), since).lanes
        off_axis = np.arccos(lanes.cos_elevation[2] * lanes.cos_azimuth[2])
        seen.append(np.degrees(off_axis))
        assert seen[-1].max() == pytest.approx(35.2, abs=0.8)
        assert (np.histogram(seen[-1], 8, (0, 35.2))[0] > 0).all()
    assert not np.allclose(seen[0], seen[1])
    t = np.arange(4000) / 40_000
    bend = 17.6 * (np.exp(2j * np.pi * 7294 / 60 * t) + np.exp(-2j * np.pi * 4664 / 60 * t))
    assert seen[0] == pytest.approx(np.abs(bend), abs=0.75)  # the laser sits 0.68 deg above the axis


def test_the_mid_360_covers_its_field_of_view() -> None:
    lanes = scan(shipped("livox_mid360")).lanes
    elevation = np.degrees(lanes.elevation)
    assert (elevation.min(), elevation.max()) == pytest.approx((-7.2, 52.0), abs=0.1)
    cells = np.histogram2d(lanes.azimuth.ravel(), elevation.ravel(), (36, 6))[0]
    assert (cells > 0).mean() > 0.95
