"""Errors a user can act on: the place, the field, what is wrong, what to do.

    DrivesynthError
    ├── RequestError    the request was wrong: a file, a field, a flag          exit status 2
    │   └── Mistakes    several of them, reported at once
    └── WorkError       the work failed: a full disk, a dead worker             exit status 1

The command line prints them and exits; anything else that escapes is a bug of ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, order=True)
class Place:
    """Where in a text file: 1-based line and column; 0 where unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


class DrivesynthError(Exception):
    """A message for the user; `exit_status` is what the command line ends with."""

    exit_status = 1


class WorkError(DrivesynthError):
    """A valid request that could not be carried out."""


class RequestError(DrivesynthError):
    """A request that cannot be carried out as it stands: `place: field: what`."""

    exit_status = 2

    def __init__(self, what: str, *, field: str = "", place: Place | None = None) -> None:
        self.what, self.field, self.place = what, field, place
        super().__init__(": ".join(str(part) for part in (place, field, what) if part))


class Mistakes(RequestError):
    """All mistakes found, in the order of their places, one line each."""

    def __init__(self, mistakes: Iterable[RequestError]) -> None:
        self.mistakes = sorted(mistakes, key=lambda m: (m.place or Place(""), m.field, m.what))
        super().__init__("\n".join(str(m) for m in self.mistakes))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'lane'?` where a known word is close to this one, in this folder or ends in it."""
    words = list(known)
    close = (
        get_close_matches(word, words, n=1, cutoff=0.6)
        or [w for w in words if w.startswith(f"{word}/")]
        or [w for w in words if w.endswith(f"/{word}")]
    )
    return f"; did you mean {close[0]!r}?" if close else ""
