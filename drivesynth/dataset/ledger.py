"""What was made: `drivesynth/ledger.jsonl`, one JSON object a line, appended as frames are committed.

A line counts once it ends in a newline. A run killed while it wrote leaves a torn last line, which
readers skip and the next run cuts off before it appends; that frame is then made again.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from drivesynth.dataset.storage import OWN, Storage
from drivesynth.errors import WorkError

LEDGER = f"{OWN}/ledger.jsonl"


@dataclass(frozen=True)
class FrameRecord:
    """How one frame was made.

    files      path inside the dataset -> [bytes, SHA-256]
    timings_s  seconds by stage; the one part that differs from run to run
    """

    frame: str
    scene: str
    variant: int
    time_s: float
    scenario_sha256: str
    files: dict[str, tuple[int, str]]
    timings_s: dict[str, float] = field(default_factory=dict)


def digest(data: bytes) -> str:
    """SHA-256 as hexadecimal digits."""
    return sha256(data).hexdigest()


class Ledger:
    """The ledger of one dataset, open for reading and appending.

    frames  by id, the last line of a frame counts
    """

    def __init__(self, root: Path) -> None:
        self._path = root / LEDGER
        self.frames: dict[str, FrameRecord] = {}
        data = self._path.read_bytes() if self._path.exists() else b""
        self._whole = data.rfind(b"\n") + 1
        for number, line in enumerate(data[: self._whole].splitlines(), 1):
            try:
                row = json.loads(line)
                if row.pop("kind") == "frame":
                    row["files"] = {path: (size, sha) for path, (size, sha) in row["files"].items()}
                    self.frames[row["frame"]] = FrameRecord(**row)
            except (ValueError, KeyError, TypeError) as error:
                raise WorkError(f"{self._path}:{number}: not a line of a ledger ({error})") from None

    def whole(self, record: FrameRecord, storage: Storage) -> bool:
        """Whether all files of a recorded frame still stand, by size; `verify` compares digests."""
        return all(storage.size(path) == size for path, (size, _) in record.files.items())

    def note_session(self, **facts: Any) -> None:
        """Append who makes the following frames: machine, versions, workers."""
        self._append({"kind": "session", **facts})

    def note_frame(self, record: FrameRecord) -> None:
        """Append a frame whose files stand under their final names."""
        self._append({"kind": "frame", **asdict(record)})
        self.frames[record.frame] = record

    def _append(self, row: dict[str, Any]) -> None:
        line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
        try:
            with self._path.open("r+b" if self._path.exists() else "w+b") as file:
                file.truncate(self._whole)
                file.seek(self._whole)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise WorkError(f"{self._path}: cannot be written: {error.strerror}") from None
        self._whole += len(line)
