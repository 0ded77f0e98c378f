"""Sends one part, once, as plain text: no markup of the model's can take effect, no link is fetched for a preview."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from telegram import Bot, LinkPreviewOptions, ReplyParameters
from telegram.error import ChatMigrated, TelegramError

from bot.errors import DeliveryError, Refused, Unsure
from bot.messages import Part, Receipt
from connectors.telegram.places import place_of
from connectors.telegram.refusals import verdict

DEADLINE = 10.0
"""Seconds for one sending, whatever happens."""

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

Moved = Callable[[int, int], Awaitable[None]]
"""Is told that a group, by its old id, has a new one."""


async def send(bot: Bot, part: Part, moved: Moved) -> Receipt:
    """Send once; to the group's new id if Telegram says that it has one. Raises `DeliveryError` and nothing else."""
    try:
        async with asyncio.timeout(DEADLINE):
            return await _send(bot, part, moved)
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


async def _send(bot: Bot, part: Part, moved: Moved) -> Receipt:
    try:
        return await _post(bot, part)
    except ChatMigrated as error:
        await moved(int(part.address.chat), error.new_chat_id)
        # Message ids begin again in the new chat: the old one would quote somebody else's message.
        there = replace(part.address, chat=str(error.new_chat_id), thread="")
        return await _post(bot, replace(part, address=there, reply_to=""))


async def _post(bot: Bot, part: Part) -> Receipt:
    place, quoted = place_of(part.address), _quoted(part)
    if place.inline:
        return await _replace_stub(bot, part, place.inline)
    message = await bot.send_message(
        place.chat,
        part.text,
        message_thread_id=place.thread,
        business_connection_id=place.business,
        link_preview_options=NO_PREVIEW,
        reply_parameters=quoted,
    )
    return Receipt(str(message.message_id))


async def _replace_stub(bot: Bot, part: Part, inline: str) -> Receipt:
    if part.number:
        raise Refused("a guest may say one message")
    await bot.edit_message_text(part.text, inline_message_id=inline, link_preview_options=NO_PREVIEW)
    return Receipt(inline)


def _quoted(part: Part) -> ReplyParameters | None:
    try:
        return ReplyParameters(int(part.reply_to), allow_sending_without_reply=True) if part.reply_to else None
    except ValueError:
        raise Refused("a message that is not Telegram's") from None
