"""Placing: from `at` and `fill` to stations, offsets and world poses on the drawn road."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from drivesynth.errors import RequestError, did_you_mean
from drivesynth.road.lanes import DRIVEN, Lane
from drivesynth.road.network import RoadNetwork
from drivesynth.scenario.chance import Chance, Rejected
from drivesynth.scenario.model import Placement
from drivesynth.scene.actors import Position
from drivesynth.scene.validate import Path

Size = tuple[float, float, float]
Outline = tuple[tuple[float, float], ...]

_FACING = {"ahead": 0.0, "left": math.pi / 2, "back": math.pi, "right": -math.pi / 2}


@dataclass(frozen=True)
class Placed:
    """Something that has its place: turned_rad is its heading relative to its lane's travel.

    outline_m  corners in its own frame where it is no plain box, as (x, y) forward and left of its middle
    """

    name: str
    size_m: Size
    place: Placement
    turned_rad: float = 0.0
    outline_m: Outline = ()

    def along_m(self, ahead: bool) -> float:
        """How far it reaches along its lane's travel, or against it, from its middle."""
        return along_m(self.size_m, self.turned_rad if ahead else self.turned_rad + math.pi, self.outline_m)


def along_m(size_m: Size, turned_rad: float, outline_m: Outline = ()) -> float:
    """How far a body reaches from its middle along a direction that it is turned against."""
    cos, sin = math.cos(turned_rad), math.sin(turned_rad)
    if outline_m:
        return max(x * cos - y * sin for x, y in outline_m)
    return abs(cos) * size_m[0] / 2 + abs(sin) * size_m[1] / 2


class Placer:
    """Places actors on one drawn road, each after those it leans on."""

    def __init__(self, chance: Chance, network: RoadNetwork) -> None:
        self.chance, self.network = chance, network
        self.placed: dict[str, Placed] = {}

    def lane(self, name: str, path: Path) -> Lane:
        """A lane by name, an unknown one being an error at its place in the file."""
        try:
            return self.network.lane(name)
        except RequestError as error:
            raise self.chance.mistake(path, error.what) from None

    def station(
        self, s_m: float, lane: Lane, ahead_m: float, behind_m: float, name: str, path: Path
    ) -> float:
        """The station, refused where the body would stand beyond the road's ends."""
        length = lane.reference.length_m
        up, down = (ahead_m, behind_m) if lane.direction > 0 else (behind_m, ahead_m)
        if s_m - down < -0.01 or s_m + up > length + 0.01:
            what = f"{name!r} stands off the road: s {s_m:.1f} m on a road of {length:.1f} m"
            raise Rejected(f"off the road: {name}", self.chance.mistake(path, what))
        return s_m

    def at(
        self,
        name: str,
        spec: Position,
        size_m: Size,
        path: Path,
        *,
        face_road: bool = False,
        outline_m: Outline = (),
    ) -> Placed:
        """Where an actor of a size stands; `outline_m` of one that is no plain box."""
        number = self.chance.number
        if spec.xy is not None:
            return self._free(name, spec, size_m, path)
        if spec.corner is not None:
            return self._corner(name, spec, size_m, path)
        offset = number(spec.offset, (*path, "offset"))
        turned = _FACING[spec.facing or "ahead"] + number(spec.heading, (*path, "heading"))

        def reaches(ahead: bool) -> float:
            return along_m(size_m, turned if ahead else turned + math.pi, outline_m)

        anchor: Path = (*path, spec.anchor)
        if spec.s is not None or spec.to_stop is not None:
            lane = self.lane(spec.lane or "", (*path, "lane"))
            if spec.s is not None:
                s = number(spec.s, anchor)
            else:
                s = self.before_stop(lane, number(spec.to_stop, anchor), anchor)
                s -= lane.direction * reaches(True)
        elif spec.between is not None:
            first, second = (self.known(n, (*anchor, i)) for i, n in enumerate(spec.between))
            lane = self._beside(first, spec.lane or "same", path)
            s = (first.place.s_m + second.place.s_m) / 2
        else:
            other = self.known(str(getattr(spec, spec.anchor)), anchor)
            lane = self._beside(other, spec.lane or ("left" if spec.beside else "same"), path)
            by = number(spec.by, (*path, "by"))
            if face_road and spec.facing is None:
                turned = self.towards_road(lane)
            towards = _travel(self, other) * (-1 if spec.behind else 1)  # along the reference line
            reach = 0.0
            if not spec.beside:
                reach = other.along_m(self._travels(other) == towards) + reaches(lane.direction != towards)
            s = other.place.s_m + towards * (by + reach)
        if face_road and spec.facing is None:
            turned = self.towards_road(lane)
        s = self.station(s, lane, reaches(True), reaches(False), name, anchor)
        return self.keep(replace(self.on_lane(name, lane, s, offset, turned, size_m), outline_m=outline_m))

    def _travels(self, placed: Placed) -> int:
        """+1 where the lane that somebody stands on runs along the reference line."""
        return 1 if placed.place.lane is None else self.network.lane(placed.place.lane).direction

    def on_lane(
        self, name: str, lane: Lane, s_m: float, offset_m: float, turned_rad: float, size_m: Size
    ) -> Placed:
        """Something at a station and offset of a lane."""
        return self.along(lane, [(name, s_m, offset_m, size_m)], turned_rad)[0]

    def along(
        self, lane: Lane, row: Sequence[tuple[str, float, float, Size]], turned_rad: float = 0.0
    ) -> list[Placed]:
        """Several on one lane, each by name, station, offset and size."""
        stations, offsets = (np.array([item[i] for item in row]) for i in (1, 2))
        poses = lane.poses(stations, offsets)
        placed = []
        for (name, s_m, offset_m, size_m), pose in zip(row, poses.tolist(), strict=True):
            x, y, z, heading = pose
            place = Placement(
                lane=lane.name,
                s_m=s_m,
                offset_m=offset_m,
                x_m=x,
                y_m=y,
                z_m=z,
                heading_rad=math.remainder(heading + turned_rad, 2 * math.pi),
            )
            placed.append(self.keep(Placed(name, size_m, place, turned_rad)))
        return placed

    def keep(self, placed: Placed) -> Placed:
        """Remember it for those that lean on it."""
        self.placed[placed.name] = placed
        return placed

    def known(self, name: str, path: Path) -> Placed:
        """An actor that is placed already; a group's name means its last member."""
        if name in self.placed:
            return self.placed[name]
        members = [p for p in self.placed if p.rpartition(".")[0] == name]
        if members:
            return self.placed[members[-1]]
        what = f"{name!r} has no member here{did_you_mean(name, self.placed)}"
        raise Rejected(f"empty row: {name}", self.chance.mistake(path, what))

    def before_stop(self, lane: Lane, distance_m: float, path: Path) -> float:
        """The station that far before a lane's stop line."""
        if lane.stop_m is None:
            raise self.chance.mistake(path, f"lane {lane.name!r} has no stop line; give s")
        return lane.stop_m - lane.direction * distance_m

    def towards_road(self, lane: Lane) -> float:
        """The turn that makes somebody on a lane beside the carriageway look across it."""
        middle = float(lane.middle(lane.reference.length_m / 2))
        return -math.pi / 2 if middle * lane.direction > 0 else math.pi / 2

    def _beside(self, other: Placed, wanted: str, path: Path) -> Lane:
        """The lane that `same`, `left`, `right` or a name means, as the other actor drives."""
        if wanted not in ("same", "left", "right"):
            return self.lane(wanted, (*path, "lane"))
        if other.place.lane is None:
            raise self.chance.mistake((*path, "lane"), f"{other.name!r} is on no lane; name one, like R1")
        own = self.network.lane(other.place.lane)
        name = {"same": own.name, "left": own.left, "right": own.right}[wanted]
        if name is None:
            what = f"{other.name!r} on {own.name} has no lane to its {wanted}"
            raise self.chance.mistake((*path, "lane"), what)
        return self.network.lane(name)

    def _free(self, name: str, spec: Position, size_m: Size, path: Path) -> Placed:
        """World coordinates; the heading counts counter-clockwise from east."""
        assert spec.xy is not None
        x, y = (self.chance.number(value, (*path, "xy", i)) for i, value in enumerate(spec.xy))
        heading = self.chance.number(spec.heading, (*path, "heading"))
        return self.on_ground(name, x, y, heading, size_m)

    def _corner(self, name: str, spec: Position, size_m: Size, path: Path) -> Placed:
        """Beside a junction's corner, `inset` away from its kerb, along it."""
        corners = self.network.corners
        if spec.corner not in corners:
            known = ", ".join(corners) or "this road has none"
            raise self.chance.mistake(
                (*path, "corner"), f"no corner {spec.corner!r}; the corners are: {known}"
            )
        at = corners[spec.corner]
        out = self.chance.number(spec.inset, (*path, "inset")) + size_m[1] / 2
        x, y = at.x_m + out * math.cos(at.heading_rad), at.y_m + out * math.sin(at.heading_rad)
        heading = at.heading_rad + math.pi / 2 + self.chance.number(spec.heading, (*path, "heading"))
        return self.on_ground(name, x, y, heading, size_m)

    def on_ground(self, name: str, x_m: float, y_m: float, heading_rad: float, size_m: Size) -> Placed:
        """Something at a point of the world, on whatever lane is there."""
        lane, s, offset = self.network.locate(x_m, y_m)
        along = self.network.lane(lane).pose(s, offset).heading_rad if lane is not None else 0.0
        place = Placement(
            lane=lane,
            s_m=s,
            offset_m=offset,
            x_m=x_m,
            y_m=y_m,
            z_m=self.network.height_m(x_m, y_m),
            heading_rad=math.remainder(heading_rad, 2 * math.pi),
        )
        return self.keep(Placed(name, size_m, place, heading_rad - along))


def _travel(placer: Placer, other: Placed) -> int:
    """+1 where the other's `ahead` leads along the reference line."""
    if other.place.lane is None:
        return 1
    lane = placer.network.lane(other.place.lane)
    backwards = lane.kind in DRIVEN and math.cos(other.turned_rad) < -0.5
    return -lane.direction if backwards else lane.direction
