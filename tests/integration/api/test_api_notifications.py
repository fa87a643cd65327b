"""Webhooks and push subscriptions through the API."""

import base64
import os

import pytest

from alerts.push_key import new_push_key
from fleet.settings import Api, Mqtt, Notify, Postgres, Settings
from fleetguard.testing import free_port

KEYS = {"p256dh": base64.urlsafe_b64encode(b"\x04" + os.urandom(64)).decode().rstrip("="), "auth": "AAAAAAAAAAAAAAAAAAAAAA"}


@pytest.fixture
async def closed_site(serve_api, postgres, manager):
    """The manager's browser at an API that may tell its own network, and pushes."""
    notify = Notify(private_targets=True, push_key=new_push_key())
    address = await serve_api(
        Settings(postgres=Postgres(url=postgres.app_url), mqtt=Mqtt(port=free_port()), api=Api(), notify=notify)
    )
    manager.browser.base_url = address
    return manager.browser


async def test_a_webhook_shows_its_secret_once_and_can_be_removed(closed_site):
    added = await closed_site.post("/api/webhooks", json={"url": "http://127.0.0.1:9/hook", "minSeverity": "HIGH"})
    assert added.status_code == 201
    assert len(base64.b64decode(added.json()["secret"].removeprefix("whsec_"))) == 32
    (listed,) = (await closed_site.get("/api/webhooks")).json()["items"]
    assert (listed["url"], listed["minSeverity"], listed["delivered"]) == ("http://127.0.0.1:9/hook", "HIGH", 0)
    assert "secret" not in listed
    removed = await closed_site.delete(f"/api/webhooks/{added.json()['webhookId']}")
    assert removed.status_code == 204
    assert (await closed_site.get("/api/webhooks")).json()["items"] == []
    assert (await closed_site.delete(f"/api/webhooks/{added.json()['webhookId']}")).status_code == 404


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/hook", "https://169.254.169.254/", "http://example.com/", "https://10.0.0.1/"]
)
async def test_a_webhook_into_the_own_network_is_refused_with_a_reason(manager, url):
    refused = await manager.browser.post("/api/webhooks", json={"url": url})
    assert refused.status_code == 422
    assert refused.json()["detail"]


async def test_a_fleet_has_no_more_than_twenty_webhooks(closed_site):
    answers = [(await closed_site.post("/api/webhooks", json={"url": "http://127.0.0.1:9/"})).status_code for _ in range(21)]
    assert answers == [201] * 20 + [409]


async def test_a_dispatcher_sees_no_webhooks_and_may_subscribe_a_browser(sign_in, tenant):
    dispatcher = await sign_in(tenant, role="dispatcher")
    assert (await dispatcher.browser.get("/api/webhooks")).status_code == 403
    refused = await dispatcher.browser.post("/api/push/subscriptions", json={"endpoint": "https://127.0.0.1/x", "keys": KEYS})
    assert refused.status_code == 422


async def test_a_browser_subscribes_and_leaves(closed_site):
    assert len((await closed_site.get("/api/push/key")).json()["key"]) == 87
    wish = {"endpoint": "http://127.0.0.1:9/push/abc", "keys": KEYS}
    assert [(await closed_site.post("/api/push/subscriptions", json=wish)).status_code for _ in range(2)] == [204, 204]
    left = await closed_site.post("/api/push/unsubscribe", json={"endpoint": wish["endpoint"]})
    assert left.status_code == 204


async def test_without_a_key_nothing_is_pushed_and_the_api_says_so(manager):
    assert (await manager.browser.get("/api/push/key")).status_code == 404


async def test_rules_are_read_back_as_they_were_set(manager):
    kept = (await manager.browser.get("/api/notification-rules")).json()
    assert (kept["remindAfterMin"], kept["escalation"]) == (None, [])
    wish = {
        "remindAfterMin": 15,
        "remindSeverity": "CRITICAL",
        "quietHours": {"from": "22:00", "until": "06:00"},
        "timezone": "Europe/Berlin",
        "escalation": [
            {"afterMin": 10, "to": "dispatcher"},
            {"afterMin": 30, "to": str(manager.user_id)},
            {"afterMin": 60, "to": "webhooks"},
        ],
    }
    assert (await manager.browser.put("/api/notification-rules", json=wish)).json() == wish
    assert (await manager.browser.get("/api/notification-rules")).json() == wish
    assert (await manager.browser.put("/api/notification-rules", json=wish | {"timezone": "Mars"})).status_code == 422


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([{"afterMin": 10, "to": "dispatcher"}, {"afterMin": 10, "to": "webhooks"}], "after the same time"),
        ([{"afterMin": 10, "to": "00000000-0000-4000-8000-000000000000"}], "somebody of this fleet"),
        ([{"afterMin": 10, "to": "driver"}], ""),
        ([{"afterMin": 0, "to": "dispatcher"}], ""),
        ([{"afterMin": minutes, "to": "dispatcher"} for minutes in range(1, 7)], ""),
    ],
)
async def test_a_step_that_helps_nobody_is_refused_and_nothing_is_saved(manager, steps, reason):
    kept = {"remindAfterMin": None, "quietHours": None, "escalation": [{"afterMin": 5, "to": "fleet_manager"}]}
    assert (await manager.browser.put("/api/notification-rules", json=kept)).status_code == 200
    refused = await manager.browser.put("/api/notification-rules", json=kept | {"escalation": steps})
    assert (refused.status_code, reason in refused.json()["detail"]) == (422, True)
    assert (await manager.browser.get("/api/notification-rules")).json()["escalation"] == kept["escalation"]


async def test_a_step_goes_to_no_driver_and_to_nobody_of_another_fleet(manager, sign_in, tenant, new_tenant):
    rules = {"remindAfterMin": None, "quietHours": None}
    for person in (await sign_in(tenant, "driver", "d-17"), await sign_in(await new_tenant())):
        wish = rules | {"escalation": [{"afterMin": 10, "to": str(person.user_id)}]}
        assert (await manager.browser.put("/api/notification-rules", json=wish)).status_code == 422
