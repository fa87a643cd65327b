"""Which faults wait, which are at work, and when the next random one comes."""

from collections.abc import Iterable, Iterator

import numpy as np

from simulator.faults import CODED_AFTER_S, CODES, KINDS, Fault, apply_fault, draw_fault
from simulator.road import CLEAR, STOP
from simulator.state import State
from simulator.truth import TruthLog, shows, watch_driving, watch_engine

# How often a random fault is of a kind: driving events are frequent in any fleet, dying engines are not.
_WEIGHTS = {
    "HARSH_BRAKING": 4, "HARSH_ACCELERATION": 3, "HARSH_CORNERING": 3, "SPEEDING": 3, "FATIGUE": 1, "AGGRESSIVE_DRIVING": 1.5,
    "FUEL_THEFT": 1, "FUEL_LEAK": 0.3, "SENSOR_FAULT": 1.5, "ENGINE_OVERHEAT": 1.2, "MISFIRE": 1.2, "LOW_OIL_PRESSURE": 1,
    "BATTERY_FAILURE": 1,
}  # fmt: skip
_SHARES = np.array([_WEIGHTS[kind] for kind in KINDS]) / sum(_WEIGHTS.values())
_PATIENCE_S = 3600.0


class FaultDeck:
    """Deals faults to vehicles, one at a time each, and beside it one that stands apart."""

    def __init__(self, faults: Iterable[Fault], random_per_hour: float, rng: np.random.Generator) -> None:
        self.waiting = sorted(faults, key=lambda fault: fault.start_s)
        self.active: list[Fault] = []
        self.log = TruthLog()
        self._random_per_hour = random_per_hour
        self._rng = rng

    def step(self, state: State, dt: np.ndarray) -> None:
        """Start what is due, move the levers of what is at work, and note what shows."""
        if self._random_per_hour:
            self._deal_random(state, dt)
        self._start_due(state)
        for fault in list(self.active):
            self._work(fault, state, dt)
        watch_driving(self.log, state.vehicles, state.motion, state.clock_s, dt)
        watch_engine(self.log, state.vehicles, state.engine, state.electrics, state.running, state.clock_s, dt)
        self.log.settle(state.clock_s)

    def sensors_at_fault(self) -> list[Fault]:
        return [fault for fault in self.active if fault.kind == "SENSOR_FAULT"]

    def codes_due(self, state: State) -> Iterator[tuple[Fault, str]]:
        """Faults that the vehicle's own computer has noticed since the last call, with the code it sets."""
        for fault in self.active:
            code = CODES.get(fault.column or fault.kind)
            if code and not fault.coded and fault.shown_s > CODED_AFTER_S and state.running[fault.lane]:
                fault.coded = True
                yield fault, code

    def _deal_random(self, state: State, dt: np.ndarray) -> None:
        for lane in np.flatnonzero(self._rng.random(len(dt)) < self._random_per_hour * dt / 3600):
            kind = str(self._rng.choice(KINDS, p=_SHARES))
            start_s = float(state.clock_s[lane])
            self.waiting.append(draw_fault(kind, int(lane), start_s, self._rng, state.vehicles.fitted[:, lane]))

    def _start_due(self, state: State) -> None:
        busy = {(fault.lane, fault.apart) for fault in self.active}
        for fault in list(self.waiting):
            now = state.clock_s[fault.lane]
            if now < fault.start_s or (fault.lane, fault.apart) in busy:
                continue
            if now > fault.start_s + _PATIENCE_S + fault.duration_s:
                self.waiting.remove(fault)
            elif _ready(fault, state):
                fault.began = float(now)
                self.waiting.remove(fault)
                self.active.append(fault)
                busy.add((fault.lane, fault.apart))
                apply_fault(fault, state.effects, state.vehicles, fault.began)
            elif fault.needs_parking:
                state.effects.park[fault.lane] = True

    def _work(self, fault: Fault, state: State, dt: np.ndarray) -> None:
        lane = fault.lane
        now = float(state.clock_s[lane])
        if dt[lane] <= 0:
            return
        if now > fault.began and shows(fault, now, state.vehicles, state.effects, state.motion, state.engine, state.running):
            self.log.see(lane, fault.kind, max(now - float(dt[lane]), fault.began), now)
            fault.shown_s += float(dt[lane])
        if now - fault.began >= fault.duration_s or (fault.kind == "HARSH_BRAKING" and state.motion.speed_ms[lane] < 1):
            self.active.remove(fault)
            self._take_off(fault, state, now)
        else:
            apply_fault(fault, state.effects, state.vehicles, now)

    def _take_off(self, over: Fault, state: State, now: float) -> None:
        """Put the vehicle's levers back, but for those that other faults hold."""
        state.effects.reset(over.lane)
        for fault in self.active:
            if fault.lane == over.lane:
                apply_fault(fault, state.effects, state.vehicles, now)


def _ready(fault: Fault, state: State) -> bool:
    """Whether the vehicle is in a state in which this can happen to it."""
    lane, motion = fault.lane, state.motion
    speed, running = motion.speed_ms[lane], bool(state.running[lane])
    clear = motion.road.feature[lane] != STOP or motion.road.feature_m[lane] > 60
    match fault.kind:
        case "HARSH_BRAKING":
            return bool(speed > 11)
        case "HARSH_ACCELERATION":
            return bool(2.5 < speed < 10 and clear)
        case "HARSH_CORNERING":
            return bool(7 < speed < 22 and clear)
        case "SPEEDING":
            limit_kmh = motion.road.limit_kmh[lane]
            free = motion.road.feature[lane] == CLEAR and motion.road.left_m[lane] > 14 * limit_kmh
            return bool(speed * 3.6 > 0.6 * limit_kmh and free)
        case "FATIGUE" | "AGGRESSIVE_DRIVING":
            return bool(speed > 5)
        case "FUEL_THEFT":
            return not running and not state.tank.refuelling[lane]
        case "FUEL_LEAK":
            return True
        case "BATTERY_FAILURE" if fault.variant == "battery":
            return True
        case _:
            return running
