"""Whether the broker can store what it is sent; one that can no longer is ended, so that whoever supervises it starts it anew.

A NATS stream (2.15) of which one write has failed, of a full disk, takes nothing any more until the server starts again. Its
ports stay open all the while, and devices get no PUBACK.
"""

import asyncio
import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Final

import nats
import structlog
from nats.aio.client import Client

from fleet.errors import Unavailable
from ingest.device_secrets import DeviceSecrets

PART: Final = "broker"
LOOK_EVERY_S: Final = 3.0
ANSWERS_WITHIN_S: Final = 2.0
FAILED_WRITE: Final = "write error"
ROOM_BYTES: Final = 64 << 20  # on a fuller disk the next write would fail again
AGAIN_AFTER_S: Final = 20.0  # a store of some gigabytes is read when the broker starts

log = structlog.get_logger(__name__)


async def trouble_of(system: Client) -> str | None:
    """Why the broker cannot store; empty where it can, None where it does not answer at all."""
    try:
        answer = await system.request("$SYS.REQ.SERVER.PING.HEALTHZ", b"", timeout=ANSWERS_WITHIN_S)
    except (nats.errors.Error, TimeoutError):
        return None
    return str(json.loads(answer.data).get("data", {}).get("error", ""))


async def watch_broker(system: Client, secrets: DeviceSecrets, pid_file: Path | None) -> None:
    """Look again and again, and say in the store what is found.

    Args:
        pid_file: the broker's, on the disk that it writes to; None where it is not ours to end.
    """
    not_before = 0.0
    while True:
        trouble = await trouble_of(system)
        if trouble is not None:  # what is not known is not said; that nothing answers, others find out
            await _say(secrets, trouble)
            if pid_file is not None and FAILED_WRITE in trouble and time.monotonic() > not_before and _has_room(pid_file.parent):
                _end(pid_file, trouble)
                not_before = time.monotonic() + AGAIN_AFTER_S
        await asyncio.sleep(LOOK_EVERY_S)


async def _say(secrets: DeviceSecrets, trouble: str) -> None:
    try:
        await secrets.beat(PART, trouble, "down" if trouble else "ok")
    except Unavailable as error:
        log.warning("heartbeat_failed", error=str(error))


def _end(pid_file: Path, reason: str) -> None:
    try:
        os.kill(int(pid_file.read_text()), signal.SIGTERM)
    except (OSError, ValueError) as error:  # no such file or process, or not ours: looked at again
        log.warning("broker_not_ended", error=str(error))
    else:
        log.error("broker_ended", reason=reason)


def _has_room(folder: Path) -> bool:
    return shutil.disk_usage(folder).free >= ROOM_BYTES
