"""Readings that came over HTTP go to the broker with the device's own credential, so that there is one path."""

import asyncio
import base64
import binascii
import contextlib
import re
import secrets
from collections import OrderedDict

from gmqtt import Client
from gmqtt.mqtt.constants import MQTTv311
from gmqtt.mqtt.handler import MQTTConnectError

from fleet.errors import NotAuthenticated, Unavailable
from fleet.settings import Mqtt
from fleet.stores.provisioning import DeviceCredential

MAX_PAYLOAD = 64 * 1024
ANSWER_WITHIN_S = 5.0
KEPT_CONNECTIONS = 256
BAD_CREDENTIAL = (4, 5)  # CONNACK return codes of MQTT 3.1.1
_USERNAME = re.compile(r"([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{1,64})")


def device_credential(authorization: str) -> DeviceCredential:
    """From an Authorization header: Basic, or Bearer `username:password`.

    Raises:
        NotAuthenticated: missing or malformed.
    """
    scheme, _, value = authorization.partition(" ")
    try:
        pair = base64.b64decode(value, validate=True).decode() if scheme.lower() == "basic" else value
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    username, _, password = pair.strip().partition(":")
    if scheme.lower() not in ("basic", "bearer") or not password or not _USERNAME.fullmatch(username):
        raise NotAuthenticated("Send the device's credential: Authorization: Bearer username:password.")
    tenant, vehicle = username.split(".")
    return DeviceCredential(tenant, vehicle, password)


class _Line:
    """A device's connection to the broker; one publish at a time, so that an empty store means its PUBACK came."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._turn = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        return bool(self._client.is_connected)

    async def publish(self, topic: str, payload: bytes) -> None:
        async with self._turn:
            self._client.publish(topic, payload, qos=1)
            await self._client._persistent_storage.wait_empty()

    async def close(self) -> None:
        with contextlib.suppress(Exception):  # the broker may be gone already; there is nothing left to do for it
            await self._client.disconnect()


class DeviceGateway:
    """Keeps the most recently used connections open, one per credential."""

    def __init__(self, settings: Mqtt) -> None:
        self._settings = settings
        self._lines: OrderedDict[DeviceCredential, _Line] = OrderedDict()
        self._opening = asyncio.Lock()

    async def publish(self, credential: DeviceCredential, payload: bytes) -> None:
        """Returns when the broker's log has the payload.

        Raises:
            NotAuthenticated: the broker refuses the credential.
            Unavailable: the broker does not answer.
        """
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                line = await self._line(credential)
                await line.publish(f"fleet/v1/{credential.tenant}/{credential.vehicle}/telemetry", payload)
        except (OSError, TimeoutError) as error:
            if credential in self._lines:
                await self._lines.pop(credential).close()
            raise Unavailable("The broker does not answer; send the readings again.") from error

    async def close(self) -> None:
        for line in list(self._lines.values()):
            await line.close()
        self._lines.clear()

    async def _line(self, credential: DeviceCredential) -> _Line:
        async with self._opening:
            line = self._lines.get(credential)
            if line is None or not line.is_open:
                line = self._lines[credential] = await self._open(credential)
            self._lines.move_to_end(credential)
            if len(self._lines) > KEPT_CONNECTIONS:
                _, oldest = self._lines.popitem(last=False)
                await oldest.close()
        return line

    async def _open(self, credential: DeviceCredential) -> _Line:
        client = Client(f"http-{secrets.token_hex(8)}")  # NATS refuses client ids with dots
        client.set_config({"reconnect_retries": 0})
        client.set_auth_credentials(credential.username, credential.password)
        try:
            await client.connect(self._settings.host, self._settings.port, version=MQTTv311)
        except MQTTConnectError as error:
            if error._code in BAD_CREDENTIAL:
                raise NotAuthenticated("The broker refuses this device's credential.") from error
            raise Unavailable(f"The broker takes no connection now: {error}") from error
        except asyncio.CancelledError:
            await _Line(client).close()
            raise
        return _Line(client)
