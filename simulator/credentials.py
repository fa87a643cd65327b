"""Who the devices are: the broker and the credentials that `demo.json` holds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class DeviceCredential:
    """What a vehicle's device signs in with; class and tank are known only where the file tells them."""

    tenant: str
    vehicle: str
    username: str
    password: str
    vehicle_class: str | None = None
    tank_l: float | None = None
    simulated: bool = True  # False: kept free for a device of the user's own

    @property
    def topic(self) -> str:
        return f"fleet/v1/{self.tenant}/{self.vehicle}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A broker and the devices it knows, in the order of the file."""

    path: Path
    host: str
    port: int
    devices: tuple[DeviceCredential, ...]

    def first(self, count: int, tenant: str | None = None) -> list[DeviceCredential]:
        """The first so many devices that are not kept free, of one tenant or of all.

        Raises:
            ConfigurationError: there are fewer.
        """
        mine = [device for device in self.devices if device.simulated and tenant in (None, device.tenant)]
        if len(mine) < count:
            whose = f" of the tenant {tenant}" if tenant else ""
            raise ConfigurationError(
                f"{self.path} holds {len(mine)} devices{whose} and {count} vehicles are wanted: "
                f"ask for fewer, or start `fleetguard demo --vehicles {count}`"
            )
        return mine[:count]

    def of_vehicles(self, vehicles: Sequence[str], tenant: str) -> list[DeviceCredential]:
        """The devices of these vehicles, in this order.

        Raises:
            ConfigurationError: some have none.
        """
        known = {device.vehicle: device for device in self.devices if device.tenant == tenant}
        missing = [vehicle for vehicle in vehicles if vehicle not in known]
        if missing:
            some = ", ".join(missing[:3]) + (" and others" if len(missing) > 3 else "")
            raise ConfigurationError(
                f"{len(missing)} of {len(vehicles)} vehicles have no device credential for the tenant {tenant} in {self.path} "
                f"({some}): run the command again with --provision"
            )
        return [known[vehicle] for vehicle in vehicles]


def load_credentials(path: Path) -> Credentials:
    """Read a file such as `.fleetguard/demo.json`: `mqtt{host,port}` and `devices[{tenant,vehicle,username,password}]`.

    Raises:
        ConfigurationError: it is missing or something else.
    """
    try:
        content: Any = json.loads(path.read_text())
        devices = tuple(
            DeviceCredential(
                device["tenant"],
                device["vehicle"],
                device["username"],
                device["password"],
                device.get("vehicle_class"),
                device.get("tank_l"),
                device.get("simulated", True),
            )
            for device in content["devices"]
        )
        return Credentials(path, str(content["mqtt"]["host"]), int(content["mqtt"]["port"]), devices)
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{path} does not exist: start `fleetguard demo`, which writes it, or name another file with --credentials"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise ConfigurationError(f"{path} is not a file of device credentials: {error!r}") from error
