"""The routes for whoever runs the bot: does it live, is it ready, what does it count."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.http.health import Check, healthz, no_worries, readyz


def operations_routes(
    checks: Mapping[str, Check],
    exposition: Callable[[], bytes],
    token: SecretStr | None = None,
    degraded: Callable[[], Awaitable[Mapping[str, str]]] = no_worries,
) -> list[BaseRoute]:
    """Return `/healthz`, `/readyz` and `/metrics`. `exposition` gives the metrics as Prometheus reads them."""

    async def metrics(request: Request) -> Response:
        if token is not None and not _bears(request, token):
            return PlainTextResponse("Send the metrics token.", 401, headers={"WWW-Authenticate": "Bearer"})
        return Response(exposition(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz(checks, degraded)), Route("/metrics", metrics)]


def _bears(request: Request, token: SecretStr) -> bool:
    given = request.headers.get("authorization", "").encode()
    return hmac.compare_digest(given, b"Bearer " + token.get_secret_value().encode())
