"""The waveform of one pulse: what its targets send back at once, and which echoes the device tells apart."""

from typing import Any, NamedTuple

import numpy as np

from drivesynth_kernels.jit import step

MOST = 64  # targets a pulse may meet; what comes later in the list is left out

# Return modes: which of the echoes that pass the threshold are reported.
STRONGEST, LAST, FIRST, DUAL, TRIPLE = 0, 1, 2, 3, 4

_JOIN = 0.1  # of a pulse length: targets closer than this answer as one, and peaks closer are one
_SIGMA = 1.0 / 2.3548200450309493  # standard deviation of a pulse of unit half-power width
_NEGLIGIBLE = 4.0  # standard deviations away a pulse adds nothing to a peak
_ALONE = 3.5  # standard deviations: pulses farther apart do not move each other's peaks
_SETTLED_M = 1e-3


class Echo(NamedTuple):
    """The targets of one pulse, then its echoes, (MOST,) each: scratch of one thread.

    range_m, power   power is reflectivity seen over range^2
    target           which target; of an echo, the one that gives most of it
    chosen           echoes that are reported, in order of range
    """

    range_m: Any
    power: Any
    target: Any
    peak_m: Any
    height: Any
    source: Any
    heard: Any
    chosen: Any


@step
def find_echoes(echo: Echo, count: int, pulse_m: float) -> Any:
    """Peaks of the sum of the targets' pulses; returns how many, in order of range.

    Every target sends a Gaussian pulse of half-power length pulse_m [m of range] back. Where two overlap,
    their sum has one peak between them: the mixed pixel. The peaks are found by walking from each target
    uphill with the mean shift of Cheng, "Mean Shift, Mode Seeking, and Clustering", 1995, which for
    Gaussian pulses ends exactly on a peak of the sum.
    """
    ranges, powers, targets = echo.range_m, echo.power, echo.target
    for i in range(1, count):
        r, p, t = ranges[i], powers[i], targets[i]
        k = i
        while k > 0 and ranges[k - 1] > r:
            ranges[k], powers[k], targets[k] = ranges[k - 1], powers[k - 1], targets[k - 1]
            k -= 1
        ranges[k], powers[k], targets[k] = r, p, t

    # Sub-beams on one surface answer as one target: the power adds up, the range is the mean one.
    groups, most = 0, 0.0
    for i in range(count):
        if groups > 0 and ranges[i] - ranges[groups - 1] < _JOIN * pulse_m:
            total = powers[groups - 1] + powers[i]
            if total > 0.0:
                ranges[groups - 1] += (ranges[i] - ranges[groups - 1]) * powers[i] / total
            if powers[i] > most:
                most, targets[groups - 1] = powers[i], targets[i]
            powers[groups - 1] = total
        else:
            ranges[groups], powers[groups], targets[groups] = ranges[i], powers[i], targets[i]
            most = powers[i]
            groups += 1

    peaks, alone_m = 0, _ALONE * _SIGMA * pulse_m
    for i in range(groups):
        before = i == 0 or ranges[i] - ranges[i - 1] > alone_m
        if before and (i == groups - 1 or ranges[i + 1] - ranges[i] > alone_m):
            echo.peak_m[peaks], echo.height[peaks], echo.source[peaks] = ranges[i], powers[i], i
            peaks += 1
            continue
        at, height, source = _uphill(ranges, powers, groups, i, _SIGMA * pulse_m)
        if peaks == 0 or at - echo.peak_m[peaks - 1] > _JOIN * pulse_m:
            echo.peak_m[peaks], echo.height[peaks], echo.source[peaks] = at, height, source
            peaks += 1
    return peaks


@step
def _uphill(ranges: Any, powers: Any, count: int, start: int, sigma_m: float) -> Any:
    """From a target to the peak of the sum above it: where, how high, and the target that gives most."""
    at, height, source = ranges[start], powers[start], start
    if count == 1:
        return at, height, source
    for _ in range(50):
        total, mean, most = 0.0, 0.0, -1.0
        for i in range(count):
            away = (at - ranges[i]) / sigma_m
            if abs(away) < _NEGLIGIBLE:
                p = powers[i] * np.exp(-0.5 * away * away)
                total += p
                mean += p * ranges[i]
                if p > most:
                    most, source = p, i
        height = total
        if total <= 0.0:
            break
        step = mean / total - at
        at += step
        if abs(step) < _SETTLED_M:
            break
    return at, height, source


@step
def choose_echoes(echo: Echo, count: int, mode: int, apart_m: float) -> Any:
    """Which of the peaks that were heard the device reports; returns how many, in order of range.

    apart_m  of two or three, each must lie this far from a stronger one
    """
    heights, peaks, heard, chosen = echo.height, echo.peak_m, echo.heard, echo.chosen
    strongest, first, last = -1, -1, -1
    for i in range(count):
        if heard[i]:
            first = i if first < 0 else first
            last = i
            if strongest < 0 or heights[i] > heights[strongest]:
                strongest = i
    if strongest < 0:
        return 0
    if mode == LAST:
        chosen[0] = last
        return 1
    chosen[0] = first if mode == FIRST else strongest
    if mode in (STRONGEST, FIRST):
        return 1
    number = 1
    if mode == DUAL and last != strongest and peaks[last] - peaks[strongest] >= apart_m:
        chosen[1] = last
        return 2
    wanted = 3 if mode == TRIPLE else 2
    while number < wanted:
        best = -1
        for i in range(count):
            free = heard[i] and (best < 0 or heights[i] > heights[best])
            for k in range(number):
                free = free and i != chosen[k] and abs(peaks[i] - peaks[chosen[k]]) >= apart_m
            if free:
                best = i
        if best < 0:
            break
        chosen[number] = best
        number += 1
    for i in range(1, number):
        for k in range(i, 0, -1):
            if chosen[k] < chosen[k - 1]:
                chosen[k], chosen[k - 1] = chosen[k - 1], chosen[k]
    return number
