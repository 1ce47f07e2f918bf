"""Vectors do per lane what numpy does per element."""

import numpy as np
import pytest
from drivesynth_kernels.jit import kernel
from drivesynth_kernels.simd import (
    bits,
    fma,
    higher_of,
    highest_lane,
    lane_numbers,
    load8_rows3,
    load16,
    lower_of,
    lowest_bit,
    lowest_lane,
    peek,
    poke,
    prefetch,
    select,
    spread16,
    store,
    store8_rows4,
    swap_halves,
    truncated,
)  # fmt: skip


@kernel
def arithmetic(a, b, out):  # type: ignore[no-untyped-def]
    x, y = load16(a, 0), load16(b, 0)
    store(out, 0, x + y)
    store(out, 16, x - 2.0 * y)
    store(out, 32, -x / y)
    store(out, 48, fma(x, y, spread16(np.float32(3))))
    store(out, 64, lower_of(x, y))
    store(out, 80, higher_of(x, np.float32(0)))
    store(out, 96, select((x < y) & ~(y > 1.0) | (x == y), x, y))
    store(out, 112, swap_halves(x))


@kernel
def reductions(a):  # type: ignore[no-untyped-def]
    x = load16(a, 0)
    mask = bits(x > 0.5)
    return lowest_lane(x), highest_lane(x), mask, lowest_bit(mask), bits(lane_numbers() < 5)


@kernel
def scattered(a, out):  # type: ignore[no-untyped-def]
    for k in range(16):
        prefetch(a, k)
        poke(out, 15 - k, peek(a, k))


@kernel
def whole(a, out):  # type: ignore[no-untyped-def]
    store(out, 0, truncated(load16(a, 0)))


@kernel
def transposed(a, at, out, to):  # type: ignore[no-untyped-def]
    x, y, z = load8_rows3(a, at)
    store8_rows4(out, to, z, x, y, x * y)


def test_rows_become_lanes_and_lanes_rows() -> None:
    rows = np.random.default_rng(3).normal(size=(8, 3)).astype(np.float32)
    flat, out = np.concatenate([[7.0], rows.reshape(-1), [7.0]]).astype(np.float32), np.zeros(36, np.float32)
    transposed(flat, 1, out, 2)
    x, y, z = rows.T
    assert (out[2:34].reshape(8, 4) == np.stack([z, x, y, x * y], axis=1)).all()
    assert not out[:2].any() and not out[34:].any()


@pytest.mark.parametrize("seed", range(5))
def test_lanes_compute_what_elements_do(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 16)).astype(np.float32)
    b[3] = a[3]
    out = np.zeros(128, np.float32)
    arithmetic(a, b, out)
    chosen = np.where(((a < b) & ~(b > 1)) | (a == b), a, b)
    wanted = [a + b, a - 2 * b, -a / b, a * b + 3, np.minimum(a, b), np.maximum(a, 0), chosen, np.roll(a, 8)]
    assert out.reshape(8, 16) == pytest.approx(np.stack(wanted), rel=1e-5, abs=1e-6)


def test_reductions_and_masks_speak_for_all_lanes() -> None:
    a = np.random.default_rng(1).permutation(np.linspace(0, 1, 16)).astype(np.float32)
    low, high, mask, first, counted = reductions(a)
    assert (low, high) == (0.0, 1.0)
    assert mask == sum(1 << k for k in range(16) if a[k] > 0.5)
    assert first == int(np.flatnonzero(a > 0.5)[0]) and counted == 0b11111


def test_a_comparison_with_nan_is_false_and_infinities_survive() -> None:
    a = np.full(16, np.nan, np.float32)
    a[5] = np.inf
    _, _, mask, first, _ = reductions(a)
    assert mask == 1 << 5 and first == 5


def test_single_elements_go_where_they_are_told() -> None:
    a, out = np.arange(16, dtype=np.float32), np.zeros(16, np.float32)
    scattered(a, out)
    assert (out == a[::-1]).all()


def test_lanes_become_integers_toward_zero() -> None:
    a, out = np.linspace(-3.9, 3.9, 16, dtype=np.float32), np.zeros(16, np.int32)
    whole(a, out)
    assert (out == a.astype(np.int32)).all() and out.min() == -3
