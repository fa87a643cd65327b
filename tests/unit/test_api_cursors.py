"""Cursors survive the round trip, and nothing else is taken for one."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import InvalidInput
from ui.api import cursors


def test_a_position_survives_the_round_trip():
    position = [datetime(2026, 11, 24, 12, 0, 0, 250_000, UTC), uuid4()]
    assert cursors.decode(cursors.encode(position), (datetime, UUID)) == position


@given(st.text(max_size=80))
def test_any_other_text_is_invalid_input_and_never_a_crash(text):
    with pytest.raises(InvalidInput):
        cursors.decode(text, (datetime, UUID))
