"""Accelerations of drivers who follow: IIDM with CAH, and Krauss."""

import math

from drivesynth_kernels.jit import kernel

_COOLNESS = 0.99


@kernel
def iidm_with_cah(
    v: float,
    gap: float,
    v_lead: float,
    a_lead: float,
    wished: float,
    accel: float,
    decel: float,
    headway: float,
    min_gap: float,
) -> float:
    """The "ACC model": Treiber and Kesting, "Traffic Flow Dynamics", 2013, sections 11.3.7 and 11.3.8.

    A gap that shrinks in one step (a cut-in) is met with the constant-acceleration heuristic, not with
    full braking. `gap` is inf on a free road. All in SI units; no lower limit is applied.
    """
    if wished <= 0.0:
        return -decel if v > 0.0 else 0.0
    ratio = v / wished
    free = accel * (1.0 - ratio**4)
    if ratio > 1.0:
        free = -decel * (1.0 - ratio ** (-4.0 * accel / decel))
    if gap == math.inf:
        return free
    gap = max(gap, 0.05)
    closing = v - v_lead
    wanted_gap = min_gap + max(0.0, v * headway + v * closing / (2.0 * math.sqrt(accel * decel)))
    z = wanted_gap / gap
    if z >= 1.0:
        idm = accel * (1.0 - z * z) if ratio <= 1.0 else free + accel * (1.0 - z * z)
    elif ratio <= 1.0:
        idm = free * (1.0 - z ** (2.0 * accel / max(free, 1e-6)))
    else:
        idm = free
    reachable = min(a_lead, accel)
    # Strictly less: behind a standing leader both sides are 0, and so would be both parts of the quotient.
    if v_lead * closing < -2.0 * gap * reachable:
        cah = v * v * reachable / (v_lead * v_lead - 2.0 * gap * reachable)
    else:
        cah = reachable - (closing * closing / (2.0 * gap) if closing > 0.0 else 0.0)
    if idm >= cah:
        return idm
    return (1.0 - _COOLNESS) * idm + _COOLNESS * (cah + decel * math.tanh((idm - cah) / decel))


@kernel
def krauss(
    v: float,
    gap: float,
    v_lead: float,
    wished: float,
    accel: float,
    decel: float,
    tau: float,
    min_gap: float,
    sigma: float,
    chance: float,
    dt: float,
) -> float:
    """Krauss, "Microscopic Modeling of Traffic Flow", 1998, with imperfection `sigma * chance`, 0..1."""
    safe = math.inf
    if gap < math.inf:
        room = max(gap - min_gap, 0.0)
        safe = v_lead + (room - v_lead * tau) / ((v_lead + v) / (2.0 * decel) + tau)
    wished_next = min(v + accel * dt, safe, wished)
    following = max(0.0, wished_next - chance * sigma * accel * dt)
    return (following - v) / dt
