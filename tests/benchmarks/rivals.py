"""What others do with a webhook, as ASGI apps for comparison. None of them has stored anything when it answers.

`uvicorn tests.benchmarks.rivals:bare` answers 200 and does nothing: no server in Python can be faster.
`stock_telegram` is python-telegram-bot's own example of a webhook under Starlette: it puts the update into a queue in
memory. `stock_slack` is Bolt's: it answers first and runs the listener afterwards.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TELEGRAM, SLACK = "/telegram/webhook", "/slack/events"


def bare() -> Starlette:
    async def answer(request: Request) -> Response:
        await request.body()
        return Response()

    return _app(answer)


def stock_telegram() -> Starlette:
    from telegram import Bot, Update  # noqa: PLC0415 - each app needs its own library only

    bot, queue = Bot("1:stand-in"), asyncio.Queue[Update]()

    async def answer(request: Request) -> Response:
        await queue.put(Update.de_json(await request.json(), bot))
        return Response()

    return _app(answer)


def stock_slack() -> Starlette:
    from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler  # noqa: PLC0415
    from slack_bolt.async_app import AsyncApp  # noqa: PLC0415
    from slack_bolt.authorization import AuthorizeResult  # noqa: PLC0415

    from connectors.slack.standin import StandIn  # noqa: PLC0415

    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0STANDIN", bot_user_id="U0PALAVER", bot_token="xoxb-1")

    app = AsyncApp(signing_secret=StandIn.signing_secret, authorize=authorize)

    @app.event("message")
    async def listen(event: dict[str, Any]) -> None:
        """Do nothing: only the way to here is measured."""

    handler = AsyncSlackRequestHandler(app)
    return _app(handler.handle)


def _app(answer: Callable[[Request], Any]) -> Starlette:
    return Starlette(routes=[Route(path, answer, methods=["POST"]) for path in (TELEGRAM, SLACK)])


def command(name: str, port: int) -> list[str]:
    """Return how to start one of them, under the same server as Palaver."""
    flags = ["--factory", "--port", str(port), "--http", "h11", "--no-access-log", "--log-level", "warning"]
    return [sys.executable, "-m", "uvicorn", f"tests.benchmarks.rivals:{name}", *flags]
