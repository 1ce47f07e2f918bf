"""Named random streams: a draw depends on its name and index alone.

A stream is named by (seed, name, variant, frame); draw number `index` of a stream never depends on
how many other streams exist, who asked first, or on which thread. Python code takes a numpy
generator over Philox (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011) with
the stream's key; kernels take the 64-bit key itself and mix it with the index.
"""

from hashlib import blake2b

import numpy as np


def stream_key(seed: int, name: str, variant: int = 0, frame: int = 0) -> int:
    """The 64-bit key of a stream: the same on any machine, for any Python hash seed."""
    text = f"{seed}\x1f{name}\x1f{variant}\x1f{frame}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")


def generator(seed: int, name: str, variant: int = 0, frame: int = 0) -> np.random.Generator:
    """A generator that starts at the head of the named stream."""
    return np.random.Generator(np.random.Philox(key=stream_key(seed, name, variant, frame)))


def uniform(seed: int, name: str, variant: int = 0, frame: int = 0) -> float:
    """One number in [0, 1) for a name, from the stream's key itself: what a scene value is decided by."""
    return (stream_key(seed, name, variant, frame) >> 11) * 2.0**-53
