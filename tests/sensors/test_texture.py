"""Texture tiles: periodic, true to the albedo from afar, steady where the footprint grows."""

import numpy as np
import pytest
from drivesynth_kernels import texture
from drivesynth_kernels.jit import kernel
from drivesynth_kernels.simd import spread8
from drivesynth_kernels.texture import LEVEL_START, SIZE
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.assets.materials import TEXTURES
from drivesynth.sensors.texture import pyramid, tiles


@kernel
def read_both(tiles, tile, level, x, y):  # type: ignore[no-untyped-def]
    """One reading as the sky does it, and as surfaces do: the latter eight at a time."""
    spots = np.zeros(64, np.int32)
    tile8, level8 = spread8(np.int32(tile * texture.TEXELS)), spread8(np.int32(level))
    texture.find_texels(tile8, level8, spread8(np.float32(x)), spread8(np.float32(y)), spots, 0, 8)
    return texture.read_level(tiles, tile, level, x, y), texture.sum_texels(tiles, spots, 7, 8)


@kernel
def read_tile(tiles, tile, x, y, width):  # type: ignore[no-untyped-def]
    """As surfaces are painted, between two levels."""
    spots = np.zeros(136, np.int32)
    tile8, level = spread8(np.int32(tile * texture.TEXELS)), texture.levels_of(spread8(np.float32(width)))
    across, down = spread8(np.float32(x - np.floor(x))), spread8(np.float32(y - np.floor(y)))
    low = texture.truncated(level)
    texture.find_texels(tile8, low, across, down, spots, 0, 8)
    texture.find_texels(tile8, low + np.int32(1), across, down, spots, 64, 8)
    texture.store(spots, 128, texture.truncated((level - texture.floated(low)) * np.float32(256)))
    near, far = texture.sum_texels(tiles, spots, 0, 8), texture.sum_texels(tiles, spots, 64, 8)
    return texture.unpacked(texture.between_levels(near, far, np.int64(spots[128])))


@kernel
def level_of(width):  # type: ignore[no-untyped-def]
    return texture.level_of(width)


def readings(tile: int, width: float, count: int = 300) -> np.ndarray:
    places = np.random.default_rng(5).random((count, 2))
    return np.array([read_tile(tiles()[0].reshape(-1), tile, x, y, width) for x, y in places])


@pytest.mark.parametrize("tile", range(len(TEXTURES)), ids=TEXTURES)
def test_from_afar_a_tile_is_its_mean(tile: int) -> None:
    tone, share, slope_x, slope_y = readings(tile, 1.0, 20).T
    # Bytes of exceptionally bright texels are cut, so dark tiles may lose a little of their mean.
    np.testing.assert_allclose(tone, 1.0, atol=0.06)
    assert np.ptp(share) < 0.02
    np.testing.assert_allclose([slope_x, slope_y], 0.0, atol=0.06)


@pytest.mark.parametrize("name", ["asphalt", "grass", "leaves"])
def test_a_wider_footprint_varies_less(name: str) -> None:
    tile = TEXTURES.index(name)
    spread = [readings(tile, width)[:, 0].std() for width in (0.5 / SIZE, 4 / SIZE, 16 / SIZE, 100 / SIZE)]
    assert (np.diff(spread) < 0).all()


@given(st.floats(-30.0, 30.0), st.floats(-30.0, 30.0), st.integers(-4, 4), st.floats(0.001, 0.4))
def test_a_tile_repeats(x: float, y: float, periods: int, width: float) -> None:
    here = read_tile(tiles()[0].reshape(-1), 1, x, y, width)
    there = read_tile(tiles()[0].reshape(-1), 1, x + periods, y - periods, width)
    np.testing.assert_allclose(here, there, atol=0.02)


@given(st.integers(-65536, 131072), st.integers(-65536, 131072), st.integers(0, 8), st.integers(0, 5))
def test_eight_readings_at_once_read_what_one_does(x: int, y: int, level: int, tile: int) -> None:
    here, there = x / 65536, y / 65536  # whole parts of the finest weights: nothing is rounded
    alone, _ = read_both(tiles()[0].reshape(-1), tile, level, here, there)
    _, together = read_both(tiles()[0].reshape(-1), tile, level, here % 1.0, there % 1.0)
    assert alone == together


def test_a_texel_s_middle_reads_its_own_four_numbers() -> None:
    rng = np.random.default_rng(3)
    shade, share = rng.uniform(0.5, 1.5, (2, SIZE, SIZE))
    shade /= shade.mean()
    packed = pyramid(shade, share / 2, np.zeros((SIZE, SIZE)))
    assert packed.shape == (LEVEL_START[-1],)
    for row, column in ((0, 0), (7, 200), (255, 255)):
        tone, part, slope_x, slope_y = read_tile(packed, 0, (column + 0.5) / SIZE, (row + 0.5) / SIZE, 1e-6)
        assert tone == pytest.approx(shade[row, column], abs=0.01)
        assert part == pytest.approx(share[row, column] / 2, abs=0.005)
        assert (slope_x, slope_y) == pytest.approx((0.0, 0.0), abs=0.01)


def test_levels_count_halvings() -> None:
    for level in range(7):
        assert level_of(2.0**level / SIZE) == pytest.approx(level)
    assert level_of(0.0) == 0.0
