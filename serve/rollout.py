"""A promotion reaches all replicas: each loads the new champion first, then all of them swap."""

import asyncio
from typing import Final

import structlog
from ray import serve
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from fleet.errors import Unavailable
from serve.graph import Colocated, deployment_of

PREPARE_S: Final = 120.0
SWAP_S: Final = 10.0
ATTEMPTS: Final = 3  # another promotion may come in between

log = structlog.get_logger(__name__)


async def roll_out(application: str, name: str) -> str:
    """Have every replica serve with the present champion of a model; returns its version.

    Raises:
        Unavailable: the graph does not run, or a replica does not answer; it follows by itself on its cadence.
    """
    try:
        handle, arguments = await asyncio.to_thread(_holder, application, name)
        for _ in range(ATTEMPTS):
            prepared = await _all(handle, "prepare", arguments, PREPARE_S)
            if len(prepared) == 1:
                break
        serving = await _all(handle, "swap", arguments, SWAP_S)
    except (RayError, RayServeException, TimeoutError) as error:
        raise Unavailable(f"Not every replica swapped the {name} model at once: {error!r}") from error
    log.info("champion_rolled_out", model=name, versions=sorted(serving))
    return max(serving, key=int)


async def _all(handle: DeploymentHandle, method: str, arguments: tuple[str, ...], within_s: float) -> set[str]:
    return set(await handle.broadcast(method, *arguments).results_async(timeout_s=within_s))


def _holder(application: str, name: str) -> tuple[DeploymentHandle, tuple[str, ...]]:
    """The deployment that holds a model, and what its methods need to know."""
    running = serve.status().applications.get(application)
    if running is None:
        raise Unavailable("The serving graph does not run.")
    if deployment_of(name) in running.deployments:
        return serve.get_deployment_handle(deployment_of(name), application), ()
    return serve.get_deployment_handle(Colocated.__name__, application), (name,)
