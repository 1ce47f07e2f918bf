"""Verbs about scenes, before anything is rendered: new, check, scenes, sample."""

import math
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drivesynth.cli.terminal import SEED, counted, loading, say, scene_files
from drivesynth.errors import Mistakes, RequestError, did_you_mean

if TYPE_CHECKING:
    from drivesynth.scene.model import Scene


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def new(file: Path) -> None:
    """Write a commented starter scene.

    \b
    Example: drivesynth new my_scene.yaml
    """
    from drivesynth.scene import starter

    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(starter())
    except FileExistsError:
        raise RequestError(f"{file} exists; choose another name, it is not overwritten") from None
    except OSError as error:
        raise RequestError(f"{file}: cannot be written: {error.strerror}") from None
    click.echo(f"wrote {file}; next: drivesynth check {file}")


@click.command()
@click.argument("scenes", nargs=-1, metavar="SCENE...")
@click.option("--schema", is_flag=True, help="Print the JSON schema of scene files, for editors.")
def check(scenes: tuple[str, ...], schema: bool) -> None:
    """Validate scene files, or all of a folder; all mistakes at once.

    \b
    Example: drivesynth check my_scene.yaml scenes/edge_cases
    """
    if schema:
        import json

        from drivesynth.scene import schema as scene_schema

        click.echo(json.dumps(scene_schema(), indent=2))
        return
    if not scenes:
        raise click.UsageError("name a scene file or a folder (or --schema)")
    with loading():
        from drivesynth.scenario.draw import check as check_scene

    files = [file for name in scenes for file in scene_files(name)]
    mistakes: list[RequestError] = []
    for file in files:
        try:
            check_scene(file)
        except Mistakes as error:
            mistakes += error.mistakes
        except RequestError as error:
            mistakes.append(error)
    for mistake in mistakes:
        say(str(mistake))
    if mistakes:
        sys.exit(2)
    click.echo(f"{counted(len(files), 'scene')} in order")


@click.command()
@click.option("--tag", help="Only scenes with this tag, or a tag that starts with it.")
def scenes(tag: str | None) -> None:
    """List the shipped catalogue.

    \b
    Example: drivesynth scenes --tag vru
    """
    from drivesynth.scene.catalogue import entries

    rows = [row for row in entries() if tag is None or any(own.startswith(tag) for own in row.tags)]
    if not rows:
        known = sorted({own for row in entries() for own in row.tags})
        raise RequestError(
            f"no scene is tagged {tag!r}{did_you_mean(tag or '', known)}; tags: {', '.join(known)}"
        )
    width = max(len(row.name) for row in rows)
    for row in rows:
        click.echo(f"{row.name:{width}}  {row.about}  [{', '.join(row.tags)}]")


@click.command()
@click.argument("scene")
@click.option("--variants", type=click.IntRange(1), default=5, show_default=True, help="How many draws.")
@SEED
@click.option("--json", "as_json", is_flag=True, help="Whole scenarios, one JSON document a line.")
@click.option(
    "--seen", is_flag=True, help="Render drafts of the kept frames too, and tell what the sensors see."
)
@click.option("--rig", help="Another rig than the scene's to see with: a file, or a name like kitti_mono.")
def sample(scene: str, variants: int, seed: int | None, as_json: bool, seen: bool, rig: str | None) -> None:
    """Draw scenarios and simulate them, without rendering: parameters and criticality.

    \b
    Example: drivesynth sample edge_cases/occlusion/child_between_parked_cars.yaml --variants 10
    """
    import json

    from drivesynth.dataset.draw import drawn, rig_of
    from drivesynth.scene import load
    from drivesynth.study.conditions import asks_sensors
    from drivesynth.study.summary import summarise, told, unfired

    loaded = load(scene)
    look = None
    if seen or rig is not None:
        from drivesynth.dataset.sight import looking

        look = looking(rig_of(loaded, rig), threads=os.cpu_count() or 1)
    elif asks_sensors(loaded.require):
        say("rules on what sensors see are judged when frames are rendered; --seen judges them here")
    stood, told_before = 0, ""
    silent: Counter[tuple[str, str]] = Counter()
    for variant in range(variants):
        draw = drawn(loaded, variant, seed, None, look)
        if isinstance(draw, str):
            why = "as the one before" if draw == told_before else draw
            say(f"variant {variant} has no scenario: {why}")
            told_before = draw
            continue
        stood += 1
        silent.update(unfired(draw.rollout).items())
        figures = summarise(draw.rollout)
        sights = {} if look is None else told(look(draw.rollout), draw.rollout)
        if as_json:
            document = {"scenario": draw.scenario.model_dump(mode="json"), "criticality": finite(figures)}
            if look is not None:
                document["sightings"] = finite(sights)
            click.echo(json.dumps(document, sort_keys=True, allow_nan=False))
        else:
            case = {} if draw.scenario.case is None else {"case": draw.scenario.case}
            drawn_values = case | with_units(loaded, draw.scenario.params)
            click.echo(sample_line(variant, drawn_values, figures, sights))
    for (event, why), count in silent.items():
        say(f"warning: story event {event!r} never happened in {count} of {stood} variants: {why}")
    if not stood:
        sys.exit(1)


def finite(figures: Any) -> Any:
    """JSON knows no infinity: what never happens is null."""
    if isinstance(figures, dict):
        return {name: finite(value) for name, value in figures.items()}
    return None if isinstance(figures, float) and not math.isfinite(figures) else figures


def with_units(scene: "Scene", params: dict[str, Any]) -> dict[str, str]:
    """Drawn parameters as text: numbers in SI with their unit, `12.5 m/s`."""
    from drivesynth.scene.references import names_of
    from drivesynth.scene.units import in_unit

    kinds = names_of(scene).params
    return {
        name: in_unit(value, kind) if isinstance(kind := kinds.get(name), tuple) else str(value)
        for name, value in params.items()
    }


def sample_line(variant: int, params: dict[str, str], figures: dict[str, Any], sights: dict[str, Any]) -> str:
    """One draw as a line: its parameters, then the most critical actor."""

    def short(value: Any) -> str:
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    drawn = ", ".join(f"{name} {value}" for name, value in params.items())
    worst = min(figures, key=lambda name: figures[name]["min_ttc_s"], default=None)
    if worst is None:
        return f"{variant:4d}  {drawn}"
    line = (
        f"{variant:4d}  {drawn}  {worst}: min_ttc {short(figures[worst]['min_ttc_s'])} s,"
        f" min_gap {short(figures[worst]['min_gap_m'])} m"
    )
    if worst in sights:
        seen = sights[worst]
        line += f", time_visible {short(seen['time_visible_s'])} s, points {max(seen['points_on'])}"
    return line
