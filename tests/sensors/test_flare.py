"""Ghosts of the sun: on the line through the middle, with the light they are said to have."""

import numpy as np
import pytest

from drivesynth.sensors.flare import _GHOSTS, add_ghosts

SHAPE = (375, 1242)


def ghosts(x: int, y: int, share: float = 1e-3) -> np.ndarray:
    sun, light = np.zeros(SHAPE, bool), np.zeros((*SHAPE, 3), np.float32)
    sun[y - 2 : y + 3, x - 2 : x + 3] = True
    light[sun] = 1e5
    picture = np.zeros((*SHAPE, 3), np.float32)
    add_ghosts(picture, sun, light, share, 721.5)
    return picture


def test_ghosts_lie_on_the_line_from_the_sun_through_the_middle() -> None:
    seen = ghosts(300, 80)[..., 1]
    y, x = np.nonzero(seen)
    middle = np.array([(SHAPE[1] - 1) / 2, (SHAPE[0] - 1) / 2])
    line = np.array([300, 80]) - middle
    line /= np.linalg.norm(line)
    beside = np.abs((x - middle[0]) * line[1] - (y - middle[1]) * line[0])
    assert beside.max() <= max(size for _, size, _, _ in _GHOSTS) * 721.5 + 2
    assert seen[187, 621] == 0.0  # none in the middle itself


def test_a_small_step_of_the_sun_moves_them_the_other_way() -> None:
    def centre(x: int) -> float:
        seen = ghosts(x, 187)[..., 2].astype(float)
        far = seen[:, 700:]  # those across the middle
        return float((far * np.arange(far.shape[1])).sum() / far.sum())

    assert centre(500) < centre(460)


def test_their_light_is_the_share_of_the_sun_s() -> None:
    # The sun so near the middle that all ghosts lie inside.
    seen, share = ghosts(600, 180), 1e-3
    total = 25 * 1e5 * share
    for channel in range(3):
        expected = total * sum(part * colour[channel] for _, _, part, colour in _GHOSTS)
        assert seen[..., channel].sum() == pytest.approx(expected, rel=0.02)
    assert sum(part for _, _, part, _ in _GHOSTS) == pytest.approx(1.0)
    assert all(np.mean(colour) == pytest.approx(1.0) for *_, colour in _GHOSTS)
