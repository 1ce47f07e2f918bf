"""People who do more than walk: with a pram, an umbrella or a stick, sitting, lying, at work on the road.

A person is a posture, what it wears, and things that follow the ground below it or one of its parts. Built
at the stature its posture is given for, then stretched to the wanted box.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import HAIRS, SHIRTS, SKINS, TROUSERS, Tint, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.people import body, things
from drivesynth.assets.people.body import ADULT, CHILD, Frame, with_stature
from drivesynth.assets.people.figure import PARTS, walking
from drivesynth.assets.people.headgear import cap_mesh, helmet_mesh
from drivesynth.assets.people.pedestrians import HELMET, WORK_TROUSERS, wear
from drivesynth.assets.people.postures import NOMINAL_M, Posture, holding, lying, sitting
from drivesynth.assets.posing import Channels, at, together, turned_y, turned_z
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.assets.stretch import stretched
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape
from drivesynth.kept import made_once

PLAIN = Tint((0.35, 0.35, 0.36), 0.4)
DARK_BLUE, BROWN = Tint((0.012, 0.02, 0.06), 0.35), Tint((0.16, 0.08, 0.04), 0.45)
CLOTHS = (*SHIRTS, Tint((0.35, 0.03, 0.20), 0.6, 6))


@dataclass(frozen=True)
class Thing:
    """Something a person has with it.

    follows  a part's name as in `figure.PARTS`, or "" for the ground below the person
    where    its place there [m, of a person of 1.75 m]
    turns    radius of a wheel that rolls with the way [m], 0 for what does not
    tints    what its tinted materials are drawn from
    """

    name: str
    shape: Callable[[], Shape]
    follows: str
    where: tuple[float, float, float]
    tints: tuple[Tint, ...] = (PLAIN,)
    turns: float = 0.0


@dataclass(frozen=True)
class Person:
    """One kind of person. `dress`: casual, vest, worker, police; `age`: adult or child."""

    posture: Posture
    things: tuple[Thing, ...] = ()
    dress: str = "casual"
    child: bool = False
    grey: bool = False


def _wheels(
    name: str, axles: tuple[tuple[float, float], ...], radius: float, wide: float
) -> tuple[Thing, ...]:
    return tuple(
        Thing(f"{name}_wheel_{k}{side}", lambda: things.small_wheel(radius, wide), "", (x, y * sign, radius),
              turns=radius)
        for k, (x, y) in enumerate(axles) for side, sign in (("l", 1.0), ("r", -1.0))
    )  # fmt: skip


_PUSH = ((0.36, 0.19, 1.02), (0.36, -0.19, 1.02))
_LAP = ((0.36, 0.13, 0.62), (0.36, -0.13, 0.62))
_RESTS = ((0.16, 0.27, 0.73), (0.16, -0.27, 0.73))
PERSONS: dict[str, Person] = {
    "person/umbrella": Person(
        holding(right=(0.20, -0.16, 1.18)),
        (Thing("umbrella", things.umbrella, "", (0.22, -0.16, 1.18), CLOTHS),),
    ),
    "person/phone": Person(
        holding(right=(0.28, -0.08, 1.22), nod=0.40),
        (Thing("phone", things.phone, "hand_r", (0.0, 0.0, -0.08)),),
    ),
    "person/bag": Person(
        walking,
        (
            Thing("bag", things.shopping_bag, "hand_l", (0.0, 0.0, -0.08), CLOTHS),
            Thing("backpack", things.backpack, "torso", (0.0, 0.0, 0.0), CLOTHS),
        ),
    ),
    "person/stick": Person(
        holding(right=(0.24, -0.24, 0.84), stoop=0.22),
        (Thing("stick", lambda: things.stick(0.84), "", (0.22, -0.24, 0.84)),),
        grey=True,
    ),
    "person/pram": Person(
        holding(*_PUSH),
        (
            Thing("pram", things.pram, "", (0.0, 0.0, 0.0), CLOTHS),
            *_wheels("pram", things.PRAM_AXLES, things.PRAM_WHEEL_M, 0.045),
        ),
    ),
    "person/trolley": Person(
        holding((0.36, 0.20, 1.0), (0.36, -0.20, 1.0)),
        (
            Thing("trolley", things.trolley, "", (0.0, 0.0, 0.0), CLOTHS),
            *_wheels("trolley", things.TROLLEY_AXLES, things.TROLLEY_WHEEL_M, 0.03),
        ),
    ),
    "person/vest": Person(walking, dress="vest"),
    "person/sitting": Person(
        sitting(0.47, _LAP, (0.48, 0.12, 0.02), -0.06),
        (Thing("chair", things.chair, "", (0.0, 0.0, 0.0)),),
    ),
    "person/lying": Person(lying),
    "person/wheelchair": Person(
        sitting(0.50, _RESTS, (0.47, 0.10, 0.15), -0.08),
        (
            Thing("chair", things.wheelchair, "", (0.0, 0.0, 0.0)),
            Thing(
                "wheel_l",
                things.big_wheel,
                "",
                (-0.16, 0.29, things.CHAIR_WHEEL_M),
                turns=things.CHAIR_WHEEL_M,
            ),
            Thing(
                "wheel_r",
                things.big_wheel,
                "",
                (-0.16, -0.29, things.CHAIR_WHEEL_M),
                turns=things.CHAIR_WHEEL_M,
            ),
            *(
                Thing(
                    f"caster_wheel_{side}",
                    lambda: things.small_wheel(things.CASTER_M, 0.03),
                    "",
                    (0.28, sign * 0.23, things.CASTER_M),
                    turns=things.CASTER_M,
                )
                for side, sign in (("l", 1.0), ("r", -1.0))
            ),
        ),
    ),
    "person/worker_sign": Person(
        holding(left=(0.30, 0.20, 1.15)),
        (Thing("sign", lambda: things.paddle_sign(1.15), "", (0.34, 0.20, 1.15)),),
        dress="worker",
    ),
    "person/police": Person(
        holding(left=(0.10, 0.82, 1.42), right=(0.58, -0.22, 1.40)),
        dress="police",
    ),
    "person/child_ball": Person(
        holding((0.24, 0.14, 0.95), (0.24, -0.14, 0.95)),
        (Thing("ball", lambda: things.ball_of(0.15), "", (0.32, 0.0, 1.0), CLOTHS),),
        child=True,
    ),
}
_STATURE_M = {False: NOMINAL_M, True: 1.20}


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A person in a posture, with what it has."""
    person, rng = PERSONS[asset], look(asset, look_seed)
    frame = with_stature(CHILD if person.child else ADULT, _STATURE_M[person.child], int(rng.integers(2)))
    bodies = _dressed(rng, person, frame)
    k = frame.stature / NOMINAL_M
    own = []
    for thing in person.things:
        tint = varied(rng, choose(rng, thing.tints))
        own.append(Part(thing.name, _thing_mesh(asset, thing.name), tint.rgb, tint.rho_905))
    rolling = ASSETS[asset].wheel_radius_m

    def poses(channels: Channels) -> F64:
        frames = person.posture(frame, channels)
        rest = []
        for thing in person.things:
            x, y, z = thing.where
            place = at(x * k, y * k, z * k if not thing.turns else z)
            if thing.follows:
                place = frames[PARTS.index(thing.follows)] @ place
            if thing.turns:
                spin = channels.get("wheel_rad", 0.0) * (rolling / thing.turns)
                side = turned_z(np.pi) if y < 0 and thing.name.startswith("wheel") else np.eye(4)
                place = place @ turned_y(spin) @ side
            rest.append(place)
        return together(*frames, *rest)

    return stretched(asset, (*bodies, *own), poses, size_m)


@made_once(64)
def _thing_mesh(asset: str, name: str) -> Mesh:
    shape = next(thing.shape for thing in PERSONS[asset].things if thing.name == name)()
    return shape.mesh(f"thing/{asset}/{name}", 0.7)


def _dressed(rng: np.random.Generator, person: Person, frame: Frame) -> list[Part]:
    """The body's parts in the order of `figure.PARTS`."""
    skin, hair = varied(rng, choose(rng, SKINS)), choose(rng, HAIRS[-1:] if person.grey else HAIRS)
    shirt, trousers = varied(rng, choose(rng, SHIRTS)), varied(rng, choose(rng, TROUSERS))
    short = bool(rng.random() < 0.3) and person.dress == "casual"
    if person.dress == "police":
        shirt = trousers = DARK_BLUE
    if person.dress == "worker":
        trousers = WORK_TROUSERS
    parts = []
    for name in PARTS:
        kind = name.removesuffix("_l").removesuffix("_r")
        material, tint = wear(kind, skin, hair, shirt, trousers, short)
        mesh = body.part(frame, kind, material)
        if kind == "torso" and person.dress != "casual":
            vest = "vest_orange" if person.dress == "worker" else "vest_yellow"
            mesh = body.taped(frame, MATERIAL_ID[vest])
        if kind == "hair" and person.dress == "worker":
            mesh, tint = helmet_mesh(frame, full_face=False), HELMET
        if kind == "hair" and person.dress == "police":
            mesh, tint = cap_mesh(frame), DARK_BLUE
        parts.append(Part(name, mesh, tint.rgb, tint.rho_905))
    return parts
