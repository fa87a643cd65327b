"""Credentials of the vehicles' devices: issued, rotated, revoked; the broker heeds it within seconds."""

from datetime import timedelta

from fastapi import APIRouter, status

from fleet.stores import devices
from fleet.stores.provisioning import DeviceCredential
from ui.api import cursors
from ui.api.access import DeviceManagerDep
from ui.api.models.devices import Device, DevicePage, DeviceSecret, NewDevice, Rotation
from ui.api.parameters import Cursor, Limit, VehiclePath
from ui.api.services import NowDep, PoolDep

router = APIRouter(prefix="/devices", tags=["devices"])


@router.get("", operation_id="listDevices")
async def list_devices(
    who: DeviceManagerDep, pool: PoolDep, now: NowDep, cursor: Cursor = None, limit: Limit = 100
) -> DevicePage:
    """The fleet's vehicles by id, and whether their devices can sign in."""
    (after,) = cursors.decode(cursor, (str,)) if cursor else [""]
    found = await devices.find(pool, who, after, limit + 1, now)
    items = [Device.model_validate(device, from_attributes=True) for device in found[:limit]]
    return DevicePage(items=items, next_cursor=cursors.encode((items[-1].vehicle_id,)) if len(found) > limit else None)


@router.post("", operation_id="issueDevice", status_code=status.HTTP_201_CREATED)
async def issue_device(wish: NewDevice, who: DeviceManagerDep, pool: PoolDep, now: NowDep) -> DeviceSecret:
    """The first credential of a vehicle, which is entered where it is new. The password is shown once."""
    return _shown(await devices.issue(pool, who, wish.vehicle_id, wish.vehicle_class, now))


@router.post("/{vehicleId}/rotate", operation_id="rotateDevice")
async def rotate_device(
    vehicle_id: VehiclePath, who: DeviceManagerDep, pool: PoolDep, now: NowDep, body: Rotation | None = None
) -> DeviceSecret:
    """A new credential; the old one holds for some hours yet, so that the device can change over."""
    grace = timedelta(hours=(body or Rotation()).grace_hours)
    return _shown(await devices.rotate(pool, who, vehicle_id, grace, now))


@router.delete("/{vehicleId}", operation_id="revokeDevice", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_device(vehicle_id: VehiclePath, who: DeviceManagerDep, pool: PoolDep, now: NowDep) -> None:
    """End a device's credentials and its connection. Its readings so far, and its alerts, stay."""
    await devices.revoke(pool, who, vehicle_id, now)


def _shown(credential: DeviceCredential) -> DeviceSecret:
    return DeviceSecret(vehicle_id=credential.vehicle, username=credential.username, password=credential.password)
