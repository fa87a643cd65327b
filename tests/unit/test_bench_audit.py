"""The auditor of the load rig."""

import pytest

from bench.audit import audit, audit_stream

SENT = [("B-1", 1), ("B-1", 2), ("B-2", 1)]


def test_a_run_where_everything_acked_is_stored_once_is_clean() -> None:
    verdict = audit(SENT, SENT, SENT)
    assert verdict.clean
    assert (verdict.offered, verdict.acked, verdict.stored) == (3, 3, 3)


def test_an_acked_reading_that_is_not_stored_is_missing() -> None:
    verdict = audit(SENT, SENT, SENT[:2])
    assert verdict.missing == (("B-2", 1),)
    assert not verdict.clean


def test_a_reading_without_puback_may_be_stored_or_not() -> None:
    verdict = audit(SENT, SENT[:1], SENT[:2])
    assert verdict.clean
    assert verdict.unpromised == 1


def test_a_reading_stored_twice_is_doubled() -> None:
    verdict = audit(SENT, SENT, [*SENT, SENT[0]])
    assert verdict.doubled == (("B-1", 1),)
    assert verdict.stored == 3
    assert not verdict.clean


def test_a_stored_reading_that_nobody_offered_is_told() -> None:
    stranger = ("B-9", 7)
    verdict = audit(SENT, SENT, [*SENT, stranger])
    assert verdict.nobody_sent == (stranger,)
    assert verdict.examples == [stranger]
    assert not verdict.clean


def test_a_client_that_heard_every_change_once_and_in_order_is_clean() -> None:
    assert audit_stream([1, 2, 3], [1, 2, 3]).clean


@pytest.mark.parametrize(
    ("heard", "what"),
    [
        pytest.param([1, 3], "missing", id="not heard"),
        pytest.param([1, 2, 2, 3], "doubled", id="heard twice"),
        pytest.param([1, 2, 3, 4], "invented", id="never logged"),
    ],
)
def test_a_change_that_was_lost_doubled_or_invented_is_named(heard: list[int], what: str) -> None:
    verdict = audit_stream([1, 2, 3], heard)
    assert len(getattr(verdict, what)) == 1
    assert not verdict.clean


def test_a_change_that_overtook_another_is_out_of_order() -> None:
    verdict = audit_stream([1, 2, 3], [1, 3, 2])
    assert not verdict.in_order
    assert not verdict.clean
