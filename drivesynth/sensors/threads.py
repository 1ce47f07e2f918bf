"""Work in pieces, by the thread that calls and others beside it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

PORTIONS = 8  # of the work for each thread, where nobody says how large a piece is


def in_pieces(threads: int, number: int, work: Callable[[int, int], None], step: int = 0) -> None:
    """Do `work(begin, end)` over all of range(number), `step` at a time; no piece may depend on another.

    The caller works too: it begins at once, while waking another thread takes as long as a thousand rays.
    """
    step = step or -(-max(number, 1) // (PORTIONS * threads))
    if threads <= 1 or number <= step:
        work(0, number)
        return
    begins = iter(range(0, number, step))  # one for all: taking the next begin is one step of the interpreter

    def take(begins: Iterator[int]) -> None:
        for begin in begins:
            work(begin, min(begin + step, number))

    others = [_pool(threads - 1).submit(take, begins) for _ in range(threads - 1)]
    try:
        take(begins)
    finally:
        for other in others:
            if not other.cancel():
                other.result()


@lru_cache(4)
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that outlive a call."""
    return ThreadPoolExecutor(threads)
