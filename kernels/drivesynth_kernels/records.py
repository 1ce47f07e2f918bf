"""What a device reports of its pulses, row by row and in the order of its files."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import step

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

ALARM = 106  # the fate of a pulse whose noise alone passed the threshold; others in `pulse`


class Records(NamedTuple):
    """Where the measurements go, E rows a lane: the columns of `sensors.frame.Pulses`; xyz_m (.., 3)."""

    xyz_m: Any
    azimuth_rad: Any
    elevation_rad: Any
    range_m: Any
    intensity: Any
    column: Any
    time_ns: Any
    echo: Any
    class_id: Any
    actor: Any
    instance: Any
    material: Any
    incidence_rad: Any
    fate: Any


class Held(NamedTuple):
    """One row of lanes before it is put in order, E echoes a lane: scratch of one thread.

    rank    (C,) azimuth of the stored point, of the beam where nothing is stored
    number  (C,) of records; fate, target (C, E): the target, -1 for the first surface
    point   (C, E, 6): x, y, z, range, intensity, incidence
    """

    rank: Any
    order: Any
    number: Any
    fate: Any
    target: Any
    point: Any


@step
def into_turn(azimuth: float, x: float, y: float) -> float:
    """The azimuth in 0 .. 2 pi; beside the seam the stored y decides, as it does for who reads the file."""
    turn = 2.0 * np.pi
    if azimuth < 0.0:
        azimuth += turn
    elif azimuth >= turn:
        azimuth -= turn
    if x > 0.0 and abs(y) < 0.002:
        return turn if y < 0.0 else y * 1e-9
    return azimuth


@step
def sort_ring(rank: F64, order: I64) -> None:
    """Rows by rank: an insertion sort, since they are nearly in order; what fell over the seam goes first."""
    count = rank.shape[0]
    begin = 0
    while begin < count // 2 and rank[begin] > np.pi:  # shifted clockwise over the seam: these end the ring
        begin += 1
    for i in range(count):
        order[i] = begin + i if begin + i < count else begin + i - count
    for i in range(1, count):
        row = order[i]
        k = i
        while k > 0 and rank[order[k - 1]] > rank[row]:
            order[k] = order[k - 1]
            k -= 1
        order[k] = row


@step
def write_row(
    r: int, most: int, lanes: Any, surface: Any, targets: Any, first_ns: int, step_ns: float,
    held: Held, records: Records,
) -> Any:  # fmt: skip
    """Write a row's records in their order, with what needs no measuring; returns how many."""
    order, number, held_fate, held_target, point = (
        held.order, held.number, held.fate, held.target, held.point,
    )  # fmt: skip
    columns = order.shape[0]
    xyz, ranges, intensities, incidences = (
        records.xyz_m, records.range_m, records.intensity, records.incidence_rad,
    )  # fmt: skip
    azimuths, elevations, times, out_columns, out_fates = (
        records.azimuth_rad, records.elevation_rad, records.time_ns, records.column, records.fate,
    )  # fmt: skip
    classes, actors, instances, materials, echoes = (
        records.class_id, records.actor, records.instance, records.material, records.echo,
    )  # fmt: skip
    lane_azimuth, lane_elevation, moments, lane_column = (
        lanes.azimuth, lanes.elevation, lanes.moment, lanes.column,
    )  # fmt: skip
    met_class, met_actor = surface.class_id, surface.actor
    met_instance, met_material = surface.instance, surface.material
    more_class, more_actor = targets.class_id, targets.actor
    more_instance, more_material = targets.instance, targets.material
    row = r * columns * most
    for i in range(columns):
        j = order[i]
        for e in range(number[j]):
            xyz[row, 0], xyz[row, 1], xyz[row, 2] = point[j, e, 0], point[j, e, 1], point[j, e, 2]
            ranges[row], intensities[row], incidences[row] = point[j, e, 3], point[j, e, 4], point[j, e, 5]
            out_fates[row], out_columns[row], echoes[row] = held_fate[j, e], lane_column[r, j], e
            azimuths[row], elevations[row] = lane_azimuth[r, j], lane_elevation[r, j]
            times[row] = first_ns + np.int64(moments[r, j] * step_ns + 0.5)
            k = held_target[j, e]
            if k >= 0:
                classes[row], actors[row] = more_class[k], more_actor[k]
                instances[row], materials[row] = more_instance[k], more_material[k]
            elif held_fate[j, e] == ALARM:
                classes[row], actors[row], instances[row], materials[row] = 0, -1, -1, 0
            else:
                classes[row], actors[row] = met_class[r, j], met_actor[r, j]
                instances[row], materials[row] = met_instance[r, j], met_material[r, j]
            row += 1
    return row - r * columns * most
