"""Recorded trajectories: CSV files of time_s, x_m, y_m, heading_rad, in the world frame."""

import csv
import math
from pathlib import Path

from drivesynth.errors import RequestError
from drivesynth.scene import catalogue
from drivesynth.scene.document import shown

COLUMNS = ("time_s", "x_m", "y_m", "heading_rad")
_MOST_BYTES, _MOST_ROWS = 20_000_000, 100_000
Row = tuple[float, float, float, float]


def read(ref: str, beside: Path) -> tuple[Row, ...]:
    """The rows of a recording that a scene beside `beside` names; times rise.

    Other columns may stand in the file too. RequestError says which line is wrong.
    """
    path = catalogue.find(ref, beside, folder="lib")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RequestError(f"{shown(path)} is larger than {_MOST_BYTES // 1_000_000} MB")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RequestError(f"{shown(path)} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RequestError(f"{shown(path)} is not UTF-8 text; is it a CSV file?") from None
    lines = csv.reader(text.splitlines())
    header = [name.strip() for name in next(lines, [])]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise RequestError(
            f"{path.name}:1: no column {' and no '.join(missing)}; the first line names {','.join(COLUMNS)}"
        )
    at = [header.index(name) for name in COLUMNS]
    rows: list[Row] = []
    for cells in lines:
        where = f"{path.name}:{lines.line_num}"
        if not cells:
            continue
        rows.append(_row(cells, at, where))
        if len(rows) > 1 and rows[-1][0] <= rows[-2][0]:
            raise RequestError(f"{where}: time_s must rise from line to line")
        if len(rows) > _MOST_ROWS:
            raise RequestError(f"{where}: more than {_MOST_ROWS} rows")
    if len(rows) < 2:
        raise RequestError(f"{path.name}: a recording has at least two rows below its header")
    return tuple(rows)


def _row(cells: list[str], at: list[int], where: str) -> Row:
    values = []
    for name, column in zip(COLUMNS, at, strict=True):
        cell = cells[column].strip() if column < len(cells) else ""
        try:
            value = float(cell)
        except ValueError:
            raise RequestError(f"{where}: {name} is {cell[:20]!r}, not a number") from None
        if not math.isfinite(value) or abs(value) > 1e7:
            raise RequestError(f"{where}: {name} is {cell[:20]}, which makes no sense")
        values.append(value)
    return values[0], values[1], values[2], values[3]
