"""The command line: one verb a job. Words in, calls to the rooms, messages and exit statuses out.

Exit status 0 done, 1 the work failed or an audit found violations, 2 the request was wrong. Every
verb imports its rooms when it runs, so that `--help` and `check` never load the kernels.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import drivesynth
from drivesynth.errors import DrivesynthError, Mistakes, RequestError, did_you_mean

if TYPE_CHECKING:
    from drivesynth.scene.model import Scene


class Verbs(click.Group):
    """A command group that suggests the verb that was meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with a suggestion."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            verbs = self.list_commands(ctx)
            ctx.fail(
                f"no verb {args[0]!r}{did_you_mean(args[0], verbs) or '; the verbs are ' + ', '.join(verbs)}"
            )
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(drivesynth.__version__, "--version", message="drivesynth %(version)s")
def verbs() -> None:
    """Edge-case datasets for driving perception: a scene file in, labelled LiDAR and camera frames out.

    \b
    drivesynth scenes                                          what is shipped
    drivesynth new my_scene.yaml                               a scene of your own
    drivesynth check my_scene.yaml                             is it right?
    drivesynth render my_scene.yaml -o out --variants 20       frames in KITTI's layout
    drivesynth view out --png look.png                         look at one
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the words; users' mistakes become messages, never tracebacks."""
    try:
        status = verbs.main(args=None if arguments is None else list(arguments), standalone_mode=False)
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        say("interrupted; what was finished is kept, the same command goes on from there")
        sys.exit(130)
    except DrivesynthError as error:
        say(str(error))
        sys.exit(error.exit_status)
    except BrokenPipeError:  # `drivesynth scenes | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def say(message: str) -> None:
    """A line for the person, beside the output."""
    click.echo(message, err=True)


SCENES = click.argument("scenes", nargs=-1, required=True, metavar="SCENE...")
SEED = click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), help="Other draws; default: the scene's own seed."
)


@verbs.command()
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


@verbs.command()
@click.argument("scenes", nargs=-1, metavar="SCENE...")
@click.option("--schema", is_flag=True, help="Print the JSON schema of scene files, for editors.")
def check(scenes: tuple[str, ...], schema: bool) -> None:
    """Validate scene files, or all of a folder; all mistakes at once.

    \b
    Example: drivesynth check my_scene.yaml scenes/edge_cases
    """
    from drivesynth.scene import schema as scene_schema

    if schema:
        import json

        click.echo(json.dumps(scene_schema(), indent=2))
        return
    if not scenes:
        raise click.UsageError("name a scene file or a folder (or --schema)")
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
    click.echo(f"{len(files)} scene{'s' * (len(files) != 1)} in order")


def scene_files(name: str) -> list[Path]:
    """A scene's file, or all scenes below a folder."""
    from drivesynth.scene.catalogue import find

    path = find(name)
    if not path.is_dir():
        return [path]
    files = sorted(path.rglob("*.yaml"))
    if not files:
        raise RequestError(f"{name}: no scene file (*.yaml) in this folder")
    return files


@verbs.command()
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


@verbs.command()
@click.argument("scene")
@click.option("--variants", type=click.IntRange(1), default=5, show_default=True, help="How many draws.")
@SEED
@click.option("--json", "as_json", is_flag=True, help="Whole scenarios, one JSON document a line.")
def sample(scene: str, variants: int, seed: int | None, as_json: bool) -> None:
    """Draw scenarios and simulate them, without rendering: parameters and criticality.

    \b
    Example: drivesynth sample edge_cases/occlusion/child_between_parked_cars.yaml --variants 10
    """
    import json

    from drivesynth.api import load
    from drivesynth.study.summary import summarise
    from drivesynth.study.variants import accepted

    loaded: Scene = load(scene)
    for draw in accepted(loaded, seed=seed, variants=variants):
        figures = summarise(draw.rollout)
        if as_json:
            document = {"scenario": draw.scenario.model_dump(mode="json"), "criticality": figures}
            click.echo(json.dumps(document, sort_keys=True))
        else:
            click.echo(sample_line(draw.scenario.variant, draw.scenario.params, figures))


def sample_line(variant: int, params: dict[str, Any], figures: dict[str, Any]) -> str:
    """One draw as a line: its parameters, then the most critical actor."""

    def short(value: Any) -> str:
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    drawn = " ".join(f"{name}={short(value)}" for name, value in params.items())
    worst = min(figures, key=lambda name: figures[name]["min_ttc_s"], default=None)
    if worst is None:
        return f"{variant:4d}  {drawn}"
    return (
        f"{variant:4d}  {drawn}  {worst}: min_ttc {short(figures[worst]['min_ttc_s'])} s,"
        f" min_gap {short(figures[worst]['min_gap_m'])} m"
    )


@verbs.command()
@click.option("--clear", is_flag=True, help="Remove them; they are compiled again when needed.")
def cache(clear: bool) -> None:
    """Say where compiled kernels live.

    \b
    Example: drivesynth cache --clear
    """
    from drivesynth_kernels.jit import cache_report, clear_cache

    report = clear_cache() if clear else cache_report()
    click.echo(f"{report.folder}: {report.files} files, {report.bytes / 1e6:.1f} MB")
    if report.stale_bytes:
        click.echo(f"of other versions: {report.stale_bytes / 1e6:.1f} MB")
    if clear:
        click.echo("removed")
