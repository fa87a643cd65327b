"""What the soak makes of its figures."""

import numpy as np
import pytest

from bench.audit import Verdict, audit, together
from bench.faults.soak import GROWTH_BYTES, GROWTH_DESCRIPTORS, Look, SoakResult, delays_of, grown
from bench.faults.soak_report import summary
from bench.faults.trial import Outcome
from bench.processes import RIG, Usage

MINUTE = 60.0


def looks(**parts):
    """Three looks, in the first, the middle and the last minute, at (bytes, descriptors) of parts; None: it did not run."""
    return [
        Look(
            third * MINUTE + 1,
            {name: Usage(0.0, seen[third][0], seen[third][1], 1) for name, seen in parts.items() if seen[third] is not None},
        )
        for third in range(3)
    ]


def test_a_part_that_warms_up_and_stays_is_flat():
    assert grown(looks(api=[(0, 1), (GROWTH_BYTES * 4, 90), (GROWTH_BYTES * 4, 90)]), 3 * MINUTE) == []


@pytest.mark.parametrize(
    ("last", "sentence"),
    [
        ((GROWTH_BYTES * 2 + 1, 10), "api grew by 64 MiB"),
        ((GROWTH_BYTES, 11 + GROWTH_DESCRIPTORS), "api has 33 descriptors more"),
    ],
)
def test_what_grows_after_the_middle_is_told(last, sentence):
    assert grown(looks(api=[(0, 10), (GROWTH_BYTES, 10), last]), 3 * MINUTE) == [sentence]


def test_a_part_that_did_not_run_has_not_grown_and_the_rig_may_grow():
    ran_last = looks(pipeline=[None, None, (GROWTH_BYTES * 9, 99)], **{RIG: [(0, 1), (0, 1), (GROWTH_BYTES * 9, 99)]})
    assert grown(ran_last, 3 * MINUTE) == []


def test_delays_are_told_by_slices_of_event_time():
    delays = delays_of(np.array([31.0, 2.0, 9.0]), np.array([7.0, 1.0, 3.0]))
    assert delays.at_s.tolist() == [0.0, 30.0]
    assert delays.longest.tolist() == [3.0, 7.0]
    assert delays.median.tolist() == [2.0, 7.0]


def test_the_verdicts_of_different_vehicles_add_up():
    lost = audit([("a", 1), ("a", 2)], [("a", 1), ("a", 2)], [("a", 1)])
    fine = audit([("b", 1)], [("b", 1)], [("b", 1)])
    both = together([lost, fine])
    assert (both.offered, both.acked, both.stored, both.missing) == (3, 3, 2, (("a", 2),))


def test_a_store_that_kept_nothing_is_told_in_a_sentence():
    nothing, outcome = Verdict(9, 9, 0, (("a", 1),), (), (), 0), Outcome(1, (), 0.0, 0.0, frozenset())
    empty = delays_of(np.empty(0), np.empty(0))
    result = SoakResult(100, 60, (), nothing, outcome, 0, 10.0, empty, (), ("1 acked and not stored",))
    assert "nothing is stored. BROKEN: 1 acked and not stored." in summary(result)
