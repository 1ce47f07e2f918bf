"""What every test shares: hypothesis without deadlines (kernels compile on first use), the real frames."""

import os
from collections import Counter
from pathlib import Path

# One thread of linear algebra a process: tests run on all cores already. Before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import settings

settings.register_profile("drivesynth", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("drivesynth")

EVERY = 4


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--all`, as CI runs the tests."""
    what = f"every scene, asset and device, not every {EVERY}th in the tests that go through the catalogue"
    parser.addoption("--all", action="store_true", help=what)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of tests marked `sweep`, one function for all of a catalogue, keep every fourth."""
    if config.getoption("--all") or any("::" in word for word in config.args):
        return
    seen: Counter[str] = Counter()
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        function = item.nodeid.split("[")[0]
        among = item.get_closest_marker("sweep") is None or seen[function] % EVERY == 0
        seen[function] += 1
        (kept if among else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real frames; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("DRIVESYNTH_REAL", ROOT.parent / "shared" / "real"))
    if not folder.is_dir():
        pytest.skip(f"real frames not found at {folder}; set DRIVESYNTH_REAL")
    return folder
