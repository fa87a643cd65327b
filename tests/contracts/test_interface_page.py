"""The page about the interface says what the code does."""

import re
from pathlib import Path

from fleet.drivers import LEAST_KM, WINDOW_DAYS
from fleet.permissions import PERMISSIONS, Permission
from fleet.settings import Api
from fleet.windows import DEFAULT_TANK_L
from ui.api import graph
from ui.api.live import STREAMS_PER_USER
from ui.api.models.vehicles import LEAST_TANK_L, MOST_AGE_YEARS, MOST_TANK_L

PAGE = (Path(__file__).parents[2] / "docs" / "interface.md").read_text()


def test_the_table_of_roles_is_the_one_in_code():
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
    (_, *roles), *permissions = rows
    written = {row[0]: {role for role, cell in zip(roles, row[1:], strict=True) if cell == "yes"} for row in permissions}
    assert written == {
        permission: {role.replace("_", " ") for role, granted in PERMISSIONS.items() if permission in granted}
        for permission in Permission
    }


def test_the_figures_are_those_of_the_code():
    words, api = re.sub(r"\s+", " ", PAGE), Api()
    assert f"{api.person_rate.per_s:.0f} requests a second per person ({api.person_rate.burst} at once)" in words
    assert f"{api.tenant_rate.per_s:.0f} per tenant ({api.tenant_rate.burst:,} at once)" in words
    assert f"{STREAMS_PER_USER} live streams per person, event streams and sockets together" in words
    assert f"{graph.MOST_DEPTH} levels, {graph.MOST_ALIASES} aliases, {graph.MOST_TOKENS} tokens, {graph.MOST_ROWS} rows" in words
    assert f"over {WINDOW_DAYS} days" in words
    assert f"Below {LEAST_KM:.0f} km it is null" in words
    assert "({:.0f}, {:.0f} or {:.0f} l)".format(*DEFAULT_TANK_L) in words
    assert f"A tank holds {LEAST_TANK_L:.0f} to {MOST_TANK_L:,.0f} l, an age is 0 to {MOST_AGE_YEARS:.0f} years" in words
