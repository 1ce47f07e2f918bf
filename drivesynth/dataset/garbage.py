"""Cyclic garbage looked for seldom while frames are made: they leave none, and looking takes a while."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# A frame has tens of thousands of objects at a time; numbers above which a generation is looked through.
_OBJECTS = (100_000, 20, 20)


@contextmanager
def seldom_sought() -> Iterator[None]:
    """Look through what is made from here on seldom, and not at all through what is there already."""
    before, held = gc.get_threshold(), gc.get_freeze_count() > 0
    gc.freeze()
    gc.set_threshold(*_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if not held:  # else whoever froze it wants it so
            gc.unfreeze()
