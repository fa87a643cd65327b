"""Ports and secrets of the local stack, chosen once and kept, and the settings that follow from them."""

import json
import random
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alerts.push_key import new_push_key
from fleet.errors import ConfigurationError
from fleetguard.servers import broker, postgres
from fleetguard.stack.home import Home, write_private

DEFAULT_PORTS: Final = {
    "api": 8000,
    "mqtt": 1883,
    "postgres": 54320,
    "nats": 4222,
    "valkey": 6380,
    "mlflow": 5000,
    "ray": 6479,
    "serve": 8001,
}
PORT_VARIABLES: Final = {
    name: {"api": "FLEETGUARD_API__PORT", "mqtt": "FLEETGUARD_MQTT__PORT", "serve": "FLEETGUARD_SERVE__HTTP_PORT"}.get(
        name, f"FLEETGUARD_PORTS__{name.upper()}"
    )
    for name in DEFAULT_PORTS
}
EXTERNAL_VARIABLES: Final = {
    "postgres": "FLEETGUARD_POSTGRES__URL",
    "broker": "FLEETGUARD_MQTT__HOST",
    "valkey": "FLEETGUARD_VALKEY__URL",
    "mlflow": "FLEETGUARD_MLFLOW__TRACKING_URI",
    "ray": "FLEETGUARD_RAY__ADDRESS",
}
_PORTS_OF: Final = {name: ("mqtt", "nats") if name == "broker" else (name,) for name in EXTERNAL_VARIABLES}
_PASSWORDS: Final = ("postgres", "owner", "app", "mlflow", "feast", "ingest", "device_auth", "ray")


@dataclass(frozen=True, slots=True)
class Plan:
    """`external`: servers of the user's own, which are not started. `notices`: what the user should know, in sentences."""

    ports: dict[str, int]
    secrets: dict[str, str]
    external: frozenset[str] = frozenset()
    notices: tuple[str, ...] = ()

    @property
    def stack_id(self) -> str:
        """Marks every process of this stack in its environment."""
        return self.secrets["stack_id"]


def external_servers(environ: Mapping[str, str]) -> frozenset[str]:
    """The servers whose address the user set."""
    return frozenset(name for name, variable in EXTERNAL_VARIABLES.items() if environ.get(variable))


def kept_plan(home: Home, environ: Mapping[str, str]) -> Plan | None:
    """The plan of an earlier start."""
    if not home.plan.exists():
        return None
    kept = json.loads(home.plan.read_text())
    return Plan(kept["ports"], kept["secrets"], external_servers(environ))


def make_plan(home: Home, environ: Mapping[str, str]) -> Plan:
    """Choose what is missing, move away from ports that others took since, and keep it. For a stack that is not running.

    Raises:
        ConfigurationError: a port the user set is taken, or is no port.
    """
    kept, external = kept_plan(home, environ), external_servers(environ)
    foreign = {port for server in external for port in _PORTS_OF[server]}
    ports = dict(kept.ports) if kept else dict(DEFAULT_PORTS)
    notices = []
    for name in DEFAULT_PORTS.keys() - foreign:
        chosen, notice = _port(name, ports[name], environ.get(PORT_VARIABLES[name], ""), ports.values())
        ports[name] = chosen
        notices += [notice] if notice else []
    known = kept.secrets if kept else {}
    plan = Plan(ports, _new_secrets() | known, external, tuple(notices))  # an update may need one more
    write_private(home.plan, json.dumps({"ports": plan.ports, "secrets": plan.secrets}, indent=2))
    return plan


def _port(name: str, wanted: int, explicit: str, others: object) -> tuple[int, str]:
    if explicit:
        return _explicit_port(name, explicit), ""
    if is_free(wanted):
        return wanted, ""
    while (found := free_port()) in others:  # type: ignore[operator]
        pass
    return found, f"Port {wanted} is taken by another program: {name} uses {found} (set {PORT_VARIABLES[name]} to choose)."


def _explicit_port(name: str, text: str) -> int:
    variable = PORT_VARIABLES[name]
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ConfigurationError(f"{variable} is {text!r}: it must be a port number.")
    if not is_free(int(text)):
        raise ConfigurationError(f"Port {text} ({variable}) is taken by another program: stop that, or set another port.")
    return int(text)


def is_free(port: int) -> bool:
    """Whether we could listen on a loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that is free now, below those the kernel gives to outgoing connections: these would be in its way later."""
    return next(port for port in iter(lambda: random.randint(20_000, 32_000), 0) if is_free(port))  # noqa: S311 - no secret


def _new_secrets() -> dict[str, str]:
    made = {name: secrets.token_hex(24) for name in _PASSWORDS}
    return made | {"issuer_seed": broker.new_issuer_seed(), "push_key": new_push_key(), "stack_id": secrets.token_hex(16)}


def role_passwords(plan: Plan) -> dict[str, str]:
    """Password of each database role."""
    names = {postgres.OWNER: "owner", postgres.APP: "app", postgres.MLFLOW: "mlflow", postgres.FEAST: "feast"}
    return {role: plan.secrets[name] for role, name in names.items()}


def superuser_url(plan: Plan) -> str:
    return postgres.url(postgres.SUPERUSER, plan.secrets["postgres"], plan.ports["postgres"], "postgres")


def mlflow_database_url(home: Home, plan: Plan) -> str:
    """MLflow's backend: PostgreSQL of the stack, or a file where the user brought their own PostgreSQL."""
    if "postgres" in plan.external:
        return f"sqlite:///{home.root / 'mlflow' / 'mlflow.db'}"
    return postgres.url(postgres.MLFLOW, plan.secrets["mlflow"], plan.ports["postgres"], "mlflow", "postgresql+psycopg2")


def settings_environment(home: Home, plan: Plan, demo: bool = False) -> dict[str, str]:
    """The lines of `stack.env`: what every process of the stack needs to know. The user's own environment comes first."""
    ports, passwords = plan.ports, plan.secrets
    lines = {
        "FLEETGUARD_API__PORT": str(ports["api"]),
        "FLEETGUARD_SERVE__HTTP_PORT": str(ports["serve"]),
        "FLEETGUARD_METRICS_DIR": str(home.metrics),
        "FLEETGUARD_NOTIFY__PUSH_KEY": plan.secrets.get("push_key", ""),
        "FLEETGUARD_FEAST__OFFLINE": str(home.root / "feast"),
        "FLEETGUARD_FEAST__REGISTRY": f"sqlite:///{home.root / 'feast' / 'registry.db'}",
        **({"FLEETGUARD_DEMO": "true"} if demo else {}),
        **ray_access(plan),
    }
    if "postgres" not in plan.external:
        lines |= _postgres_lines(plan)
    if "broker" not in plan.external:
        lines |= {
            "FLEETGUARD_MQTT__HOST": "127.0.0.1",
            "FLEETGUARD_MQTT__PORT": str(ports["mqtt"]),
            "FLEETGUARD_MQTT__PASSWORD": passwords["ingest"],
            "FLEETGUARD_MQTT__PARTITIONS": str(broker.PARTITIONS),
            "FLEETGUARD_DEVICE_AUTH__NATS_URL": f"nats://127.0.0.1:{ports['nats']}",
            "FLEETGUARD_DEVICE_AUTH__SYSTEM_USERNAME": broker.SYSTEM_USER,
            "FLEETGUARD_DEVICE_AUTH__PASSWORD": passwords["device_auth"],
            "FLEETGUARD_DEVICE_AUTH__ISSUER_SEED": passwords["issuer_seed"],
            "FLEETGUARD_DEVICE_AUTH__BROKER_LOG": str(home.log_of("broker")),
            "FLEETGUARD_DEVICE_AUTH__BROKER_PID": str(home.broker_pid),
        }
    own = {
        "valkey": {"FLEETGUARD_VALKEY__URL": f"redis://127.0.0.1:{ports['valkey']}/0"},
        "mlflow": {"FLEETGUARD_MLFLOW__TRACKING_URI": f"http://127.0.0.1:{ports['mlflow']}"},
        "ray": {"FLEETGUARD_RAY__ADDRESS": f"127.0.0.1:{ports['ray']}"},
    }
    for name in own.keys() - plan.external:
        lines |= own[name]
    return lines


def ray_access(plan: Plan) -> dict[str, str]:
    """What a process needs in its environment to join the stack's Ray; nothing for a Ray of the user's own."""
    if "ray" in plan.external:
        return {}
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": plan.secrets["ray"],
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # despite its name the one switch that keeps Ray on loopback
    }


def _postgres_lines(plan: Plan) -> dict[str, str]:
    port, passwords = plan.ports["postgres"], plan.secrets
    return {
        "FLEETGUARD_POSTGRES__URL": postgres.url(postgres.APP, passwords["app"], port),
        "FLEETGUARD_POSTGRES__OWNER_URL": postgres.url(postgres.OWNER, passwords["owner"], port),
        "FLEETGUARD_FEAST__REGISTRY": postgres.url(postgres.FEAST, passwords["feast"], port, "feast", "postgresql+psycopg2"),
    }
