"""A credential that ends takes its connection along; a rotated one holds beside the new one for a while."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import gmqtt
import pytest

from fleet.errors import Conflict, NotFound
from fleet.stores import devices
from fleet.stores.provisioning import replace_gateway
from fleet.stores.sessions import SignedIn

WITHIN_S = 15.0


class Device:
    """An MQTT client that does not come back by itself."""

    def __init__(self) -> None:
        self.client = gmqtt.Client(f"test-{secrets.token_hex(6)}")
        self.gone = asyncio.Event()
        self.client.on_disconnect = lambda *_: self.gone.set()
        self.client.set_config({"reconnect_retries": 0})


@pytest.fixture
async def connect(broker):
    """Opens a connection with a credential; True once the broker took it."""
    opened: list[Device] = []

    async def connect_one(credential) -> Device | None:
        device = Device()
        device.client.set_auth_credentials(credential.username, credential.password)
        try:
            async with asyncio.timeout(WITHIN_S):
                await device.client.connect(broker.host, broker.port, version=4)
        except (gmqtt.mqtt.handler.MQTTConnectError, TimeoutError):
            return None
        opened.append(device)
        return device

    yield connect_one
    for device in opened:
        if device.client.is_connected:
            await device.client.disconnect()


@pytest.fixture
def who(tenant) -> SignedIn:
    now = datetime.now(UTC)
    return SignedIn(tenant.id, tenant.slug, uuid4(), "m@example.com", "M", "fleet_manager", None, now + timedelta(hours=1))


async def test_a_revoked_device_is_cut_off_and_does_not_come_back(pool, tenant, who, connect):
    device, other = await connect(tenant.device), await devices.issue(pool, who, "VH-2", "car", datetime.now(UTC))
    neighbour = await connect(other)
    await devices.revoke(pool, who, tenant.vehicle, datetime.now(UTC))
    await asyncio.wait_for(device.gone.wait(), WITHIN_S)
    assert await connect(tenant.device) is None
    assert neighbour.client.is_connected


async def test_a_gateways_new_credential_cuts_off_who_came_with_the_old_one(postgres, tenant, connect):
    owner = await asyncpg.connect(postgres.owner_url)
    try:
        old = await replace_gateway(owner, tenant.id, "depot", [tenant.vehicle])
        gateway, device = await connect(old), await connect(tenant.device)
        new = await replace_gateway(owner, tenant.id, "depot", [tenant.vehicle])
    finally:
        await owner.close()
    await asyncio.wait_for(gateway.gone.wait(), WITHIN_S)
    assert await connect(old) is None
    assert await connect(new)
    assert device.client.is_connected


async def test_a_new_credential_works_after_a_revocation(pool, tenant, who, connect):
    await devices.revoke(pool, who, tenant.vehicle, datetime.now(UTC))
    fresh = await devices.issue(pool, who, tenant.vehicle, "car", datetime.now(UTC))
    assert await connect(fresh)


async def test_both_secrets_hold_during_a_rotation(pool, tenant, who, connect):
    fresh = await devices.rotate(pool, who, tenant.vehicle, timedelta(hours=1), datetime.now(UTC))
    assert await connect(tenant.device)
    assert await connect(fresh)
    (listed,) = await devices.find(pool, who, "", 10, datetime.now(UTC))
    assert listed.old_until is not None


async def test_a_rotation_without_grace_ends_the_old_secret(pool, tenant, who, connect):
    device = await connect(tenant.device)
    await devices.rotate(pool, who, tenant.vehicle, timedelta(), datetime.now(UTC))
    await asyncio.wait_for(device.gone.wait(), WITHIN_S)


async def test_a_second_credential_is_not_issued_and_nothing_is_revoked_twice(pool, tenant, who):
    with pytest.raises(Conflict):
        await devices.issue(pool, who, tenant.vehicle, "car", datetime.now(UTC))
    await devices.revoke(pool, who, tenant.vehicle, datetime.now(UTC))
    with pytest.raises(NotFound):
        await devices.revoke(pool, who, tenant.vehicle, datetime.now(UTC))
    with pytest.raises(NotFound):
        await devices.rotate(pool, who, tenant.vehicle, timedelta(hours=1), datetime.now(UTC))
