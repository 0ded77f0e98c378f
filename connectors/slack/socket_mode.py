"""Socket Mode: Slack's events over a websocket that we open, so no public address is needed.

`slack_sdk`'s client brings the deliveries to Bolt's app. It answers pings and follows Slack's `disconnect` envelopes.
One thing it does not do: its reconnect tries one address for ever, while Slack's addresses are good once and for
seconds. So a client that stays without connection is thrown away and a new one made, which Bolt's own handler cannot.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.errors import DeliveryError, Locked
from connectors.slack.api import library_log, web_client
from connectors.slack.intake import Intake
from connectors.slack.sending import failure
from connectors.slack.settings import SlackSettings

log = logging.getLogger(__name__)

PATIENCE = 4
"""Pings without a connection before a client is thrown away, and before our silence is an alarm."""
CONNECT_WITHIN, CLOSE_WITHIN = 15.0, 1.0


class Socket:
    """Receives for one app. `heard` is called while the connection stands, every `ping` seconds and at each event."""

    def __init__(self, settings: SlackSettings, intake: Intake, heard: Callable[[], None], ping: float) -> None:
        self._settings = settings
        self._intake = intake
        self._heard = heard
        self._ping = ping

    async def session(self) -> None:
        """Connect and receive until the connection is lost for good. Raises `DeliveryError`."""
        client = self._client()
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                client.wss_uri = await client.issue_new_wss_url()
                await client.connect()  # type: ignore[no-untyped-call]
            await self._watch(client)
        except Exception as error:
            raise failure(error) from error
        finally:
            await _close(client)

    def _client(self) -> SocketModeClient:
        token = self._settings.app_token.get_secret_value() if self._settings.app_token else ""
        web = web_client(self._settings)
        client = SocketModeClient(token, logger=library_log(), web_client=web, ping_interval=self._ping)
        client.message_listeners.append(self._anything)
        client.socket_mode_request_listeners.append(self._envelope)
        return client

    async def _watch(self, client: SocketModeClient) -> None:
        missed = 0
        while missed < PATIENCE:
            await asyncio.sleep(self._ping)
            connected = await client.is_connected()
            missed = 0 if connected else missed + 1
            if connected:
                self._heard()
        log.warning("no connection to Slack for %.0f seconds; starting afresh", PATIENCE * self._ping)

    async def _anything(self, client: Any, message: dict[str, Any], raw: str | None) -> None:  # noqa: ARG002
        self._heard()

    async def _envelope(self, client: Any, request: SocketModeRequest) -> None:
        """Acknowledge once the delivery is committed. Without an acknowledgement Slack sends it again."""
        answer = await self._intake.take(request.type, json.dumps(request.payload).encode())
        try:
            await send_async_response(client, request, answer, time.time())  # nothing unless it is 200
        except OSError:  # the connection went meanwhile: it comes again, which is harmless
            log.info("an acknowledgement did not reach Slack; it will send that delivery again")


async def _close(client: SocketModeClient) -> None:
    """Close within a second: a dead peer never says goodbye. The second call only frees what is left."""
    try:
        async with asyncio.timeout(CLOSE_WITHIN):
            await client.close()  # type: ignore[no-untyped-call]
    except TimeoutError:
        await client.close()  # type: ignore[no-untyped-call]


async def retried(what: str, attempt: Callable[[], Awaitable[Any]], start: bool) -> Any:
    """Return what `attempt` returns; on failure wait and try again, 1 to 30 seconds apart.

    At the `start` a refusal of our credentials is raised as it is; later it is waited for like anything else.
    """
    pause = 1.0
    while True:
        try:
            return await attempt()
        except Locked as error:
            if start:
                raise
            reason: DeliveryError = error
        except DeliveryError as error:
            reason = error
        log.warning("%s failed (%s); trying again in %.0f seconds", what, reason, pause)
        await asyncio.sleep(max(pause, getattr(reason, "after", None) or 0.0))
        pause = min(2 * pause, 30.0)
