"""Lint, format and types: what must be clean before a change lands.

.venv/bin/python tools/check.py [--fix]
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run every checker, then fail where any of them did."""
    fix = "--fix" in sys.argv[1:]
    python = [sys.executable, "-m"]
    commands = [
        [*python, "ruff", "check", *(["--fix"] if fix else []), "."],
        [*python, "ruff", "format", *([] if fix else ["--check"]), "."],
        [*python, "mypy"],
    ]
    failed = 0
    for command in commands:
        print("$", " ".join(command[2:]), flush=True)
        failed += subprocess.run(command, cwd=ROOT).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
