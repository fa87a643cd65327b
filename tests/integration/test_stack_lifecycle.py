"""The stack's servers, started, killed and stopped as people and faults do it. The Ray side has tests of its own."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fleet.errors import ConfigurationError
from fleetguard.stack.home import Home, home_of
from fleetguard.stack.plan import EXTERNAL_VARIABLES, PORT_VARIABLES, free_port, kept_plan, make_plan
from fleetguard.stack.processes import stack_processes
from fleetguard.stack.readiness import listens
from fleetguard.stack.stack import Stack, prepare, prepare_database, start, stop
from fleetguard.stack.status import parts

SERVERS = ("postgres", "broker", "valkey", "device-auth", "api", "notifier")
BACK_WITHIN_S = 20.0


@pytest.fixture(scope="module")
def environ(tmp_path_factory) -> dict[str, str]:
    """A home of its own, and ports that no other test asks for."""
    home = tmp_path_factory.mktemp("stack") / "home"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLEETGUARD_")}
    return inherited | {"FLEETGUARD_HOME": str(home)} | free_ports()


def free_ports() -> dict[str, str]:
    return {variable: str(free_port()) for variable in PORT_VARIABLES.values()}


@pytest.fixture(scope="module")
def stack(environ, module_environment) -> Iterator[Stack]:
    home = home_of(environ)
    home.make()
    started = _start(environ)
    yield started
    stop(home, environ)
    assert stack_processes(home, started.plan.stack_id) == []
    shutil.rmtree(home.postgres_data.resolve())


@pytest.fixture(scope="module")
def module_environment(environ):
    """`load_settings` reads the process's own environment, and starting a stack adds its Ray to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", os.environ.copy())
        patch.setenv("FLEETGUARD_HOME", environ["FLEETGUARD_HOME"])
        yield


def _start(environ) -> Stack:
    stack = prepare(home_of(environ), environ)
    start(stack, "postgres")
    prepare_database(stack)
    for name in SERVERS[1:]:
        start(stack, name)
    return stack


def _pids(stack, environ):
    return {part.name: part.pid for part in parts(stack.home, environ) if part.ready}


def test_every_server_is_ready_after_the_start(stack, environ):
    assert set(SERVERS) <= _pids(stack, environ).keys()


def test_a_second_demo_says_that_one_runs_and_stops_nothing(stack, environ):
    before = _pids(stack, environ)
    with stack.home.locked("demo", "the first demo has it"):
        second = subprocess.run(
            [sys.executable, "-m", "fleetguard", "demo"], env=environ, capture_output=True, text=True, timeout=60
        )
    assert second.returncode != 0
    assert " ".join(second.stderr.split()).count("already: its people and devices are in") == 1
    assert "Traceback" not in second.stderr
    assert _pids(stack, environ) == before


def test_more_ingest_actors_than_partitions_are_refused_in_a_sentence(environ, tmp_path):
    home = tmp_path / "home"
    started = subprocess.run(
        [sys.executable, "-m", "fleetguard", "up"],
        env=environ | {"FLEETGUARD_HOME": str(home), "FLEETGUARD_INGEST__ACTORS": "17"} | free_ports(),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert started.returncode != 0
    assert "FLEETGUARD_INGEST__ACTORS is 17; the broker's partitions are enough for 16." in " ".join(started.stderr.split())
    assert "Traceback" not in started.stderr
    shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)


def test_a_second_start_changes_nothing(stack, environ):
    before = _pids(stack, environ)
    _start(environ)
    assert _pids(stack, environ) == before


@pytest.mark.parametrize("name", SERVERS)
def test_a_killed_program_comes_back(stack, environ, name):
    before = _pids(stack, environ)[name]
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + BACK_WITHIN_S
    while _pids(stack, environ).get(name) in (None, before):
        assert time.monotonic() < deadline, f"{name} is not back"
        time.sleep(0.1)


def test_secrets_are_readable_by_their_owner_alone(stack):
    private = ("stack_env", "plan", "broker_configuration", "supervisor_configuration", "logs", "run", "sockets")
    for path in (getattr(stack.home, name) for name in private):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(stack.home.root.stat().st_mode) & 0o066 == 0


def test_no_password_is_on_a_command_line(stack):
    secrets = [value for value in stack.plan.secrets.values() if value != stack.plan.stack_id]
    lines = [" ".join(process.cmdline()) for process in stack_processes(stack.home, stack.plan.stack_id)]
    assert [line for line in lines if any(secret in line for secret in secrets)] == []


def test_everything_listens_on_loopback_alone(stack):
    listening = [
        connection.laddr.ip
        for process in stack_processes(stack.home, stack.plan.stack_id)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}


def test_status_and_doctor_speak_json(stack, environ):
    status = json.loads(_fleetguard(environ, "status", "--json").stdout)
    assert {part["name"] for part in status["parts"] if part["ready"]} >= set(SERVERS)
    findings = {finding["name"]: finding for finding in json.loads(_fleetguard(environ, "doctor", "--json").stdout)["findings"]}
    assert findings["migrations"]["ok"]
    assert not findings["models"]["ok"]
    assert findings["models"]["mend"]


def test_migrate_says_that_nothing_is_missing(stack, environ):
    assert "up to date" in _fleetguard(environ, "migrate").stdout


def test_down_leaves_nothing_behind_even_when_the_supervisor_was_killed(stack, environ):
    pid = int((stack.home.run / "supervisord.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], 5)
    assert stack_processes(stack.home, stack.plan.stack_id)
    started = time.monotonic()
    stopped = _fleetguard(environ, "down")
    assert (stopped.returncode, stopped.stdout.strip()) == (0, "Stopped.")
    assert time.monotonic() - started < 15
    assert stack_processes(stack.home, stack.plan.stack_id) == []
    assert [name for name, port in stack.plan.ports.items() if listens(port)] == []
    assert "Nothing was running" in _fleetguard(environ, "down").stdout


def test_a_stack_that_was_stopped_starts_again_with_its_data(stack, environ):
    again = _start(environ)
    assert again.plan.secrets == stack.plan.secrets
    assert set(SERVERS) <= _pids(again, environ).keys()


def test_a_taken_port_is_left_to_its_owner_and_said_in_one_line(tmp_path):
    home = _made(tmp_path)
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        taken = squatter.getsockname()[1]
        first = make_plan(home, {})
        home.plan.write_text(json.dumps({"ports": first.ports | {"valkey": taken}, "secrets": first.secrets}))
        plan = make_plan(home, {})
    assert plan.ports["valkey"] != taken
    assert [str(taken) in notice for notice in plan.notices if "valkey" in notice] == [True]
    assert kept_plan(home, {}).ports == plan.ports


@pytest.mark.parametrize("text", ["taken", "http", "0", "70000"])
def test_a_port_the_user_set_is_used_or_refused_never_changed(tmp_path, text):
    home = _made(tmp_path)
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        wanted = str(squatter.getsockname()[1]) if text == "taken" else text
        with pytest.raises(ConfigurationError, match="FLEETGUARD_API__PORT"):
            make_plan(home, {"FLEETGUARD_API__PORT": wanted})


@pytest.mark.parametrize(("server", "variable"), EXTERNAL_VARIABLES.items())
def test_a_server_of_the_users_own_is_not_started(tmp_path, server, variable):
    from fleetguard.stack.programs import programs

    home = _made(tmp_path)
    names = [program.name for program in programs(home, make_plan(home, {variable: "somewhere"}))]
    assert server not in names
    assert ("device-auth" in names) == (server != "broker")


def test_a_home_that_cannot_be_made_is_one_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    answer = _fleetguard({**os.environ, "FLEETGUARD_HOME": str(tmp_path / "file" / "home")}, "up")
    assert answer.returncode == 1
    assert "FLEETGUARD_HOME" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_status_without_a_stack_says_how_to_start_one(tmp_path):
    answer = _fleetguard({**os.environ, "FLEETGUARD_HOME": str(tmp_path / "none")}, "status")
    assert answer.returncode == 1
    assert "fleetguard up" in answer.stderr


def _made(folder: Path) -> Home:
    home = Home(folder / "home")
    home.make()
    home.sockets.rmdir()  # it lies outside pytest's folder
    return home


def _fleetguard(environ, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "fleetguard", *arguments], env=environ, capture_output=True, text=True, timeout=60
    )
