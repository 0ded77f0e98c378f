"""Who is who: a browser keeps a random id in a cookie. The id itself is stored nowhere, only its digest."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from bot.messages import Address

CHANNEL = "web"
ACCOUNT = "local"
ID = re.compile(r"[A-Za-z0-9_-]{43}")
DAY = 86400


class Sessions:
    """Reads and gives the cookies. Each lives for `days` days after the last message."""

    def __init__(self, days: int) -> None:
        self._seconds = days * DAY

    def find(self, request: Request) -> Address | None:
        """Return the conversation of this browser, `None` where it has none."""
        found = self._id(request)
        return Address(CHANNEL, ACCOUNT, digest(found)) if found else None

    def keep(self, request: Request, response: Response) -> None:
        """Let the browser keep the id that it has, or a new one of 256 random bits."""
        response.set_cookie(
            _name(request),
            self._id(request) or secrets.token_urlsafe(32),
            max_age=self._seconds,
            path="/",
            httponly=True,
            secure=_encrypted(request),
            samesite="strict",
        )

    def _id(self, request: Request) -> str:
        given = request.cookies.get(_name(request), "")
        return given if ID.fullmatch(given) else ""


def digest(session: str) -> str:
    """Return the name of a session's conversation, from which nobody gets back to the session."""
    return sha256(session.encode()).hexdigest()[:40]


def _encrypted(request: Request) -> bool:
    return request.url.scheme == "https"


def _name(request: Request) -> str:
    """A `__Host-` cookie cannot be planted by a neighbouring host or over plain http; browsers see to that."""
    return "__Host-palaver" if _encrypted(request) else "palaver"
