"""The Ray that a pipeline runs on."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TASKS_AT_ONCE: Final = 2


@contextmanager
def cluster(address: str) -> Iterator[None]:
    """The Ray that runs, or the one at `address`; with neither, a small one of our own for as long as the work lasts."""
    import ray
    import ray.data  # sets its loggers up, which are quietened then

    quiet_ray_data()
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


def quiet_ray_data() -> None:
    """Its log is for those who look for it in Ray's session folder, and what it tells of itself is for its authors."""
    for name in ("ray.data", "ray.data._internal"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # its context sets deprecated fields of its own, and Feast, once imported, has all deprecations shown
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"ray\.data\.context")
