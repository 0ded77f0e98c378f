"""The cookies of the admin pages: who is signed in, and which browser this is."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

SESSION, DEVICE = "palaver-admin", "palaver-device"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def read_cookie(request: Request, name: str) -> str:
    """Return the token in the cookie, or an empty string where there is none or it is none of ours."""
    given = request.cookies.get(_name(request, name), "")
    return given if TOKEN.fullmatch(given) else ""


def give_cookie(request: Request, response: Response, name: str, token: str, seconds: int | None = None) -> None:
    """Let the browser keep the token: for so many seconds, else until it is closed."""
    response.set_cookie(
        _name(request, name),
        token,
        max_age=seconds,
        path="/",
        httponly=True,
        secure=_encrypted(request),
        samesite="lax",
    )


def take_cookie(request: Request, response: Response, name: str) -> None:
    """Let the browser forget it."""
    response.delete_cookie(_name(request, name), path="/", secure=_encrypted(request), httponly=True, samesite="lax")


def _encrypted(request: Request) -> bool:
    return request.url.scheme == "https"


def _name(request: Request, name: str) -> str:
    """A `__Host-` cookie cannot be planted by a neighbouring host or over plain http; browsers see to that."""
    return f"__Host-{name}" if _encrypted(request) else name
