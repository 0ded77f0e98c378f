"""Who gets in: refuses other sites and forms without their token, and tells browsers to be strict with our pages."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.admin.errors import Refused
from bot.admin.visit import Visit

FIELD, HEADER = "form-token", "x-form-token"
"""Where a form and a script send the token."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
STRICT = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers would then send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Strict:
    """ASGI middleware: adds the security headers to every answer; what does not say otherwise is kept nowhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        encrypted = scope.get("scheme") == "https"

        async def strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(STRICT)
                headers.setdefault("Cache-Control", "no-store")
                if encrypted:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self._app(scope, receive, strictly)


def refuse_other_sites(headers: Headers) -> None:
    """Raise `Refused` unless the browser says that one of our own pages asks.

    Browsers send `Sec-Fetch-Site` over https and on localhost, and `Origin` with every POST. A request with neither
    comes from no browser of today, and no page of ours.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != "same-origin":
        raise Refused(403, "error.cross_site")
    if origin is not None and _host(origin) != headers.get("host", "").lower():
        raise Refused(403, "error.cross_site")
    if site is None and origin is None:
        raise Refused(403, "error.cross_site")


async def require_token(visit: Visit) -> None:
    """Raise `Refused` unless the form, or the header of a script's request, brings the token of this session."""
    given = visit.request.headers.get(HEADER) or await visit.field(FIELD)
    if not visit.token or not hmac.compare_digest(given.encode(), visit.token.encode()):
        raise Refused(403, "error.token")


def form_token(secret: str) -> str:
    """Return the token for the forms of a session, from which nobody gets back to the session."""
    return hmac.new(secret.encode(), b"palaver form", "sha256").hexdigest()


def _host(origin: str) -> str | None:
    """A proxy that speaks https for us leaves the host as it is, but not the scheme: only hosts can be compared."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
