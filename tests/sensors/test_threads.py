"""Pieces of work: each is done once, by however many threads, and a failure is told."""

import threading
import time

import pytest

from drivesynth.sensors.threads import in_pieces


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(("number", "step"), [(0, 0), (1, 0), (1000, 0), (1000, 7), (1000, 2000)])
def test_every_piece_is_done_once(threads: int, number: int, step: int) -> None:
    done: list[tuple[int, int]] = []
    in_pieces(threads, number, lambda begin, end: done.append((begin, end)), step)
    assert sorted(i for begin, end in done for i in range(begin, end)) == list(range(number))
    assert step == 0 or threads == 1 or all(end - begin <= max(step, 1) for begin, end in done)


def test_the_caller_works_and_others_beside_it() -> None:
    who: set[str] = set()

    def work(begin: int, end: int) -> None:
        who.add(threading.current_thread().name)
        time.sleep(0.02)

    in_pieces(2, 20, work, 1)
    assert threading.current_thread().name in who and len(who) == 2


@pytest.mark.parametrize("broken", [0, 5, 19])
def test_a_piece_that_fails_is_told(broken: int) -> None:
    def work(begin: int, end: int) -> None:
        time.sleep(0.001)
        if begin == broken:
            raise ValueError(f"piece {begin}")

    with pytest.raises(ValueError, match=f"piece {broken}"):
        in_pieces(2, 20, work, 1)
