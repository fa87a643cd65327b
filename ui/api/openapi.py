"""The OpenAPI document; `python -m ui.api.openapi > ui/openapi.json` writes what the page's client is generated from."""

import json
import sys
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from ui.api.access import Needs
from ui.api.models.shape import Problem

VERSION = "1.0.0"
_PROBLEM = {
    "description": "Problem details (RFC 9457).",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document, made once: every operation answers errors with a Problem."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes, description=app.description)
        components = schema["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            components.pop(name, None)
        components["Problem"] = Problem.model_json_schema(by_alias=True)
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = _PROBLEM
        _name_permissions(app, schema["paths"])
        app.openapi_schema = schema
    return app.openapi_schema


def _name_permissions(app: FastAPI, paths: dict[str, Any]) -> None:
    operations = {each["operationId"]: each for methods in paths.values() for each in methods.values()}
    for route in iter_route_contexts(app.routes):
        if operation := operations.get(getattr(route, "operation_id", None)):  # mounts have none
            for needs in (part.call for part in route.dependant.dependencies if isinstance(part.call, Needs)):
                operation["x-permission"] = needs.permission


def main() -> None:
    from fleet.settings import Settings
    from ui.api.app import create_app

    json.dump(create_app(Settings()).openapi(), sys.stdout, indent=2, ensure_ascii=False, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
