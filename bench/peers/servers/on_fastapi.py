"""FastAPI behind uvicorn: one worker, and a plain `def` endpoint, which runs in the thread pool because it computes."""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from bench.peers.scoring import Scoring


class Request(BaseModel):
    """Rows as text."""

    rows: str


def application(scoring: Scoring) -> FastAPI:
    """The server."""
    app = FastAPI()

    @app.post("/score")
    def score(request: Request) -> dict[str, str]:
        return {"probability": scoring.answer([request.rows])[0]}

    return app


def main() -> None:
    """Serve the models in a folder on a loopback port."""
    models, port = Path(sys.argv[1]), int(sys.argv[2])
    uvicorn.run(application(Scoring(models)), host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
