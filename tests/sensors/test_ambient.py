"""The near-infrared picture of a receiver: closed forms of grey light on matt surfaces, shadow, blue sky."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from drivesynth_kernels import pulse

from drivesynth.arrays import F32, F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.scenario.model import Environment
from drivesynth.sensors.ambient import GROUND_ALBEDO, WHITE_KLX, band
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.frame import Pulses
from drivesynth.sensors.lidar import sweep
from drivesynth.sensors.light import Light, light_of, uniform_light
from drivesynth.sensors.scan import response
from drivesynth.sensors.targets import Shots, Targets
from tests.sensors.lidars import device, driving, ground, mounted, still, wall

ELEVATIONS = (30.0, 8.0, -8.0, -20.0)
RHO = float(response(865.0).reflectivity[MATERIAL_ID["asphalt"]])


@dataclass(frozen=True)
class Murk:
    """Air that only keeps light from coming through."""

    extinction_per_m: float

    def mirrored(self, met: pulse.Surface, origins_m: F64, directions: F32) -> pulse.Surface:
        return met  # no water stands

    def __call__(self, shots: Shots, targets: Targets) -> Targets:
        return targets


def look(  # type: ignore[no-untyped-def]
    light: Light | None, *meshes, ambient: bool = True, murk_per_m: float | None = None
) -> Pulses:
    lidar = device(ELEVATIONS, receiver={"wavelength_nm": 865.0, "ambient": ambient})
    air = None if murk_per_m is None else Murk(murk_per_m)
    return sweep(Caster(still(*meshes)), mounted(lidar), driving(), 0.0, key=1, light=light, medium=air)


def sunlight(elevation_deg: float, klx: float = 50.0) -> Light:
    """A grey sun straight ahead, no sky."""
    height = np.radians(elevation_deg)
    toward, dark = np.array([np.cos(height), 0.0, np.sin(height)]), uniform_light(0.0)
    horizontal = np.full(3, klx * np.sin(height))
    return replace(dark, toward_sun=toward, sun_klx=np.full(3, klx), horizontal_klx=horizontal)


def test_under_an_even_sky_level_ground_sends_back_its_reflectivity_and_walls_half_sky_half_ground() -> None:
    seen = look(uniform_light(7.0), ground(), wall(12.0))
    falls = np.pi * 7.0 / WHITE_KLX
    ahead, straight_up = np.abs(seen.azimuth_rad) < 0.5, seen.ring == 0
    level = (seen.ring >= 2) & np.isfinite(seen.range_m) & (np.abs(seen.xyz_m[:, 2] + 2.0) < 0.01)
    assert level.any()
    assert seen.ambient[level] == pytest.approx(RHO * falls, rel=5e-3)
    upright = ahead & (seen.ring == 1)
    assert seen.ambient[upright] == pytest.approx(RHO * falls * (1.0 + GROUND_ALBEDO) / 2.0, rel=5e-3)
    assert seen.ambient[straight_up & ~np.isfinite(seen.range_m)] == pytest.approx(falls, rel=5e-3)


def test_the_sun_falls_by_the_cosine_and_what_is_in_shadow_gets_none() -> None:
    light = sunlight(40.0)
    open_ground = look(light, ground())
    level = np.isfinite(open_ground.range_m)
    by_cosine = RHO * 50.0 * np.sin(np.radians(40.0)) / WHITE_KLX
    assert open_ground.ambient[level] == pytest.approx(by_cosine, rel=1e-4)
    walled = look(light, ground(), wall(12.0))
    behind = (
        np.isfinite(walled.range_m) & (walled.xyz_m[:, 0] < 11.0) & (np.abs(walled.xyz_m[:, 2] + 2) < 0.01)
    )
    assert behind.any() and np.all(walled.ambient[behind] == 0.0)  # the sun stands behind the wall


def test_lost_pulses_see_light_as_well_and_only_devices_that_report_it_tell() -> None:
    light = uniform_light(7.0)
    assert (look(light, ground()).ambient[~np.isfinite(look(light, ground()).range_m)] > 0.0).all()
    assert not look(light, ground(), ambient=False).ambient.any()
    assert not look(None, ground()).ambient.any()


def test_a_clear_sky_is_darker_in_the_near_infrared_than_in_red_and_a_grey_one_is_not() -> None:
    clear = light_of(Environment(sun_elevation_rad=0.8, sun_azimuth_rad=1.0, cloud_ratio=0.0))
    assert band(clear, 865.0).sky < 0.75 * band(clear, 610.0).sky
    grey = uniform_light(3.0)
    assert band(grey, 865.0).sky == pytest.approx(3.0 * np.pi, rel=2e-3)


def test_fog_dims_what_lies_behind_it_and_glows_itself() -> None:
    """Far off one sees the airlight alone: the mean of all that comes from around."""
    light, alpha = uniform_light(7.0), 0.05
    falls = np.pi * 7.0 / WHITE_KLX
    glows = falls * (1.0 + GROUND_ALBEDO) / 2.0
    plain, foggy = (look(light, ground(), wall(12.0), murk_per_m=murk) for murk in (0.0, alpha))
    np.testing.assert_array_equal(plain.range_m, foggy.range_m)
    there = np.isfinite(plain.range_m)
    clear = np.exp(-alpha * plain.range_m[there].astype(np.float64))
    wanted = clear * plain.ambient[there] + (1.0 - clear) * glows
    assert foggy.ambient[there] == pytest.approx(wanted, rel=2e-2)  # of ranges measured with noise
    up = ~there & (plain.ring == 0)
    assert up.any() and foggy.ambient[up] == pytest.approx(glows, rel=5e-3)
    sunny = look(sunlight(30.0), ground(), murk_per_m=10.0)  # so thick that nothing else is seen
    mean = (50.0 / 4.0 + GROUND_ALBEDO * 25.0 / 2.0) / WHITE_KLX
    assert sunny.ambient[np.isfinite(sunny.range_m)] == pytest.approx(mean, rel=1e-3)
