"""The verb that puts weather into existing clouds."""

import sys
import time
from pathlib import Path

import click

from drivesynth.cli.terminal import ProgressLine, counted, rate, say
from drivesynth.errors import RequestError


@click.command()
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
@click.option(
    "--severity",
    multiple=True,
    metavar="[BENCHMARK/]KIND:N",
    help="Weather as KITTI-C grades it, fog:3, or another benchmark, robo3d/snow:2. May be given again.",
)
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
    severity: tuple[str, ...],
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

    graded = _graded(severity)
    for name, given in (
        ("fog_mor_m", fog_mor_m is not None),
        ("rain_mm_h", rain_mm_h > 0.0),
        ("snow_mm_h", snow_mm_h > 0.0),
        ("wetness_ratio", wetness is not None),
    ):
        if name in graded and given:
            kind = name.partition("_")[0]
            raise RequestError(f"{kind} has a figure and a severity; give one of them")
    fog_mor_m = graded.get("fog_mor_m", fog_mor_m)
    rain_mm_h = graded.get("rain_mm_h", rain_mm_h)
    snow_mm_h = graded.get("snow_mm_h", snow_mm_h)
    wetness = 100.0 * graded["wetness_ratio"] if "wetness_ratio" in graded else wetness
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

        tell(0, len(clouds))
        for made in work.weather_files(clouds, output, request, tell):
            if isinstance(made, RequestError):
                mistakes += 1
                say(str(made))
                continue
            for name, count in made.counts.items():
                counts[name] = counts.get(name, 0) + count
    made_count = len(clouds) - mistakes
    if made_count:
        speed = rate(made_count, time.monotonic() - begun, "cloud")
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        click.echo(f"{output}: {counted(made_count, 'cloud')} ({speed}); points {told}")
    if mistakes:
        sys.exit(2)


def _graded(texts: tuple[str, ...]) -> dict[str, float]:
    """What `fog:3`, `robo3d/snow:2` and the like stand for, by the environment's names."""
    from drivesynth.scene.severities import BENCHMARKS, USUAL, figures

    told: dict[str, float] = {}
    for text in texts:
        head, _, level = text.partition(":")
        benchmark, _, kind = head.rpartition("/")
        graded = BENCHMARKS.get(benchmark or USUAL)
        if graded is None:
            raise RequestError(f"no benchmark {benchmark!r}; known are {', '.join(BENCHMARKS)}")
        if kind not in graded.weather or level not in [str(n + 1) for n in range(graded.grades)]:
            what = f"no severity {text!r}; of {benchmark or USUAL} it is {', '.join(graded.weather)}"
            raise RequestError(f"{what}, a colon and 1 to {graded.grades}, as {head or graded.weather[0]}:2")
        figure = figures(benchmark or USUAL, {kind: int(level)})
        if told.keys() & figure.keys():
            raise RequestError(f"two severities of {kind}; give one")
        told |= figure
    return told
