"""Who is compared, and how each is started as its own documents advise."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from serve.environment import SERVE_ENVIRONMENT

SERVERS: Final = "bench.peers.servers"
MLSERVER_BATCH: Final = 32
MLSERVER_BATCH_TIME_S: Final = 0.005


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server runs: its interpreter, the models, three free loopback ports (the first is HTTP's), a folder of its own."""

    python: Path
    models: Path
    ports: tuple[int, ...]
    home: Path

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.ports[0]}"

    def command(self, module: str, *more: str) -> list[str]:
        """A server of ours that takes the models and the port."""
        return [str(self.python), "-m", module, str(self.models), str(self.ports[0]), *more]


@dataclass(frozen=True, slots=True)
class Start:
    """What runs, and with what in its environment."""

    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to have rows scored.

    Attributes:
        server: which server it talks to; two ways to one server are measured while it runs.
        advice: how it is set up, and on whose word.
        way, dialect: see `bench.peers.caller.Plan`.
    """

    name: str
    server: str
    advice: str
    way: str = "http"
    dialect: str = "plain"


def fastapi(place: Place) -> Start:
    """FastAPI behind uvicorn."""
    return Start(place.command(f"{SERVERS}.on_fastapi"))


def litserve(place: Place) -> Start:
    """LitServe."""
    return Start(place.command(f"{SERVERS}.on_litserve"))


def bentoml(place: Place) -> Start:
    """BentoML, by its own command."""
    own = {"MODELS": str(place.models), "BENTOML_HOME": str(place.home), "BENTOML_DO_NOT_TRACK": "True"}
    command = [str(place.python), "-m", "bentoml", "serve", f"{SERVERS}.on_bentoml:Fleet", "--port", str(place.ports[0])]
    return Start([*command, "--host", "127.0.0.1"], own)


def mlserver(place: Place) -> Start:
    """MLServer, by its own command, from two files of settings."""
    http_port, grpc_port, metrics_port = place.ports
    server: dict[str, Any] = {
        "host": "127.0.0.1", "http_port": http_port, "grpc_port": grpc_port, "metrics_port": metrics_port,
        "parallel_workers": 1, "debug": False,
    }  # fmt: skip
    model: dict[str, Any] = {
        "name": "fleet", "implementation": f"{SERVERS}.on_mlserver.FleetModel", "parameters": {"uri": str(place.models)},
        "max_batch_size": MLSERVER_BATCH, "max_batch_time": MLSERVER_BATCH_TIME_S,
    }  # fmt: skip
    (place.home / "settings.json").write_text(json.dumps(server))
    (place.home / "model-settings.json").write_text(json.dumps(model))
    return Start([str(place.python.with_name("mlserver")), "start", str(place.home)])


def fleetguard(place: Place) -> Start:
    """The scoring graph, in the project's own environment, with the variables the stack sets."""
    own = SERVE_ENVIRONMENT | {
        "FLEETGUARD_HOME": str(place.home), "FLEETGUARD_MLFLOW__TRACKING_URI": f"sqlite:///{place.home}/mlflow.db",
        "FLEETGUARD_SERVE__RELOAD_S": "3600", "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0",
    }  # fmt: skip
    return Start([sys.executable, "-m", "bench.peers.graph", str(place.models), str(place.ports[0]), str(place.home)], own)


OURS: Final = "FleetGuard"
PROXY: Final = "FleetGuard, over HTTP"
GATHERED: Final = "FleetGuard, gathered"
SERVER_STARTS: Final = {
    "fleetguard": fleetguard, "fastapi": fastapi, "litserve": litserve, "bentoml": bentoml, "mlserver": mlserver,
}  # fmt: skip
REQUIREMENTS: Final[dict[str, tuple[str, ...]]] = {
    "fleetguard": (),  # the project's own environment
    "fastapi": ("fastapi==0.165.0", "uvicorn[standard]==0.54.0"),
    "litserve": ("litserve==0.2.19",),
    "bentoml": ("bentoml==1.4.40",),
    "mlserver": ("mlserver==1.7.1", "uvloop==0.21.0"),  # its workers find no event loop with uvloop 0.23
}
CONTENDERS: Final = (
    Contender(OURS, "fleetguard", "one replica of the colocated graph, a handle call per request", "handle"),
    Contender(
        GATHERED, "fleetguard", "the same, requests gathered by the caller within 5 ms, as ingest gathers readings", "gathered"
    ),
    Contender(PROXY, "fleetguard", "the same graph behind Ray Serve's HTTP proxy, by a route made for this page"),
    Contender("FastAPI + uvicorn", "fastapi", "one worker per container; a `def` endpoint, which runs in the thread pool"),
    Contender("LitServe", "litserve", "one worker, batches of up to 32 requests within 5 ms, fast queue"),
    Contender("BentoML", "bentoml", "one worker, adaptive batching of up to 32 requests", dialect="list"),
    Contender(
        "MLServer", "mlserver", "one parallel worker, adaptive batching of up to 32 requests within 5 ms", dialect="tensor"
    ),
)
