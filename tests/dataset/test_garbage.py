"""Frames are made with garbage seldom sought, and the caller's collector is as it was afterwards."""

import gc

import pytest

from drivesynth.dataset.garbage import seldom_sought


def test_the_collector_is_as_it_was_whatever_happens_within() -> None:
    before, held = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(KeyError), seldom_sought():
        assert gc.get_threshold()[0] >= 10_000
        assert gc.get_freeze_count() > 1000  # what is there already is not looked through
        raise KeyError
    assert gc.get_threshold() == before
    assert held > 0 or gc.get_freeze_count() == 0


def test_what_was_frozen_before_stays_so() -> None:
    before = gc.get_freeze_count()
    gc.freeze()
    try:
        with seldom_sought():
            pass
        assert gc.get_freeze_count() > before
    finally:
        if before == 0:
            gc.unfreeze()
