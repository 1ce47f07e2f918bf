"""The set-up script installs once, and says what is missing."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "start.py"


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, with its `.venv` in a folder of the test's and every command only written down."""
    spec = importlib.util.spec_from_file_location("start_script", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    module.commands = []

    def run(command: list[object]) -> int:
        words = [str(word) for word in command]
        module.commands.append(words)
        if "venv" in words:
            module.PYTHON.parent.mkdir(parents=True)
            module.PYTHON.touch()
        return 0

    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(module, "output", lambda command: "")
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    return module


def installers(start: ModuleType) -> list[str]:
    """What installed the project, in order."""
    return [words[0] if words[1] == "pip" else words[2] for words in start.commands if "--editable" in words]


@pytest.mark.parametrize("uv", [None, "/usr/bin/uv"])
def test_it_installs_once_and_again_only_when_the_project_changes(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, uv: str | None
) -> None:
    monkeypatch.setattr(start.shutil, "which", lambda name: uv)
    start.prepare("test")
    assert any("install" in words and any("[test]" in word for word in words) for words in start.commands)
    start.commands.clear()
    start.prepare("test")
    assert not start.commands
    (start.VENV / "drivesynth-test.stamp").write_text("another pyproject")
    start.prepare("test")
    assert start.commands and not any("venv" in words for words in start.commands)


def test_uv_comes_by_pip_and_installs_the_rest(start: ModuleType) -> None:
    start.prepare("")
    assert installers(start) == [str(start.PYTHON.with_name("uv"))]
    assert any("uv" in words and "pip" in words for words in start.commands)


def test_where_uv_fails_pip_installs(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = start.run
    monkeypatch.setattr(start, "run", lambda command: honest(command) or (str(command[0])[-2:] == "uv") * 1)
    start.prepare("")
    assert installers(start) == [str(start.PYTHON.with_name("uv")), "pip"]
    assert len(list(start.VENV.glob("*.stamp"))) == 1


def test_an_index_of_ones_own_is_for_pip(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "output", lambda command: "global.index-url='mine'\n")
    start.prepare("")
    assert installers(start) == ["pip"]
    start.commands.clear()
    monkeypatch.setattr(start, "output", lambda command: "global.extra-index-url='more'\n")
    start.prepare("test")
    assert installers(start) == [str(start.PYTHON.with_name("uv"))]


def test_a_failed_installation_leaves_no_stamp(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = start.run
    monkeypatch.setattr(start, "run", lambda command: honest(command) or ("install" in map(str, command)) * 1)
    with pytest.raises(SystemExit, match="set-up stopped"):
        start.prepare("")
    assert not list(start.VENV.glob("*.stamp"))


def test_a_python_without_venv_names_the_package(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match=r"apt install python3.*-venv"):
        start.prepare("")


def test_other_words_go_to_drivesynth(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "prepare", lambda extra: None)
    assert start.main(["scenes", "--tag", "vru"]) == 0
    assert start.commands[-1][1:] == ["-m", "drivesynth", "scenes", "--tag", "vru"]
