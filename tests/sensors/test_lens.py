"""Lenses against OpenCV: points land where it puts them, rays go back through the same points."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.sensors.lens import Lens, pixel_rays

# KITTI's camera 2 before rectification (calib_cam_to_cam.txt of 2011_09_26), and a fisheye of 190 degrees.
KITTI = Lens(
    959.7910, 956.9251, 696.0217, 224.1806, "brown_conrady",
    (-0.3691481, 0.1968681, 0.001353473, 0.0005677587, -0.06770705),
)  # fmt: skip
RATIONAL = Lens(
    700.0, 690.0, 400.0, 300.0, "brown_conrady", (0.3, -0.05, 1e-3, -2e-3, 0.01, 0.5, -0.02, 0.004)
)
FISHEYE = Lens(330.0, 331.0, 639.5, 479.5, "kannala_brandt", (0.08, -0.02, 0.004, -0.0006))
SIZES = {KITTI: (1392, 512), RATIONAL: (800, 600), FISHEYE: (1280, 960)}


def opencv(lens: Lens, points: np.ndarray) -> np.ndarray:
    k = np.array([[lens.fx_px, 0, lens.cx_px], [0, lens.fy_px, lens.cy_px], [0, 0, 1.0]])
    if lens.model == "kannala_brandt":
        pixels, _ = cv2.fisheye.projectPoints(
            points[:, None], np.zeros(3), np.zeros(3), k, np.array(lens.coefficients)
        )
    else:
        pixels, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), k, np.array(lens.coefficients))
    return pixels.reshape(-1, 2)


@pytest.mark.parametrize("lens", SIZES, ids=lambda lens: lens.model)
def test_rays_through_all_pixels_are_projected_back_by_opencv(lens: Lens) -> None:
    width, height = SIZES[lens]
    x, y = np.meshgrid(np.linspace(0, width - 1, 40), np.linspace(0, height - 1, 30))
    rays = lens.directions(x, y).reshape(-1, 3)
    ahead = rays[:, 2] > 0.02  # OpenCV projects what lies before the camera
    assert ahead.mean() > 0.7
    np.testing.assert_allclose(np.linalg.norm(rays[ahead], axis=1), 1.0, rtol=1e-12)
    expected = np.stack([x.ravel(), y.ravel()], axis=1)
    distance = np.random.default_rng(1).uniform(2, 80, len(rays))
    points = rays * distance[:, None]
    assert np.abs(opencv(lens, points[ahead]) - expected[ahead]).max() < 1e-3
    # Beyond 90 degrees too, by our own projection.
    there = np.linalg.norm(rays, axis=1) > 0.5
    assert np.abs(lens.project(points[there]) - expected[there]).max() < 1e-6


@given(st.floats(-0.7, 0.7), st.floats(-0.3, 0.3), st.floats(0.5, 90.0), st.sampled_from(list(SIZES)))
def test_points_land_where_opencv_puts_them(x: float, y: float, z: float, lens: Lens) -> None:
    point = np.array([[x * z, y * z, z]])
    np.testing.assert_allclose(lens.project(point), opencv(lens, point), atol=1e-6)


def test_without_coefficients_a_distorted_lens_is_a_pinhole() -> None:
    straight = Lens(700.0, 700.0, 600.0, 170.0)
    bent = Lens(700.0, 700.0, 600.0, 170.0, "brown_conrady", (0.0,) * 5)
    np.testing.assert_allclose(pixel_rays(bent, 1200, 340), pixel_rays(straight, 1200, 340), atol=1e-12)


def test_what_the_lens_does_not_see_is_not_folded_into_the_picture() -> None:
    # k1 alone turns back at r^2 = 1 / (3 |k1|): OpenCV draws a point far aside near the middle.
    lens = Lens(500.0, 500.0, 320.0, 240.0, "brown_conrady", (-0.3, 0.0, 0.0, 0.0))
    turns = np.sqrt(1 / 0.9)
    outside = np.array([[1.5, 0.0, 1.0]])
    assert turns < 1.5
    assert 320.0 < opencv(lens, outside)[0, 0] < 640.0
    assert np.isinf(lens.project(outside)).all()
    edge = lens.project(np.array([[0.99 * turns, 0.0, 1.0]]))[0, 0]
    assert (lens.directions(np.array([edge + 5.0]), np.array([240.0])) == 0.0).all()
    behind = np.array([[0.1, 0.1, -1.0]])
    assert np.isinf(lens.project(behind)).all()
