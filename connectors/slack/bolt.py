"""Bolt's app, through which every delivery goes, with the commit as its first step.

Left to itself Bolt 1.30 acknowledges an event before its listeners run; with `process_before_response=True` it still
does when `auth.test` fails or the event is the bot's own, and it raises on payloads with odd types
(tests/contracts/test_slack_library.py shows each). So we store in `before_authorize`, which comes before all of that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltError
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import StoreDown
from connectors.slack.api import library_log

log = logging.getLogger(__name__)

Store: TypeAlias = Callable[[], Awaitable[bool | None]]
"""Commits one delivery, and returns whether Bolt has anything to do with it afterwards."""

COMMIT_WITHIN = 2.5
"""Seconds. Slack waits three; what is not committed by then is better delivered again."""


def bolt_app(client: AsyncWebClient) -> AsyncApp:
    """Return the app. What a listener of it fails at comes again."""
    logger = library_log()
    return AsyncApp(
        name=logger.name,  # Bolt gives the logger of this name our library's level and filters
        logger=logger,
        client=client,
        authorize=None if client.token else _nobody,
        before_authorize=_Commit(),
        process_before_response=True,
        request_verification_enabled=False,  # ours comes before (see `signature`)
        ssl_check_enabled=False,  # it answers 200 whatever else is in the payload
    )


async def _nobody() -> AuthorizeResult:
    """Where each workspace has a token of its own Bolt needs none: nothing of it runs after the commit."""
    raise BoltError("nothing is authorized here")


async def dispatch(app: AsyncApp, payload: dict[str, Any], store: Store) -> BoltResponse:
    """Return 200 once `store` has committed the delivery, 503 where it has not: then it must come again."""
    answer = await app.async_dispatch(_request(payload, {"store": store}))
    # 404: committed, and no listener wants it. Delivered again it would be no better.
    return BoltResponse(status=200) if answer.status == 404 else answer


class _Commit(AsyncMiddleware):
    """A class, for Bolt looks into the payload before it calls a function, and stumbles over odd types."""

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - named by Bolt
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - named by Bolt
    ) -> BoltResponse | None:
        try:
            async with asyncio.timeout(COMMIT_WITHIN):
                goes_on = await req.context.pop("store")()
        except (StoreDown, TimeoutError) as error:
            log.warning("a delivery of Slack was not stored (%s); Slack sends it again", type(error).__name__)
            return BoltResponse(status=503)
        except Exception:
            log.exception("a delivery of Slack could not be stored; Slack sends it again")
            return BoltResponse(status=503)
        # Further on Bolt may have to ask Slack who we are, and wait for it.
        return await next() if goes_on else BoltResponse(status=200)


def _request(payload: dict[str, Any], context: dict[str, Any]) -> AsyncBoltRequest:
    """Return it as of Socket Mode also over HTTP, where Bolt would parse the body again and without our bounds."""
    try:
        return AsyncBoltRequest(mode="socket_mode", body=payload, context=context)
    except Exception:  # odd types: Bolt need not understand what we store
        return AsyncBoltRequest(mode="socket_mode", body={}, context=context)
