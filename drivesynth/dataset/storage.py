"""One output folder: a lock, single files written whole, and all files of a frame or none.

A frame's files are written into a staging folder on the same disk and renamed one after the other
once all are complete. Renaming cannot fail for want of space, so a full disk leaves nothing under a
final name; a process killed between two renames leaves whole files of a frame that the ledger does
not know, and the next run writes the same bytes over them.
"""

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from drivesynth.errors import RequestError, WorkError

OWN = "drivesynth"  # the folder beside training/ that holds everything no KITTI reader looks for
PLAN = f"{OWN}/plan.json"
STAGING = f"{OWN}/.staging"
_LOCK = f"{OWN}/.lock"
_FRAMES = ("training", "testing", "ImageSets")


class Storage:
    """A dataset's folder on a local disk; paths inside it are given with slashes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one builder; a lock dies with its process, however that ends.

        A folder that was made for it and that nothing came into is taken away again.
        """
        if not (self.root / PLAN).exists():
            taken = [name for name in _FRAMES if _holds_something(self.root / name)]
            if taken:
                raise RequestError(
                    f"{self.root} holds {', '.join(taken)} but no {PLAN}, so it is not a dataset of ours; "
                    "choose an empty folder"
                )
        found, lock = self.root.exists(), self.root / _LOCK
        with _told(self.root):
            (self.root / OWN).mkdir(parents=True, exist_ok=True)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not lock.exists() or not os.path.samestat(os.fstat(handle), lock.stat()):
                    raise BlockingIOError  # its last holder took it away between our two steps
            except BlockingIOError:
                raise WorkError(f"{self.root}: another run is writing here; wait for its end") from None
            with _told(self.root):
                self.clear_staging()
            try:
                yield
            finally:
                self.clear_staging()
                lock.unlink(missing_ok=True)
                for folder in (self.root / OWN, self.root)[: 1 if found else 2]:
                    with contextlib.suppress(OSError):  # there is something in it
                        folder.rmdir()
        finally:
            os.close(handle)

    def clear_staging(self) -> None:
        """Throw away what a killed run left unfinished."""
        shutil.rmtree(self.root / STAGING, ignore_errors=True)

    def read(self, path: str) -> bytes:
        """One file's bytes; WorkError where it cannot be read."""
        with _told(self.root / path, "read"):
            return (self.root / path).read_bytes()

    def size(self, path: str) -> int:
        """Bytes of a file, -1 where there is none."""
        try:
            return (self.root / path).stat().st_size
        except OSError:
            return -1

    def write(self, path: str, data: bytes) -> None:
        """Write one file whole, replacing what was there."""
        self.commit({path: data}, name=path.replace("/", "+"))

    def commit(self, files: Mapping[str, bytes], name: str) -> None:
        """Write all files, then give them their final names in the order of `files`.

        `name` keeps the staging folders of two commits under way apart.
        """
        staging = self.root / STAGING / name
        try:
            with _told(self.root):
                staging.mkdir(parents=True, exist_ok=True)
                for number, (path, data) in enumerate(files.items()):
                    with _told(self.root / path):
                        (staging / str(number)).write_bytes(data)
                for folder in {(self.root / path).parent for path in files}:
                    folder.mkdir(parents=True, exist_ok=True)
                for number, path in enumerate(files):
                    os.replace(staging / str(number), self.root / path)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _told(path: Path, verb: str = "written") -> Iterator[None]:
    """Turn an operating system's error into a message with a cure."""
    try:
        yield
    except OSError as error:
        cures = {
            errno.ENOSPC: "; free some space and give the same command again: what is done stays done",
            errno.EDQUOT: "; your quota is used up: free some space and give the same command again",
            errno.EACCES: "; choose a folder you may write to",
            errno.EROFS: "; choose a folder you may write to",
        }
        cure = cures.get(error.errno or 0, "")
        raise WorkError(f"{path}: cannot be {verb}: {error.strerror or error}{cure}") from None


def _holds_something(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and any(path.iterdir()))
