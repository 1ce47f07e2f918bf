"""The command line: one verb a job. Words in, calls to the rooms, messages and exit statuses out.

Exit status 0 done, 1 the work failed or an audit found violations, 2 the request was wrong. Every
verb imports its rooms when it runs, so that `--help` and `check` never load the kernels.
"""

import math
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import drivesynth
from drivesynth.errors import DrivesynthError, Mistakes, RequestError, did_you_mean

if TYPE_CHECKING:
    from drivesynth.dataset.build import Progress


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
            click.echo(sample_line(variant, draw.scenario.params, figures, sights))
    for (event, why), count in silent.items():
        say(f"warning: story event {event!r} never happened in {count} of {stood} variants: {why}")
    if not stood:
        sys.exit(1)


def finite(figures: Any) -> Any:
    """JSON knows no infinity: what never happens is null."""
    if isinstance(figures, dict):
        return {name: finite(value) for name, value in figures.items()}
    return None if isinstance(figures, float) and not math.isfinite(figures) else figures


def sample_line(variant: int, params: dict[str, Any], figures: dict[str, Any], sights: dict[str, Any]) -> str:
    """One draw as a line: its parameters, then the most critical actor."""

    def short(value: Any) -> str:
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    drawn = " ".join(f"{name}={short(value)}" for name, value in params.items())
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


@verbs.command()
@SCENES
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The dataset's folder.")
@click.option("--format", "formats", multiple=True, default=["kitti"], show_default=True, help="Repeatable.")
@click.option("--rig", help="Another rig than the scene's: a file, or a name like kitti_mono.")
@click.option("--variants", default="1", show_default=True, metavar="N|all", help="Draws of each scene.")
@click.option("--frames", type=click.IntRange(1), help="At most this many of each variant.")
@SEED
@click.option(
    "--quality", type=click.Choice(["draft", "standard", "high"]), default="standard", show_default=True
)
@click.option(
    "--workers", type=click.IntRange(1), help="Processes; default: one a core, one for a single variant."
)
@click.option(
    "--threads",
    type=click.IntRange(1),
    help="Threads of a process: a frame each; default: the cores left over.",
)
@click.option("--pulses", is_flag=True, help="Also every fired pulse, as Parquet.")
def render(
    scenes: tuple[str, ...],
    output: Path,
    formats: tuple[str, ...],
    rig: str | None,
    variants: str,
    frames: int | None,
    seed: int | None,
    quality: str,
    workers: int | None,
    threads: int | None,
    pulses: bool,
) -> None:
    """Render scenes into a labelled dataset.

    The same command again resumes; one that only adds variants or scenes extends the dataset. A dataset's
    drivesynth/scenarios/NNNNNN.json holds one variant with nothing left to chance, and can be rendered too.

    \b
    Example: drivesynth render edge_cases/debris/cargo_on_lane.yaml -o out --variants 20 --rig kitti_mono
             drivesynth render out/drivesynth/scenarios/000007.json -o again --rig kitti_mono
    """
    from drivesynth.dataset.build import build
    from drivesynth.dataset.plan import Request

    if variants != "all" and not (variants.isdecimal() and int(variants) > 0):
        raise click.BadParameter(
            f"{variants!r} is neither a number from 1 nor 'all'", param_hint="--variants"
        )
    request = Request(
        scenes=tuple(str(file) for name in scenes for file in scene_files(name)),
        variants=None if variants == "all" else int(variants),
        frames=frames,
        seed=seed,
        rig=rig,
        quality=quality,
        formats=formats,
        pulses=pulses,
    )
    cores = os.cpu_count() or 1
    # A variant's scenery is prepared once a worker, so one variant alone is not split.
    takes = cores if request.variants is None else request.variants * len(request.scenes)
    workers = workers or min(cores, takes)
    with ProgressLine() as line:
        summary = build(
            request, output, workers=workers, threads=threads or max(1, cores // workers), progress=line.tell
        )
    for (name, variant), why in summary.rejected.items():
        say(f"{name}: variant {variant} has no frames: {why}")
    rate = f" ({summary.made / summary.elapsed_s:.1f} frames/s)" if summary.made else ""
    kept = f", {summary.kept} were there" if summary.kept else ""
    click.echo(f"{output}: made {summary.made} frames{rate}{kept}")
    if summary.made:
        shares = sorted(summary.timings_s.items(), key=lambda item: -item[1])
        click.echo("ms a frame: " + ", ".join(f"{k} {1e3 * v / summary.made:.0f}" for k, v in shares))


class ProgressLine:
    """Frames per second and time left: a bar on a terminal, a line now and then elsewhere."""

    EVERY_S = 10.0

    def __init__(self) -> None:
        self._bar: Any = None
        self._stage = ""
        self._said_s = 0.0

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def tell(self, step: "Progress") -> None:
        """Show one step."""
        if sys.stderr.isatty():
            self._draw(step)
        elif step.done == step.total or time.monotonic() - self._said_s > self.EVERY_S:
            self._said_s = time.monotonic()
            say(f"{step.stage} {step.done}/{step.total}")

    def _draw(self, step: "Progress") -> None:
        from tqdm import tqdm

        if self._stage != step.stage:
            self.__exit__()
            unit = {"render": "frame", "weather": "cloud"}.get(step.stage, "variant")
            self._stage = step.stage
            self._bar = tqdm(total=step.total, initial=step.done - 1, desc=step.stage, unit=unit, leave=False)
        self._bar.update(step.done - self._bar.n)


@verbs.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--frame", "frame_id", metavar="ID", help="Default: the most critical frame.")
@click.option(
    "--png", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Where to draw it."
)
def view(path: Path, frame_id: str | None, png: Path) -> None:
    """Draw a frame: camera with 2-D and 3-D boxes, range image, bird's eye. PATH is a dataset or a scene.

    Any dataset in KITTI's object layout can be drawn.

    \b
    Example: drivesynth view out --png look.png
    """
    from drivesynth.view.sheet import choose_frame, draw_frame, write_png

    if path.suffix in {".yaml", ".yml", ".json"}:
        with tempfile.TemporaryDirectory(prefix="drivesynth-view-") as folder:
            draw_scene(str(path), Path(folder), png)
        return
    chosen = choose_frame(path, frame_id)
    write_png(png, draw_frame(path, chosen))
    click.echo(f"frame {chosen}: {png}")


def draw_scene(scene: str, folder: Path, png: Path) -> None:
    """Render a scene's first variant for a moment, and draw its most critical frame."""
    from drivesynth.dataset.build import build
    from drivesynth.dataset.draw import open_scene, rig_of
    from drivesynth.dataset.plan import Request
    from drivesynth.view.sheet import choose_frame, draw_frame, write_png

    # One camera is enough for a look, unless the scene's own rig has what that one lacks.
    rig = None if rig_of(open_scene(scene), None).radars else "kitti_mono"
    build(Request(scenes=(scene,), rig=rig), folder, workers=os.cpu_count() or 1)
    chosen = choose_frame(folder, None)
    write_png(png, draw_frame(folder, chosen))
    click.echo(f"{scene}: {png}")


@verbs.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def verify(folder: Path) -> None:
    """Recompute digests: is every byte what the ledger says?

    \b
    Example: drivesynth verify out
    """
    from drivesynth.dataset.verify import verify as faults

    found = 0
    for fault in faults(folder):
        say(str(fault))
        found += 1
    click.echo(f"{folder}: {'every byte is what the ledger says' if not found else f'{found} faults'}")
    if found:
        sys.exit(1)


@verbs.command()
@click.argument("files", nargs=-1, required=True, metavar="CLOUD...", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Where the clouds go.")
@click.option(
    "--fog-mor-m", type=click.FloatRange(1.0, 1e6), help="Fog of this meteorological optical range."
)
@click.option(
    "--fog-lidar-ratio-sr",
    type=click.FloatRange(5.0, 500.0),
    default=30.0,
    show_default=True,
    help="Extinction to backscatter: smaller is brighter fog.",
)
@click.option("--rain-mm-h", type=click.FloatRange(0.0, 500.0), default=0.0, help="Rain.")
@click.option("--snow-mm-h", type=click.FloatRange(0.0, 100.0), default=0.0, help="Snowfall, as water.")
@click.option("--dust-mor-m", type=click.FloatRange(1.0, 1e6), help="Dust of this optical range.")
@click.option("--smoke-mor-m", type=click.FloatRange(1.0, 1e6), help="Smoke of this optical range.")
@click.option(
    "--wetness",
    type=click.FloatRange(0.0, 100.0),
    metavar="PERCENT",
    help="How wet the road is; 80 with rain, else 0.",
)
@click.option(
    "--snow-cover",
    type=click.FloatRange(0.0, 100.0),
    default=0.0,
    metavar="PERCENT",
    help="How much of the ground is white.",
)
@click.option(
    "--spray-km-h", type=click.FloatRange(0.0, 250.0), help="Spray of a vehicle ahead, at this speed."
)
@click.option("--spray-ahead-m", type=click.FloatRange(1.0, 200.0), default=12.0, show_default=True)
@click.option("--spray-film-mm", type=click.FloatRange(0.0, 10.0), default=1.0, show_default=True)
@click.option("--device", help="Which device took the clouds: a file, or a name like vlp32c.")
@click.option(
    "--intensity-full",
    type=click.FloatRange(0.0, min_open=True),
    help="The stored intensity that stands for 100 %; default: 1, 255 or 65535 by the values found.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Other draws.")
def weather(
    files: tuple[Path, ...],
    output: Path,
    fog_mor_m: float | None,
    fog_lidar_ratio_sr: float,
    rain_mm_h: float,
    snow_mm_h: float,
    dust_mor_m: float | None,
    smoke_mor_m: float | None,
    wetness: float | None,
    snow_cover: float,
    spray_km_h: float | None,
    spray_ahead_m: float,
    spray_film_mm: float,
    device: str | None,
    intensity_full: float | None,
    seed: int,
) -> None:
    """Put fog, rain, snow, spray or dust into existing clouds: KITTI .bin, nuScenes .pcd.bin, .pcd.

    CLOUD is a file or a folder. OUTPUT gets a file of the same name and format for each, and in changes/
    what became of every point: kept, moved, lost or added, and by what.

    \b
    Example: drivesynth weather training/velodyne -o foggy --fog-mor-m 80
    """
    from drivesynth.dataset import weather as work
    from drivesynth.dataset.build import Progress

    environment = work.environment_of(
        fog_mor_m=fog_mor_m,
        fog_lidar_ratio_sr=fog_lidar_ratio_sr,
        dust_mor_m=dust_mor_m,
        smoke_mor_m=smoke_mor_m,
        rain_mm_h=rain_mm_h,
        snow_mm_h=snow_mm_h,
        wetness_ratio=None if wetness is None else wetness / 100.0,
        snow_cover_ratio=snow_cover / 100.0,
        spray_film_mm=spray_film_mm,
    )
    wake = None if spray_km_h is None else work.Wake(spray_km_h, spray_ahead_m)
    request = work.Request(environment, seed, device, intensity_full, wake)
    clouds = work.cloud_files(list(files))
    counts: dict[str, int] = {}
    mistakes = 0
    begun = time.monotonic()
    with ProgressLine() as line:

        def tell(done: int, total: int) -> None:
            line.tell(Progress("weather", done, total))

        for made in work.weather_files(clouds, output, request, tell):
            if isinstance(made, RequestError):
                mistakes += 1
                say(str(made))
                continue
            for name, count in made.counts.items():
                counts[name] = counts.get(name, 0) + count
    made_count = len(clouds) - mistakes
    if made_count:
        rate = made_count / max(time.monotonic() - begun, 1e-3)
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        click.echo(f"{output}: {made_count} clouds ({rate:.1f} clouds/s); points {told}")
    if mistakes:
        sys.exit(2)
