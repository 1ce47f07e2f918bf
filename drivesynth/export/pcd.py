"""The Point Cloud Library's .pcd files, version 0.7, DATA ascii and binary.

"The PCD (Point Cloud Data) file format", documentation of the Point Cloud Library. Every field is kept
as it is; x, y, z must be there. Other fields than these, intensity and ring are carried along.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from drivesynth.errors import RequestError

_TYPES = {
    ("F", 4): "<f4", ("F", 8): "<f8", ("U", 1): "u1", ("U", 2): "<u2", ("U", 4): "<u4", ("U", 8): "<u8",
    ("I", 1): "i1", ("I", 2): "<i2", ("I", 4): "<i4", ("I", 8): "<i8",
}  # fmt: skip
_HEADER = ("VERSION", "FIELDS", "SIZE", "TYPE", "COUNT", "WIDTH", "HEIGHT", "VIEWPOINT", "POINTS", "DATA")
_LONGEST_HEADER = 4096


@dataclass(frozen=True, eq=False)
class Pcd:
    """A file's points: a structured array, a field a column; `header` as the file has it, by its words."""

    header: dict[str, str]
    points: np.ndarray[Any, np.dtype[np.void]]


def decode(data: bytes, name: str) -> Pcd:
    """The file's points; RequestError where it is no PCD file, damaged, or compressed."""
    header, start = _header(data, name)
    dtype = _dtype(header, name)
    count = _number(header.get("POINTS", ""), name, "POINTS")
    if header["DATA"] == "binary":
        need = count * dtype.itemsize
        if len(data) - start < need:
            raise RequestError(
                f"{name}: {count} points of {dtype.itemsize} bytes are announced, {len(data) - start} bytes "
                "follow; the file was cut off"
            )
        return Pcd(header, np.frombuffer(data, dtype, count, start).copy())
    if header["DATA"] != "ascii":
        raise RequestError(
            f"{name}: DATA {header['DATA']} is not read; write it as DATA binary "
            "(pcl_convert_pcd_ascii_binary in.pcd out.pcd 1)"
        )
    return Pcd(header, _from_text(data[start:], dtype, count, name))


def encode(pcd: Pcd) -> bytes:
    """The points as a file, in the way of its header; an organised cloud becomes a plain list."""
    count = str(len(pcd.points))
    header = pcd.header | {"WIDTH": count, "HEIGHT": "1", "POINTS": count}
    lines = [f"{word} {header[word]}" for word in _HEADER if word in header]
    head = ("# .PCD v0.7 - Point Cloud Data file format\n" + "\n".join(lines) + "\n").encode()
    if header["DATA"] == "binary":
        return head + pcd.points.tobytes()
    columns = []
    for field in pcd.points.dtype.names or ():
        values = pcd.points[field].reshape(len(pcd.points), -1)
        for k in range(values.shape[1]):
            columns.append([_text(value) for value in values[:, k]])
    return head + "".join(" ".join(row) + "\n" for row in zip(*columns, strict=True)).encode()


def _text(value: Any) -> str:
    """The shortest text that reads back as the same number."""
    return str(value)


def _header(data: bytes, name: str) -> tuple[dict[str, str], int]:
    header: dict[str, str] = {}
    start = 0
    while start < min(len(data), _LONGEST_HEADER):
        end = data.find(b"\n", start)
        if end < 0:
            break
        line = data[start:end].decode("ascii", "replace").strip()
        start = end + 1
        word, _, rest = line.partition(" ")
        if word in _HEADER:
            header[word] = rest.strip()
        elif line and not line.startswith("#"):
            break
        if word == "DATA":
            missing = [need for need in ("FIELDS", "SIZE", "TYPE", "POINTS") if need not in header]
            if missing:
                raise RequestError(f"{name}: the PCD header has no {', '.join(missing)}; is it whole?")
            return header, start
    raise RequestError(f"{name}: not a PCD file: no header that ends in DATA")


def _dtype(header: dict[str, str], name: str) -> np.dtype[np.void]:
    fields, sizes, types = (header[word].split() for word in ("FIELDS", "SIZE", "TYPE"))
    counts = header.get("COUNT", "1 " * len(fields)).split()
    if not len(fields) == len(sizes) == len(types) == len(counts):
        raise RequestError(f"{name}: FIELDS, SIZE, TYPE and COUNT of the header differ in length")
    columns: list[Any] = []
    for k, (field, size, kind, count) in enumerate(zip(fields, sizes, types, counts, strict=True)):
        code = _TYPES.get((kind, _number(size, name, "SIZE")))
        if code is None:
            raise RequestError(
                f"{name}: field {field!r} has type {kind} of {size} bytes, which PCD does not know"
            )
        # PCL fills gaps with fields that are all called _.
        label = field if field != "_" else f"_{k}"
        many = _number(count, name, "COUNT")
        columns.append((label, code) if many == 1 else (label, code, (many,)))
    if len({column[0] for column in columns}) < len(columns):
        raise RequestError(f"{name}: a field is named twice: {header['FIELDS']}")
    missing = [axis for axis in "xyz" if axis not in fields]
    if missing:
        raise RequestError(f"{name}: no field {', '.join(missing)} among {header['FIELDS']}")
    return np.dtype(columns)


def _from_text(data: bytes, dtype: np.dtype[np.void], count: int, name: str) -> Any:
    width = sum(int(np.prod(dtype[field].shape, dtype=int)) for field in dtype.names or ())
    words = data.split()
    if len(words) < count * width:
        raise RequestError(
            f"{name}: {count} points of {width} numbers are announced, {len(words)} numbers follow; "
            "the file was cut off"
        )
    try:
        table = np.array(words[: count * width]).reshape(count, width)
        points = np.zeros(count, dtype)
        column = 0
        for field in dtype.names or ():
            part = dtype[field]
            many = int(np.prod(part.shape, dtype=int))
            values = table[:, column : column + many].astype(part.base)
            points[field] = values[:, 0] if part.shape == () else values
            column += many
    except (ValueError, OverflowError) as error:
        raise RequestError(f"{name}: not a number: {error}") from None
    return points


def _number(text: str, name: str, word: str) -> int:
    if not text.isdecimal():
        raise RequestError(f"{name}: {word} {text!r} is not a whole number")
    return int(text)
