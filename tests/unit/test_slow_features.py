"""Claims about the cache of slow features."""

from collections.abc import Sequence

import numpy as np
import pytest

from fleet.alerts import VehicleId
from fleet.errors import Unavailable
from fleet.features import SLOW_FEATURES
from fleet.settings import Feast, Valkey
from fleet.telemetry import FloatArray
from serve.lookup import LOOKUP_FAILURES, READ_AT_ONCE, SlowFeatures

A, B = VehicleId("t", "A"), VehicleId("t", "B")


class Store:
    """An online store in memory that counts its reads and can be down."""

    def __init__(self) -> None:
        self.reads: list[list[str]] = []
        self.down = False
        self.value = 1.0

    def read(self, keys: Sequence[str]) -> FloatArray:
        self.reads.append(list(keys))
        if self.down:
            raise Unavailable("down")
        return np.full((len(keys), len(SLOW_FEATURES)), self.value, np.float32)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slow(store: Store, clock: Clock) -> SlowFeatures:
    return SlowFeatures(Feast(cache_ttl_s=10), Valkey(), connect=lambda feast, valkey: store, clock=clock)


def test_an_unknown_vehicle_is_nan_at_once_and_read_later(slow, store):
    assert np.isnan(slow.get([A])).all()
    assert store.reads == []
    assert slow.refresh_due() == [A]
    assert (slow.get([A]) == 1).all()


def test_many_vehicles_cost_one_read(slow, store):
    slow.get([A, B, A])
    slow.refresh_due()
    assert store.reads == [["t/A", "t/B"]]


def test_a_large_fleet_is_read_in_parts_each_vehicle_once(slow, store):
    fleet = [VehicleId("t", f"V-{number}") for number in range(2 * READ_AT_ONCE + 1)]
    slow.get(fleet)
    assert [len(slow.refresh_due()) for _ in range(4)] == [READ_AT_ONCE, READ_AT_ONCE, 1, 0]
    assert (slow.get(fleet) == 1).all()


def test_fresh_values_are_not_read_again_and_old_ones_are(slow, store, clock):
    slow.get([A])
    slow.refresh_due()
    clock.now = 9.0
    assert slow.refresh_due() == []
    clock.now, store.value = 10.0, 2.0
    slow.refresh_due()
    assert (slow.get([A]) == 2).all()


def test_a_store_that_is_down_leaves_the_old_values_and_is_counted(slow, store, clock):
    slow.get([A])
    slow.refresh_due()
    clock.now, store.down = 20.0, True
    before = LOOKUP_FAILURES._value.get()
    assert slow.refresh_due() == []
    assert (slow.get([A]) == 1).all()
    assert LOOKUP_FAILURES._value.get() == before + 1
    store.down = False
    assert slow.refresh_due() == [A]


def test_a_vehicle_nobody_asks_for_leaves_the_cache(slow, clock):
    slow.get([A])
    slow.refresh_due()
    clock.now = 200.0
    slow.refresh_due()
    assert np.isnan(slow.get([A])).all()


def test_without_settings_there_is_no_store_and_no_crash(clock):
    slow = SlowFeatures(Feast(), Valkey(), clock=clock)
    slow.get([A])
    assert slow.refresh_due() == []
    assert np.isnan(slow.get([A])).all()
