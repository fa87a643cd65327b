"""What every replica does first: read its settings, log, pause briefly, and stay on loopback where its node does."""

from typing import Any

import ray
from ray.serve._private import replica as ray_replica

from fleet.garbage import keep_pauses_short
from fleet.logs import configure_logging
from fleet.settings import Settings, load_settings

LOOPBACK = "127.0.0.1"
_bind_everywhere = ray_replica.add_port_to_grpc_server


def settings_of_replica() -> Settings:
    """Settings of this process; call it in a deployment's constructor, before its server is bound."""
    settings = load_settings()
    configure_logging(settings.log_format, settings.log_level)
    keep_pauses_short()
    if ray.is_initialized() and ray.util.get_node_ip_address() == LOOPBACK:
        ray_replica.add_port_to_grpc_server = _bind_to_loopback
    return settings


def _bind_to_loopback(server: Any, _address: str) -> int:
    """Ray 2.60 binds the server between deployments, which unpickles what it is sent, to every interface."""
    return int(_bind_everywhere(server, f"{LOOPBACK}:0"))
