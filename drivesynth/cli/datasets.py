"""Verbs about datasets: render, view, verify; and where compiled kernels live."""

import os
import sys
import tempfile
from pathlib import Path

import click

from drivesynth.cli.terminal import SCENES, SEED, ProgressLine, counted, loading, rate, say, scene_files

# As many as show an approach: the most critical one has everybody in the picture, the nearest may not.
FRAMES_OF_A_LOOK = 8


@click.command()
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
@click.option(
    "--cloud",
    "clouds",
    multiple=True,
    type=click.Choice(["compensated", "oracle"]),
    help="Also the cloud without the ego's own motion, or of a world that stands still. Repeatable.",
)
@click.option(
    "--truth",
    multiple=True,
    metavar="KIND",
    help="Also images of truth of every camera: semantic, panoptic, normals, albedo, flow, scene_flow, "
    "masks, depth, instance, or all. Repeatable.",
)
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
    clouds: tuple[str, ...],
    truth: tuple[str, ...],
) -> None:
    """Render scenes into a labelled dataset.

    The same command again resumes; one that only adds variants or scenes extends the dataset. A dataset's
    drivesynth/scenarios/NNNNNN.json holds one variant with nothing left to chance, and can be rendered too.

    \b
    Example: drivesynth render edge_cases/debris/cargo_on_lane.yaml -o out --variants 20 --rig kitti_mono
             drivesynth render out/drivesynth/scenarios/000007.json -o again --rig kitti_mono
    """
    with loading():
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
        truth=truth,
        clouds=clouds,
    )
    cores = os.cpu_count() or 1
    # A variant's scenery is prepared once a worker, so one variant alone is not split.
    takes = cores if request.variants is None else request.variants * len(request.scenes)
    workers = workers or min(cores, takes)
    say_if_cold()
    with ProgressLine() as line:
        summary = build(
            request, output, workers=workers, threads=threads or max(1, cores // workers), progress=line.tell
        )
    for (name, variant), why in summary.rejected.items():
        say(f"{name}: variant {variant} has no frames: {why}")
    speed = f" ({rate(summary.made, summary.elapsed_s, 'frame')})" if summary.made else ""
    kept = f", {summary.kept} {'was' if summary.kept == 1 else 'were'} there" if summary.kept else ""
    click.echo(f"{output}: made {counted(summary.made, 'frame')}{speed}{kept}")
    if summary.made:
        shares = sorted(summary.timings_s.items(), key=lambda item: -item[1])
        click.echo("ms a frame: " + ", ".join(f"{k} {1e3 * v / summary.made:.0f}" for k, v in shares))


def say_if_cold() -> None:
    """Why nothing is seen for a while."""
    from drivesynth.sensors.warm import is_cold

    if is_cold():
        say("compiling kernels, once on this machine; the first frame takes half a minute or more")


@click.command()
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
    """Render a scene's first variant around what happens, and draw its most critical frame."""
    from drivesynth.dataset.build import build
    from drivesynth.dataset.draw import open_scene, rig_of
    from drivesynth.dataset.plan import Request
    from drivesynth.view.sheet import choose_frame, draw_frame, write_png

    # One camera is enough for a look, unless the scene's own rig has what that one lacks.
    rig = None if rig_of(open_scene(scene), None).radars else "kitti_mono"
    request = Request(scenes=(scene,), rig=rig, frames=FRAMES_OF_A_LOOK)
    say_if_cold()
    with ProgressLine() as line:
        build(request, folder, threads=os.cpu_count() or 1, progress=line.tell)
    chosen = choose_frame(folder, None)
    write_png(png, draw_frame(folder, chosen))
    click.echo(f"{scene}: {png}")


@click.command()
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
    click.echo(f"{folder}: {'every byte is what the ledger says' if not found else counted(found, 'fault')}")
    if found:
        sys.exit(1)


@click.command()
@click.option("--clear", is_flag=True, help="Remove them; they are made again when needed.")
def cache(clear: bool) -> None:
    """Say where compiled kernels and built meshes live.

    \b
    Example: drivesynth cache --clear
    """
    from drivesynth_kernels import folders
    from drivesynth_kernels.jit import cache_folder

    from drivesynth.kept import folder

    report = folders.report(cache_folder(), folder())
    click.echo(f"{report.folder}: {report.files} files, {report.bytes / 1e6:.1f} MB")
    if report.stale_bytes:
        click.echo(f"of other versions: {report.stale_bytes / 1e6:.1f} MB")
    if clear:
        folders.clear()
        click.echo("removed")
