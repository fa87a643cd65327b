"""Each role on each operation of the document: exactly what the table allows."""

import pytest

from fleet.permissions import PERMISSIONS, Permission, Role
from fleet.settings import Settings
from ui.api.app import create_app

IDS = {"{vehicleId}": "VH-1", "{driverId}": "d-0", "{id}": "00000000-0000-4000-8000-000000000000"}
OPERATIONS = [
    (method, path, Permission(operation["x-permission"]))
    for path, operations in create_app(Settings()).openapi()["paths"].items()
    for method, operation in operations.items()
    if "x-permission" in operation
]


@pytest.mark.parametrize("role", PERMISSIONS)
async def test_a_role_may_do_what_the_table_says_and_nothing_else(sign_in, tenant, role: Role):
    person = await sign_in(tenant, role)
    allowed = {(method, path) for method, path, _ in OPERATIONS if await is_allowed(person, method, path)}
    assert allowed == {(method, path) for method, path, permission in OPERATIONS if permission in PERMISSIONS[role]}


async def is_allowed(person, method: str, path: str) -> bool:
    """Whatever else is wrong with a request, a role that lacks the permission hears of that first."""
    for name, value in IDS.items():
        path = path.replace(name, value)
    async with person.browser.stream(method.upper(), path) as answer:
        assert answer.status_code < 500
        return answer.status_code != 403


async def test_the_session_says_what_a_person_may_do(sign_in, tenant):
    session = (await (await sign_in(tenant, "dispatcher")).browser.get("/api/session")).json()
    assert set(session["permissions"]) == PERMISSIONS["dispatcher"]


def test_a_dispatcher_acknowledges_and_changes_nothing_else():
    reads = {Permission.READ_ALERTS, Permission.READ_FLEET}
    assert PERMISSIONS["dispatcher"] - reads == {Permission.ACKNOWLEDGE_ALERTS}


def test_a_driver_only_reads_what_is_narrowed_to_their_own():
    assert PERMISSIONS["driver"] == {Permission.READ_ALERTS, Permission.READ_SCORES}
