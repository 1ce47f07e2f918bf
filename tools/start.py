"""Set everything up on a machine that has git and Python 3.11+, then run.

    python3 tools/start.py demo          render an edge case and say where its picture lies
    python3 tools/start.py test          add the test tools and pass all tests
    python3 tools/start.py WORDS...      drivesynth WORDS..., for example: start.py render --help

It needs the standard library alone. The packages go to `.venv` in the checkout (by uv, which pip
brings; by pip alone where uv cannot), and are installed again only when pyproject.toml or the pins change.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PINS = ROOT / "tools" / "constraints.txt"
# What a rendering imports, half of it for each of two processes. Their byte code is written by importing them
# once: pip would compile ten thousand modules of which most are never imported, longer than it downloads.
IMPORTED = (
    "import cv2, scipy.spatial, scipy.stats, trimesh",
    "import numba, drivesynth.dataset.build, drivesynth.view.sheet",
)
DEMO_SCENE = "edge_cases/occlusion/child_between_parked_cars.yaml"


def main(words: list[str]) -> int:
    """Prepare the environment that the words need, run them, return their exit status."""
    if not words or words[0] in {"-h", "--help"}:
        print(__doc__)
        return 0 if words else 2
    if sys.version_info < (3, 11):
        sys.exit(f"drivesynth needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    if words[0] == "test":
        prepare("test")
        return run([PYTHON, "-m", "pytest", "-n", "auto", "--dist", "worksteal", *words[1:]])  # on all cores
    prepare("")
    if words[0] == "demo":
        return demo(words[1:])
    return run([PYTHON, "-m", "drivesynth", *words])


def demo(words: list[str]) -> int:
    """Render the child between parked cars and draw one frame."""
    out = ROOT / "demo"
    begun = time.perf_counter()
    status = run([PYTHON, "-m", "drivesynth", "render", DEMO_SCENE, "-o", out, "--frames", "8", *words])
    if status:
        return status
    picture = out / "preview.png"
    status = run([PYTHON, "-m", "drivesynth", "view", out, "--png", picture])
    if status == 0:
        print(f"\nrendered in {time.perf_counter() - begun:.0f} s")
        print(f"picture:  {picture}\ndataset:  {out / 'training'}")
    return status


def prepare(extra: str) -> None:
    """Make `.venv` hold the project and the extra; nothing to do where its stamp says so."""
    stamp = VENV / f"drivesynth-{extra or 'core'}.stamp"
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + PINS.read_bytes()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == digest:
        return
    print(f"installing into {VENV} ...", flush=True)
    what = f"{ROOT}[{extra}]" if extra else str(ROOT)
    arguments: list[str | Path] = ["--quiet", "--editable", what, "--constraint", PINS]
    if not PYTHON.exists():
        make_venv()
    uv = find_uv()
    if uv is None or run([uv, "pip", "install", "--python", PYTHON, *arguments]):
        must(pip("--no-compile", *arguments))
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda words: must([PYTHON, "-c", words]), IMPORTED))
    stamp.write_text(digest)


def find_uv() -> Path | None:
    """uv, which installs in a sixth of pip's time: the machine's, else one in `.venv`. None where pip must.

    An index of one's own in pip's settings is for pip to read.
    """
    settings = output([PYTHON, "-m", "pip", "config", "list"])
    if any(line.partition("=")[0].endswith(".index-url") for line in settings.splitlines()):
        return None
    found = shutil.which("uv")
    own = PYTHON.with_name("uv.exe" if os.name == "nt" else "uv")
    if found or own.exists() or run(pip("--quiet", "uv", "--constraint", PINS)) == 0:
        return Path(found or own)
    return None


def pip(*words: str | Path) -> list[str | Path]:
    """The command by which pip installs something into `.venv`."""
    return [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", *words]


def make_venv() -> None:
    """`.venv` by the standard library; says which package to install where Debian left it out."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(f"Python's venv module is missing; install it: sudo apt install python{version}-venv")
    must([sys.executable, "-m", "venv", VENV])


def run(command: list[str | Path]) -> int:
    """Run in this terminal; its exit status.

    Byte code is written whatever the machine's habit: tests start dozens of processes, and each would compile
    every module anew.
    """
    told = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run([str(word) for word in command], cwd=os.getcwd(), env=told).returncode


def output(command: list[str | Path]) -> str:
    """What a command prints."""
    return subprocess.run([str(word) for word in command], capture_output=True, text=True).stdout


def must(command: list[str | Path]) -> None:
    """Run a step of the set-up; stop with its message where it fails."""
    if run(command):
        sys.exit(f"set-up stopped: {' '.join(str(word) for word in command)} failed (its message is above)")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
