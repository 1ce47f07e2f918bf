"""What every test shares: hypothesis without deadlines (kernels compile on first use), the real frames."""

import gc
import os
from pathlib import Path

# One thread of linear algebra a process: tests run on all cores already. Before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import settings

settings.register_profile("drivesynth", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("drivesynth")


def pytest_collection_finish() -> None:
    """Leave thousands of collected tests out of garbage collection: a twentieth of the time went there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real frames; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("DRIVESYNTH_REAL", ROOT.parent / "shared" / "real"))
    if not folder.is_dir():
        pytest.skip(f"real frames not found at {folder}; set DRIVESYNTH_REAL")
    return folder
