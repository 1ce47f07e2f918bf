"""What was made: `drivesynth/ledger.jsonl`, one JSON object a line, appended as frames are committed.

A line counts once it ends in a newline. A run killed while it wrote leaves a torn last line, which
readers skip and the next run cuts off before it appends; that frame is then made again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from drivesynth.dataset.storage import OWN, Storage
from drivesynth.errors import WorkError

LEDGER = f"{OWN}/ledger.jsonl"


Files = dict[str, tuple[int, str]]  # path inside the dataset -> bytes, SHA-256


@dataclass(frozen=True)
class FrameRecord:
    """How one frame was made.

    timings_s  seconds by stage; the one part that differs from run to run
    """

    frame: str
    scene: str
    variant: int
    time_s: float
    scenario_sha256: str
    files: Files
    timings_s: dict[str, float] = field(default_factory=dict)


def digest(data: bytes) -> str:
    """SHA-256 as hexadecimal digits."""
    return sha256(data).hexdigest()


def described(files: Mapping[str, bytes]) -> Files:
    """What the ledger says of files."""
    return {path: (len(data), digest(data)) for path, data in files.items()}


class Ledger:
    """The ledger of one dataset, open for reading and appending.

    frames  by id, the last line of a frame counts
    shared  path -> [bytes, SHA-256] of files that belong to no single frame
    """

    def __init__(self, root: Path) -> None:
        self._path = root / LEDGER
        self.frames: dict[str, FrameRecord] = {}
        self.shared: Files = {}
        data = self._path.read_bytes() if self._path.exists() else b""
        self._whole = data.rfind(b"\n") + 1
        for number, line in enumerate(data[: self._whole].splitlines(), 1):
            try:
                row = json.loads(line)
                kind = row.pop("kind")
                if kind == "session":
                    continue
                row["files"] = {path: (size, sha) for path, (size, sha) in row["files"].items()}
                if kind == "frame":
                    self.frames[row["frame"]] = FrameRecord(**row)
                else:
                    self.shared |= row["files"]
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

    def note_shared(self, files: Mapping[str, bytes]) -> None:
        """Append what stands in the lists, the card and other files of the whole dataset."""
        described_files = described(files)
        if any(self.shared.get(path) != facts for path, facts in described_files.items()):
            self._append({"kind": "shared", "files": described_files})
            self.shared |= described_files

    def _append(self, row: dict[str, Any]) -> None:
        line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
        try:
            with self._path.open("r+b" if self._path.exists() else "w+b") as file:
                file.truncate(self._whole)
                file.seek(self._whole)
                file.write(line)
        except OSError as error:
            raise WorkError(f"{self._path}: cannot be written: {error.strerror}") from None
        self._whole += len(line)
