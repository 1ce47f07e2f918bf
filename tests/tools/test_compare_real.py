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


def test_points_in_a_labelled_cars_box_count_and_those_beside_below_and_above_do_not(
    tool: ModuleType, tmp_path: Path
) -> None:
    """A car 20 m ahead, 4 x 2 x 1.5 m, across the street: x ahead is its width."""
    mount = {"x": [20.0, 20.0, 20.0, 21.2, 20.0, 20.0], "y": [0.0, 1.9, 2.2, 0.0, 0.0, 0.0]}
    height = [-1.0, -0.5, -0.5, -0.5, -1.65, 0.2]
    cloud = np.column_stack([mount["x"], mount["y"], height, np.ones(6)]).astype(np.float32)
    for folder in ("calib", "label_2"):
        (tmp_path / folder).mkdir()
    rows = {f"P{k}": np.eye(3, 4) for k in range(4)} | {"R0_rect": np.eye(3)}
    rows |= {
        "Tr_velo_to_cam": np.array([[0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0]]),
        "Tr_imu_to_velo": np.eye(3, 4),
    }
    lines = [f"{name}: {' '.join(str(float(v)) for v in value.ravel())}" for name, value in rows.items()]
    (tmp_path / "calib" / "000000.txt").write_text("\n".join(lines) + "\n")
    label = "Car 0.00 0 0.00 0.00 0.00 50.00 50.00 1.50 2.00 4.00 0.00 1.70 20.00 0.00\n"
    (tmp_path / "label_2" / "000000.txt").write_text(label)
    inside = tool.in_cars(cloud, tmp_path, "000000")
    assert inside.tolist() == [True, True, False, False, False, False]
