"""The API's contract: closed by default, documented, and the committed document is the present one."""

import json
import re
from pathlib import Path

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from fleet.settings import Settings
from ui.api.app import create_app

COMMITTED = Path(__file__).parents[2] / "ui" / "openapi.json"
OPEN = {  # sendTelemetry is closed too: it asks for the device's own credential
    "getHealth",
    "getReadiness",
    "getMetrics",
    "signIn",
    "getSignInWays",
    "startOidc",  # the provider asks who it is
    "finishOidc",  # the code of the provider is its credential
    "acceptInvitation",  # the token of the invitation is its credential
}
OF_ONES_OWN_SIGN_IN = {
    "getSession",
    "signOut",
    "listSessions",
    "endSession",
    "enrolSecondFactor",
    "confirmSecondFactor",
    "removeSecondFactor",
    "changePassword",
    "getOwnData",
    "listTokens",
    "createToken",
    "revokeToken",
}
APP = create_app(Settings())
OPERATIONS = {
    operation["operationId"]: (method.upper(), path)
    for path, operations in APP.openapi()["paths"].items()
    for method, operation in operations.items()
}


def test_the_committed_document_is_the_present_one():
    assert json.loads(COMMITTED.read_text()) == APP.openapi(), "run: python -m ui.api.openapi > ui/openapi.json"


def test_operation_ids_are_short_unique_and_camel_case():
    assert len(OPERATIONS) == sum(len(operations) for operations in APP.openapi()["paths"].values())
    assert all(re.fullmatch(r"[a-z][A-Za-z]{4,24}", name) for name in OPERATIONS)


def test_every_reference_in_the_document_resolves():
    document = APP.openapi()
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert names <= document["components"]["schemas"].keys()


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - OPEN))
async def test_every_other_route_refuses_strangers_before_it_looks_at_anything(name):
    method, path = OPERATIONS[name]
    url = path.replace("{id}", "not-even-an-id").replace("{vehicleId}", "VH-1")
    transport = httpx.ASGITransport(create_app(Settings(postgres={"url": "postgres://nobody@127.0.0.1:1/none"})))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as stranger:
        answer = await stranger.request(method, url)
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_no_undocumented_route_but_the_page():
    hidden = {route.path for route in iter_route_contexts(APP.routes) if not getattr(route, "include_in_schema", True)}
    assert hidden == {"/{path:path}", "/docs", "/openapi.json"}


def test_every_closed_operation_names_the_permission_it_takes():
    document = APP.openapi()["paths"]
    unnamed = {name for name, (method, path) in OPERATIONS.items() if "x-permission" not in document[path][method.lower()]}
    assert unnamed == OPEN | OF_ONES_OWN_SIGN_IN | {"sendTelemetry"}
