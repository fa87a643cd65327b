"""/docs: the OpenAPI document as a plain page, without scripts or anything from elsewhere."""

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)
_OPERATION = (
    '<section aria-labelledby="{id}"><h2 id="{id}"><code>{method} {path}</code></h2><p>{text}</p>{parameters}{answers}</section>'
)


@router.get("/docs", response_class=HTMLResponse)
async def get_docs(request: Request) -> str:
    document = request.app.openapi()
    operations = "\n".join(
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title} API</title></head><body><main><h1>{title} API</h1><p>{escape(document['info']['description'])} "
        f'Machine-readable: <a href="/openapi.json">openapi.json</a>.</p>{operations}</main></body></html>'
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    text = operation.get("description", operation.get("summary", ""))
    return _OPERATION.format(
        id=operation["operationId"],
        method=method.upper(),
        path=escape(path),
        text=escape(text),
        parameters=_list("Parameters", [_parameter(each) for each in operation.get("parameters", [])]),
        answers=_list("Answers", [f"{code}: {_content(answer)}" for code, answer in operation["responses"].items()]),
    )


def _list(title: str, entries: list[str]) -> str:
    items = "".join(f"<li>{escape(entry)}</li>" for entry in entries)
    return f"<h3>{title}</h3><ul>{items}</ul>" if entries else ""


def _parameter(parameter: dict[str, Any]) -> str:
    need = ", required" if parameter["required"] else ""
    text = f": {parameter['description']}" if "description" in parameter else ""
    return f"{parameter['name']} ({parameter['in']}{need}){text}"


def _content(answer: dict[str, Any]) -> str:
    kinds = [
        f"{media} {content.get('schema', {}).get('$ref', '').rpartition('/')[2]}".strip()
        for media, content in answer.get("content", {}).items()
    ]
    return ", ".join(kinds) or answer["description"]
