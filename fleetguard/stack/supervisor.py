"""supervisord, which keeps the programs running: its configuration, and talking to it over its socket."""

import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import Any, Final

from supervisor.xmlrpc import SupervisorTransport

from fleet.errors import Unavailable
from fleetguard.stack.home import Home, write_private
from fleetguard.stack.processes import PROGRAM_MARK
from fleetguard.stack.programs import Program

START_S: Final = 10.0
RUNNING: Final = ("RUNNING", "STARTING", "BACKOFF")
_HEAD: Final = """\
[unix_http_server]
file={socket}
chmod=0700

[supervisord]
nodaemon=true
logfile={log}
logfile_maxbytes=5MB
logfile_backups=2
pidfile={pidfile}
childlogdir={logs}
directory={run}
{user}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
_PROGRAM: Final = """
[program:{name}]
command={command}
environment={environment}
directory={run}
autostart=false
autorestart=true
startsecs=1
startretries=100
stopsignal={stop_signal}
stopwaitsecs={stop_s}
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=3
"""


def render(home: Home, programs: Sequence[Program], as_root: bool) -> str:
    """The configuration file's text. It holds passwords: mode 0600."""
    head = _HEAD.format(
        socket=home.supervisor_socket,
        log=home.log_of("supervisord"),
        pidfile=home.run / "supervisord.pid",
        logs=home.logs,
        run=home.run,
        user="user=root" if as_root else "",
    )
    return head + "".join(_section(home, program) for program in programs)


def _section(home: Home, program: Program) -> str:
    marked = {**program.environment, PROGRAM_MARK: program.name}
    return _PROGRAM.format(
        name=program.name,
        command=" ".join(_quoted(part) for part in [sys.executable, "-m", "fleetguard.stack.launch", *program.command]),
        environment=",".join(f"{name}={_quoted(value)}" for name, value in sorted(marked.items())),
        run=home.run,
        stop_signal=program.stop_signal,
        stop_s=program.stop_s,
        log=home.log_of(program.name),
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


class Supervisor:
    """Talks to the supervisord of a home; every method raises Unavailable where none runs."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def _call(self, method: str, *arguments: object) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._home.supervisor_socket}")
        server = xmlrpc.client.ServerProxy("http://localhost", transport=transport)
        try:
            return getattr(server.supervisor, method)(*arguments)
        except (OSError, HTTPException) as error:
            raise Unavailable("The stack is not running: start it with `fleetguard up`.") from error
        finally:
            transport.close()

    def answers(self) -> bool:
        try:
            self._call("getState")
        except Unavailable:
            return False
        return True

    def launch(self, configuration: str, environment: Mapping[str, str]) -> None:
        """Start supervisord, or hand a running one the new configuration.

        Raises:
            Unavailable: it does not start.
        """
        write_private(self._home.supervisor_configuration, configuration)
        if self.answers():
            self._reload()
            return
        with self._home.log_of("supervisord").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
                [sys.executable, "-m", "fleetguard.stack.supervise", "-c", str(self._home.supervisor_configuration)],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_S
        while not self.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"supervisord does not start: see {self._home.log_of('supervisord')}.")
            time.sleep(0.05)

    def _reload(self) -> None:
        ((added, changed, removed),) = self._call("reloadConfig")
        for name in [*changed, *removed]:
            self._call("stopProcessGroup", name)
            self._call("removeProcessGroup", name)
        for name in [*added, *changed]:
            self._call("addProcessGroup", name)

    def states(self) -> dict[str, dict[str, Any]]:
        """What supervisord knows of each program: `statename`, `pid`, `start` (epoch seconds), `description`."""
        return {info["name"]: info for info in self._call("getAllProcessInfo")}

    def start(self, name: str) -> None:
        """Start a program unless it runs; does not wait for it."""
        if self.states()[name]["statename"] not in RUNNING:
            self._call("startProcess", name, False)

    def stop(self, names: Sequence[str], within_s: float) -> None:
        """Stop programs side by side and wait until they are gone, or the time is up."""
        running = {name for name, info in self.states().items() if info["statename"] in RUNNING}
        for name in running.intersection(names):
            self._call("stopProcess", name, False)
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and self._alive(names):
            time.sleep(0.1)

    def _alive(self, names: Sequence[str]) -> bool:
        states = self.states()
        return any(states[name]["statename"] in (*RUNNING, "STOPPING") for name in names if name in states)

    def shut_down(self) -> None:
        self._call("shutdown")
