"""What the rays of a block have found so far, and what is therefore hidden from them.

The farthest depth of each part of a block hides what lies wholly behind it, as in Greene, Kass and Miller,
"Hierarchical Z-Buffer Visibility", SIGGRAPH 1993; what spans few rays is held against those themselves.
"""

from typing import NamedTuple

import numpy as np

from drivesynth_kernels.bvh_wide import LINKS, NODE
from drivesynth_kernels.jit import inlined
from drivesynth_kernels.picture_block import BLOCK_COLUMNS, BLOCK_ROWS, PART, PIXELS
from drivesynth_kernels.simd import (
    bits,
    higher_of,
    highest_lane,
    load8,
    lowest_bit,
    peek,
    poke,
    spread8,
    store,
)


class Canvas(NamedTuple):
    """A block's rays, row by row.

    best    (PIXELS + 8,) nearest depth so far, -inf where no ray is; the last eight are room to read
    weight  (2 PIXELS,) of the second and third corner of what was met
    found   (2 PIXELS,) its slot, and holder: 0 the still tree, 1 + instance for others
    far     (PIXELS / PART^2,) farthest depth of each part
    across  (BLOCK_COLUMNS,) columns counted from the block's middle
    ray     (8,) scratch: of one small triangle each
    """

    best: np.ndarray
    weight: np.ndarray
    found: np.ndarray
    far: np.ndarray
    across: np.ndarray
    ray: np.ndarray


class Waiting(NamedTuple):
    """A stack of links with their nearest depth and rectangle of rays (packed as by `see_box`)."""

    link: np.ndarray
    near: np.ndarray
    place: np.ndarray


@inlined
def clear(canvas, columns, rows):
    """Nothing found yet; rays beyond the first `columns` and `rows` ask nothing."""
    for p in range(0, PIXELS, 8):
        store(canvas.best, p, spread8(np.float32(np.inf)))
        store(canvas.found, p, spread8(np.int32(-1)))
    for y in range(BLOCK_ROWS):
        for x in range(columns if y < rows else 0, BLOCK_COLUMNS):
            poke(canvas.best, BLOCK_COLUMNS * y + x, np.float32(-np.inf))
    refresh(canvas, np.int64(0), np.int64(BLOCK_COLUMNS - 1), np.int64(0), np.int64(BLOCK_ROWS - 1))


@inlined
def refresh(canvas, x0, x1, y0, y1):
    """Work out anew how far the parts see that columns x0 .. x1 and rows y0 .. y1 lie in."""
    for j in range(y0 // PART, y1 // PART + 1):
        for i in range(x0 // PART, x1 // PART + 1):
            p = BLOCK_COLUMNS * PART * j + PART * i
            far = load8(canvas.best, p)
            for row in range(1, PART):
                far = higher_of(far, load8(canvas.best, p + BLOCK_COLUMNS * row))
            poke(canvas.far, BLOCK_COLUMNS // PART * j + i, highest_lane(far))


@inlined
def farthest_of(canvas):
    """The depth behind which no ray of the block can find anything nearer than it has."""
    far = load8(canvas.far, 0)
    for j in range(1, BLOCK_ROWS // PART):
        far = higher_of(far, load8(canvas.far, BLOCK_COLUMNS // PART * j))
    return highest_lane(far)


@inlined
def is_seen(canvas, place, near):
    """Whether a ray of a rectangle may still find something at depth `near`."""
    x0, x1, y0, y1 = place & 255, (place >> 8) & 255, (place >> 16) & 255, (place >> 24) & 255
    if x1 - x0 < PART and y1 - y0 < PART:
        far = load8(canvas.best, BLOCK_COLUMNS * y0 + x0)
        for y in range(y0 + 1, y1 + 1):
            far = higher_of(far, load8(canvas.best, BLOCK_COLUMNS * y + x0))
        return (bits(far > near) & ((2 << (x1 - x0)) - 1)) != 0
    x0, x1, y0, y1 = x0 // PART, x1 // PART, y0 // PART, y1 // PART
    far = load8(canvas.far, BLOCK_COLUMNS // PART * y0)
    for j in range(y0 + 1, y1 + 1):
        far = higher_of(far, load8(canvas.far, BLOCK_COLUMNS // PART * j))
    return (bits(far > near) & ((2 << x1) - (1 << x0))) != 0


@inlined
def queue_seen(hits, links, node, near_of, place_of, canvas, waiting, top):
    """Put the children of bits `hits` that are not hidden on the stack, the nearest uppermost; the new height."""
    first = top
    while hits != 0:
        k = lowest_bit(hits)
        hits &= hits - 1
        near, place = peek(near_of, k), peek(place_of, k)
        if not is_seen(canvas, np.int64(place), near):
            continue
        at = top
        while at > first and peek(waiting.near, at - 1) < near:
            poke(waiting.link, at, peek(waiting.link, at - 1))
            poke(waiting.near, at, peek(waiting.near, at - 1))
            poke(waiting.place, at, peek(waiting.place, at - 1))
            at -= 1
        poke(waiting.link, at, np.int64(peek(links, NODE * node + LINKS + k)))
        poke(waiting.near, at, near)
        poke(waiting.place, at, place)
        top += 1
    return top
