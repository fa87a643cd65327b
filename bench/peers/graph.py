"""Our side: the scoring graph on a Ray of its own, called over its handle, and over HTTP by a route made for the comparison."""

import os
import signal
import sys
import tempfile
from pathlib import Path

import mlflow
import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse

from bench.peers.caller import ADDRESS_FILE, APP
from bench.peers.wire import features_of, packed_answer, unpacked
from serve.graph import MODELS, Colocated, GraphArgs, build_app
from serve.registry import CHAMPION, REGISTERED
from serve.replica import LOOPBACK


class OverHttp(Colocated):
    """The same graph behind Ray Serve's proxy, in the form the peers are sent; the product's own route takes readings."""

    async def __call__(self, request: Request) -> JSONResponse:
        """The answer to a text of rows."""
        scores = await self.score(features_of(unpacked((await request.json())["rows"])))
        return JSONResponse({"probability": packed_answer(scores.probability)})


def register(models: Path, uri: str) -> None:
    """Make the exported models the champions of an empty registry."""
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    for name in MODELS:
        client.create_registered_model(REGISTERED[name])
        version = client.create_model_version(REGISTERED[name], (models / name).as_uri())
        client.set_registered_model_alias(REGISTERED[name], CHAMPION, version.version)


def main() -> None:
    """Serve the models in a folder until SIGTERM; HTTP on a loopback port."""
    models, port, home = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    register(models, os.environ["FLEETGUARD_MLFLOW__TRACKING_URI"])
    ended = {signal.SIGTERM, signal.SIGINT}
    with tempfile.TemporaryDirectory(prefix="fg-ray-") as folder:
        ray.init(
            _node_ip_address=LOOPBACK,
            num_cpus=8,
            include_dashboard=False,
            log_to_driver=False,
            _temp_dir=folder,
            object_store_memory=100_000_000,
        )
        serve.start(
            proxy_location="HeadOnly",
            http_options={"host": "127.0.0.1", "port": port},
            logging_config={"log_level": "WARNING", "enable_access_log": False},
        )
        serve.run(build_app(GraphArgs()), name=APP, route_prefix=None)
        (home / ADDRESS_FILE).write_text(ray.get_runtime_context().gcs_address)
        own = {"num_cpus": 0.4}
        over_http = serve.deployment(OverHttp).options(max_ongoing_requests=64, ray_actor_options=own)
        serve.run(over_http.bind(), name=f"{APP}-http", route_prefix="/score")
        signal.pthread_sigmask(signal.SIG_BLOCK, ended)
        signal.sigwait(ended)
        ray.shutdown()


if __name__ == "__main__":
    main()
