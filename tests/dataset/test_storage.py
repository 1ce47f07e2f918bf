"""Nothing half-written under a final name: storage and ledger."""

import errno
import json
import os
import subprocess
import sys

import pytest

from drivesynth.dataset import storage as storage_module
from drivesynth.dataset.ledger import LEDGER, FrameRecord, Ledger, digest
from drivesynth.dataset.storage import PLAN, STAGING, Storage
from drivesynth.errors import RequestError, WorkError


def record(frame: str = "000000", **files: bytes) -> FrameRecord:
    listed = {path: (len(data), digest(data)) for path, data in files.items()}
    return FrameRecord(frame, "child", 0, 1.5, "abc", listed, {"lidar": 0.01})


def test_a_frame_appears_whole(tmp_path):
    storage = Storage(tmp_path)
    with storage.locked():
        storage.commit({"training/a/0.bin": b"one", "training/b/0.txt": b"two"}, "000000")
    assert (tmp_path / "training/a/0.bin").read_bytes() == b"one"
    assert (tmp_path / "training/b/0.txt").read_bytes() == b"two"
    assert not list((tmp_path / STAGING).glob("*"))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_full_or_locked_disk_leaves_nothing_behind_and_says_what_to_do(tmp_path, monkeypatch, code):
    storage = Storage(tmp_path)
    write = storage_module.Path.write_bytes

    def full(path, data):
        if data == b"two":
            write(path, data[:1])
            raise OSError(code, os.strerror(code))
        return write(path, data)

    with storage.locked():
        monkeypatch.setattr(storage_module.Path, "write_bytes", full)
        with pytest.raises(WorkError, match=r"b/0\.txt: cannot be written: .*; ") as caught:
            storage.commit({"training/a/0.bin": b"one", "training/b/0.txt": b"two"}, "000000")
    assert caught.value.exit_status == 1
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_truly_full_device_is_reported(tmp_path):
    storage = Storage(tmp_path)
    staging = tmp_path / STAGING / "x"
    with storage.locked():
        staging.mkdir(parents=True)
        (staging / "0").symlink_to("/dev/full")
        with pytest.raises(WorkError, match="No space left on device; free some space"):
            storage.commit({"training/a.bin": b"one"}, "x")


def test_an_output_that_is_a_file_is_reported(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(WorkError, match="cannot be written"), Storage(tmp_path / "out").locked():
        pass


def test_a_folder_with_foreign_data_is_refused(tmp_path):
    (tmp_path / "training" / "velodyne").mkdir(parents=True)
    with pytest.raises(RequestError, match="not a dataset of ours"), Storage(tmp_path).locked():
        pass
    assert not (tmp_path / "drivesynth").exists()


def test_a_lock_leaves_no_file_and_no_folder_that_it_made(tmp_path):
    storage = Storage(tmp_path / "out")
    with pytest.raises(RequestError), storage.locked():
        raise RequestError("what was asked for is wrong")
    assert list(tmp_path.iterdir()) == []
    with storage.locked():
        storage.write(PLAN, b"{}")
        with pytest.raises(WorkError, match="another run"), Storage(tmp_path / "out").locked():
            pass
    assert [path.name for path in (tmp_path / "out" / "drivesynth").iterdir()] == ["plan.json"]
    (tmp_path / "mine").mkdir()
    with Storage(tmp_path / "mine").locked():
        pass
    assert list((tmp_path / "mine").iterdir()) == [], "a folder that was there stays"


def test_a_run_stopped_before_its_plan_stood_does_not_block_the_next(tmp_path):
    for _ in range(2):
        with Storage(tmp_path).locked():
            assert not (tmp_path / PLAN).exists()


def test_two_builders_cannot_write_to_one_folder(tmp_path):
    program = (
        "import sys; from pathlib import Path; from drivesynth.dataset.storage import Storage\n"
        "with Storage(Path(sys.argv[1])).locked(): print('in', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    try:
        assert other.stdout.readline() == b"in\n"
        with pytest.raises(WorkError, match="another run is writing here"), Storage(tmp_path).locked():
            pass
    finally:
        other.kill()
        other.communicate()
    with Storage(tmp_path).locked():  # the lock died with its process
        pass


def test_staging_of_a_killed_run_is_thrown_away(tmp_path):
    (tmp_path / STAGING / "000004").mkdir(parents=True)
    (tmp_path / STAGING / "000004" / "0").write_bytes(b"half")
    with Storage(tmp_path).locked():
        assert not (tmp_path / STAGING).exists()


def test_the_ledger_reads_back_what_was_noted(tmp_path):
    storage = Storage(tmp_path)
    with storage.locked():
        storage.commit({"training/a.bin": b"one"}, "000000")
        ledger = Ledger(tmp_path)
        ledger.note_session(workers=2)
        ledger.note_frame(record(**{"training/a.bin": b"one"}))
        again = Ledger(tmp_path)
    assert again.frames == ledger.frames == {"000000": record(**{"training/a.bin": b"one"})}
    assert again.whole(again.frames["000000"], storage)
    (tmp_path / "training/a.bin").write_bytes(b"on")
    assert not again.whole(again.frames["000000"], storage)


def test_a_torn_last_line_is_forgotten_and_cut_off(tmp_path):
    with Storage(tmp_path).locked():
        ledger = Ledger(tmp_path)
        ledger.note_frame(record("000000"))
        with (tmp_path / LEDGER).open("ab") as file:
            file.write(b'{"kind":"frame","frame":"0000')
        torn = Ledger(tmp_path)
        assert list(torn.frames) == ["000000"]
        torn.note_frame(record("000001"))
    lines = (tmp_path / LEDGER).read_text().splitlines()
    assert [json.loads(line)["frame"] for line in lines] == ["000000", "000001"]


def test_a_ledger_that_is_none_is_reported_with_its_line(tmp_path):
    (tmp_path / "drivesynth").mkdir()
    (tmp_path / LEDGER).write_text("hello\n")
    with pytest.raises(WorkError, match=r"ledger\.jsonl:1: not a line of a ledger"):
        Ledger(tmp_path)
