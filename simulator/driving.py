"""How a vehicle moves: driver, speed, steering, place. One step for all vehicles at once."""

import numpy as np

from simulator.effects import Effects
from simulator.moment import Moment
from simulator.road import BEND, STOP, Road
from simulator.vehicles import GRAVITY, Array, Vehicles

AIR_KG_PER_M3 = 1.2
INERTIA = 1.05  # rotating masses
DEGREE_M = 111_320.0
_START_IDLE_S = 7.0
_TURN_LIMIT_DPS = 45.0


class Motion:
    """(n,) state of motion: m/s, m/s², 1/m, radians (clockwise from north), degrees, metres."""

    def __init__(self, vehicles: Vehicles, road: Road, rng: np.random.Generator) -> None:
        count = len(vehicles)
        self._rng = rng
        self.road = road
        self.speed_ms = np.zeros(count)
        self.accel_ms2 = np.zeros(count)
        self.braking_ms2 = np.zeros(count)
        self.curvature = np.zeros(count)
        self.wander_dps = np.zeros(count)
        self.weave_ms2 = np.zeros(count)
        self.drift = np.zeros(count)
        self.heading_rad = rng.uniform(0, 2 * np.pi, count)
        self.lat = vehicles.home_lat.copy()
        self.lon = vehicles.home_lon.copy()
        self.altitude_m = rng.uniform(40, 600, count)
        self.odometer_m = (vehicles.age_years * vehicles.daily_km * 300 + rng.uniform(500, 20_000, count)) * 1e3

    def step(self, vehicles: Vehicles, effects: Effects, left_s: Array, moment: Moment) -> None:
        """Drive on for one step; `left_s` is the time until the trip is to end."""
        running, dt, calm = moment.running, moment.dt, moment.calm
        noise = self._rng.standard_normal((4, len(dt)))
        self._wander(effects, noise, calm)
        target = self._target_speed(vehicles, effects, left_s)
        target = np.where(running & (moment.since_start_s > _START_IDLE_S), target, 0.0)
        self._accelerate(vehicles, effects, target, calm)
        before = self.speed_ms
        self.speed_ms = np.where(running, np.maximum(before + self.accel_ms2 * dt, 0.0), 0.0)
        self.accel_ms2 = np.where(dt > 0, (self.speed_ms - before) / np.maximum(dt, 1e-6), 0.0)
        moved = 0.5 * (before + self.speed_ms) * dt
        self._steer(vehicles, effects, calm)
        self._move(moved, dt)
        # People speed where nothing is in the way.
        self.road.empty = (effects.speed_factor > 1.1) & (effects.temper < 1.3)
        outward = self.road.outward_turn(vehicles, self.lat, self.lon, self.heading_rad)
        self.road.advance(vehicles, moved, self.speed_ms, dt, outward)

    @property
    def yaw_dps(self) -> Array:
        """(n,) left positive."""
        return np.degrees(self.speed_ms * self.curvature)

    @property
    def lateral_ms2(self) -> Array:
        """(n,) left positive."""
        return self.speed_ms**2 * self.curvature

    def resistance_n(self, vehicles: Vehicles) -> Array:
        rolling = vehicles.mass_kg * GRAVITY * (vehicles.rolling * (self.speed_ms > 0.1) + self.road.grade)
        return rolling + 0.5 * AIR_KG_PER_M3 * vehicles.drag_m2 * self.speed_ms**2

    def _wander(self, effects: Effects, noise: Array, calm: Array) -> None:
        """Lane keeping and speed drift; a drowsy driver lets go for longer and corrects harder."""
        sleepy = effects.drowsiness
        slack_s = 1.5 + 3.5 * sleepy
        self.wander_dps += -self.wander_dps * calm / slack_s + (0.3 + 0.75 * sleepy) * np.sqrt(calm) * noise[0]
        jerked = (sleepy > 0) & (noise[1] > 2.45 - 0.35 * sleepy)
        self.wander_dps = np.where(jerked, -2.2 * self.wander_dps.clip(-2.5, 2.5), self.wander_dps)
        hurried = np.maximum(effects.temper - 1.2, 0)  # pushes up to the car ahead, brakes, changes lane
        self.drift += -self.drift * calm / (8 + 22 * sleepy)
        self.drift += (0.0035 + 0.012 * sleepy + 0.024 * hurried) * np.sqrt(calm) * noise[2]
        self.weave_ms2 += -self.weave_ms2 * calm / 1.6 + 1.3 * hurried * np.sqrt(calm) * noise[3]

    def _target_speed(self, vehicles: Vehicles, effects: Effects, left_s: Array) -> Array:
        road = self.road
        pace = vehicles.haste * road.traffic + self.drift
        # Who speeds or hurries does not wait behind the traffic.
        pace = np.where(effects.speed_factor > 1, effects.speed_factor + self.drift, pace)
        cruise = np.minimum(road.limit_kmh / 3.6 * pace, vehicles.top_ms * np.maximum(effects.speed_factor, 1))
        gentle = 0.9 * effects.temper
        slower = road.next_limit_kmh / 3.6 * np.maximum(effects.speed_factor, 1)
        ahead = np.sqrt(slower**2 + 2 * gentle * np.maximum(road.left_m, 0))
        cornering = np.minimum(vehicles.cornering_ms2 * effects.temper, 1.5 * vehicles.harsh_ms2[2])
        in_bend = np.sqrt(cornering / np.maximum(np.abs(road.bend_curvature), 1e-4))
        reach = 2 * road.braking_ms2 * effects.temper
        end = np.where(road.feature == STOP, 0.0, in_bend)
        margin = np.maximum(road.feature_m - 2, 0)
        feature = np.where((road.feature == STOP) | (road.feature == BEND), np.sqrt(end**2 + reach * margin), np.inf)
        target = np.minimum.reduce([cruise, ahead, feature])
        target = np.where(road.in_bend(), np.minimum(target, in_bend), target)
        return np.minimum(target, np.maximum(0.9 * vehicles.braking_ms2 * (left_s - 3), 0))

    def _accelerate(self, vehicles: Vehicles, effects: Effects, target: Array, calm: Array) -> None:
        slowness_s = 1.3 / np.sqrt(effects.temper) + 1.6 * effects.drowsiness
        wish = (target - self.speed_ms) / np.maximum(slowness_s, calm)
        hardest = np.minimum(1.2 * self.road.braking_ms2, 0.88 * vehicles.harsh_ms2[1])
        hardest = np.where(effects.temper > 1, self.road.braking_ms2 * effects.temper, hardest)
        eager = vehicles.eagerness_ms2 * effects.temper * (1 - 0.35 * np.minimum(self.speed_ms / 30, 1))
        spare_n = 0.88 * vehicles.power_w * effects.power / np.maximum(self.speed_ms, 3) - self.resistance_n(vehicles)
        able = spare_n / (vehicles.mass_kg * INERTIA)
        wish = np.minimum(wish.clip(-hardest, eager), able)
        smooth = self.accel_ms2 + (wish - self.accel_ms2) * (1 - np.exp(-calm / 0.45))
        smooth = np.where((target < 0.3) & (self.speed_ms < 1.2), -self.speed_ms / np.maximum(calm, 0.3), smooth)
        self.accel_ms2 = np.where(np.isnan(effects.push_ms2), smooth, effects.push_ms2)
        coast = 0.25 + self.resistance_n(vehicles) / vehicles.mass_kg
        self.braking_ms2 = np.where(self.speed_ms > 0.2, np.maximum(-self.accel_ms2 - coast, 0), np.where(target < 0.3, 1.2, 0.0))

    def _steer(self, vehicles: Vehicles, effects: Effects, calm: Array) -> None:
        road, speed = self.road, np.maximum(self.speed_ms, 1.5)
        wanted = np.where(road.in_bend(), road.bend_curvature, 0.0)
        wanted = wanted + np.where(self.speed_ms > 3, np.radians(self.wander_dps) / speed + self.weave_ms2 / speed**2, 0.0)
        # No driver takes a bend harder than this, whatever the road asks at this speed.
        grip = 0.88 * vehicles.harsh_ms2[2] * np.where(effects.temper > 1, effects.temper, 1) / speed**2
        wanted = wanted.clip(-grip, grip)
        smooth = self.curvature + (wanted - self.curvature) * (1 - np.exp(-calm / 0.6))
        smooth = smooth.clip(-grip, grip)
        forced = (effects.swerve_ms2 / speed**2).clip(-np.radians(_TURN_LIMIT_DPS) / speed, np.radians(_TURN_LIMIT_DPS) / speed)
        self.curvature = np.where(np.isnan(effects.swerve_ms2), smooth, forced)

    def _move(self, moved_m: Array, dt: Array) -> None:
        self.heading_rad = (self.heading_rad - self.speed_ms * self.curvature * dt) % (2 * np.pi)
        self.lat += moved_m * np.cos(self.heading_rad) / DEGREE_M
        self.lon += moved_m * np.sin(self.heading_rad) / (DEGREE_M * np.cos(np.radians(self.lat)))
        self.altitude_m += moved_m * self.road.grade
        # Altitude comes back to the plain, else a long random walk climbs out of the atmosphere.
        self.road.grade -= (self.altitude_m - 300) * moved_m * 2e-9
        self.odometer_m += moved_m
