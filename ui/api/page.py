"""The built page, and the headers that every answer carries."""

import json
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet.errors import NotFound

DIST = Path(__file__).parents[1] / "web" / "dist"
API_PREFIXES = ("/api", "/sse", "/socket.io", "/graphql")
IMMUTABLE = "public, max-age=31536000, immutable"


def content_security_policy(dist: Path) -> str:
    """Nothing but our own files; the build names the hashes of the few styles that its libraries inject."""
    hashes_file = dist / "csp.json"
    hashes = json.loads(hashes_file.read_text())["styleHashes"] if hashes_file.is_file() else []
    styles = " ".join(["'self'", *(f"'{digest}'" for digest in hashes)])
    return (
        f"default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self' data: blob:; connect-src 'self'; "
        "font-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


class AnswerHeaders:
    """ASGI middleware: security headers everywhere, and nothing of the API is stored anywhere."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                if scope["path"].startswith(API_PREFIXES):
                    headers["Cache-Control"] = "no-store"
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
            await send(message)

        return await self._app(scope, receive, send_with_headers)


def page_routes(dist: Path) -> APIRouter:
    """Every path that is no file is the page's own: its router shows it."""
    router = APIRouter(include_in_schema=False)
    root = dist.resolve()

    @router.get("/{path:path}")
    def get_page(path: str) -> Response:
        if f"/{path}/".startswith(tuple(f"{prefix}/" for prefix in API_PREFIXES)):
            raise NotFound("no such route")
        return _answer(root, path)

    return router


def _answer(root: Path, path: str) -> Response:
    index = root / "index.html"
    if not index.is_file():
        return PlainTextResponse("The page is not built yet: run `make setup`.", 503)
    file = (root / path).resolve()
    if file.is_file() and file.is_relative_to(root) and file != index:
        return FileResponse(file, headers={"Cache-Control": IMMUTABLE if path.startswith("assets/") else "no-cache"})
    if "." in path.rpartition("/")[2] and path != "index.html":
        raise NotFound("no such file")
    return FileResponse(index, headers={"Cache-Control": "no-cache"})
