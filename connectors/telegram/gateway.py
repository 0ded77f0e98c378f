"""The connector itself: joins the pieces. (A module named `connector` would hide the function of that name.)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog
from telegram.error import BadRequest, InvalidToken

from bot.errors import PalaverError, SettingsError
from bot.interfaces import ASGIApp, Inbox, Transcript, Vault
from bot.messages import Address, Lane, Part, Receipt, Sign, TextLimit
from connectors.telegram.admission import Admission
from connectors.telegram.client import Client
from connectors.telegram.commands import set_menu
from connectors.telegram.courtesy import Courtesy
from connectors.telegram.growing import Grower, lanes
from connectors.telegram.listening import Me
from connectors.telegram.pacing import Pace, persist
from connectors.telegram.places import CHANNEL
from connectors.telegram.polling import Polling
from connectors.telegram.rich import Rich
from connectors.telegram.sending import Sender
from connectors.telegram.settings import TelegramSettings
from connectors.telegram.showing import Typing
from connectors.telegram.updates import move
from connectors.telegram.webhook import PATH, Door, Webhook

log = structlog.get_logger()


class Telegram:
    """One bot on Telegram."""

    name = CHANNEL
    limit = TextLimit(4096, "utf-16")
    listens = True

    def __init__(self, settings: TelegramSettings, pace: Pace | None = None) -> None:
        self._settings = settings
        self._pace = pace or Pace()
        self._client = Client(settings)
        self._typing = Typing(self._client.bot)
        self._courtesy = Courtesy(self._client.bot)
        rich = Rich(self._client.bot, wanted=settings.rich)
        self._sender = Sender(self._client.bot, self._moved, rich, markdown=settings.markdown)
        self._grower = Grower(self._client.bot, drafts=settings.drafts)
        self._me: Me | None = None
        self._vault: Vault | None = None
        self._inbox: Inbox | None = None

    async def receive(self, inbox: Inbox) -> None:
        """Take updates until cancelled, by webhook where its URL is set. Raises `SettingsError` at the start only."""
        inbox = self._inbox = Admission(inbox, self._settings, self._vault)
        if self._vault is not None and self._settings.pairing_code is not None:
            await self._vault.get("telegram")  # so that a missing key is told at the start
        await self._client.open()
        receiver = await self._begin(inbox)
        log.info("telegram: receiving", by=type(receiver).__name__.lower())
        await receiver.run()

    async def send(self, part: Part) -> Receipt:
        return await self._sender.send(replace(part, asks=part.asks and self._settings.thumbs))

    async def grow(self, part: Part) -> Receipt:
        return await self._grower.grow(part)

    def lanes(self, part: Part, growing: bool) -> Sequence[Lane]:
        return lanes(part, growing)

    async def show(self, address: Address, sign: Sign) -> None:  # noqa: ARG002 - the text so far is shown by `grow`
        await self._typing.show(address)

    def endpoints(self, inbox: Inbox, transcript: Transcript) -> Mapping[str, ASGIApp]:  # noqa: ARG002
        """Return the webhook, where its URL is set."""
        secret = self._settings.webhook_secret
        if not self._settings.webhook_url or secret is None:
            return {}
        inbox = Admission(inbox, self._settings, self._vault)
        return {PATH: Door(secret.get_secret_value().encode(), inbox, lambda: self._me, self._courtesy, self._pace)}

    def keep_in(self, vault: Vault) -> None:
        """Remember there who brought the code."""
        self._vault = vault

    async def close(self) -> None:
        """Close the connections. `receive` opens them again."""
        await self._courtesy.close()
        await self._client.close()

    async def _begin(self, inbox: Inbox) -> Polling | Webhook:
        blamed = "API_BASE"
        try:
            self._me = await persist(self._client.me, self._pace)
            blamed = "WEBHOOK_URL"
            receiver = self._receiver(inbox, self._me)
            await receiver.prepare()
        except InvalidToken:
            raise _refused("TOKEN", "is refused. Copy it again from @BotFather; it may have been revoked") from None
        except BadRequest as error:
            raise _refused(blamed, f"is refused: {error.message}") from None
        await set_menu(self._client.bot)
        return receiver

    def _receiver(self, inbox: Inbox, me: Me) -> Polling | Webhook:
        if self._settings.webhook_url:
            return Webhook(self._client, inbox, self._settings, self._pace)
        return Polling(self._client, inbox, me, self._courtesy, self._pace)

    async def _moved(self, old: int, new: int) -> None:
        """Let the conversations follow. Should it fail, the next sending or Telegram's own message tells it again."""
        if self._inbox is None or self._me is None:
            return
        try:
            await self._inbox.accept(move(str(self._me.id), old, new))
        except PalaverError as error:
            log.warning("telegram: a group's new id could not be stored", error=str(error))


def _refused(name: str, what: str) -> SettingsError:
    return SettingsError(f"Telegram: PALAVER_TELEGRAM_{name} {what}. See docs/telegram.md.")
