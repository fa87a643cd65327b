"""Hours at the wheel since the last rest, as a tachograph counts them."""

import numpy as np
import pytest

from fleet.hours import Hours, drive_on

NOTHING = Hours(*(np.zeros(1, np.float32) for _ in range(3)))


def driven_after(*minutes):
    """Minutes driven after runs of (share in motion, how many minutes)."""
    hours = NOTHING
    for share, count in minutes:
        for _ in range(count):
            hours = drive_on(hours, np.array([share], np.float32), np.ones(1, np.int64))
    return float(hours.driven[0])


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
    hours = drive_on(NOTHING._replace(driven=np.full(1, 200, np.float32)), np.ones(1, np.float32), np.full(1, 61))
    assert hours.driven[0] == 0
