"""A simulation under way: states so far, what everybody has been told, and the paths they follow."""

from dataclasses import dataclass, field, replace

import numpy as np
from drivesynth_kernels import columns as at
from drivesynth_kernels.agents import THINKING_STEPS, advance
from drivesynth_kernels.tracks import FASTEST, SLOTS_ASIDE

from drivesynth.arrays import F64, U8
from drivesynth.errors import RequestError, did_you_mean
from drivesynth.geometry.paths import Bend, Path, Pose
from drivesynth.geometry.transforms import wrap_angle
from drivesynth.road import network as roads
from drivesynth.road.network import RoadNetwork
from drivesynth.road.rights import groups
from drivesynth.scenario.model import Actor, Scenario
from drivesynth.world.bodies import Body, body_of
from drivesynth.world.drivers import commands_of
from drivesynth.world.heed import Heed, keeps_limits, obeyed, wished_mps
from drivesynth.world.recording import recorded
from drivesynth.world.signals import Signals, by_plan
from drivesynth.world.tracks import Tracks

STEP_S = 0.01
_SETTLED_S = 6.0


@dataclass(frozen=True)
class Mark:
    """Something that happens to an actor besides its motion, from a step on.

    kind   "on" or "off" for a light's name, "door" (its name, value: angle, over `seconds`),
           "present" (0 or 1)
    """

    step: int
    actor: int
    kind: str
    name: str = ""
    value: float = 0.0
    seconds: float = 0.0


@dataclass
class Live:
    """The simulation at `step`; `history` is filled up to and with it.

    history   (T, A, STATE_COLUMNS), T the longest the simulation may run
    commands  (A, COMMAND_COLUMNS)
    paths     actor -> its path, for those who have begun to move
    heed      the rules of the road
    groups    groups of signals; none where the scenario has no plan for them
    shows     (T, G) what the road's signals show, by all that has been decided up to now
    """

    scenario: Scenario
    network: RoadNetwork
    actors: tuple[Actor, ...]
    bodies: tuple[Body, ...]
    rows: dict[str, int]
    tracks: Tracks
    history: F64
    commands: F64
    paths: dict[int, Path]
    heed: Heed
    groups: tuple[str, ...]
    shows: U8
    step: int = 0
    marks: list[Mark] = field(default_factory=list)
    hit_s: dict[str, float] = field(default_factory=dict)

    @property
    def time_s(self) -> float:
        """Now."""
        return self.step * STEP_S

    @property
    def last(self) -> int:
        """The last step there is room for."""
        return len(self.history) - 1

    @property
    def now(self) -> F64:
        """(A, STATE_COLUMNS) the states at this step."""
        state: F64 = self.history[self.step]
        return state

    def row(self, name: str) -> int:
        """An actor's row by its name."""
        if name not in self.rows:
            raise RequestError(f"no actor {name!r}{did_you_mean(name, self.rows)}")
        return self.rows[name]

    def run(self, last: int) -> None:
        """Step on to `last`, as everybody was told; `step` stays where it is."""
        stations = np.full((len(self.actors), len(self.actors)), np.nan)
        rules = self.heed.rules(self.tracks.paths, self.shows)
        thinking = THINKING_STEPS if (self.commands[:, at.CHANGES] > 0).any() else None
        advance(
            self.history, self.commands, *self.tracks.arrays(), stations, rules, thinking,
            self.step, last, STEP_S,
        )  # fmt: skip

    def signals(self, first: int, last: int) -> Signals:
        """What signals show from one step up to and with another."""
        return Signals(self.groups, self.shows[first : last + 1, : len(self.groups)])

    def show(self, group: str, shows: int | None) -> None:
        """From now on a group of signals shows this; None: what the plan says."""
        g, plan = self.groups.index(group), self.scenario.signals
        self.shows = self.shows.copy()  # a fork goes its own way
        if shows is not None:
            self.shows[self.step :, g] = shows
        elif plan is not None:
            times = np.arange(self.step, len(self.shows), dtype=np.float64) * STEP_S
            self.shows[self.step :, g] = by_plan(plan, self.groups, times)[:, g]

    def path(self, actor: int) -> Path:
        """An actor's path; whoever has none yet is put on the one it would take from where it stands."""
        if actor not in self.paths:
            self.put_on(actor, first_path(self, self.actors[actor]))
        return self.paths[actor]

    def put_on(self, actor: int, path: Path) -> None:
        """Let an actor go on along a path, from the nearest point at the offset it has there."""
        state, told = self.now[actor], self.commands[actor]
        self.paths[actor] = path
        if told[at.MODE] == at.REPLAY:  # others may ask where it would go; it goes where it went
            return
        told[at.PATH] = self.tracks.add(
            path, lanes=told[at.CHANGES] > 0, limits=keeps_limits(self.actors[actor])
        )
        back = told[at.BACK]
        s, left = path.project(
            state[at.X] - back * np.cos(state[at.YAW]), state[at.Y] - back * np.sin(state[at.YAW])
        )
        state[at.S], state[at.D] = s, left
        self.stay(actor)
        told[at.STOP_S] = np.inf
        state[at.GOING] = state[at.STOOD] = -np.inf
        if told[at.TURN_RATE] == np.inf:  # one way of counting its turns for yaw and path
            heading = path.pose(s).heading_rad
            state[at.YAW] += round((heading - state[at.YAW]) / (2 * np.pi)) * 2 * np.pi

    def stay(self, actor: int) -> None:
        """Let an actor keep its offset, in whichever lane beside its path that is."""
        state = self.now[actor]
        slot, centre = self.slot(actor, float(state[at.D]))
        state[at.SLOT] = slot
        state[at.LATERAL_FROM] = state[at.LATERAL_TO] = state[at.D] - centre
        state[at.LATERAL_TIME] = state[at.CHOSEN] = 0.0

    def slot(self, actor: int, left_m: float) -> tuple[int, float]:
        """The lane beside an actor's path that an offset from it is nearest to, and the lane's centre."""
        samples, firsts, counts, steps_m = self.tracks.arrays()
        path, s = int(self.commands[actor, at.PATH]), float(self.now[actor, at.S])
        row = firsts[path] + min(max(int(s / steps_m[path]), 0), counts[path] - 1)
        columns = samples[row, 4:FASTEST]
        there = columns[1::2] > s
        there[SLOTS_ASIDE] = True
        apart = np.where(there, np.abs(columns[::2] - left_m), np.inf)
        index = int(np.argmin(apart))
        return index - SLOTS_ASIDE, float(columns[2 * index])

    def fork(self) -> "Live":
        """A copy that may run on by itself."""
        history = np.zeros_like(self.history)
        history[: self.step + 1] = self.history[: self.step + 1]
        return replace(
            self,
            history=history,
            commands=self.commands.copy(),
            paths=dict(self.paths),
            marks=list(self.marks),
            hit_s=dict(self.hit_s),
        )


def begin(scenario: Scenario, longest_s: float) -> Live:
    """Everybody where the scenario puts them, with room for `longest_s` seconds."""
    network = roads.build(scenario.road)
    actors = scenario.everyone
    bodies = tuple(body_of(actor) for actor in actors)
    commands = np.array([commands_of(a, b, scenario) for a, b in zip(actors, bodies, strict=True)])
    steps = int(np.ceil(longest_s / STEP_S)) + 1
    history = np.zeros((steps, len(actors), at.STATE_COLUMNS))
    rows = {actor.name: i for i, actor in enumerate(actors)}
    tracks = Tracks(network)
    for actor, told in zip(actors, commands, strict=True):
        told[at.OBEYS] = obeyed(actor)
        told[at.WISHED] = wished_mps(actor, float(told[at.WISHED]), scenario.road.limit_mps)
    heed = Heed(scenario.road, bool(commands[:, at.OBEYS].any()))
    ruled = groups(scenario.road)
    shows = np.zeros((steps, len(ruled)), np.uint8)
    if scenario.signals is not None:
        shows = by_plan(scenario.signals, ruled, np.arange(steps, dtype=np.float64) * STEP_S)
    lit = ruled if scenario.signals is not None else ()
    live = Live(scenario, network, actors, bodies, rows, tracks, history, commands, {}, heed, lit, shows)
    history[0, :, at.GAP : at.RISK + 1] = np.inf
    history[0, :, [at.GOING, at.STOOD]] = -np.inf
    for i, actor in enumerate(actors):
        state, place = history[0, i], actor.placement
        state[at.X], state[at.Y], state[at.YAW] = place.x_m, place.y_m, place.heading_rad
        state[at.V], state[at.HITCH] = actor.speed_mps, actor.articulation_rad
        # Their last lane changes lie back by different times, or all would think of the next one at once.
        state[at.CLOCK] = commands[i, at.KEY] % 1000.0 * (_SETTLED_S / 1000.0)
        if actor.drive.recording:
            _play_recording(live, i)
        elif commands[i, at.MODE] != at.STAND:  # the many that are parked may never need one
            live.path(i)
    _load_cargo(live)
    return live


def _play_recording(live: Live, actor: int) -> None:
    """Let an actor do at each step what was recorded of it."""
    states = recorded(live.actors[actor].drive.recording, STEP_S, len(live.history))
    live.commands[actor, at.PATH] = live.tracks.add_recording(states, STEP_S)
    state = live.history[0, actor]
    state[at.X], state[at.Y], state[at.YAW], state[at.V] = states[0]


def first_path(live: Live, actor: Actor) -> Path:
    """Where an actor goes unless told otherwise: its route, its lane, else straight ahead."""
    place = actor.placement
    if actor.route:
        return live.network.route(actor.route)
    if place.lane is not None and place.lane in live.network.lanes:
        lane = live.network.lane(place.lane)
        centre = lane.centre
        askew = abs(float(wrap_angle(place.heading_rad - lane.pose(place.s_m).heading_rad)))
        if askew < np.pi / 4:
            return centre
        if askew > 3 * np.pi / 4:
            return centre.reversed()
    return straight(place.x_m, place.y_m, place.heading_rad, 200.0)


def straight(x_m: float, y_m: float, heading_rad: float, length_m: float) -> Path:
    """A straight path over the ground."""
    return Path.of([Bend(length_m)], Pose(x_m, y_m, 0.0, heading_rad))


def _load_cargo(live: Live) -> None:
    """What is called `lorry.cargo` rides on `lorry` until it drops."""
    for name, i in live.rows.items():
        carrier_name, _, what = name.rpartition(".")
        if what != "cargo" or carrier_name not in live.rows:
            continue
        carrier = live.rows[carrier_name]
        told, on = live.commands[i], live.history[0, carrier]
        state = live.history[0, i]
        dx, dy = state[at.X] - on[at.X], state[at.Y] - on[at.Y]
        cos, sin = np.cos(on[at.YAW]), np.sin(on[at.YAW])
        told[at.MODE], told[at.CARRIER] = at.CARRIED, carrier
        told[at.CARRIED_FORWARD], told[at.CARRIED_LEFT] = dx * cos + dy * sin, dy * cos - dx * sin
        state[at.V] = on[at.V]
