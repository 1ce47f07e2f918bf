"""Drops and flakes: as many as the size distributions say, where the hash puts them, whoever asks."""

import csv
from pathlib import Path

import numpy as np
import pytest
from drivesynth_kernels.noise import mix, uniform
from drivesynth_kernels.particles import Particles, strongest_particles

from drivesynth.arrays import F64
from drivesynth.scenario.model import Environment
from drivesynth.scene import catalogue
from drivesynth.scene.device import Lidar
from drivesynth.scene.document import read
from drivesynth.scene.validate import validated
from drivesynth.sensors import atmosphere
from drivesynth.sensors.weather import weather

TABLE = Path(__file__).parents[1] / "data" / "weather_reference.csv"
FIGURES = {row["quantity"]: row for row in csv.DictReader(TABLE.read_text().splitlines())}
KEY = np.uint64(77)


def lidar(name: str) -> Lidar:
    return validated(Lidar, read(catalogue.find(name, folder="devices")))


def particles(kind: str, rate: float, device: str = "vlp16") -> Particles:
    environment = Environment(rain_mm_h=rate) if kind == "rain" else Environment(snow_mm_h=rate)
    return getattr(weather(environment, lidar(device)), kind)


def expected(p: Particles, sizes: atmosphere.Sizes) -> tuple[float, float]:
    """Mean number of particles that one pulse meets and detects, and the median of their range."""
    grid = np.linspace(p.near_m[0], p.far_m, 40_000)
    view = np.clip((grid - p.overlap_from_m) / (p.overlap_full_m - p.overlap_from_m), 0.0, 1.0)
    seen = p.rho * view * np.exp(-2 * p.extinction_per_m * grid) / grid**2
    width = p.exit_m + p.divergence_rad * grid
    least_m = np.where(seen > p.least, width * np.sqrt(p.least / np.maximum(seen, 1e-30)), np.inf)
    density = sizes.n0_per_m4 / sizes.rate_per_m * np.exp(-sizes.rate_per_m * least_m)
    density[least_m > 0.02] = 0.0
    met = np.cumsum(density * np.pi / 4 * width**2) * (grid[1] - grid[0])
    return float(met[-1]), float(grid[np.searchsorted(met, met[-1] / 2)])


def directions(count: int, seed: int = 3) -> tuple[F64, F64]:
    random = np.random.default_rng(seed)
    return random.uniform(0, 2 * np.pi, count), np.arcsin(random.uniform(-0.5, 0.5, count))


def met(p: Particles, azimuth: F64, elevation: F64, end_m: float = np.inf, key: np.uint64 = KEY) -> F64:
    """(N, 2) range and amplitude of the strongest particle of each pulse."""
    found = np.empty((len(azimuth), 2))
    strongest_particles(p, key, azimuth, elevation, end_m, found)
    return found


@pytest.mark.parametrize(("kind", "rate"), [("rain", 10.0), ("rain", 60.0), ("snow", 1.0), ("snow", 5.0)])
def test_pulses_meet_as_many_as_the_size_distribution_says(kind: str, rate: float) -> None:
    p = particles(kind, rate)
    sizes = atmosphere.rain_drops(rate) if kind == "rain" else atmosphere.snow_flakes(rate)
    mean, median_m = expected(p, sizes)
    count = 150_000
    found = met(p, *directions(count))
    hit = np.isfinite(found[:, 0])
    chance = 1.0 - np.exp(-mean)
    # Pulses that happen to overlap share a particle, which widens the spread a little.
    assert abs(hit.sum() - count * chance) < 5.0 * np.sqrt(count * chance) + 0.01 * count * chance
    if mean < 0.05:  # else the strongest of several is the nearer one
        assert np.median(found[hit, 0]) == pytest.approx(median_m, rel=0.06)
    assert np.all(found[hit, 1] >= p.least) and np.all(found[~hit, 1] == 0.0)


@pytest.mark.parametrize(("kind", "rate"), [("rain", 10.0), ("snow", 1.0)])
def test_false_returns_are_as_often_as_measured_on_a_vlp16(kind: str, rate: float) -> None:
    wanted = float(FIGURES[f"{kind}.false_return_probability"]["expected"])
    share = np.isfinite(met(particles(kind, rate), *directions(60_000))[:, 0]).mean()
    assert wanted / 3 < share < wanted * 3


def test_false_returns_of_rain_lie_where_they_were_measured() -> None:
    wanted = float(FIGURES["rain.false_return_median_range_m"]["expected"])
    found = met(particles("rain", 60.0), *directions(60_000))[:, 0]
    assert np.median(found[np.isfinite(found)]) == pytest.approx(wanted, rel=0.25)


@pytest.mark.parametrize(("kind", "rate"), [("rain", 25.0), ("snow", 2.0)])
@pytest.mark.parametrize("way", [1.0, -1.0])
def test_a_pulse_meets_the_same_whoever_was_asked_before(kind: str, rate: float, way: float) -> None:
    """Round a turn either way what lies around is kept for the next pulse; in random order never."""
    p, rings, columns = particles(kind, rate), np.radians([-24.0, -3.0, 1.5, 88.0]), 1500
    azimuth = np.tile(way * (np.arange(columns) * 2.0 * np.pi / columns), len(rings))
    elevation = np.repeat(rings, columns)
    order = np.random.default_rng(1).permutation(len(azimuth))
    in_turn, shuffled = met(p, azimuth, elevation), met(p, azimuth[order], elevation[order])
    np.testing.assert_array_equal(shuffled, in_turn[order])
    assert np.isfinite(in_turn[:, 0]).sum() > 20


def slow(p: Particles, azimuth: float, elevation: float) -> tuple[float, float]:
    """All particles of a wide neighbourhood of cells, each tested against the beam; the strongest."""
    best_m, best = np.inf, p.least
    for s in range(len(p.near_m)):
        low = int((elevation + np.pi / 2) / p.cell_rad[s])
        for row in range(max(low - 3, 0), low + 4):
            e = int(p.first_row[s]) + row
            if e >= p.first_row[s + 1] or p.mean[e] <= 0:
                continue
            around = int(p.around[e])
            left = int(azimuth / (2 * np.pi) * around)
            for a in {column % around for column in range(left - 3, left + 4)}:
                cell = (int(p.first_cell[e]) + a) * 64
                u, count, chance = uniform(np.uint64(mix(KEY, cell))), 0, np.exp(-p.mean[e])
                total = chance
                while u > total:
                    count += 1
                    chance *= p.mean[e] / count
                    total += chance
                for i in range(count):
                    bits = np.uint64(mix(KEY, cell + 1 + 2 * i))
                    steps = p.ranges_m.shape[1] - 1
                    q = uniform(bits << np.uint64(42)) * steps
                    range_m = np.interp(q, np.arange(steps + 1), p.ranges_m[s])
                    at = (a + uniform(bits << np.uint64(21))) / around * 2 * np.pi
                    up = (row + uniform(bits)) * p.cell_rad[s] - np.pi / 2
                    width = p.exit_m + p.divergence_rad * range_m
                    turn = (at - azimuth + np.pi) % (2 * np.pi) - np.pi
                    if np.hypot(turn * np.cos(elevation), up - elevation) * range_m > width / 2:
                        continue
                    view = np.clip((range_m - p.overlap_from_m) / (p.overlap_full_m - p.overlap_from_m), 0, 1)
                    whole = p.rho * view / range_m**2 * np.exp(-2 * p.extinction_per_m * range_m)
                    smallest = width * np.sqrt(p.least / whole) if whole >= p.least else np.inf
                    deviate = uniform(np.uint64(mix(KEY, cell + 2 + 2 * i)))
                    size = smallest - np.log(deviate) / p.rate_per_m
                    seen = whole * min(size / width, 1.0) ** 2
                    if seen > best:
                        best_m, best = range_m, seen
    return (best_m, best) if np.isfinite(best_m) else (np.inf, 0.0)


def test_the_neighbourhood_that_is_searched_holds_all_of_the_beam() -> None:
    p = particles("snow", 4.0, "hdl64e_kitti")
    azimuth, elevation = directions(400, seed=9)
    azimuth[:40] = np.linspace(-0.004, 0.004, 40) % (2 * np.pi)  # over the seam
    assert met(p, azimuth, elevation) == pytest.approx(
        np.array([slow(p, a, e) for a, e in zip(azimuth, elevation, strict=True)]), rel=1e-9
    )


def test_neighbouring_pulses_meet_the_same_flake_and_other_sweeps_other_ones() -> None:
    p = particles("snow", 4.0, "hdl64e_kitti")
    azimuth, elevation = directions(4000)
    here = met(p, azimuth, elevation)
    beside = met(p, azimuth + 2e-4, elevation)
    other = met(p, azimuth, elevation, key=np.uint64(78))
    hit = np.isfinite(here[:, 0])
    assert np.mean(here[hit, 0] == beside[hit, 0]) > 0.8
    assert np.mean(here[hit, 0] == other[hit, 0]) < 0.01


def test_nothing_is_met_behind_the_target() -> None:
    p = particles("snow", 4.0, "hdl64e_kitti")
    azimuth, elevation = directions(4000)
    found = met(p, azimuth, elevation, end_m=4.0)[:, 0]
    assert np.all(found[np.isfinite(found)] < 4.0) and np.isfinite(found).any()
