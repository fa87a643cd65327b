"""One more node of a Ray on loopback, until it is killed: `python -m bench.faults.ray_node ADDRESS`.

`ray start` refuses a second node where Ray is kept on loopback; this is what `ray.cluster_utils` does for Ray's own tests.
"""

import signal
import sys
from typing import Final

from ray._private.node import Node
from ray._private.parameter import RayParams

CPUS: Final = 2
OBJECT_STORE_BYTES: Final = 128 << 20


def main(address: str) -> None:
    """Start the node and wait."""
    parameters = RayParams(
        gcs_address=address,
        node_ip_address="127.0.0.1",
        num_cpus=CPUS,
        num_gpus=0,
        object_store_memory=OBJECT_STORE_BYTES,
        min_worker_port=0,
        max_worker_port=0,
        node_manager_port=0,
        include_log_monitor=False,
        dashboard_agent_listen_port=None,
    )
    Node(parameters, head=False, shutdown_at_exit=True, spawn_reaper=False)
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1])
