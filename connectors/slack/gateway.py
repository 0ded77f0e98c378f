"""The connector: receives in Socket Mode or over HTTP, and posts through the Web API."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.routing import request_response

from bot.errors import Locked, NotSent, SettingsError, Unsure
from bot.interfaces import ASGIApp, Inbox, Transcript, Vault
from bot.messages import Acceptance, Address, Event, Lane, Part, Receipt, Sign, TextLimit
from connectors.slack.api import Api, web_client
from connectors.slack.bolt import bolt_app
from connectors.slack.events import CHANNEL, Me
from connectors.slack.hospitality import Hospitality
from connectors.slack.http_mode import PATH, Route
from connectors.slack.installations import Installations, Tokens, rotator
from connectors.slack.intake import Intake
from connectors.slack.limits import lanes
from connectors.slack.oauth import pages
from connectors.slack.settings import SlackSettings
from connectors.slack.socket_mode import PATIENCE, Socket, retried
from connectors.slack.streams import Streams

log = logging.getLogger(__name__)

STATUS = "is writing..."
STATUS_EVERY = 60.0
"""Seconds between two signs of life in one thread; Slack shows one for up to two minutes."""
REMEMBERED = 1000


class Slack:
    """One Slack app, in one workspace or in many. `ping` is the seconds between two pings in Socket Mode."""

    name = CHANNEL
    limit = TextLimit(4000)
    """Slack cuts a text at 40,000 characters and advises 4,000. Escaped, 4,000 are 20,000 at most, so they fit."""

    def __init__(self, settings: SlackSettings, ping: float = 5.0) -> None:
        self._settings = settings
        self._ping = ping
        self._api = Api(settings)
        self._app = bolt_app(web_client(settings))
        self._me = Me()
        self._streams = Streams(self._api)
        self._hospitality = Hospitality(self._api, settings.questions)
        self._shown: dict[Address, float] = {}
        self._vault: Vault | None = None
        self._installations: Installations | None = None

    @property
    def listens(self) -> bool:
        """True in Socket Mode. Over HTTP nothing says that Slack still finds us, until the next event."""
        return self._settings.app_token is not None

    async def receive(self, inbox: Inbox) -> None:
        if self._vault is not None:
            await self._vault.get("slack")  # so that a missing key is told at the start, not at the first installation
        try:
            if self._settings.bot_token is not None:
                self._me = await retried("signing in to Slack", self._api.me, start=True)
        except Locked as error:
            raise SettingsError(f"Slack refuses PALAVER_SLACK_BOT_TOKEN ({error}). Copy it again.") from error
        if self._settings.app_token is None:
            await asyncio.Event().wait()
        await self._listen(inbox)

    async def _listen(self, inbox: Inbox) -> None:
        def heard() -> None:
            inbox.heard(CHANNEL, within=PATIENCE * self._ping)

        socket = Socket(self._settings, self._intake(inbox), heard, self._ping)
        try:
            await retried("Socket Mode", socket.session, start=True)
        except Locked as error:
            raise SettingsError(
                f"Slack refuses PALAVER_SLACK_APP_TOKEN ({error}). It needs the scope connections:write."
            ) from error
        while True:
            await retried("Socket Mode", socket.session, start=False)

    def endpoints(self, inbox: Inbox, transcript: Transcript) -> Mapping[str, ASGIApp]:  # noqa: ARG002 - not shown here
        if self._settings.signing_secret is None:
            return {}
        installing = pages(self._settings, self._vault, web_client(self._settings)) if self._vault else {}
        return {PATH: request_response(Route(self._settings.secrets, self._intake(inbox)).answer), **installing}

    def _intake(self, inbox: Inbox) -> Intake:
        return Intake(self._app, inbox, lambda: self._me, self._after)

    def keep_in(self, vault: Vault) -> None:
        """Keep the tokens of workspaces there, where there are many."""
        if self._settings.many:
            self._vault = vault
            self._installations = Installations(vault)
            secret = self._settings.client_secret
            renewing = rotator(
                web_client(self._settings), self._settings.client_id, secret.get_secret_value() if secret else ""
            )
            self._api.tokens = Tokens(self._installations, renewing).of

    async def _after(self, payload: dict[str, Any], event: Event, acceptance: Acceptance) -> None:
        if self._installations is not None:
            await self._installations.forget(payload)
        self._hospitality.after(payload, event, acceptance)

    async def send(self, part: Part) -> Receipt:
        part = replace(part, asks=part.asks and self._settings.thumbs)
        self._shown.pop(part.address, None)  # Slack takes the status away with the reply
        if part.live:
            return await self._streams.finish(part)
        found = await self._earlier(part) if part.repeat else None
        return Receipt(found or await self._api.post(part))

    async def grow(self, part: Part) -> Receipt:
        return await self._streams.grow(replace(part, asks=False))

    def lanes(self, part: Part, growing: bool) -> Sequence[Lane]:
        return lanes(part, growing)

    async def _earlier(self, part: Part) -> str | None:
        """Look before sending again. Where looking fails we have not sent, so it is tried later."""
        try:
            return await self._api.earlier(part)
        except Unsure as error:
            raise NotSent(f"could not look for an earlier attempt: {error}") from error

    async def show(self, address: Address, sign: Sign) -> None:  # noqa: ARG002 - the text so far is shown by `grow`
        """Show `is writing...` under a thread. Slack has no such sign for messages outside threads."""
        now = time.monotonic()
        if not address.thread or now - self._shown.get(address, -STATUS_EVERY) < STATUS_EVERY:
            return
        if len(self._shown) >= REMEMBERED:
            self._shown.clear()
        self._shown[address] = now
        try:
            where = {"channel_id": address.chat, "thread_ts": address.thread}
            await self._api.call(address.account, "assistant_threads_setStatus", status=STATUS, **where)
        except Exception as error:  # a sign of life is never worth a failure
            log.debug("no status shown: %s", error)
