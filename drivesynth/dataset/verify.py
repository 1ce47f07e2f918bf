"""Is every byte of a dataset what its ledger says?"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drivesynth.dataset import plan as plans
from drivesynth.dataset.ledger import Ledger, digest
from drivesynth.dataset.storage import PLAN, Storage
from drivesynth.errors import RequestError


@dataclass(frozen=True)
class Fault:
    """One file that is not what it should be."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def verify(folder: Path) -> Iterator[Fault]:
    """Yield every missing, changed or unknown file and every frame that was planned but not made."""
    storage = Storage(folder)
    if not (folder / PLAN).is_file():
        raise RequestError(f"{folder}: no {PLAN} there; is it a dataset made by drivesynth?")
    plan, ledger = plans.decode(storage.read(PLAN), str(folder / PLAN)), Ledger(folder)
    known = {PLAN}
    for files in (ledger.shared, *(record.files for record in ledger.frames.values())):
        for path, (size, sha256) in files.items():
            known.add(path)
            if storage.size(path) < 0:
                yield Fault(path, "is missing")
            elif storage.size(path) != size or digest(storage.read(path)) != sha256:
                yield Fault(path, "has other bytes than the ledger says")
    for take in plan.takes:
        for name, _ in take.frames:
            if name not in ledger.frames:
                yield Fault(name, "this frame was planned and is not made yet; repeat the command to resume")
    for top in ("training", "testing", "ImageSets"):
        for file in sorted((folder / top).rglob("*")):
            relative = file.relative_to(folder).as_posix()
            if file.is_file() and relative not in known:
                yield Fault(relative, "is not in the ledger")
