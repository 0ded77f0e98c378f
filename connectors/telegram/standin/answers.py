"""What the Bot API says, and how. Source: core.telegram.org/bots/api#making-requests"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse


class Failed(Exception):
    """A call that the Bot API refuses."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.parameters = parameters

    def response(self) -> JSONResponse:
        content: dict[str, Any] = {"ok": False, "error_code": self.code, "description": str(self)}
        if self.parameters:
            content["parameters"] = self.parameters
        return JSONResponse(content, self.code)


class Params:
    """The parameters of a call: in a form everything is text, in JSON it has its type."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given

    def number(self, name: str) -> int | None:
        """Return a whole number, `None` where it is absent. Raises `Failed`."""
        value = self.given.get(name)
        try:
            return None if value in (None, "") else int(value)
        except (TypeError, ValueError):
            raise Failed(400, f"Bad Request: invalid {name} specified") from None

    def text(self, name: str) -> str:
        value = self.given.get(name)
        return "" if value is None else str(value)

    def structure(self, name: str) -> Any:
        """Return an object or a list, `None` where it is absent. Raises `Failed`."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise Failed(400, f"Bad Request: can't parse {name} JSON object") from None


async def read_params(request: Request) -> Params:
    """Read query, form and JSON alike. Files (multipart) are not understood. Raises `Failed`."""
    given: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json" and body:
        try:
            given |= json.loads(body)
        except (TypeError, ValueError):
            raise Failed(400, "Bad Request: can't parse JSON object") from None
    elif kind == "application/x-www-form-urlencoded":
        given |= dict(parse_qsl(body.decode(), keep_blank_values=True))
    return Params(given)
