"""Actors keep to physics, to their lanes and to the story."""

import numpy as np
import pytest

from drivesynth.assets.catalogue import info
from drivesynth.assets.model import CHANNEL, DOORS, LIGHTS
from drivesynth.errors import RequestError
from drivesynth.road import network as roads
from drivesynth.scenario.model import Placement
from drivesynth.world import metrics, story
from drivesynth.world.bodies import body_of
from drivesynth.world.build import _Staging
from drivesynth.world.rollout import Rollout
from drivesynth.world.series import of_rollout
from drivesynth.world.simulate import simulate
from tests.world.worlds import actor, do, event, hills, motorway, scenario, street


def rear_axle(rollout: Rollout, i: int) -> np.ndarray:
    back = body_of(rollout.scenario.everyone[i]).back_m
    yaw = rollout.rpy_rad[:, i, 2]
    return rollout.position_m[:, i, :2] - back * np.column_stack([np.cos(yaw), np.sin(yaw)])


def lit(rollout: Rollout, i: int, light: str) -> np.ndarray:
    return (rollout.lights[:, i] >> LIGHTS.index(light)) & 1 == 1


def test_a_constant_driver_keeps_lane_and_speed_through_a_bend() -> None:
    plan = street(260, 1 / 60)
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R1", 15, 10.0)))
    centre = roads.build(plan).lane("R1").centre
    left = centre.projections(rear_axle(rollout, 0))[:, 1]
    assert np.abs(left).max() < 2e-3
    assert np.ptp(rollout.speed_mps) == 0.0
    yaw_rate = np.gradient(rollout.rpy_rad[:, 0, 2], 0.01)
    # In the arc: speed over the radius of the lane's own centre, 1.625 m outside the reference line.
    assert yaw_rate[-100] == pytest.approx(10.0 / (60 + 1.625), rel=2e-3)
    steer = rollout.articulation[-100, 0, CHANNEL["steer_rad"]]
    assert steer == pytest.approx(np.arctan(0.58 * 4.68 / 61.625), rel=5e-3)


def test_who_is_alone_and_stands_at_coordinates_stands_there() -> None:
    plan = street()
    at = Placement(lane=None, s_m=20.0, offset_m=0.0, x_m=20.0, y_m=-1.6, z_m=0.0, heading_rad=0.3)
    alone = actor(plan, "ego", "car/estate", "R1", 20).model_copy(update={"placement": at})
    rollout = simulate(scenario(plan, alone, duration_s=1.0))
    assert np.ptp(rollout.position_m, axis=0).max() == 0.0
    assert rollout.position_m[-1, 0, :2] == pytest.approx([20.0, -1.6])


def test_the_rear_axle_of_a_car_that_changes_lane_never_slips_sideways() -> None:
    plan = motorway()
    change = event("change", "ego", do("change_lane", to="left", lateral_mps=1.8), when="time > 1 s")
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R2", 20, 25.0), story=(change,)))
    velocity = np.gradient(rear_axle(rollout, 0), 0.01, axis=0)
    yaw = rollout.rpy_rad[:, 0, 2]
    sideways = velocity[:, 1] * np.cos(yaw) - velocity[:, 0] * np.sin(yaw)
    assert np.abs(sideways).max() < 0.01
    assert np.abs(velocity[:, 1]).max() == pytest.approx(1.8, rel=0.01)
    assert rollout.lane_names[rollout.lane[-1, 0]] == "R1"
    assert lit(rollout, 0, "indicator_left").any()


def test_a_follower_stops_behind_a_stopped_car_without_touching_it() -> None:
    plan = street()
    ego = actor(plan, "ego", "car/estate", "R1", 20, 14.0, model="idm")
    rollout = simulate(scenario(plan, ego, actor(plan, "stopped", "car/suv", "R1", 140), duration_s=25.0))
    series = of_rollout(rollout)
    assert rollout.speed_mps[-1, 0] < 0.05
    assert metrics.gap_m(series, 0, 1)[-1] == pytest.approx(2.0, abs=0.5)
    assert rollout.accel_mps2.min() > -9.0
    assert lit(rollout, 0, "brake")[-1]


def test_followers_settle_at_the_equilibrium_gap() -> None:
    plan = motorway()
    ego = actor(plan, "ego", "car/estate", "R2", 20, 20.0, model="idm", numbers={"headway_s": 1.5})
    ego = ego.model_copy(update={"drive": ego.drive.model_copy(update={"speed_mps": 40.0})})
    lead = actor(plan, "lead", "car/sedan", "R2", 70, 20.0)
    rollout = simulate(scenario(plan, ego, lead, duration_s=40.0))
    # Equilibrium of the improved IDM below the wished speed: the gap is the wished one.
    assert metrics.gap_m(of_rollout(rollout), 0, 1)[-1] == pytest.approx(2.0 + 1.5 * 20.0, rel=0.02)
    assert rollout.speed_mps[-1, 0] == pytest.approx(20.0, abs=0.05)


def test_krauss_drivers_differ_by_name_and_repeat_by_seed() -> None:
    plan = motorway()
    ego = actor(plan, "ego", "car/estate", "R1", 20, 20.0)
    others = [
        actor(plan, n, "car/sedan", lane, 60, 15.0, model="krauss") for n, lane in (("a", "R2"), ("b", "R3"))
    ]
    first, second = (simulate(scenario(plan, ego, *others)) for _ in range(2))
    assert np.array_equal(first.position_m, second.position_m)
    assert not np.allclose(first.speed_mps[:, 1], first.speed_mps[:, 2])
    assert first.speed_mps[:, 1:].max() <= 15.0


def test_braking_reaches_its_deceleration_and_stands() -> None:
    plan = street()
    hard = event("brake", "ego", do("brake", decel_mps2=6.0), when="ego.s > 60 m")
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R1", 20, 14.0), story=(hard,)))
    assert rollout.accel_mps2.min() == pytest.approx(-6.0)
    jerk = np.diff(rollout.accel_mps2[:, 0]) / 0.01
    assert jerk.min() >= -10.001
    assert rollout.speed_mps[-1, 0] == 0.0 and rollout.speed_mps.min() >= 0.0
    way = rollout.position_m[-1, 0, 0] - 60
    assert way == pytest.approx(14**2 / 12 + 14 * 0.3, abs=0.6)  # and 0.6 s to build up
    assert rollout.rpy_rad[:, 0, 1].max() == pytest.approx(np.radians(0.6 * 6), rel=0.02), "the nose dips"


def test_an_event_waits_for_its_trigger_then_its_delay_and_acts_in_series() -> None:
    plan = motorway()
    events = (
        event("slow", "other", do("speed", to_mps=10.0, accel_mps2=2.0), do("wait", for_s=1.0),
              do("speed", to_mps=12.0), when="distance(other) < 30 m", delay_s=0.5),
        event("then", "ego", do("brake", decel_mps2=3.0, to_mps=5.0), after="slow", delay_s=0.25),
    )  # fmt: skip
    ego = actor(plan, "ego", "car/estate", "R2", 20, 20.0)
    other = actor(plan, "other", "car/sedan", "R1", 60, 15.0)
    rollout = simulate(scenario(plan, ego, other, story=events, duration_s=12.0))
    near = np.argmax(metrics.distance_m(of_rollout(rollout), 0, 1) < 30.0) * 0.01
    assert rollout.events["slow"] == pytest.approx(near + 0.5, abs=0.011)
    at_ten = np.flatnonzero(np.abs(rollout.speed_mps[:, 1] - 10.0) < 0.03)
    assert np.ptp(at_ten) * 0.01 == pytest.approx(1.0, abs=0.1)
    at_twelve = np.flatnonzero(rollout.speed_mps[:, 1] > 11.97)
    at_twelve = at_twelve[at_twelve > at_ten[0]][0] * 0.01
    assert rollout.events["then"] == pytest.approx(at_twelve + 0.25, abs=0.03)


def test_a_trigger_with_for_fires_once_it_has_held() -> None:
    plan = motorway()
    late = event("late", "ego", do("lights", on="hazard"), when="ego.speed > 1 m/s for 0.7 s")
    never = event("never", "ego", do("lights", on="beacon"), when="ego.speed > 100 km/h")
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R2", 20, 20.0), story=(late, never)))
    assert rollout.events == {"late": pytest.approx(0.7, abs=0.011), "never": np.inf}


def test_how_far_the_world_is_stepped_between_looks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = motorway()
    events = (
        event("in", "merger", do("change_lane", to="right", lateral_mps=1.5), when="gap(merger) < 25 m"),
        event("brake", "merger", do("brake", decel_mps2=3.0, to_mps=8.0), after="in", delay_s=0.33),
    )
    ego = actor(plan, "ego", "car/estate", "R2", 20, 25.0, model="r157_careful")
    merger = actor(plan, "merger", "van/delivery", "R1", 80, 18.0)
    whole = simulate(scenario(plan, ego, merger, story=events))
    monkeypatch.setattr(story, "_AHEAD", 1)
    single = simulate(scenario(plan, ego, merger, story=events))
    assert whole.events == single.events
    assert np.array_equal(whole.position_m, single.position_m)
    assert np.array_equal(whole.articulation, single.articulation)


def test_a_walker_goes_where_it_is_sent_and_stands_there() -> None:
    plan = street()
    lane = roads.build(plan).lane("R1").pose(80.0, -0.5)
    goal = Placement(lane="R1", s_m=80.0, offset_m=-0.5, x_m=lane.x_m, y_m=lane.y_m)
    walk = event("walk", "worker", do("walk", to=goal, speed_mps=1.4), when="time > 1 s")
    worker = actor(plan, "worker", "pedestrian/worker", "R.sidewalk", 78, turned_rad=1.0)
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R1", 10, 3.0), worker, story=(walk,)))
    assert rollout.position_m[-1, 1, :2] == pytest.approx([80.0, lane.y_m], abs=0.05)
    assert rollout.speed_mps[-1, 1] == pytest.approx(0.0, abs=0.01)
    assert rollout.speed_mps[:, 1].max() == pytest.approx(1.4, abs=0.01)
    assert rollout.position_m[0, 1, 2] == pytest.approx(0.12) and rollout.position_m[
        -1, 1, 2
    ] == pytest.approx(0.0)


def test_steps_keep_pace_with_the_ground() -> None:
    plan = street()
    walker = actor(plan, "walker", "pedestrian/adult", "R.sidewalk", 60, 1.4)
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R1", 10, 3.0), walker))
    gait = rollout.articulation[:, 1, CHANNEL["gait_rad"]]
    stride = rollout.articulation[:, 1, CHANNEL["stride_m"]]
    way = rollout.position_m[-1, 1, 0] - rollout.position_m[0, 1, 0]
    assert gait[-1] / (2 * np.pi) * stride[0] == pytest.approx(way, rel=1e-6)
    assert 2 * 1.4 / stride[0] == pytest.approx(1.8, rel=0.02), "steps per second"


def test_wheels_roll_without_slipping() -> None:
    plan = street()
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R1", 10, 9.0)))
    turns = np.diff(rollout.articulation[[0, -1], 0, CHANNEL["wheel_rad"]])[0]
    assert turns * info("car/estate").wheel_radius_m == pytest.approx(
        np.ptp(rollout.position_m[:, 0, 0]), rel=1e-6
    )


def test_wheels_stand_on_a_banked_road_over_a_crest() -> None:
    plan = hills()
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R1", 15, 18.0)))
    body = body_of(rollout.scenario.ego)
    assert rollout.tilt_rad is not None
    network = roads.build(plan)
    for row in range(0, len(rollout.time_s), 50):
        roll, pitch, yaw = rollout.rpy_rad[row, 0]
        roll, pitch = roll - rollout.tilt_rad[row, 0, 0], pitch - rollout.tilt_rad[row, 0, 1]
        for forward, left in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            f, s = forward * body.wheelbase_m / 2, left * 0.4 * body.width_m
            x = rollout.position_m[row, 0, 0] + f * np.cos(yaw) - s * np.sin(yaw)
            y = rollout.position_m[row, 0, 1] + f * np.sin(yaw) + s * np.cos(yaw)
            wheel = rollout.position_m[row, 0, 2] - f * np.tan(pitch) + s * np.tan(roll)
            assert wheel == pytest.approx(network.height_m(x, y), abs=0.01)


def test_a_trailer_takes_the_angle_of_its_circle() -> None:
    plan = street(400, 1 / 40)
    ego = actor(plan, "ego", "truck/semi", "R1", 15, 5.0)
    rollout = simulate(scenario(plan, ego, duration_s=35.0))
    hitch = rollout.articulation[:, 0, CHANNEL["hitch_rad"]]
    # Steadily round a circle the trailer's axle is the foot of a tangent: sin(angle) = length / radius.
    assert hitch[-1] == pytest.approx(-np.arcsin(body_of(ego).trailer_m / 41.625), rel=0.02)
    assert np.abs(np.diff(hitch)).max() < 0.01


def test_dropped_cargo_rides_then_falls_and_slides_to_rest() -> None:
    plan = motorway()
    lorry = actor(plan, "lorry", "truck/flatbed", "R2", 120, 20.0)
    load = actor(plan, "lorry.cargo", "debris/pallet", "R2", 118)
    load = load.model_copy(update={"placement": load.placement.model_copy(update={"z_m": 1.1})})
    lost = event("lost", "lorry", do("drop", what="cargo"), when="lorry.s > 160 m")
    rollout = simulate(
        scenario(plan, actor(plan, "ego", "car/estate", "R2", 20, 20.0), lorry, load, story=(lost,))
    )
    drop = round(rollout.events["lost"] * 100)
    ride = rollout.position_m[:drop, 2] - rollout.position_m[:drop, 1]
    assert np.ptp(ride[:, 0]) < 1e-9 and ride[0, 2] == pytest.approx(1.1)
    assert rollout.position_m[-1, 2, 2] == pytest.approx(0.0)
    slid = rollout.position_m[-1, 2, 0] - rollout.position_m[drop, 2, 0]
    assert slid == pytest.approx(20.0**2 / (2 * 6.0), rel=0.02)


def test_doors_open_lamps_switch_and_actors_come_and_go() -> None:
    plan = street()
    parked = actor(plan, "parked", "car/sedan", "R.parking", 60)
    ghost = actor(plan, "ghost", "pedestrian/adult", "L.sidewalk", 60)
    events = (
        event("open", "parked", do("open_door", angle_rad=1.0, duration_s=0.8), when="time > 1 s"),
        event("show", "ghost", do("appear"), do("wait", for_s=1.0), do("vanish"), when="time > 2 s"),
    )
    ego = actor(plan, "ego", "car/estate", "R1", 10, 5.0)
    rollout = simulate(scenario(plan, ego, parked, ghost, story=events))
    door = rollout.articulation[:, 1, CHANNEL["door_rad"]]
    assert door[95] == 0.0 and door[200] == pytest.approx(1.0) and np.all(np.diff(door) >= 0)
    assert not rollout.present[150, 2] and rollout.present[250, 2] and not rollout.present[320, 2]


def test_doors_by_name_open_from_the_start_and_shut_again() -> None:
    plan = street()
    parked = actor(plan, "parked", "car/suv", "R.parking", 60, open=("boot", "rear_left"))
    shut = event(
        "shut", "parked", do("open_door", which="boot", angle_rad=0.0, duration_s=1.0), when="time > 1 s"
    )
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R1", 10, 5.0), parked, story=(shut,)))
    boot, rear = (rollout.articulation[:, 1, CHANNEL[name]] for name in ("boot_rad", "rear_left_rad"))
    assert boot[0] == DOORS["boot"][1] and boot[250] == pytest.approx(0.0)
    assert (rear == DOORS["rear_left"][1]).all()
    model = next(m for m in _Staging(rollout)._models if m.asset == "car/suv")
    assert [part.name for part in model.parts if part.name in DOORS] == ["rear_left", "boot"]


@pytest.mark.parametrize("lane", ["R1", "L1"])
def test_a_tram_bends_along_its_way_and_its_bogies_keep_to_it(lane: str) -> None:
    plan = street(260.0, 1 / 40)
    tram = actor(plan, "tram", "tram/city", lane, 60 if lane == "R1" else 120, 6.0)
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "L1", 10), tram))
    module = tram.size_m[0] / 3
    front, rear = (rollout.articulation[:, 1, CHANNEL[f"{end}_bend_rad"]] for end in ("front", "rear"))
    way = roads.build(plan).lane(lane).centre
    for step in range(0, min(len(front), 600), 50):
        x, y = rollout.position_m[step, 1, :2]
        yaw = rollout.rpy_rad[step, 1, 2]
        for turn, ahead in ((front[step], 1.0), (rear[step], -1.0)):
            bend = yaw + turn
            bogie = np.array([x, y]) + ahead * 0.5 * module * np.array(
                [np.cos(yaw) + np.cos(bend), np.sin(yaw) + np.sin(bend)]
            )
            assert abs(way.project(*bogie)[1] - way.project(x, y)[1]) < 0.15
    turning = (np.abs(front) > 0.15) & (np.abs(rear) > 0.15)  # with all three modules in the bend
    assert turning.any() and (np.sign(front[turning]) == -np.sign(rear[turning])).all()


def test_whoever_leaves_the_road_is_gone_and_the_ego_ends_the_rollout() -> None:
    plan = street(120)
    rollout = simulate(
        scenario(
            plan,
            actor(plan, "ego", "car/estate", "R1", 60, 10.0),
            actor(plan, "other", "car/sedan", "R1", 100, 15.0),
        )
    )
    assert not rollout.present[-1, 1]
    assert rollout.time_s[-1] == pytest.approx((60 - 2.34) / 10, abs=0.02)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (event("x", "nobody", do("stop")), "no actor 'nobody'"),
        (event("x", "ego", do("fly")), "no action 'fly'"),
        (event("x", "ego", do("change_lane", to="R9")), "no lane 'R9'"),
        (event("x", "ego", do("stop"), when="min_ttc(ego) < 1 s"), "known only at the end"),
    ],
)
def test_what_cannot_be_done_is_a_request_error(bad: object, message: str) -> None:
    plan = street()
    with pytest.raises(RequestError, match=message):
        simulate(scenario(plan, actor(plan, "ego", "car/estate", "R1", 10, 5.0), story=(bad,)))
