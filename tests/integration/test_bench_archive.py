"""The long past in small: every question is answered over HTTP, and the oldest day goes."""

import io

import pytest
from rich.console import Console

from bench import archive, archive_report
from bench.machine import occasion
from bench.progress import Progress
from bench.stack import StackUnderTest
from bench.store import EPOCH
from fleet.settings import Mqtt, Postgres, Settings
from fleetguard.testing import free_port

READINGS = 100_000


@pytest.fixture
async def stack(serve_api_briefly, postgres, tmp_path):
    settings = Settings(postgres=Postgres(url=postgres.app_url, owner_url=postgres.owner_url), mqtt=Mqtt(port=free_port()))
    return StackUnderTest(tmp_path, await serve_api_briefly(settings), settings)


async def test_every_question_is_answered_and_the_oldest_day_is_forgotten(stack):
    result = await archive.measure(stack, READINGS, Progress(Console(file=io.StringIO())))
    assert (result.readings, result.alerts) == (READINGS, archive.ALERTS)
    assert result.forgotten_rows >= READINGS / archive.DAYS
    assert all(len(answer.ms) == archive.ASKED_TIMES for answer in result.answers)
    page = archive_report.page(occasion("python -m bench archive", "a test's", EPOCH), result)
    assert all(answer.question in page for answer in result.answers)
