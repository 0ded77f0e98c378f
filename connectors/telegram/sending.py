"""Sends one part, once, as plain text: no markup of the model's can take effect, no link is fetched for a preview."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from telegram import Bot, LinkPreviewOptions, ReplyParameters
from telegram.error import ChatMigrated, TelegramError

from bot.errors import DeliveryError, Refused, Unsure
from bot.messages import Part, Receipt
from connectors.telegram.refusals import verdict

DEADLINE = 10.0
"""Seconds for one sending, whatever happens."""

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
    chat, thread, quoted = (_number(value) for value in (part.address.chat, part.address.thread, part.reply_to))
    if chat is None:
        raise Refused("an address without a chat")
    message = await bot.send_message(
        chat,
        part.text,
        message_thread_id=thread,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_parameters=None if quoted is None else ReplyParameters(quoted, allow_sending_without_reply=True),
    )
    return Receipt(str(message.message_id))


def _number(value: str) -> int | None:
    try:
        return int(value) if value else None
    except ValueError:
        raise Refused("an address that is not Telegram's") from None
