"""Leaks that are put into a log: what is gone while the car runs, and while it stands."""

import numpy as np
import pytest

from bench.evaluation.fuel_injection import Loss, lost_pct

TRIP_S, REST_S = 600.0, 7200.0
AT = np.concatenate([start + np.arange(0, TRIP_S + 1, 10) for start in (0, TRIP_S + REST_S)])


@pytest.mark.parametrize(("parked", "hours"), [(False, 2 * TRIP_S / 3600), (True, (2 * TRIP_S + REST_S) / 3600)])
def test_a_leak_runs_while_the_car_does_and_goes_on_where_it_is_told_to(parked, hours):
    lost = lost_pct(AT, Loss(0.0, 1e9, lph=5.0, parked=parked), tank_l=50.0)
    assert lost[0] == 0
    assert (np.diff(lost) >= 0).all()
    assert lost[-1] == pytest.approx(100 * 5.0 * hours / 50.0, rel=1e-3)


def test_nothing_is_lost_before_a_leak_begins_or_after_it_ends():
    lost = lost_pct(AT, Loss(100.0, 300.0, lph=18.0), tank_l=50.0)
    assert lost[AT <= 100].max() == 0
    assert lost[-1] == lost[AT == 300][0] == pytest.approx(2.0, rel=1e-3)
