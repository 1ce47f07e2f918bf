"""pulses/NNNNNN.parquet: every fired pulse and echo with all columns, lost ones included.

Apache Parquet, one row a pulse in the device's disk order; the columns are those of
`sensors.frame.Pulses` and `cause` is written as its name. Needs the extra `pulses` (pyarrow).
"""

import io
from dataclasses import fields
from typing import Any

import numpy as np

from drivesynth.errors import RequestError
from drivesynth.sensors.frame import CAUSE, CAUSES, Pulses

_AXES = ("x_m", "y_m", "z_m")


def require() -> Any:
    """The pyarrow package; RequestError names the command that installs it."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise RequestError(
            "--pulses writes Parquet, which needs pyarrow: pip install 'drivesynth[pulses]'"
        ) from None
    return pyarrow


def encode(pulses: Pulses) -> bytes:
    """The sweep as Parquet bytes."""
    arrow = require()
    columns: dict[str, Any] = {name: pulses.xyz_m[:, axis] for axis, name in enumerate(_AXES)}
    columns |= {field.name: getattr(pulses, field.name) for field in fields(Pulses) if field.name != "xyz_m"}
    columns["cause"] = arrow.DictionaryArray.from_arrays(
        arrow.array(pulses.cause.astype(np.int8)), arrow.array(CAUSES)
    )
    buffer = io.BytesIO()
    floats = [name for name, column in columns.items() if getattr(column, "dtype", None) == np.float32]
    arrow.parquet.write_table(
        arrow.table(columns),
        buffer,
        compression="zstd",
        use_dictionary=["cause"],
        use_byte_stream_split=floats,  # bytes of equal weight together: a third smaller
    )
    return buffer.getvalue()


def decode(data: bytes) -> Pulses:
    """The sweep that `encode` wrote."""
    table = require().parquet.read_table(io.BytesIO(data))
    read = {name: table[name].to_numpy() for name in table.column_names if name not in ("cause", *_AXES)}
    cause = np.array([CAUSE[name] for name in table["cause"].to_pylist()], np.uint8)
    xyz = np.column_stack([table[name].to_numpy() for name in _AXES])
    return Pulses(xyz_m=xyz, cause=cause, **read)
