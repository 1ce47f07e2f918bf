"""The README tells the truth: its scene is valid, its Python runs, its commands exist."""

import re
import shlex
from pathlib import Path

import pytest

from drivesynth import cli
from drivesynth.scenario.draw import check as check_scene

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_scene_of_the_readme_is_valid(tmp_path: Path) -> None:
    (text,) = blocks("yaml")
    file = tmp_path / "scene.yaml"
    file.write_text(text)
    check_scene(file)


def test_the_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = blocks("python")
    names: dict[str, object] = {}
    exec(compile(text, "README.md", "exec"), names)
    assert len(names["points"]) > 100_000  # type: ignore[arg-type]
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_every_command_of_the_readme_is_understood() -> None:
    lines = [line.split("#")[0] for block in blocks("") for line in block.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("drivesynth ")]
    assert len(commands) >= 5
    for verb, *words in commands:
        command = cli.verbs.commands[verb]
        command.make_context(verb, words)  # parses; nothing runs


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (Path(__file__).resolve().parents[1] / target).exists(), target
