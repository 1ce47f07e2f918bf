"""Who plays: every actor of one draw with its asset, size, place and way of moving."""

import math
from collections.abc import Iterator
from itertools import product
from pathlib import Path as Files
from typing import get_args

import shapely

from drivesynth.assets import catalogue as assets
from drivesynth.assets.model import LIGHTS
from drivesynth.assets.vehicles.combination import COMBINATIONS, MOST_RAD, combination, rectangles
from drivesynth.assets.vehicles.flaps import openable_on
from drivesynth.errors import RequestError, did_you_mean
from drivesynth.road.lanes import DRIVEN
from drivesynth.road.network import RoadNetwork
from drivesynth.road.plan import LaneKind
from drivesynth.scenario import recordings
from drivesynth.scenario.chance import Chance, Rejected
from drivesynth.scenario.model import Actor, Aim, Drive, Value
from drivesynth.scenario.overlap import ground
from drivesynth.scenario.places import Outline, Placed, Placer, Size
from drivesynth.scenario.wardrobe import drawn_asset, drawn_material, drawn_size, stream, usual_size
from drivesynth.scene.actors import ActorSpec, DriveSpec, Fill
from drivesynth.scene.validate import Path

MOST_MEMBERS = 200
_FAR_M = 40.0  # from any lane; further off nobody has a part in what happens on the road
KINDS: tuple[str, ...] = get_args(LaneKind)
_DRIVE_NUMBERS = {
    "headway": "headway_s",
    "accel": "accel_mps2",
    "decel": "decel_mps2",
    "min_gap": "min_gap_m",
    "sigma": "sigma",
    "politeness": "politeness_ratio",
}


def _outline(asset: str, size: Size, articulation_rad: float) -> Outline:
    """The corners of a body that bends, forward and left of its middle; none of a straight one."""
    if not articulation_rad:
        return ()
    corners = []
    for x, y, yaw, length in rectangles(asset, size, articulation_rad).tolist():
        cos, sin = math.cos(yaw), math.sin(yaw)
        for a, b in product((length / 2, -length / 2), (size[1] / 2, -size[1] / 2)):
            corners.append((x + a * cos - b * sin, y + a * sin + b * cos))
    return tuple(corners)


class Casting:
    """Draws the actors of a scene on a drawn road. Mistakes and rejections are collected, not raised."""

    def __init__(self, chance: Chance, network: RoadNetwork) -> None:
        self.chance, self.network = chance, network
        self.placer = Placer(chance, network)
        self.mistakes: list[RequestError] = []
        self.rejections: list[Rejected] = []
        self.actors: dict[str, tuple[Actor, ...]] = {}  # per name of the scene: one, a row, or none
        self.failed: set[str] = set()

    def run(self) -> None:
        """All actors, each after those it stands relative to."""
        scene = self.chance.scene
        specs: dict[str, tuple[ActorSpec, Path]] = {"ego": (scene.ego, ("ego",))}
        specs |= {name: (actor, ("actors", name)) for name, actor in scene.actors.items()}
        for name in _in_order(specs):
            spec, path = specs[name]
            if any(base in self.failed for base in _bases(spec)):
                self.failed.add(name)
                continue
            try:
                row = self.row(name, spec, path) if spec.fill is not None else (self.one(name, spec, path),)
                self.actors[name] = (*row, *self.cargo(spec, row[0], path)) if row else ()
            except Rejected as rejected:
                self.rejections.append(rejected)
                self.failed.add(name)
            except RequestError as error:
                self.mistakes.append(error)
                self.failed.add(name)
        self.rejections += self.off_road(specs)

    def one(self, name: str, spec: ActorSpec, path: Path) -> Actor:
        """An actor with a place of its own."""
        asset = drawn_asset(self.chance, spec.asset, (*path, "asset"))
        size = drawn_size(self.chance, spec, asset, path)
        if spec.at is not None:
            free = spec.at.facing is None and spec.at.heading is None and spec.at.lane is not None
            look = spec.aim is not None and not spec.route and free and self.is_beside(spec.at.lane or "")
            bent = _outline(asset, size, self.articulation(spec, asset, size, path, ""))
            placed = self.placer.at(name, spec.at, size, (*path, "at"), face_road=look, outline_m=bent)
        elif spec.drive is not None and spec.drive.file is not None:
            recording = self.recording(spec.drive.file, (*path, "drive", "file"))
            placed = self.placer.on_ground(name, *recording[0][1:], size)
        else:
            placed = self.at_start(name, spec, size, path)
        return self.actor(name, spec, asset, size, placed, path)

    def recording(self, file: str, path: Path) -> tuple[recordings.Row, ...]:
        """The rows of a recorded trajectory."""
        scene = self.chance.scene
        try:
            return recordings.read(file, scene.path.parent if scene.path is not None else Files())
        except RequestError as error:
            raise self.chance.mistake(path, error.what) from None

    def is_beside(self, lane: str) -> bool:
        """Whether a lane is not for vehicles."""
        return lane in self.network.lanes and self.network.lane(lane).kind not in DRIVEN | {"cycleway"}

    def at_start(self, name: str, spec: ActorSpec, size: Size, path: Path) -> Placed:
        """At the beginning of its route."""
        way = self.network.route(self.checked_route(spec, path))
        at = way.pose(size[0] / 2 + 0.1)
        return self.placer.on_ground(name, at.x_m, at.y_m, at.heading_rad, size)

    def checked_route(self, spec: ActorSpec, path: Path) -> tuple[str, ...]:
        """The route, an impossible one being an error at its place."""
        try:
            if spec.route:
                self.network.route(spec.route)
        except RequestError as error:
            raise self.chance.mistake((*path, "route"), error.what) from None
        return spec.route or ()

    def off_road(self, specs: dict[str, tuple[ActorSpec, Path]]) -> list[Rejected]:
        """Refusals of those who, beside their lane, touch no other; a car in a driveway touches one."""
        refused = []
        for name, (spec, path) in specs.items():
            for actor in self.actors.get(name, ()):
                place = actor.placement
                lane = self.network.lanes.get(place.lane or "")
                if lane is None:
                    apart_m = shapely.distance(ground(actor), self.network.area(KINDS))
                    if apart_m > _FAR_M:
                        what = f"{actor.name!r} stands {apart_m:.0f} m from any lane; at most {_FAR_M:g} m"
                        error = self.chance.mistake((*path, "at"), what)
                        refused.append(Rejected(f"off the road: {actor.name}", error))
                    continue
                if abs(place.offset_m) <= lane.width_m / 2:
                    continue
                if not ground(actor).intersects(self.network.area(KINDS)):
                    where = (*path, "at" if spec.fill is None else "fill", "offset")
                    error = self.chance.mistake(where, f"{actor.name!r} stands off the road")
                    refused.append(Rejected(f"off the road: {actor.name}", error))
        return refused

    def row(self, name: str, spec: ActorSpec, path: Path) -> tuple[Actor, ...]:
        """A filled row, along the lane's travel."""
        assert spec.fill is not None
        fill, where = spec.fill, (*path, "fill")
        lane = self.placer.lane(fill.lane, (*where, "lane"))
        begin, end, backwards = self.stretch(fill, where)
        count = self.chance.maybe(fill.count, (*where, "count"))
        slots: list[tuple[int, str, Size, float]] = []
        used, slot = 0.0, 0
        while slot < MOST_MEMBERS and (count is None or slot < count):
            member = str(slot)
            asset = drawn_asset(self.chance, spec.asset, (*path, "asset"), member)
            size = drawn_size(self.chance, spec, asset, path, member)
            gap = self.chance.number(fill.gap, (*where, "gap"), member=member) if slot else 0.0
            if used + gap + size[0] > abs(end - begin) + 1e-9:
                break
            slots.append((slot, asset, size, used + gap + size[0] / 2))
            used += gap + size[0]
            slot += 1
        if count is not None and len(slots) < count:
            what = f"only {len(slots)} of {count:.0f} fit into {abs(end - begin):.1f} m"
            raise Rejected(f"no room: {name}", self.chance.mistake(where, what))
        sign = lane.direction * (-1 if backwards else 1)
        occupancy = self.chance.number(fill.occupancy, (*where, "occupancy"), 1.0)
        # A row before a stop line grows backwards; its members still count along travel.
        taken: list[tuple[str, float, float, Size]] = []
        chosen: list[tuple[str, str]] = []
        for index, asset, size, along in reversed(slots) if backwards else slots:
            member = str(index)
            if self.chance.uniform(stream(where, "taken", member)) >= occupancy:
                continue
            member_name = f"{name}.{len(taken)}"
            s = self.placer.station(begin + sign * along, lane, size[0] / 2, size[0] / 2, member_name, where)
            offset = self.chance.number(fill.offset, (*where, "offset"), member=member)
            taken.append((member_name, s, offset, size))
            chosen.append((asset, member))
        return tuple(
            self.actor(placed.name, spec, asset, placed.size_m, placed, path, member)
            for placed, (asset, member) in zip(self.placer.along(lane, taken), chosen, strict=True)
        )

    def stretch(self, fill: Fill, where: Path) -> tuple[float, float, bool]:
        """Where a row begins and may reach to, along travel; and whether it grows against it."""
        lane = self.network.lane(fill.lane)
        length = lane.reference.length_m
        if fill.to_stop is not None:
            first = self.placer.before_stop(
                lane, self.chance.number(fill.to_stop, (*where, "to_stop")), (*where, "to_stop")
            )
            return first, 0.0 if lane.direction > 0 else length, True
        low = self.chance.number(fill.from_, (*where, "from"))
        high = self.chance.number(fill.to, (*where, "to"), length)
        if low >= high:
            raise self.chance.mistake(
                where, f"the row ends at {high:g} m, before its beginning at {low:g} m; swap from and to"
            )
        if high > length + 0.01:
            what = f"the row reaches to s {high:.1f} m on a road of {length:.1f} m"
            raise Rejected(f"off the road: {fill.lane}", self.chance.mistake((*where, "to"), what))
        return (low, high, False) if lane.direction > 0 else (high, low, False)

    def actor(
        self, name: str, spec: ActorSpec, asset: str, size: Size, placed: Placed, path: Path, member: str = ""
    ) -> Actor:
        """All that is decided of one actor."""
        for i, light in enumerate(spec.lights):
            if light not in LIGHTS:
                hint = did_you_mean(light, LIGHTS) or f"; the lights are {', '.join(LIGHTS)}"
                raise self.chance.mistake((*path, "lights", i), f"no light {light!r}{hint}")
        speed = self.chance.maybe(spec.speed, (*path, "speed"), member=member)
        drive = self.drive(spec.drive, speed, path, member)
        if drive.recording:
            (t0, x0, y0, _), (t1, x1, y1, _) = drive.recording[:2]
            speed = math.hypot(x1 - x0, y1 - y0) / (t1 - t0) if t0 <= 0.0 else 0.0
        return Actor(
            name=name,
            asset=asset,
            class_name=assets.info(asset).class_name,
            look_seed=self.chance.look(stream(path, "", member)),
            size_m=size,
            material=drawn_material(self.chance, spec.material, (*path, "material"), member),
            placement=placed.place,
            speed_mps=drive.speed_mps if speed is None else speed,
            drive=drive,
            route=self.checked_route(spec, path),
            aim=self.aim(spec, path),
            obeys=dict(spec.obeys),
            lights=spec.lights,
            cargo=f"{name}.cargo" if spec.cargo is not None else None,
            articulation_rad=self.articulation(spec, asset, size, path, member),
            open=self.opened(spec, asset, path),
        )

    def opened(self, spec: ActorSpec, asset: str, path: Path) -> tuple[str, ...]:
        """Which of its doors are open at the start."""
        known = openable_on(asset)
        for i, name in enumerate(spec.open):
            if name not in known:
                hint = f"it has {', '.join(known)}" if known else "nothing of it opens"
                raise self.chance.mistake((*path, "open", i), f"{asset!r} has no {name} to open; {hint}")
        return tuple(spec.open)

    def articulation(self, spec: ActorSpec, asset: str, size: Size, path: Path, member: str) -> float:
        """How far its trailer is turned at the start."""
        if spec.articulation is None:
            return 0.0
        where = (*path, "articulation")
        if combination(asset, size) is None:
            raise self.chance.mistake(
                where, f"{asset!r} has no trailer to turn; {' or '.join(COMBINATIONS)} has"
            )
        angle = self.chance.number(spec.articulation, where, member=member)
        if abs(angle) > MOST_RAD:
            most = math.degrees(MOST_RAD)
            what = f"{math.degrees(angle):.4g} deg turns the trailer into the cab; at most {most:.0f} deg"
            raise self.chance.mistake(where, what)
        return angle

    def drive(self, spec: DriveSpec | None, speed: float | None, path: Path, member: str) -> Drive:
        """How it drives: who is given a speed only keeps it, who is given nothing stands."""
        if spec is None:
            return Drive(model="constant" if speed else "static", speed_mps=speed or 0.0)
        path = (*path, "drive")
        if spec.file is not None:
            return Drive(model="replay", recording=self.recording(spec.file, (*path, "file")))
        numbers: dict[str, Value] = {}
        for key, named in _DRIVE_NUMBERS.items():
            value = self.chance.maybe(getattr(spec, key), (*path, key), member=member)
            if value is not None:
                numbers[named] = value
        wished = self.chance.number(spec.speed, (*path, "speed"), speed or 0.0, member=member)
        return Drive(model=spec.model, speed_mps=wished, numbers=numbers, lane_changes=spec.lane_changes)

    def aim(self, spec: ActorSpec, path: Path) -> Aim | None:
        """What it aims at; a group's name means its last member."""
        if spec.aim is None:
            return None
        aim, path = spec.aim, (*path, "aim")
        return Aim(
            at=aim.at,
            impact_ratio=self.chance.number(aim.impact, (*path, "impact"), 0.5),
            speed_mps=self.chance.number(aim.speed, (*path, "speed")),
            miss_m=self.chance.maybe(aim.miss, (*path, "miss")),
            until_s=self.chance.maybe(aim.until, (*path, "until")),
        )

    def cargo(self, spec: ActorSpec, carrier: Actor, path: Path) -> tuple[Actor, ...]:
        """What it carries, as an actor of its own that rides on the middle of its bed."""
        if spec.cargo is None:
            return ()
        where, name = (*path, "cargo"), f"{carrier.name}.cargo"
        asset = drawn_asset(self.chance, spec.cargo, where)
        size = usual_size(self.chance, asset, where)
        at = carrier.placement
        back = 0.15 * carrier.size_m[0]
        x, y = at.x_m - back * math.cos(at.heading_rad), at.y_m - back * math.sin(at.heading_rad)
        placed = self.placer.on_ground(name, x, y, at.heading_rad, size)
        return (
            Actor(
                name=name,
                asset=asset,
                class_name=assets.info(asset).class_name,
                look_seed=self.chance.look(stream(where, "", "")),
                size_m=size,
                placement=placed.place,
                speed_mps=carrier.speed_mps,
                drive=Drive(model="static"),
            ),
        )


def _bases(spec: ActorSpec) -> Iterator[str]:
    """Names that an actor's place leans on."""
    if spec.at is not None:
        for name in (spec.at.ahead_of, spec.at.behind, spec.at.beside, *(spec.at.between or ())):
            if name is not None:
                yield name.split(".")[0]


def _in_order(specs: dict[str, tuple[ActorSpec, Path]]) -> list[str]:
    """Names, each after those it leans on; the loader has refused circles."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order or name not in specs:
            return
        for base in _bases(specs[name][0]):
            visit(base)
        order.append(name)

    for name in specs:
        visit(name)
    return order
