"""Letters and digits of straight strokes, for signs, number plates and what stands on vehicles."""

import numpy as np

from drivesynth.geometry.shapes import Shape

# Strokes: x, y of both ends in units of half width and half height.
STROKES = {
    "a": ((-1, 1), (1, 1)), "b": ((1, 1), (1, 0)), "c": ((1, 0), (1, -1)), "d": ((-1, -1), (1, -1)),
    "e": ((-1, 0), (-1, -1)), "f": ((-1, 1), (-1, 0)), "g": ((-1, 0), (1, 0)), "v": ((0, 1), (0, -1)),
    "h": ((-0.15, 0.9), (0, 0)), "i": ((0, 0.0), (0, -1)),
}  # fmt: skip
DIGITS = {
    "0": "abcdef", "1": "bc", "2": "abdeg", "3": "abcdg", "4": "bcfg", "5": "acdfg", "6": "acdefg",
    "7": "abc", "8": "abcdefg", "9": "abcdfg",
}  # fmt: skip
LETTERS = {
    "A": "abcefg", "C": "adef", "E": "adefg", "F": "aefg", "H": "bcefg", "I": "v", "J": "bcd", "L": "def",
    "O": "abcdef", "P": "abefg", "S": "acdfg", "T": "av", "U": "bcdef", "X": "bcefg", "R": "abefgi",
    "B": "abcdefg", "N": "abcef",
}  # fmt: skip
GLYPHS = DIGITS | LETTERS


def lettering(text: str, height_m: float, material: int, width: float = 0.55) -> Shape:
    """Flat letters in the plane x = 0, centred, read from +x; spaces are left out.

    width  of a letter against its height
    """
    wide = width * height_m
    pen, pitch = 0.16 * height_m, 1.28 * wide
    corners = []
    for k, letter in enumerate(text):
        y0 = (k - (len(text) - 1) / 2) * pitch
        for stroke in GLYPHS.get(letter, ""):
            ends = np.array(STROKES[stroke], np.float64) * [(wide - pen) / 2, (height_m - pen) / 2]
            low, high = ends.min(axis=0) - pen / 2, ends.max(axis=0) + pen / 2
            corners.append([(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])])
            corners[-1] = [(y + y0, z) for y, z in corners[-1]]
    flat = np.array(corners, np.float64).reshape(-1, 2)
    rows = np.arange(len(corners))[:, None] * 4
    faces = np.concatenate([rows + np.array([0, 1, 2]), rows + np.array([0, 2, 3])]).astype(np.int32)
    points = np.column_stack([np.zeros(len(flat)), flat])
    return Shape(points, faces, np.full(len(faces), material, np.uint16))
