"""Sends one part, once. A model's Markdown becomes entities; no link is fetched for a preview.

Where a message shows the beginning already, the part finishes it: an edit repeated changes nothing, so it is the one
sending that can be tried again without a second message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, TelegramError

from bot.errors import DeliveryError, Refused, Unsure
from bot.messages import Part, Receipt
from connectors.telegram.places import Place, place_of
from connectors.telegram.refusals import verdict
from connectors.telegram.rendering import Rendered, render
from connectors.telegram.rich import Rich
from connectors.telegram.thumbs import keyboard

DEADLINE = 10.0
"""Seconds for one sending, whatever happens."""
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

Moved = Callable[[int, int], Awaitable[None]]
"""Is told that a group, by its old id, has a new one."""


class Sender:
    """Sends for one bot. `markdown`: whether marks are shown as what they mean."""

    def __init__(self, bot: Bot, moved: Moved, rich: Rich, *, markdown: bool = True) -> None:
        self._bot = bot
        self._moved = moved
        self._rich = rich
        self._markdown = markdown

    async def send(self, part: Part) -> Receipt:
        """Send once; to a group's new id if Telegram says that it has one. Raises `DeliveryError` and nothing else."""
        return await guarded(self._to_where_it_is(part))

    async def _to_where_it_is(self, part: Part) -> Receipt:
        try:
            return await self._send(part)
        except ChatMigrated as error:
            await self._moved(int(part.address.chat), error.new_chat_id)
            # Message ids begin again in the new chat: the old ones would name somebody else's message.
            there = replace(part.address, chat=str(error.new_chat_id), thread="")
            return await self._send(replace(part, address=there, reply_to="", live=""))

    async def _send(self, part: Part) -> Receipt:
        place = place_of(part.address)
        if place.inline and part.number:
            raise Refused("a guest may say one message")
        rendered = render(part.text) if self._markdown else Rendered(part.text)
        try:
            return await self._say(place, part, rendered)
        except BadRequest as error:
            if not rendered.entities or "entit" not in error.message.lower():
                raise
        return await self._say(place, part, Rendered(part.text))

    async def _say(self, place: Place, part: Part, rendered: Rendered) -> Receipt:
        if place.inline or part.live:
            with suppress(Gone):
                return await edit(self._bot, place, part.live, rendered, keyboard(part))
        if found := await self._rich.send(place, part):
            return found
        message = await self._bot.send_message(
            place.chat,
            rendered.text,
            entities=rendered.entities or None,
            message_thread_id=place.thread,
            business_connection_id=place.business,
            link_preview_options=NO_PREVIEW,
            reply_parameters=quoted(part),
            reply_markup=keyboard(part),
        )
        return Receipt(str(message.message_id))


class Gone(Exception):
    """The message that was to be finished is there no more."""


async def edit(
    bot: Bot, place: Place, live: str, rendered: Rendered, buttons: InlineKeyboardMarkup | None = None
) -> Receipt:
    """Give a message of ours its text. Raises `Gone` and `TelegramError`; a text that is there already is fine."""
    try:
        await bot.edit_message_text(
            rendered.text,
            entities=rendered.entities or None,
            business_connection_id=place.business,
            link_preview_options=NO_PREVIEW,
            reply_markup=buttons,
            **names(place, live),
        )
    except BadRequest as error:
        if "not found" in error.message or "can't be edited" in error.message:
            raise Gone from None
        if "not modified" not in error.message:
            raise
    return Receipt(place.inline or live)


def names(place: Place, live: str) -> dict[str, Any]:
    """Return the parameters that name a message of ours."""
    return {"inline_message_id": place.inline} if place.inline else {"chat_id": place.chat, "message_id": int(live)}


async def guarded(call: Awaitable[Receipt]) -> Receipt:
    """Wait for a call as long as one may take. Raises `DeliveryError` and nothing else."""
    try:
        async with asyncio.timeout(DEADLINE):
            return await call
    except DeliveryError:
        raise
    except TelegramError as error:
        # Without the cause: it holds the request, and with it the token.
        raise verdict(error) from None
    except TimeoutError:
        raise Unsure(f"no answer within {DEADLINE:.0f} s") from None
    except Exception as error:
        # An answer that cannot be read may still mean that it was sent.
        raise Unsure(f"an answer that cannot be read: {type(error).__name__}") from None


def quoted(part: Part) -> ReplyParameters | None:
    """Return what quotes the message that is answered. Raises `Refused`."""
    try:
        return ReplyParameters(int(part.reply_to), allow_sending_without_reply=True) if part.reply_to else None
    except ValueError:
        raise Refused("a message that is not Telegram's") from None
