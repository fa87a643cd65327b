"""The Ray that a pipeline runs on."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TASKS_AT_ONCE: Final = 2


@contextmanager
def cluster(address: str) -> Iterator[None]:
    """The Ray that runs, or the one at `address`; with neither, a small one of our own for as long as the work lasts."""
    import ray
    import ray.data

    for name in ("ray.data", "ray.data._internal"):  # its log is for those who look for it in Ray's session folder
        logging.getLogger(name).setLevel(logging.ERROR)
    if ray.is_initialized():
        yield
        return
    if address:
        ray.init(address=address, log_to_driver=False)
    else:
        ray.init(num_cpus=TASKS_AT_ONCE, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    try:
        yield
    finally:
        ray.shutdown()
