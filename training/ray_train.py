"""Runs a training loop through Ray Train: in this process on a small machine, on the cluster where one is configured."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

Loop = Callable[[dict[str, Any]], Any]


def run_in_ray_train(kind: Literal["xgboost", "torch"], loop: Loop, data: dict[str, Any], address: str = "") -> Any:
    """What `loop(data)` returns, trained by a Ray `XGBoostTrainer` or `TorchTrainer`.

    Args:
        loop: picklable; returns the trained model.
        address: of a running Ray; without one the loop runs in this process, which starts no second Ray.
    """
    import ray
    from ray.train import Checkpoint, FailureConfig, RunConfig, ScalingConfig, report

    if kind == "xgboost":
        from ray.train.xgboost import XGBoostTrainer as Trainer
    else:
        from ray.train.torch import TorchTrainer as Trainer

    joined = _join(address)
    with tempfile.TemporaryDirectory(prefix="fleetguard-train-") as storage:

        def worker(config: dict[str, Any]) -> None:
            import pickle

            # In this process Ray Train keeps the folder it is given instead of copying it: it must outlive the loop.
            scratch = tempfile.mkdtemp(dir=storage if Path(storage).is_dir() else None)
            (Path(scratch) / "model.pickle").write_bytes(pickle.dumps(loop(config)))
            report({"rows": len(config["target"])}, checkpoint=Checkpoint.from_directory(scratch))

        trainer = Trainer(
            worker,
            train_loop_config=data,
            scaling_config=ScalingConfig(num_workers=1 if joined else 0),
            run_config=RunConfig(storage_path=storage, name=kind, failure_config=FailureConfig(max_failures=1)),
        )
        try:
            return _model_of(trainer.fit())
        finally:
            if joined:
                ray.shutdown()


def _join(address: str) -> bool:
    import ray

    if not address or ray.is_initialized():
        return False
    ray.init(address=address, log_to_driver=False)
    return True


def _model_of(result: Any) -> Any:
    import pickle

    with result.checkpoint.as_directory() as folder:
        written = (Path(folder) / "model.pickle").read_bytes()
        return pickle.loads(written)  # noqa: S301 - written by the worker above
