"""Runs a training loop through Ray Train: in this process on a small machine, on the cluster where one is configured."""

import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from pipelines.cluster import quiet_ray_data

RETRIES: Final = 2
_STATE: Final = "state.pickle"


class Checkpoints(Protocol):
    """What a loop may lean on: where it stood when its worker died, and where it stands."""

    def restore(self) -> Any:
        """The state saved last, None at the very beginning."""

    def save(self, state: Any, metrics: dict[str, float]) -> None:
        """Keep a picklable state; the last one saved is the result."""


Loop = Callable[[dict[str, Any], Checkpoints], None]


class _RayCheckpoints:
    """Checkpoints of the Ray Train worker this runs in."""

    def __init__(self, storage: str) -> None:
        self._storage = storage

    def restore(self) -> Any:
        from ray.train import get_checkpoint

        checkpoint = get_checkpoint()
        return None if checkpoint is None else _state_of(checkpoint)

    def save(self, state: Any, metrics: dict[str, float]) -> None:
        from ray.train import Checkpoint, report

        # In this process Ray Train keeps the folder it is given instead of copying it: it must outlive the loop.
        folder = tempfile.mkdtemp(dir=self._storage if Path(self._storage).is_dir() else None)
        (Path(folder) / _STATE).write_bytes(pickle.dumps(state))
        report(metrics, checkpoint=Checkpoint.from_directory(folder))


def run_in_ray_train(kind: Literal["xgboost", "torch"], loop: Loop, data: dict[str, Any], address: str = "") -> Any:
    """The last state that `loop(data, checkpoints)` saves, trained by a Ray `XGBoostTrainer` or `TorchTrainer`.

    Args:
        loop: picklable; after its worker died it runs again and goes on from `checkpoints.restore()`.
        address: of a running Ray; without one the loop runs in this process, which starts no second Ray.
    """
    from ray.train import FailureConfig, RunConfig, ScalingConfig

    if kind == "xgboost":
        from ray.train.xgboost import XGBoostTrainer as Trainer
    else:
        from ray.train.torch import TorchTrainer as Trainer

    with _joined(address), tempfile.TemporaryDirectory(prefix="fleetguard-train-") as storage:

        def worker(config: dict[str, Any]) -> None:
            loop(config, _RayCheckpoints(storage))

        trainer = Trainer(
            worker,
            train_loop_config=data,
            scaling_config=ScalingConfig(num_workers=1 if address else 0),
            run_config=RunConfig(storage_path=storage, name=kind, failure_config=FailureConfig(max_failures=RETRIES)),
        )
        quiet_ray_data()  # here: libraries that were loaded meanwhile have had deprecations shown again
        with _own_interrupt():
            return _state_of(trainer.fit().checkpoint)


@contextmanager
def _joined(address: str) -> Iterator[None]:
    import ray

    if not address or ray.is_initialized():
        yield
        return
    ray.init(address=address, log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _own_interrupt() -> Iterator[None]:
    """Ray Train leaves a handler behind that fails once its controller is gone: Ctrl-C belongs to the caller again."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _state_of(checkpoint: Any) -> Any:
    with checkpoint.as_directory() as folder:
        return pickle.loads((Path(folder) / _STATE).read_bytes())  # noqa: S301 - written by the loop above
