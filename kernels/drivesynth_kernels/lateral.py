"""How a lateral manoeuvre runs."""

from numpy import float64
from numpy.typing import NDArray

from drivesynth_kernels import columns as at
from drivesynth_kernels.jit import step


@step
def lateral_offset(start: float, end: float, duration: float, clock: float) -> tuple[float, float]:
    """Offset and its rate in a lane change: the quintic that starts and ends at rest."""
    if duration <= 0.0 or clock >= duration:
        return end, 0.0
    u = max(clock, 0.0) / duration
    shape = u * u * u * (10.0 + u * (6.0 * u - 15.0))
    slope = 30.0 * u * u * (1.0 - u) * (1.0 - u) / duration
    return start + (end - start) * shape, (end - start) * slope


@step
def still_to_go(state: NDArray[float64]) -> float:
    """How far to the left an actor's lateral manoeuvre will yet take it."""
    if state[at.LATERAL_TIME] <= 0.0 or state[at.CLOCK] >= state[at.LATERAL_TIME]:
        return 0.0
    way = float(state[at.LATERAL_TO] - state[at.LATERAL_FROM])
    done, _ = lateral_offset(0.0, way, state[at.LATERAL_TIME], state[at.CLOCK])
    return way - done
