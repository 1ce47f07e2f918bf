"""Damage shipped scenes at random and read them: anything but a clear refusal is a bug.

.venv/bin/python tools/fuzz_scenes.py [cases, default 10000] [seed]
"""

import random
import re
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from drivesynth.errors import RequestError
from drivesynth.scenario.draw import sample
from drivesynth.scene import catalogue, loads

ODD = (
    "$", "..", " m", ": ", "}", "{", "[", "]", "|", "null", "1e308", "-1", ".inf", ".nan", "ego", "*a", "&a ",
    "0 m", "\t", "#", "'", '"', "!!int ", "\u2028", "\U0001f697", "999999999999999999999", "-0", "+- ",
    " step 0 ", "log ",
)  # fmt: skip


_WORD = re.compile(r"[\w.%$*/<>=+-]+")


def damaged(text: str, chance: random.Random) -> str:
    """The text with a few strokes gone wrong; mostly words, so that it often remains sound YAML."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text) + 1)
        match chance.randrange(10):
            case 0:
                text = text[:at] + chance.choice(ODD) + text[at:]
            case 1:
                text = text[:at] + text[at + chance.randint(1, 12) :]
            case 2:
                odd = chr(chance.choice((chance.randrange(32, 127), chance.randrange(0x2FFF))))
                text = text[:at] + odd + text[at + 1 :]
            case 3:
                lines = text.splitlines(keepends=True)
                lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines or ["x"]))
                text = "".join(lines)
            case _:
                if words := list(_WORD.finditer(text)):
                    old, other = chance.choice(words), chance.choice(words)
                    new = chance.choice([other[0], *chance.sample(ODD, 2)])
                    text = text[: old.start()] + new + text[old.end() :]
    return text


def main() -> int:
    """Run the cases; hypothesis prints the smallest one that broke something."""
    warnings.simplefilter("error")
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    root = catalogue.root()
    folders = ("edge_cases", "invalid")
    groups = [[path.read_text() for path in sorted((root / name).rglob("*.yaml"))] for name in folders]
    told: Counter[str] = Counter()
    slowest = 0.0

    @seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    @settings(max_examples=cases, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=True))
    def is_read_or_refused(chance: random.Random) -> None:
        nonlocal slowest
        text = damaged(chance.choice(chance.choice(groups)), chance)
        note(text)
        start = time.perf_counter()
        try:
            sample(loads(text, str(Path("damaged.yaml"))), variant=chance.randrange(3))
            told["read"] += 1
        except RequestError:
            told["refused"] += 1
        slowest = max(slowest, time.perf_counter() - start)

    is_read_or_refused()
    print(f"{told.total()} cases: {told['refused']} refused, none broken; the slowest took {slowest:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
