"""Build the wheel, install it in a fresh environment outside the checkout, render one catalogue scene there.

    .venv/bin/python tools/wheel_check.py

Finds what an editable install hides: a file that the wheel lacks, a path into the checkout.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCENE = "edge_cases/debris/cargo_on_lane.yaml"


def main() -> int:
    """Every step must succeed; the rendered frame must be there."""
    with tempfile.TemporaryDirectory(prefix="drivesynth-wheel-") as folder:
        work = Path(folder)
        # uv and pip both build wheels; pip is always at hand.
        run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", work, ROOT], ROOT)
        (wheel,) = work.glob("*.whl")
        print(f"wheel: {wheel.name}, {wheel.stat().st_size / 1e6:.1f} MB")
        venv.create(work / "env", with_pip=True)
        python = work / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel,
             "--constraint", ROOT / "tools" / "constraints.txt"], work)  # fmt: skip
        run([python, "-m", "drivesynth", "check", SCENE], work)
        run([python, "-m", "drivesynth", "render", SCENE, "-o", work / "out", "--frames", "1",
             "--rig", "kitti_mono"], work)  # fmt: skip
        run([python, "-m", "drivesynth", "view", work / "out", "--png", work / "view.png"], work)
        made = sorted(p.relative_to(work).as_posix() for p in (work / "out" / "training").rglob("*.*"))
        expected = {"velodyne": ".bin", "image_2": ".png", "label_2": ".txt", "calib": ".txt"}
        for kind, suffix in expected.items():
            assert any(f"/{kind}/" in name and name.endswith(suffix) for name in made), (kind, made)
        assert (work / "view.png").stat().st_size > 10_000
    print("the wheel renders outside the checkout")
    return 0


def run(command: list[str | Path], folder: Path) -> None:
    """Run in the folder, away from the checkout's own packages."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    subprocess.run([str(word) for word in command], cwd=folder, env=clean, check=True)


if __name__ == "__main__":
    sys.exit(main())
