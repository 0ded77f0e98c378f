"""Receives by webhook. Telegram gets its 200 after the commit."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from telegram import WebhookInfo

from bot.errors import StoreDown
from bot.interfaces import Inbox
from connectors.telegram.client import Client
from connectors.telegram.courtesy import Courtesy
from connectors.telegram.intake import take
from connectors.telegram.listening import Me
from connectors.telegram.pacing import Pace, persist
from connectors.telegram.places import CHANNEL
from connectors.telegram.settings import TelegramSettings
from connectors.telegram.updates import ASKED_FOR

log = structlog.get_logger()

PATH = "/telegram/webhook"
HEADER = b"x-telegram-bot-api-secret-token"
CONNECTIONS = 40
AGAIN = {"Retry-After": "5"}
"""Seconds; Telegram obeys."""


class Door:
    """The ASGI app behind the webhook's URL. `me` is `None` until we know who we are.

    Whoever takes a delivery hears, whatever Telegram says of earlier ones: else a bot that starts while many wait would
    count as deaf, get nothing, and they would wait for ever.
    """

    def __init__(
        self, secret: bytes, inbox: Inbox, me: Callable[[], Me | None], courtesy: Courtesy, pace: Pace
    ) -> None:
        self._within = 3 * pace.probe
        self._secret = secret
        self._courtesy = courtesy
        self._inbox = inbox
        self._me = me

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        try:
            response = await self._answer(Request(scope, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        if not self._knows(request):
            return Response(status_code=403)
        me = self._me()
        if me is None:
            return Response(status_code=503, headers=AGAIN)
        try:
            await take(self._inbox, me, await request.body(), self._courtesy)
        except StoreDown:
            return Response(status_code=503, headers=AGAIN)
        self._inbox.heard(CHANNEL, self._within)
        return Response()

    def _knows(self, request: Request) -> bool:
        given = [value for name, value in request.scope["headers"] if name.lower() == HEADER]
        return len(given) == 1 and hmac.compare_digest(given[0], self._secret)


class Webhook:
    """Tells Telegram where we are, and looks whether it stays so."""

    def __init__(self, client: Client, inbox: Inbox, settings: TelegramSettings, pace: Pace) -> None:
        self._client = client
        self._inbox = inbox
        self._settings = settings
        self._pace = pace

    async def prepare(self) -> None:
        """Set the webhook; from then on we hear until Telegram says otherwise. Raises `TelegramError`."""
        await persist(lambda: tell(self._client, self._settings), self._pace)
        self._inbox.heard(CHANNEL, 3 * self._pace.probe)

    async def run(self) -> None:
        while True:
            try:
                await self._look()
            except Exception as error:
                log.warning("telegram: the webhook could not be looked at", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(self._pace.probe)

    async def _look(self) -> None:
        """Set right what somebody else changed, and say that we hear only while deliveries arrive."""
        info = await self._client.bot.get_webhook_info()
        if astray(info, self._settings):
            remedy = "another process polls or sets its own with this token: stop one of the two"
            log.error("telegram: our webhook was replaced; it is set again", remedy=remedy)
            await tell(self._client, self._settings)
            return
        failing = info.last_error_message and info.pending_update_count
        if info.last_error_message:
            waiting = info.pending_update_count
            log.warning("telegram: a delivery failed", error=info.last_error_message, waiting=waiting)
        if not failing:
            self._inbox.heard(CHANNEL, 3 * self._pace.probe)


def astray(info: WebhookInfo, settings: TelegramSettings) -> bool:
    """Whether Telegram delivers elsewhere than the settings say, or other updates than we ask for."""
    allowed = set(info.allowed_updates or ASKED_FOR)
    return info.url != settings.webhook_url or bool(settings.webhook_url and allowed != set(ASKED_FOR))


async def tell(client: Client, settings: TelegramSettings) -> None:
    """Tell Telegram where we are; without a webhook, that we fetch. What waits there stays. Raises `TelegramError`."""
    if not settings.webhook_url:
        await client.bot.delete_webhook(drop_pending_updates=False)
        return
    secret = settings.webhook_secret
    await client.bot.set_webhook(
        settings.webhook_url,
        secret_token=secret.get_secret_value() if secret else None,
        allowed_updates=ASKED_FOR,
        max_connections=CONNECTIONS,
    )
