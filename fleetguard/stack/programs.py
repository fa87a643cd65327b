"""What runs in the local stack, in the order it starts."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fleetguard.servers import broker, valkey
from fleetguard.stack.home import Home
from fleetguard.stack.plan import Plan, mlflow_database_url, ray_access
from fleetguard.stack.processes import STACK_MARK
from serve.environment import SERVE_ENVIRONMENT

STOP_FIRST: Final = ("simulator", "api", "notifier", "pipeline", "ray", "mlflow", "device-auth")  # the servers below them follow
RAY_OBJECT_STORE_BYTES: Final = 200_000_000
_POSTGRES_OPTIONS: Final = ("shared_buffers=256MB", "max_connections=100", "max_wal_size=2GB", "checkpoint_timeout=15min")
_ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Program:
    """A process that is kept running. `stop_s`: it is killed when it takes longer to end."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"
    stop_s: int = 5


def programs(home: Home, plan: Plan, demo_vehicles: int = 0) -> list[Program]:
    """The programs of this stack; servers of the user's own are left out."""
    metrics = {"PROMETHEUS_MULTIPROC_DIR": str(home.metrics)}
    ray = _ray_environment(plan)
    every = [
        Program("postgres", _postgres(home, plan), stop_signal="INT", stop_s=8),
        Program("broker", broker.command(home.broker_configuration)),
        Program("valkey", valkey.command(home.run, plan.ports["valkey"])),
        Program("device-auth", _python("ingest.device_auth"), metrics),
        Program("mlflow", _mlflow(home, plan), _mlflow_environment(home, plan)),
        Program("api", _api(plan), metrics),
        Program("notifier", _python("fleetguard.notifier")),
        Program("ray", _ray(home, plan), ray | _ONE_THREAD, stop_s=3),
        Program("pipeline", _python("fleetguard.pipeline"), metrics | ray | _ONE_THREAD, stop_s=3),
    ]
    if demo_vehicles:
        simulate = ["simulate", "--vehicles", str(demo_vehicles), "--hz", "1", "--seconds", "0"]
        every.append(Program("simulator", [*_python("fleetguard"), *simulate], _ONE_THREAD))
    return [program for program in every if not _is_external(program.name, plan.external)]


def _is_external(name: str, external: frozenset[str]) -> bool:
    return name in external or (name == "device-auth" and "broker" in external)


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _script(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _postgres(home: Home, plan: Plan) -> list[str]:
    return [*_python("fleetguard.servers.postgres"), str(home.postgres_data), str(plan.ports["postgres"]), *_POSTGRES_OPTIONS]


def _mlflow(home: Home, plan: Plan) -> list[str]:
    artifacts = (home.root / "mlflow" / "artifacts").as_uri()
    served = ["--artifacts-destination", artifacts, "--serve-artifacts"]
    return [_script("mlflow"), "server", "--host", "127.0.0.1", "--port", str(plan.ports["mlflow"]), "--workers", "1", *served]


def _mlflow_environment(home: Home, plan: Plan) -> dict[str, str]:
    return {
        "MLFLOW_BACKEND_STORE_URI": mlflow_database_url(home, plan),  # not an argument: it holds a password
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }


def _ray(home: Home, plan: Plan) -> list[str]:
    options = {
        "node-ip-address": "127.0.0.1",
        "port": plan.ports["ray"],
        "num-cpus": max(2, os.cpu_count() or 2),
        "object-store-memory": RAY_OBJECT_STORE_BYTES,
        "temp-dir": home.sockets / "ray",
        "include-dashboard": "false",
        "include-log-monitor": "false",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [_script("ray"), "start", "--head", "--block", "--disable-usage-stats", *flags]


def _ray_environment(plan: Plan) -> dict[str, str]:
    return {
        **SERVE_ENVIRONMENT,
        **ray_access(plan),
        "RAY_DISABLE_IMPORT_WARNING": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
        "RAY_worker_niceness": "0",  # Ray's own is 15: whatever else runs on the machine would go before a reading
    }


def _api(plan: Plan) -> list[str]:
    server = ["--factory", "--host", "127.0.0.1", "--port", str(plan.ports["api"]), "--timeout-graceful-shutdown", "2"]
    return [*_python("uvicorn"), "ui.api.app:create_app", *server]


def common_environment(home: Home, plan: Plan, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment every program starts from: the user's, and the mark by which its processes are found again."""
    return {**environ, "FLEETGUARD_HOME": str(home.root), STACK_MARK: plan.stack_id, "PYTHONUNBUFFERED": "1"}
