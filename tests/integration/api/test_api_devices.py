"""Credentials of devices through the API."""

import pytest


async def test_a_device_is_issued_rotated_listed_and_revoked(manager):
    issued = await manager.browser.post("/api/devices", json={"vehicleId": "VH-9", "vehicleClass": "van"})
    assert issued.status_code == 201
    assert issued.json()["username"].endswith(".VH-9")
    assert (await manager.browser.post("/api/devices", json={"vehicleId": "VH-9"})).status_code == 409
    rotated = await manager.browser.post("/api/devices/VH-9/rotate", json={"graceHours": 2})
    assert rotated.json()["password"] != issued.json()["password"]
    listed = {item["vehicleId"]: item for item in (await manager.browser.get("/api/devices")).json()["items"]}
    assert listed["VH-9"]["issuedAt"] < listed["VH-9"]["oldUntil"]
    assert (await manager.browser.delete("/api/devices/VH-9")).status_code == 204
    listed = {item["vehicleId"]: item for item in (await manager.browser.get("/api/devices")).json()["items"]}
    assert (listed["VH-9"]["issuedAt"], listed["VH-9"]["oldUntil"]) == (None, None)
    assert (await manager.browser.delete("/api/devices/VH-9")).status_code == 404


async def test_devices_are_listed_in_pages(manager):
    first = (await manager.browser.get("/api/devices", params={"limit": 1})).json()
    await manager.browser.post("/api/devices", json={"vehicleId": "VH-9"})
    first = (await manager.browser.get("/api/devices", params={"limit": 1})).json()
    second = (await manager.browser.get("/api/devices", params={"limit": 1, "cursor": first["nextCursor"]})).json()
    assert [first["items"][0]["vehicleId"], second["items"][0]["vehicleId"]] == ["VH-1", "VH-9"]
    assert second["nextCursor"] is None


@pytest.mark.parametrize("vehicle", ["a.b", "", "x" * 65, "a b", "*"])
async def test_an_id_that_no_topic_can_hold_is_refused(manager, vehicle):
    assert (await manager.browser.post("/api/devices", json={"vehicleId": vehicle})).status_code == 422
