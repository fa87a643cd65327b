"""The rig of followers in small, against the real API in a process of its own."""

import os
import sys

import pytest
from rich.console import Console

from bench import streams, streams_report
from bench.machine import occasion
from bench.progress import Progress
from bench.stack import StackUnderTest
from bench.store import EPOCH
from fleet.settings import Postgres, Settings
from fleetguard.testing import free_port, listening, process


@pytest.fixture
async def stack(postgres, tmp_path):
    port, log = free_port(), tmp_path / "api.log"
    environment = os.environ | {
        "FLEETGUARD_HOME": str(tmp_path),
        "FLEETGUARD_PROGRAM": "api",
        "FLEETGUARD_POSTGRES__URL": postgres.app_url,
        "PYTHONPATH": os.getcwd(),
    }
    command = [sys.executable, "-m", "uvicorn", "ui.api.app:create_app", "--factory", "--host", "127.0.0.1", "--port", str(port)]
    with process(command, log, environment):
        await listening(port, log)
        url = f"http://127.0.0.1:{port}"
        yield StackUnderTest(tmp_path, url, Settings(postgres=Postgres(url=postgres.app_url, owner_url=postgres.owner_url)))


async def test_every_client_hears_every_change_once_and_in_order(stack):
    result = await streams.measure(stack, per_kind=12, seconds=6, progress=Progress(Console(quiet=True)))
    assert (result.torn, result.behind) == ([], [])
    assert all(len(late_s) >= result.changes for late_s in result.late_s.values())
    assert sum(one.lines for one in result.followers) > len(result.followers)  # some lost the line and came back
    assert "| SSE | 12 |" in streams_report.page(occasion("python -m bench streams", "a test's", EPOCH), result)
