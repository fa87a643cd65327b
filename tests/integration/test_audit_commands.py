"""The record of deeds as an operator checks and exports it."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import asyncpg
import pytest

from fleet.stores import audit
from fleet.stores.postgres import tenant_transaction

AT = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)


@pytest.fixture
async def recorded(pool, tenant):
    """A tenant with three deeds."""
    async with tenant_transaction(pool, tenant.id) as connection:
        for number in range(3):
            await audit.record(connection, tenant.id, AT, "system:test", "alert.opened", f"a-{number}", {"n": number})
    return tenant


@pytest.fixture
def fleetguard(postgres, tmp_path):
    """Runs the command line against the tests' PostgreSQL: (exit code, output)."""

    def run(*arguments):
        environ = {**os.environ, "FLEETGUARD_POSTGRES__URL": postgres.app_url, "FLEETGUARD_HOME": str(tmp_path)}
        done = subprocess.run([sys.executable, "-m", "fleetguard", *arguments], env=environ, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


async def as_owner(postgres, query, *arguments):
    owner = await asyncpg.connect(postgres.owner_url)
    await owner.execute(query, *arguments)
    await owner.close()


async def test_a_whole_record_passes_and_shows_its_head(fleetguard, recorded):
    code, output = fleetguard("audit", "verify", "--tenant", recorded.slug, "--json")
    (chain,) = json.loads(output)
    assert (code, chain["whole"], chain["rows"], chain["brokenAt"]) == (0, True, 3, None)
    assert chain["head"].startswith("3:")


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE audit_log SET actor = 'nobody' WHERE tenant_id = $1 AND seq = 2", 2),
        ("DELETE FROM audit_log WHERE tenant_id = $1 AND seq = 1", 1),
        ("UPDATE audit_log SET detail = '{\"n\": 7}' WHERE tenant_id = $1 AND seq = 3", 3),
    ],
    ids=["changed", "removed", "detail"],
)
async def test_a_record_that_somebody_touched_fails_and_says_where(fleetguard, postgres, recorded, tampering, broken_at):
    await as_owner(postgres, tampering, recorded.id)
    code, output = fleetguard("audit", "verify", "--tenant", recorded.slug)
    assert (code, f"broken at row {broken_at}" in output) == (1, True)


async def test_a_record_that_was_cut_off_shows_against_a_noted_head(fleetguard, postgres, recorded):
    head = json.loads(fleetguard("audit", "verify", "--tenant", recorded.slug, "--json")[1])[0]["head"]
    assert fleetguard("audit", "verify", "--tenant", recorded.slug, "--expect", head)[0] == 0
    await as_owner(postgres, "DELETE FROM audit_log WHERE tenant_id = $1 AND seq = 3", recorded.id)
    assert fleetguard("audit", "verify", "--tenant", recorded.slug)[0] == 0
    code, output = fleetguard("audit", "verify", "--tenant", recorded.slug, "--expect", head)
    assert (code, "broken at row 3" in output) == (1, True)


async def test_the_export_is_a_line_per_deed(fleetguard, recorded):
    code, output = fleetguard("audit", "export", "--tenant", recorded.slug)
    lines = [json.loads(line) for line in output.splitlines()]
    assert code == 0
    assert [(line["event"]["sequence"], line["fleetguard"]["subject"]) for line in lines] == [(1, "a-0"), (2, "a-1"), (3, "a-2")]
    assert {line["organization"]["id"] for line in lines} == {recorded.slug}


@pytest.mark.parametrize("arguments", [("--tenant", "nobody"), ("--expect", "3:xyz")])
def test_bad_input_is_one_clear_sentence(fleetguard, arguments):
    code, output = fleetguard("audit", "verify", *arguments)
    assert code != 0
    assert "Traceback" not in output
