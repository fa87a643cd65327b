"""What the simulator tells as true."""

import numpy as np
import pytest

from simulator.truth import TruthLog


def speeding(*steps: bool) -> list[str]:
    """Labels of a vehicle that is above the limit for as many seconds as there are steps; True where it is so by much."""
    log = TruthLog()
    for second, severe in enumerate(steps):
        log.see(0, "SPEEDING", float(second), second + 1.0, severe=severe)
    log.settle(np.array([len(steps) + 60.0]))
    return [episode.label for episode in log.take()]


@pytest.mark.parametrize(("steps", "told"), [
    pytest.param([False] * 29, False, id="29 s"),
    pytest.param([False] * 30, True, id="30 s"),
    pytest.param([True] * 9 + [False] * 12, False, id="9 s by much"),
    pytest.param([False] * 5 + [True] * 10, True, id="10 s by much"),
    pytest.param([True] * 8 + [False] * 2 + [True] * 8, False, id="twice 8 s by much"),
])  # fmt: skip
def test_speeding_lasts_30_s_or_by_much_10_s(steps: list[bool], told: bool) -> None:
    assert speeding(*steps) == ["SPEEDING"] * told
