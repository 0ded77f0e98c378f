"""The page and what belongs to it, from the package itself: nothing comes from elsewhere."""

from __future__ import annotations

from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from connectors.web.gate import Strict
from connectors.web.settings import WebSettings

STATIC = {
    "chat.css": "text/css",
    "chat.js": "text/javascript",
    "outbox.js": "text/javascript",
    "stream.js": "text/javascript",
    "view.js": "text/javascript",
    "words.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
SEPARATOR = "\n"


def page_app(settings: WebSettings) -> ASGIApp:
    """Return the app that shows the page with the owner's words in it."""
    text = Template(_read("index.html").decode()).substitute(_words(settings))
    return Starlette(routes=[_file("/", text.encode(), "text/html")], middleware=[Middleware(Strict)])


def static_files() -> list[Route]:
    """Return the routes of what the page loads."""
    return [_file(f"/{name}", _read(name), kind) for name, kind in STATIC.items()]


def _words(settings: WebSettings) -> dict[str, str]:
    """Return what the page shows, escaped for HTML text and attributes."""
    values = {
        name: SEPARATOR.join(value) if isinstance(value, tuple) else str(value)
        for name, value in settings.model_dump().items()
    }
    return {name: escape(value, quote=True).replace(SEPARATOR, "&#10;") for name, value in values.items()}


def _read(name: str) -> bytes:
    return (files("connectors.web") / "page" / name).read_bytes()


def _file(path: str, body: bytes, kind: str) -> Route:
    """Answer 304 to a browser that has this version already."""
    version = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"Cache-Control": "no-cache", "ETag": version}

    async def give(request: Request) -> Response:
        if version in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=kind, headers=headers)

    return Route(path, give)
