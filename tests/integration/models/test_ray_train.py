"""Training through Ray Train: a worker that dies goes on where its last checkpoint stands."""

import os
import signal
from pathlib import Path

import pytest
import ray

from training.ray_train import run_in_ray_train


@pytest.fixture(scope="module")
def cluster():
    context = ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    yield context.address_info["address"]
    ray.shutdown()


@pytest.fixture
def counting():
    """A loop that adds up to `data["until"]`, one checkpoint a step; where it dies, its first worker is killed half way."""

    def loop(data, checkpoints):
        total = checkpoints.restore() or 0
        starts = Path(data["starts"])
        with starts.open("a") as file:
            file.write(f"{total}\n")
        while total < data["until"]:
            total += 1
            checkpoints.save(total, {"total": total})
            if data["dies"] and total == 3 and len(starts.read_text().splitlines()) == 1:
                os.kill(os.getpid(), signal.SIGKILL)

    return loop


def test_a_loop_in_this_process_gives_its_last_state(counting, tmp_path):
    data = {"until": 4, "starts": str(tmp_path / "starts"), "dies": False}
    assert run_in_ray_train("torch", counting, data) == 4


def test_a_killed_worker_goes_on_from_its_last_checkpoint(cluster, counting, tmp_path):
    starts = tmp_path / "starts"
    assert run_in_ray_train("torch", counting, {"until": 6, "starts": str(starts), "dies": True}, cluster) == 6
    first, second = starts.read_text().split()
    assert first == "0"
    assert int(second) in (1, 2, 3)  # what it reported last may not have been kept yet


def test_ctrl_c_is_the_callers_again_after_a_training(cluster, counting, tmp_path):
    before = signal.getsignal(signal.SIGINT)
    run_in_ray_train("torch", counting, {"until": 1, "starts": str(tmp_path / "starts"), "dies": False}, cluster)
    assert signal.getsignal(signal.SIGINT) is before
