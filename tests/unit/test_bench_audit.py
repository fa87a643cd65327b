"""The auditor of the load rig."""

from bench.audit import audit

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
