"""The road ahead: segments with limits, and on them bends, junctions and stops."""

import numpy as np
from numpy.typing import NDArray

from simulator.vehicles import Array, Flags, Vehicles

URBAN, RURAL, MOTORWAY = range(3)
CLEAR, BEND, STOP = range(3)

_LIMITS_KMH = (np.array([30, 50, 50, 50]), np.array([70, 80, 100, 100]), np.array([100, 120, 130, 130]))
_NEXT = np.array([[0.62, 0.36, 0.02], [0.40, 0.38, 0.22], [0.04, 0.36, 0.60]]).cumsum(axis=1)
_LENGTH_M = np.array([900.0, 2600.0, 7000.0])
_FEATURES_PER_M = np.array([1 / 190, 1 / 480, 1 / 900])
_STOP_SHARE = np.array([0.42, 0.12, 0.01])
_TURN_SHARE = np.array([0.24, 0.06, 0.0])
_BEND_RADIUS_M = np.array([[25.0, 120.0], [60.0, 400.0], [500.0, 1600.0]])
_TRUCK_LIMIT_KMH = 80.0
_HOME_RANGE_DEG = 0.45


class Road:
    """(n,) what each vehicle has in front of it; distances in metres, curvature in 1/m, left positive."""

    def __init__(self, vehicles: Vehicles, rng: np.random.Generator) -> None:
        count = len(vehicles)
        self._rng = rng
        self._truck = vehicles.kind == 2
        self.type: NDArray[np.intp] = rng.choice(3, count, p=[0.5, 0.3, 0.2])
        self.next_type = self.type.copy()
        self.limit_kmh = np.full(count, 50.0)
        self.next_limit_kmh = self.limit_kmh.copy()
        self.left_m = np.zeros(count)
        self.grade = rng.normal(0, 0.008, count)
        self.traffic = rng.normal(0.97, 0.03, count).clip(0.8, 1.02)
        self.feature: NDArray[np.intp] = np.zeros(count, np.intp)
        self.feature_m = np.zeros(count)
        self.bend_left_m = np.zeros(count)
        self.bend_curvature = np.zeros(count)
        self.wait_s = np.zeros(count)
        self.braking_ms2 = vehicles.braking_ms2.copy()
        self.empty: Flags = np.zeros(count, bool)
        everyone = np.arange(count)
        self._enter_segment(everyone)
        self._enter_segment(everyone)
        self.left_m *= rng.random(count)

    def advance(self, vehicles: Vehicles, moved_m: Array, speed_ms: Array, dt: Array, outward: Array) -> None:
        """Move along by what was driven. `outward`: (n,) sign of the turn that leads back to town, 0 near home."""
        self.left_m -= moved_m
        over = np.flatnonzero(self.left_m <= 0)
        if len(over):
            self._enter_segment(over)
        noise = self._rng.standard_normal((2, len(moved_m)))
        drive = np.sqrt(moved_m / 400)
        self.grade += -self.grade * moved_m / 900 + 0.022 * drive * noise[0]
        np.clip(self.grade, -0.07, 0.07, out=self.grade)
        calm = np.minimum(dt, 1.0)
        self.traffic += (0.965 - self.traffic) * calm / 60 + 0.011 * np.sqrt(calm) * noise[1]
        np.clip(self.traffic, 0.55, 1.03, out=self.traffic)
        self._pass_features(vehicles, moved_m, speed_ms, dt, outward)

    def _enter_segment(self, rows: NDArray[np.intp]) -> None:
        rng = self._rng
        self.type[rows], self.limit_kmh[rows] = self.next_type[rows], self.next_limit_kmh[rows]
        self.left_m[rows] = _LENGTH_M[self.type[rows]] * rng.gamma(2, 0.5, len(rows)) + 80
        following = (rng.random(len(rows))[:, None] > _NEXT[self.type[rows]]).sum(axis=1).clip(0, 2)
        self.next_type[rows] = following
        limits = np.stack(_LIMITS_KMH)[following, rng.integers(4, size=len(rows))].astype(float)
        self.next_limit_kmh[rows] = np.where(self._truck[rows], np.minimum(limits, _TRUCK_LIMIT_KMH), limits)

    def _pass_features(self, vehicles: Vehicles, moved_m: Array, speed_ms: Array, dt: Array, outward: Array) -> None:
        self.feature_m -= moved_m
        self.bend_left_m -= moved_m
        stopped = (self.feature == STOP) & (speed_ms < 0.5) & (self.feature_m < 6)
        self.wait_s[stopped] -= dt[stopped]
        done = (stopped & (self.wait_s <= 0)) | ((self.feature == STOP) & (self.feature_m < -25))
        into_bend = (self.feature == BEND) & (self.feature_m <= 0)
        self.bend_left_m[into_bend] = self.wait_s[into_bend]
        self.feature[done | into_bend] = CLEAR
        free = (self.feature == CLEAR) & (self.bend_left_m <= 0) & (speed_ms > 2) & ~self.empty
        meets = free & (self._rng.random(len(free)) < moved_m * _FEATURES_PER_M[self.type])
        rows = np.flatnonzero(meets)
        if len(rows):
            self._place_features(vehicles, rows, speed_ms, outward)

    def _place_features(self, vehicles: Vehicles, rows: NDArray[np.intp], speed_ms: Array, outward: Array) -> None:
        rng, road = self._rng, self.type[rows]
        count = len(rows)
        dice = rng.random(count)
        stop = dice < _STOP_SHARE[road]
        turn = ~stop & (dice < _STOP_SHARE[road] + _TURN_SHARE[road])
        radius = _BEND_RADIUS_M[road, 0] * (_BEND_RADIUS_M[road, 1] / _BEND_RADIUS_M[road, 0]) ** rng.random(count)
        radius = np.where(turn, rng.uniform(11, 20, count), radius)
        angle = np.where(turn, np.pi / 2, rng.uniform(0.15, 1.2, count))
        side = np.where(outward[rows] != 0, outward[rows], rng.choice([-1.0, 1.0], count))
        # Hard but legal braking is the tail: it stays below what counts as harsh for the class.
        hard_ms2 = 0.82 * vehicles.harsh_ms2[1, rows]
        braking = np.minimum(vehicles.braking_ms2[rows] * rng.lognormal(0, 0.3, count), hard_ms2)
        needed = speed_ms[rows] ** 2 / (2 * braking) + 1.6 * speed_ms[rows] + 4
        self.feature[rows] = np.where(stop, STOP, BEND)
        self.feature_m[rows] = needed * rng.uniform(1.05, 1.8, count)
        self.braking_ms2[rows] = braking
        self.bend_curvature[rows] = side / radius
        self.wait_s[rows] = np.where(stop, rng.gamma(1.6, 12, count) + 2, radius * angle)

    def outward_turn(self, vehicles: Vehicles, lat: Array, lon: Array, heading_rad: Array) -> Array:
        """(n,) +1 or −1: the side on which home lies, for those far from it; 0 for the others."""
        north, east = vehicles.home_lat - lat, (vehicles.home_lon - lon) * 0.65
        side = np.sign(np.cos(heading_rad) * -east + np.sin(heading_rad) * north)
        return np.where(np.hypot(north, east) > _HOME_RANGE_DEG, side, 0.0)

    def in_bend(self) -> Flags:
        return self.bend_left_m > 0
