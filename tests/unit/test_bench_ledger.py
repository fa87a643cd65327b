"""The auditor of faults: each broken promise is said, a kept one is not."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.ledger import AlertRow, Expected, Ledger, violations
from fleet.alerts import AlertType

HOT = ("v1", AlertType.ENGINE_OVERHEAT)
ROW = AlertRow(*HOT, live=True, occurrences=1)
SENT = [("v1", 1), ("v1", 2), ("v2", 1)]
SOUND = Ledger(SENT, Counter({"empty": 1}), [ROW], [1, 2], audited=2)


def expected() -> Expected:
    return Expected(list(SENT), list(SENT), Counter({"empty": 1}), {HOT})


def test_a_run_that_kept_every_promise_is_clean():
    assert violations(expected(), SOUND, heard=[1, 2]) == []


def test_a_reading_that_was_not_acked_may_be_missing():
    promised = expected()
    promised.acked = SENT[:2]
    assert violations(promised, replace(SOUND, readings=SENT[:2]), heard=[1, 2]) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"readings": SENT[1:]}, "acked and not stored", id="lost"),
        pytest.param({"readings": [*SENT, SENT[0]]}, "stored twice", id="doubled"),
        pytest.param({"readings": [*SENT, ("v3", 1)]}, "sent by nobody", id="invented"),
        pytest.param({"strangers": 1}, "other tenants", id="foreign"),
        pytest.param({"dead_letters": Counter()}, "dead letters", id="dead letter lost"),
        pytest.param({"dead_letters": Counter({"empty": 1, "oversized": 1})}, "dead letters", id="dead letter invented"),
        pytest.param({"alerts": []}, "not raised", id="alarm lost"),
        pytest.param({"alerts": [ROW, replace(ROW, vehicle="v2")]}, "without a cause", id="alarm invented"),
        pytest.param({"alerts": [ROW, replace(ROW, live=False)]}, "counted twice", id="two alerts of one episode"),
        pytest.param({"alerts": [replace(ROW, occurrences=2)]}, "counted twice", id="two occurrences of one episode"),
        pytest.param({"alerts": [ROW, ROW]}, "live twice", id="two live alerts"),
        pytest.param({"changes": [1, 3]}, "are not 1 to 2", id="gap in the stream"),
        pytest.param({"audited": 1}, "audit rows", id="change without audit"),
        pytest.param({"broken_link": 2}, "chain breaks", id="chain broken"),
    ],
)
def test_a_broken_promise_is_said(change, said):
    assert any(said in sentence for sentence in violations(expected(), replace(SOUND, **change), heard=[1, 2]))


@pytest.mark.parametrize(("heard", "said"), [([1], "not heard"), ([1, 1, 2], "heard twice"), ([2, 1], "out of order")])
def test_what_a_client_missed_or_heard_twice_is_said(heard, said):
    assert any(said in sentence for sentence in violations(expected(), SOUND, heard))
