"""Lets in only what our own page asks, and tells browsers to be strict with what we answer."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
STRICT = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Strict:
    """ASGI middleware: adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(STRICT)
            await send(message)

        await self._app(scope, receive, strictly)


class SameOrigin:
    """ASGI middleware: 403 for what another site asks for, by way of a person's browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or same_origin(Headers(scope=scope), reads=scope["method"] in ("GET", "HEAD")):
            await self._app(scope, receive, send)
            return
        refusal = {"error": "cross_site", "message": "Open the chat's own page; other sites may not write to it."}
        await JSONResponse(refusal, 403)(scope, receive, send)


def same_origin(headers: Headers, *, reads: bool) -> bool:
    """Say whether a request comes from our own page; one that only reads may also be typed by the person.

    Browsers send `Sec-Fetch-Site` over https and on localhost, and `Origin` with every POST. Without both, no browser
    asks, so no person can be tricked by it.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin" or (reads and site == "none")
    origin = headers.get("origin")
    return origin is None or _host(origin) == headers.get("host", "").lower()


def _host(origin: str) -> str | None:
    """A proxy that speaks https for us leaves the host as it is, but not the scheme: only hosts can be compared."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
