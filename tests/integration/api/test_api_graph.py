"""GraphQL: the same answers as the routes, within limits, for the roles that analyse, and nothing of others."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet.drivers import DriverScore
from fleet.settings import Postgres, Settings
from fleet.stores import driver_scores
from fleet.stores.postgres import tenant_transaction
from ui.api.graph import MOST_ALIASES, MOST_ROWS, schema_of

EVERYTHING = """
query ($state: [AlertState!]!) {
  anomalies(states: $state, first: 5) { items { id seq vehicleId type severity state evidence { text observed } } nextCursor }
  trends { items { at type count } }
  vehicles { items { vehicleId liveAlerts worstSeverity } }
  vehicle(id: "VH-1") { vehicleId readings { signal value } }
  forecasts { items { vehicleId component probability lower upper } }
  driverScores { items { driverId score band rank contributions { behaviour lost } }
                 rules { version behaviours { name weight } } }
}"""


async def ask(person, query, **variables):
    answer = await person.browser.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def stocked(tenant, raise_alert, pool):
    """An alert, a forecast and a driver score of `tenant`."""
    await raise_alert(tenant)
    await driver_scores.save(pool, tenant.id, [DriverScore("d-1", "car", 20.0)], datetime.now(UTC))
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("INSERT INTO forecasts VALUES ($1, 'VH-1', 'brakes', now(), 72, .5, .4, .6, 'm')", tenant.id)


@pytest.mark.usefixtures("stocked")
async def test_one_request_answers_what_the_routes_answer(manager):
    answer = await ask(manager, EVERYTHING, state=["OPEN"])
    assert answer["errors"] == []
    data, browser = answer["data"], manager.browser
    (alert,) = (await browser.get("/api/anomalies")).json()["items"]
    (shown,) = data["anomalies"]["items"]
    assert {key: alert[key] for key in shown if key != "evidence"} == {key: shown[key] for key in shown if key != "evidence"}
    assert shown["evidence"][0]["text"] == alert["evidence"][0]["text"]
    assert data["vehicles"]["items"] == [{"vehicleId": "VH-1", "liveAlerts": 1, "worstSeverity": "HIGH"}]
    assert [(row["component"], row["upper"]) for row in data["forecasts"]["items"]] == [("brakes", pytest.approx(0.6))]
    assert data["driverScores"]["items"] == [{"driverId": "d-1", "score": None, "band": None, "rank": None, "contributions": []}]
    assert sum(point["count"] for point in data["trends"]["items"]) == 1


@pytest.mark.usefixtures("stocked")
async def test_nothing_of_another_tenant_is_answered(sign_in, new_tenant, manager):
    (alert,) = (await manager.browser.get("/api/anomalies")).json()["items"]
    stranger = await sign_in(await new_tenant())
    data = (await ask(stranger, EVERYTHING, state=[]))["data"]
    assert [data[name]["items"] for name in ("anomalies", "trends", "forecasts", "driverScores")] == [[], [], [], []]
    theirs = await ask(stranger, f'{{ anomaly(id: "{alert["id"]}") {{ id }} }}')
    unknown = await ask(stranger, '{ anomaly(id: "00000000-0000-4000-8000-000000000000") { id } }')
    assert theirs == unknown
    assert theirs["data"] is None


async def test_an_engineer_analyses_everything_but_people(sign_in, tenant):
    engineer = await sign_in(tenant, "ml_engineer")
    answer = await ask(engineer, "{ driverScores { items { driverId } } }")
    assert answer["data"] is None
    assert "driver scores" in answer["errors"][0]["message"]
    assert (await ask(engineer, "{ forecasts { items { vehicleId } } }"))["errors"] == []


ALIASES = " ".join(f"a{number}: vehicles {{ nextCursor }}" for number in range(MOST_ALIASES + 1))
DEEP = '{ anomaly(id: "00000000-0000-4000-8000-000000000000") { history { detail { a { b { c { d } } } } } } }'


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (f"{{ {ALIASES} }}", "aliases"),
        (f"{{ {'vehicles { nextCursor } ' * 400} }}", "tokens"),
        (DEEP, "depth"),
        (f"{{ vehicles(first: {MOST_ROWS + 1}) {{ nextCursor }} }}", "first"),
        ("{ __schema { types { name } } }", "introspection"),
        ("mutation { forget }", "mutation"),
        ("{ anomalies(since: \"2026-01-01T00:00:00\") { nextCursor } }", "time zone"),
        ("{ anomalies(q: \"%s\") { nextCursor } }" % ("x" * 201), "200"),
        ("{ vehicles(after: \"nonsense\") { nextCursor } }", "cursor"),
        ("{ nonsense", "Syntax"),
    ],
    ids=["aliases", "tokens", "depth", "rows", "introspection", "mutation", "zone", "text", "cursor", "syntax"],
)  # fmt: skip
async def test_what_is_too_much_or_makes_no_sense_is_refused_in_words(manager, query, reason):
    answer = await ask(manager, query)
    assert answer["data"] is None
    assert reason.lower() in " ".join(error["message"] for error in answer["errors"]).lower()


async def test_the_demo_may_be_looked_into(serve_api, postgres, sign_in, tenant):
    manager = await sign_in(tenant)
    demo = await serve_api(Settings(postgres=Postgres(url=postgres.app_url), demo=True))
    manager.browser.base_url = demo
    assert (await ask(manager, "{ __schema { queryType { name } } }"))["data"]["__schema"]["queryType"]["name"] == "Query"


async def test_it_is_no_page(manager):
    assert (await manager.browser.get("/graphql")).status_code in (404, 405)


def test_the_published_schema_is_the_present_one():
    published = Path(__file__).parents[3] / "ui" / "schema.graphql"
    assert published.read_text().strip() == schema_of(is_demo=False).as_str().strip(), (
        "run: python -m ui.api.graph > ui/schema.graphql"
    )
