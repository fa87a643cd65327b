"""The load rig and the stack it is pointed at."""

from pathlib import Path

import pytest

from bench.stack import stack_under_test
from fleet.errors import ConfigurationError


def test_a_home_where_no_stack_runs_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"No stack runs in {tmp_path}"), stack_under_test(tmp_path):
        pytest.fail("there is nothing to measure")
