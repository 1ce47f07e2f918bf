"""Comparing classes of points at the ranges where the real ones stand."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("compare_real", ROOT / "tools" / "compare_real.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_class_that_only_stands_nearer_compares_as_equal(tool: ModuleType) -> None:
    """Same values at each range, other shares of the ranges; a bin that ours hardly has tells nothing."""

    def points(near: int, far: int, farthest: int) -> np.ndarray:
        ranges = np.repeat([10.0, 36.0, 45.0], [near, far, farthest]).astype(np.float32)
        pattern = np.tile([0.0, 0.4], near // 2 + far + farthest)[: near + far + farthest]
        intensity = np.where(ranges < 20.0, 0.4, np.where(ranges < 40.0, pattern, 0.0))
        return np.asarray(tool.class_sums(intensity.astype(np.float32), ranges))

    ours, real = tool.class_figures("x", points(1000, 200, 10), points(200, 1000, 500))
    assert ours["x: intensity exactly 0"] == pytest.approx(1000 / 1200 * 0.5, abs=2e-3)
    assert ours["x: intensity mean"] == pytest.approx((200 * 0.4 + 1000 * 0.2) / 1200, abs=2e-3)
    for name, value in ours.items():
        assert real[name] == pytest.approx(value, abs=2e-3)
