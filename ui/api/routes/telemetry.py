"""Readings over HTTP, for devices that speak no MQTT; they take the same path as the others."""

from fastapi import APIRouter, Request, status

from ui.api.devices import MAX_PAYLOAD, device_credential
from ui.api.models.shape import Accepted
from ui.api.problems import TooLarge
from ui.api.services import ServicesDep

router = APIRouter(tags=["telemetry"])
_BODY = {
    "content": {"application/json": {"schema": {"description": "One sample or an array of samples, as over MQTT."}}},
    "required": True,
}


@router.post(
    "/telemetry", operation_id="sendTelemetry", status_code=status.HTTP_202_ACCEPTED, openapi_extra={"requestBody": _BODY}
)
async def send_telemetry(request: Request, services: ServicesDep) -> Accepted:
    """Accepted once the broker's log has it. The credential is the device's own: Basic, or Bearer `username:password`."""
    credential = device_credential(request.headers.get("authorization", ""))
    await services.devices.publish(credential, await _body(request))
    return Accepted()


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_PAYLOAD:
            raise TooLarge("A payload is at most 64 kB; send it in parts.")
    return bytes(body)
