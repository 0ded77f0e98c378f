"""What Telegram expects at once, before there is an answer: a pressed button's sign, and a guest's message.

A button spins until `answerCallbackQuery` is called. A guest's question can be answered for seconds only, sooner than a
model writes; so it gets a stub, which the answer replaces.
"""

from __future__ import annotations

import asyncio

import structlog
from telegram import Bot, CallbackQuery, InlineQueryResultArticle, InputTextMessageContent, Update

from connectors.telegram.thumbs import pressed

log = structlog.get_logger()

WITHIN = 5.0
STUB = "…"


class Courtesy:
    """Calls of good manners. None of them ever raises."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._tasks: set[asyncio.Task[None]] = set()

    def acknowledge(self, update: Update) -> None:
        """Let a pressed button rest, and show that it is; returns at once. Whatever its data says, known or not."""
        if update.callback_query is not None:
            task = asyncio.create_task(self._acknowledge(update.callback_query))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stub(self, update: Update) -> str:
        """Answer a guest's question with a stub; return its id, empty where there is none to be had any more."""
        message = update.guest_message
        if message is None or not message.guest_query_id:
            return ""
        article = InlineQueryResultArticle("stub", STUB, InputTextMessageContent(STUB))
        try:
            async with asyncio.timeout(WITHIN):
                return (await self._bot.answer_guest_query(message.guest_query_id, article)).inline_message_id
        except Exception as error:
            log.warning("telegram: a guest's question could not be answered", error=type(error).__name__)
            return ""

    async def close(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _acknowledge(self, query: CallbackQuery) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                await self._bot.answer_callback_query(query.id)
                if query.message is not None and (buttons := pressed(query)):
                    chat, message = query.message.chat.id, query.message.message_id
                    await self._bot.edit_message_reply_markup(chat, message, reply_markup=buttons)
        except Exception as error:
            log.info("telegram: a button was not acknowledged", error=type(error).__name__)
