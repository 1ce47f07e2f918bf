"""Every file of scenes/invalid has one mistake, and its first line says what is to be said of it."""

import time
from pathlib import Path

import pytest

from drivesynth.errors import RequestError
from drivesynth.scenario.draw import check
from drivesynth.scene import catalogue
from drivesynth.scene.document import shown

FOLDER = catalogue.root() / "invalid"
FILES = sorted(FOLDER.glob("*.yaml"))


def test_there_are_at_least_sixty() -> None:
    assert len(FILES) >= 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_mistake_is_told_exactly_and_within_a_second(path: Path) -> None:
    expected = path.read_text().splitlines()[0].removeprefix("# ")
    start = time.process_time()
    with pytest.raises(RequestError) as caught:
        check(path)
    said = " | ".join(str(caught.value).splitlines())
    assert said.replace(f"{shown(path)}:", "").replace(f"{shown(FOLDER)}/", "") == expected
    assert time.process_time() - start < 1.0
