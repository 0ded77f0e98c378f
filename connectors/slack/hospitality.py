"""What an agent app does besides answering: prompts to tap, a title for a thread, a home page.

Everything here is nice to have: it happens after the delivery was committed, beside it, and never raises.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from typing import Any

from bot.messages import Acceptance, Event, Kind, Message
from connectors.slack.api import Api

log = logging.getLogger(__name__)

LONGEST_TITLE = 60
MOST_PROMPTS = 4
HOME = (
    "*Write to me in the Messages tab, or mention me in a channel.*\n在“消息”页给我写信，或在频道里提到我。",
    "`help`  `reset`  `forget`  `stop`",
)


class Hospitality:
    """Looks at what was taken, and does what is due. `prompts` are questions that a person can tap."""

    def __init__(self, api: Api, prompts: Sequence[str]) -> None:
        self._api = api
        self._prompts = prompts[:MOST_PROMPTS]
        self._tasks: set[asyncio.Task[None]] = set()

    def after(self, payload: dict[str, Any], event: Event, acceptance: Acceptance) -> None:
        """Return at once."""
        told = payload.get("event")
        team = payload.get("team_id")
        if isinstance(told, dict) and told.get("type") == "app_home_opened" and isinstance(team, str):
            self._run(self._opened(team, told))
        if isinstance(event, Message) and acceptance.fresh and acceptance.seq == 1 and event.kind is Kind.TEXT:
            self._run(self._entitle(event))

    async def _opened(self, team: str, told: dict[str, Any]) -> None:
        if told.get("tab") == "messages" and self._prompts:
            prompts = [{"title": text, "message": text} for text in self._prompts]
            # Without thread_ts: with it, an agent's prompts silently do not show.
            await self._api.call(
                team, "assistant_threads_setSuggestedPrompts", channel_id=str(told.get("channel")), prompts=prompts
            )
        if told.get("tab") == "home":
            blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in HOME]
            view = {"type": "home", "blocks": blocks}
            await self._api.call(team, "views_publish", user_id=str(told.get("user")), view=view)

    async def _entitle(self, message: Message) -> None:
        where = message.address
        if message.private and where.thread:
            title = message.text[:LONGEST_TITLE]
            await self._api.call(
                where.account, "assistant_threads_setTitle", channel_id=where.chat, thread_ts=where.thread, title=title
            )

    def _run(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _quietly(work: Awaitable[None]) -> None:
    try:
        await work
    except Exception as error:
        log.info("Slack: a nicety was refused: %s", error)
