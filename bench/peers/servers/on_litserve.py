"""LitServe: one worker that gathers waiting requests into a batch, answers over its fast queue."""

import sys
from pathlib import Path
from typing import Final

import litserve

from bench.peers.scoring import Scoring

BATCH: Final = 32
BATCH_TIMEOUT_S: Final = 0.005


class FleetApi(litserve.LitAPI):
    """The models, loaded by the worker."""

    def __init__(self, models: Path) -> None:
        super().__init__(max_batch_size=BATCH, batch_timeout=BATCH_TIMEOUT_S, api_path="/score")
        self._models = models

    def setup(self, device: str) -> None:
        """Load; called in the worker."""
        self._scoring = Scoring(self._models)

    def decode_request(self, request: dict[str, str]) -> str:
        """Rows as text."""
        return request["rows"]

    def batch(self, inputs: list[str]) -> list[str]:
        """Texts stay apart until they are scored."""
        return inputs

    def predict(self, inputs: list[str]) -> list[str]:
        """The answer to each."""
        return self._scoring.answer(inputs)

    def unbatch(self, output: list[str]) -> list[str]:
        """Each its own."""
        return output

    def encode_response(self, output: str) -> dict[str, str]:
        """As it is sent."""
        return {"probability": output}


def main() -> None:
    """Serve the models in a folder on a loopback port."""
    models, port = Path(sys.argv[1]), int(sys.argv[2])
    server = litserve.LitServer(FleetApi(models), accelerator="cpu", workers_per_device=1, fast_queue=True)
    server.run(host="127.0.0.1", port=port, log_level="warning", access_log=False, generate_client_file=False)


if __name__ == "__main__":
    main()
