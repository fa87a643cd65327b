"""What the broker asks about a connection, and the signed answers it takes (NATS auth callout)."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import nkeys

from fleet.alerts import VehicleId

_HEADER: Final = {"typ": "JWT", "alg": "ed25519-nkey"}
_USERNAME: Final = re.compile(r"([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{1,64})")
_GATEWAY: Final = re.compile(r"([A-Za-z0-9_-]{1,64})\.gateway\.([A-Za-z0-9_-]{1,64})")
_ANSWER_VALID_S: Final = 60


@dataclass(frozen=True, slots=True)
class GatewayId:
    """Somebody who speaks for several vehicles of a tenant."""

    tenant: str
    gateway: str


Sender = VehicleId | GatewayId


def username_of(sender: Sender) -> str:
    """The name under which it connects; `ConnectionRequest.sender` reads it back."""
    if isinstance(sender, VehicleId):
        return f"{sender.tenant}.{sender.vehicle}"
    return f"{sender.tenant}.gateway.{sender.gateway}"


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """Someone who wants to connect. `user_key` and `server_id` identify the question in the answer."""

    user_key: str
    server_id: str
    client_id: str
    username: str
    password: str
    expires_at: float

    @property
    def sender(self) -> Sender | None:
        """Whom this name claims to be: `tenant.vehicle` or `tenant.gateway.name`; None where it is neither."""
        if match := _USERNAME.fullmatch(self.username):
            return VehicleId(match[1], match[2])
        if match := _GATEWAY.fullmatch(self.username):
            return GatewayId(match[1], match[2])
        return None


def read_request(token: bytes) -> ConnectionRequest:
    """The question of the broker. Only the server itself can publish it, so its signature is not checked again.

    Raises:
        ValueError, KeyError: this is no such question.
    """
    body = token.split(b".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    asked: dict[str, Any] = claims["nats"]
    offered, client = asked["connect_opts"], asked["client_info"]
    return ConnectionRequest(
        asked["user_nkey"],
        asked["server_id"]["id"],
        client.get("mqtt_id", ""),
        offered.get("user", ""),
        offered.get("pass", ""),
        float(claims["exp"]),
    )


class Answers:
    """Signs the answers with the issuer's account key."""

    def __init__(self, issuer_seed: str, account: str, partitions: int) -> None:
        self._key = nkeys.from_seed(issuer_seed.encode())
        self._issuer: str = self._key.public_key.decode()
        self._account = account
        self._partitions = partitions

    def allow(self, request: ConnectionRequest, vehicles: Sequence[VehicleId], now: float) -> bytes:
        """Let the sender in, to the own two levels of each of its vehicles and nothing else."""
        user = {
            "aud": self._account,
            "name": request.username,
            "nats": {
                "type": "user",
                "version": 2,
                "pub": {"allow": [subject for vehicle in vehicles for subject in self._publishable(vehicle)]},
                "sub": {"allow": ["$MQTT.sub.>", *(subject for vehicle in vehicles for subject in _commands(vehicle))]},
                "subs": -1,
                "data": -1,
                "payload": -1,
            },
        }
        return self._answer(request, {"jwt": self._sign(user | {"sub": request.user_key}, now)}, now)

    def refuse(self, request: ConnectionRequest, reason: str, now: float) -> bytes:
        """Turn the connection away; `reason` goes to the broker's log, not to the device."""
        return self._answer(request, {"error": reason}, now)

    def _publishable(self, vehicle: VehicleId) -> list[str]:
        own = username_of(vehicle)
        # The broker checks the subject after its mapping, so the device's own partition is named as well.
        mapped = f"ingest.{partition(vehicle, self._partitions)}.{own}" if self._partitions else ""
        return [f"fleet.v1.{own}.>", *([mapped, f"{mapped}.dtc"] if mapped else [])]

    def _answer(self, request: ConnectionRequest, verdict: dict[str, str], now: float) -> bytes:
        claims = {
            "aud": request.server_id,
            "sub": request.user_key,
            "exp": int(now) + _ANSWER_VALID_S,
            "nats": {**verdict, "type": "authorization_response", "version": 2},
        }
        return self._sign(claims, now).encode()

    def _sign(self, claims: dict[str, Any], now: float) -> str:
        issued = {"iss": self._issuer, "iat": int(now), **claims}
        signed = f"{_encode(json.dumps(_HEADER).encode())}.{_encode(json.dumps(issued).encode())}"
        return f"{signed}.{_encode(self._key.sign(signed.encode()))}"


def _commands(vehicle: VehicleId) -> list[str]:
    commands = f"fleet.v1.{vehicle.tenant}.{vehicle.vehicle}.cmd"
    return [commands, f"{commands}.>"]


def partition(vehicle: VehicleId, partitions: int) -> int:
    """The partition the broker's mapping `partition(n, 1, 2)` sends a vehicle to: FNV-1a of tenant and vehicle."""
    digest = reduce(
        lambda h, byte: ((h ^ byte) * 16_777_619) & 0xFFFFFFFF, f"{vehicle.tenant}{vehicle.vehicle}".encode(), 2_166_136_261
    )
    return digest % partitions


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
