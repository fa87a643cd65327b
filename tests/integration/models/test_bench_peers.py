"""A peer as the comparison runs it, in the project's own environment."""

import shutil
import sys
from pathlib import Path

import pytest

from bench.peers.contenders import CONTENDERS
from bench.peers.export import ROWS, simulated_rows
from bench.peers.exported import Exported
from bench.peers.scoring import Scoring, native_folder
from bench.peers.serving import Effort, call, running
from bench.peers.wire import rows_of
from fleet.errors import Unavailable
from serve.graph import MODELS
from serve.registry import CHALLENGER, ModelRegistry

EFFORT = Effort(rounds=1, seconds=0.3, warm_up_s=0.1, callers=(2,), rates=(), stream_s=0)
(FASTAPI,) = (contender for contender in CONTENDERS if contender.server == "fastapi")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, trained_registry: ModelRegistry) -> Exported:
    """Models trained for the tests, rows and what the models say of them."""
    written = Exported(tmp_path_factory.mktemp("exported"))
    for name in MODELS:
        version = str(trained_registry.version(name, CHALLENGER))
        shutil.copytree(trained_registry.fetch(name, version), native_folder(written.models, name))
    features = simulated_rows(lambda _: None)
    written.write(rows_of(features), Scoring(written.models).score(features).probability)
    return written


def test_a_peer_answers_what_the_models_say_and_is_measured(exported: Exported) -> None:
    with running("fastapi", Path(sys.executable), exported) as (process, place):
        levels = call(FASTAPI, process, place, exported, EFFORT)
    assert [(one.rows, one.callers) for one in levels] == [(1, 2), (100, 2)]
    assert all(one.requests > 0 and one.cpu_s > 0 and one.p50_ms <= one.p99_ms for one in levels)
    assert not process.is_running()


def test_a_peer_that_answers_other_probabilities_is_refused(exported: Exported) -> None:
    rows, expected = exported.read()
    assert len(rows) == ROWS
    with running("fastapi", Path(sys.executable), exported) as (process, place):
        exported.write(rows, expected + 0.1)
        with pytest.raises(Unavailable, match="other probabilities"):
            call(FASTAPI, process, place, exported, EFFORT)
