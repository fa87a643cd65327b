"""A simulated fleet that drives in real time: who it is, what is injected, and what really happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet import signals
from fleet.errors import InvalidInput
from simulator.credentials import DeviceCredential
from simulator.deck import FaultDeck
from simulator.faults import Fault, FaultPlan, Order, corrupt, draw_fault
from simulator.sensors import Readings
from simulator.state import Start, State, report_fuel, report_volume
from simulator.truth import Episode
from simulator.vehicles import CLASSES, Vehicles, draw_vehicles

# The first alerts within a minute, whatever chance brings, and a trickle afterwards.
DEFAULT_FAULTS: Final = "HARSH_BRAKING:0.8@8,LOW_OIL_PRESSURE:0.9@5+300,ENGINE_OVERHEAT:0.9@10+400,SPEEDING:0.9@10+120,random:3"
_DRIVING_SHARE: Final = 0.9
_SHIFT_H: Final = 8
_HEAD_START_S: Final = 90


@dataclass(frozen=True, slots=True)
class FaultCode:
    """A code that a vehicle's engine computer sets, at a time on the simulation's clock."""

    lane: int
    at_s: float
    code: str


class LiveFleet:
    """The vehicles behind a list of credentials, deterministic by seed."""

    def __init__(self, devices: Sequence[DeviceCredential], plan: FaultPlan, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._names = [device.vehicle for device in devices]
        vehicles = _vehicles(devices, self._rng)
        count = len(vehicles)
        running = self._rng.random(count) < _DRIVING_SHARE
        ambient = self._rng.normal(16, 9, count).clip(-12, 37)
        cold = self._rng.random(count) < 0.1
        start = Start(
            running,
            np.where(running, self._rng.uniform(300, 2400, count), self._rng.uniform(20, 300, count)),
            np.where(cold, ambient, self._rng.normal(86, 2, count)),
            ambient,
            vehicles.tank_l * self._rng.uniform(0.3, 0.9, count),
        )
        self.state = State(vehicles, start, self._trip_s, self._stop_s, self._rng)
        self._get_going()
        self.deck = FaultDeck(self._faults(plan.orders), plan.random_per_hour, self._rng)

    def _get_going(self) -> None:
        """A minute and a half before anyone looks: the simulation finds the fleet on the road, not in the yard."""
        self.state.since_start_s[self.state.running] = 900.0
        for _ in range(_HEAD_START_S):
            self.state.step(np.ones(len(self._names)))
        self.state.clock_s[:] = 0.0

    def step(self, dt_s: float) -> Readings:
        """(signal, n) what the devices read after dt seconds."""
        self.advance(dt_s)
        return self.readings()

    def advance(self, dt_s: float) -> None:
        """Let time pass without reading anything."""
        dt = np.full(len(self._names), dt_s)
        self.state.step(dt)
        self.deck.step(self.state, dt)

    def readings(self) -> Readings:
        """(signal, n) what the devices read now."""
        state = self.state
        readings = state.readings()
        report_fuel(readings, state.tank.litres, state.float_off_pct, state.vehicles)
        for fault in self.deck.sensors_at_fault():
            _break(readings, fault, state)
        return readings

    def driver(self, lane: int, at_s: float) -> str | None:
        """Who drives, by shifts of eight hours; nobody while the ignition is off."""
        if not self.state.running[lane]:
            return None
        shift = int(at_s // 3600) % 24 // _SHIFT_H
        return f"d-{lane * 3 + shift:03d}"

    def codes(self) -> Iterator[FaultCode]:
        """Fault codes set since the last call."""
        for fault, code in self.deck.codes_due(self.state):
            yield FaultCode(fault.lane, float(self.state.clock_s[fault.lane]), code)

    def episodes(self, *, over: bool = False) -> Iterator[Episode]:
        """What happened and has ended since the last call; with `over` also what has not ended."""
        if over:
            self.deck.log.finish()
        return self.deck.log.take()

    def _trip_s(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        return self._rng.lognormal(np.log(1500), 0.5, len(rows))

    def _stop_s(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        return self._rng.lognormal(np.log(150), 0.6, len(rows))

    def _faults(self, orders: Sequence[Order]) -> list[Fault]:
        free = [int(lane) for lane in self._rng.permutation(np.flatnonzero(self.state.running))]
        free += [int(lane) for lane in self._rng.permutation(np.flatnonzero(~self.state.running))]
        named = [order.vehicle for order in orders if order.vehicle]
        unknown = [name for name in named if name not in self._names]
        if unknown:
            raise InvalidInput(f"the vehicle {unknown[0]} of the faults is not simulated; {', '.join(self._names[:5])} … are")
        free = [lane for lane in free if self._names[lane] not in named] or free
        faults = []
        for position, order in enumerate(orders):
            lane = self._names.index(order.vehicle) if order.vehicle else free[position % len(free)]
            faults.append(self._fault(order, lane))
        return faults

    def _fault(self, order: Order, lane: int) -> Fault:
        fault = draw_fault(order.kind, lane, order.start_s, self._rng, self.state.vehicles.fitted[:, lane])
        if order.severity is not None:
            fault.severity = order.severity
        if order.duration_s is not None:
            fault.duration_s = order.duration_s
        return fault


def _vehicles(devices: Sequence[DeviceCredential], rng: np.random.Generator) -> Vehicles:
    names = [vehicle_class.name for vehicle_class in CLASSES]
    known = [names.index(device.vehicle_class) if device.vehicle_class in names else -1 for device in devices]
    vehicles = draw_vehicles(len(devices), rng, np.array(known, np.intp))
    tanks = np.array([device.tank_l or np.nan for device in devices])
    vehicles.tank_l = np.where(np.isnan(tanks), vehicles.tank_l, tanks)
    return vehicles


def _break(readings: Readings, fault: Fault, state: State) -> None:
    row, lane = signals.INDEX[fault.column], fault.lane
    readings[row, lane] = corrupt(fault, state.clock_s[lane : lane + 1], readings[row, lane : lane + 1])[0]
    report_volume(readings, state.vehicles.tank_l)
