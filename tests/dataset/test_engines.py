"""Engines: the same results from any of them; a worker may die, an item may not get lost."""

import threading

import pytest

from drivesynth.dataset.engines import Abreast, InProcess, Processes, engine, shared
from drivesynth.errors import RequestError, WorkError
from tests.dataset import engine_tasks as tasks


def test_one_worker_is_this_process_and_more_are_others():
    assert isinstance(engine(1), InProcess)
    assert isinstance(engine(1, lanes=2), Abreast)
    assert isinstance(engine(3, lanes=2), Processes)


@pytest.mark.parametrize("run", [InProcess(), Abreast(3), Processes(2)], ids=["here", "abreast", "processes"])
def test_every_item_is_answered_once(run):
    answers = dict(run.run(tasks.square, list(range(25)), lambda n: n % 3))
    assert answers == {n: n * n for n in range(25)}
    assert list(run.run(tasks.square, [], lambda n: n)) == []


def test_lanes_run_at_the_same_time_and_answer_in_order():
    meeting = threading.Barrier(2)

    def meet(number: int) -> int:
        meeting.wait(timeout=30)  # passes only while another item is under way
        return number

    assert list(Abreast(2).run(meet, list(range(6)), lambda n: n)) == [(n, n) for n in range(6)]


def test_the_last_items_share_all_threads():
    assert shared(2, 2, 7) == [1, 1, 1, 1, 1, 1, 2]
    assert shared(8, 3, 5) == [2, 2, 2, 4, 4]
    assert shared(4, 4, 8) == [1] * 8
    assert shared(1, 1, 3) == [1, 1, 1]


def test_an_error_in_a_lane_ends_the_run_after_what_came_before_it():
    def fail_at_four(number: int) -> int:
        if number == 4:
            raise WorkError("the disk is full")
        return number

    run = Abreast(2).run(fail_at_four, list(range(9)), lambda n: n)
    assert [next(run)[1] for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(WorkError, match="the disk is full"):
        next(run)


def test_a_killed_worker_costs_one_more_attempt_and_no_item(tmp_path):
    items = [(str(tmp_path), number) for number in range(8)]
    answers = dict(Processes(2).run(tasks.die_once, items, lambda item: item[1]))
    assert answers == {n: n for n in range(8)}
    assert (tmp_path / "died").exists()


def test_an_item_that_kills_two_workers_ends_the_run_with_the_cause():
    with pytest.raises(WorkError, match=r"made 1 died twice \(signal SIGKILL\); is memory short"):
        list(Processes(2).run(tasks.die_always, [0, 1, 2], lambda n: n))


def test_errors_of_a_worker_arrive_with_their_exit_status_and_whole_message():
    with pytest.raises(RequestError, match="a: two things\nb: are wrong"):
        list(Processes(2).run(tasks.fail, ["request"], lambda _: 0))
    with pytest.raises(WorkError, match="the disk is full"):
        list(Processes(2).run(tasks.fail, ["work"], lambda _: 0))
    with pytest.raises(RuntimeError, match="ZeroDivisionError: a bug"):
        list(Processes(2).run(tasks.fail, ["bug"], lambda _: 0))


def test_workers_stay_with_a_group_while_others_are_left():
    items = [(group, n) for group in "ab" for n in range(6)]
    workers = {group: set() for group in "ab"}
    for _, (group, pid) in Processes(2).run(tasks.pid_of, items, lambda item: item[0]):
        workers[group].add(pid)
    assert min(len(pids) for pids in workers.values()) == 1
