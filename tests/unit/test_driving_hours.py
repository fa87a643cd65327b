"""Hours at the wheel since the last rest, as a tachograph counts them."""

import numpy as np
import pytest

from fleet.hours import Hours, Stood, drive_on, stood
from fleet.testing import NOON, batch_of
from fleet.windows import WindowState

NOTHING = Hours(*(np.zeros(1, np.float32) for _ in range(3)))


def driven_after(*minutes):
    """Minutes driven after runs of (share in motion, how many minutes)."""
    hours = NOTHING
    for share, count in minutes:
        for _ in range(count):
            hours = drive_on(hours, np.array([share], np.float32), np.ones(1, np.int64), still(share))
    return float(hours.driven[0])


def still(share):
    """What a minute stood at its ends that was moving in its middle."""
    return Stood(*(np.full(1, 1 if share == 0 else (1 - share) / 2, np.float32) for _ in range(2)))


def driven_over_a_rest(from_s, rest_s, parked_s):
    """Minutes driven at the end of two hours with a rest between them, reported every `parked_s` meanwhile."""
    drives = [np.arange(from_s), from_s + rest_s + np.arange(3600)]
    parked = np.arange(from_s, from_s + rest_s, parked_s)
    rows = [
        ("v", NOON + at, {"speed_kmh": 60.0 * moves})
        for moves, times in ((1, drives[0]), (0, parked), (1, drives[1]))
        for at in times
    ]
    windows, batch = WindowState(1), batch_of(rows)
    for _ in windows.rounds(batch.row_vehicle, batch):
        pass
    return float(windows.rows["driven_min"][0])


def test_a_red_light_is_driving_and_a_coffee_is_not():
    assert driven_after((1, 60), (0, 4), (1, 60)) == 124
    assert driven_after((1, 60), (0, 15), (1, 60)) == 120


def test_only_45_minutes_on_end_are_a_rest():
    assert driven_after((1, 200), (0, 44), (1, 30)) == 230
    assert driven_after((1, 200), (0, 45), (1, 30)) == 30


def test_a_queue_that_creeps_is_no_rest():
    assert driven_after((1, 200), (0.2, 60), (1, 30)) == 230


def test_the_minutes_in_which_trips_begin_and_end_count_half_of_the_time():
    assert driven_after((0.3, 1), (1, 10), (0.3, 1)) == 10
    assert driven_after((0.7, 1), (1, 10), (0.7, 1)) == 12


def test_a_day_of_short_rests_is_remembered_to_its_end():
    assert driven_after(*[(1, 55), (0, 40)] * 6) == pytest.approx(330)


def test_a_silent_hour_is_a_rest():
    hours = drive_on(NOTHING._replace(driven=np.full(1, 200, np.float32)), np.ones(1, np.float32), np.full(1, 61), still(1))
    assert hours.driven[0] == 0


@pytest.mark.parametrize("parked_s", [1, 120], ids=["heard every second", "heard every other minute"])
@pytest.mark.parametrize("from_s", [3600, 3620, 3643, 3659])
@pytest.mark.parametrize(("rest_s", "rested"), [(45 * 60 + 5, True), (45 * 60 - 10, False)])
def test_a_rest_of_45_minutes_is_one_wherever_in_a_minute_it_begins(from_s, rest_s, rested, parked_s):
    assert (driven_over_a_rest(from_s, rest_s, parked_s) <= 60) == rested


def test_a_minute_stands_before_its_first_motion_and_after_its_last():
    speed = np.full((2, 60), np.nan)
    speed[0, 15:30] = [6, *[4] * 13, 6]
    assert np.allclose(np.stack(stood(speed)), [[15 / 60, 1], [30 / 60, 1]])
