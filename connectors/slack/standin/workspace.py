"""The workspace: who is there and what was said."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import Any

from connectors.slack.manifest import wanted_scopes
from connectors.slack.streams import MORE

KINDS = {"D": "im", "G": "mpim"}
"""By the first letter of a channel's id; every other one is a channel."""

Said = dict[str, Any]


class Workspace:
    """One team with one bot. Timestamps rise strictly, as Slack's do, for they are the ids of messages."""

    def __init__(self, team: str, bot: str) -> None:
        self.team = team
        self.bot = bot
        self.closed: dict[str, str] = {}
        """The error that posting into a channel gives, such as `is_archived`."""
        self.scopes = set(wanted_scopes())
        """What the bot token is said to have; where it is empty nothing is said. Nothing is refused for want of it."""
        self.sessions: dict[tuple[str, str], str] = {}
        """The status of each agent session, by channel and thread: a stream that begins makes one."""
        self._channels: defaultdict[str, list[Said]] = defaultdict(list)
        self._news = asyncio.Condition()
        self._last = 0

    def kind(self, channel: str) -> str:
        return KINDS.get(channel[:1], "channel")

    def now(self) -> str:
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def said(self, channel: str) -> list[Said]:
        return self._channels[channel]

    def posted(self, channel: str) -> list[Said]:
        """Return what the bot posted there, oldest first."""
        return [said for said in self._channels[channel] if said.get("bot_id")]

    def find(self, channel: str, ts: str) -> Said | None:
        return next((said for said in self._channels[channel] if said["ts"] == ts), None)

    def end_streams(self) -> None:
        """End all streams, as Slack does after about five minutes."""
        for said in (said for channel in self._channels.values() for said in channel):
            if said.get("streaming"):
                said["streaming"] = False

    async def add(self, channel: str, said: Said) -> None:
        async with self._news:
            self._channels[channel].append(said)
            self._news.notify_all()

    async def changed(self) -> None:
        """Say that a message was changed."""
        async with self._news:
            self._news.notify_all()

    async def whole(self, said: Said, seconds: float) -> Said:
        """Wait until the bot has finished a message that grows. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: not said.get("streaming") and not said["text"].endswith(MORE))
        return said

    async def nth_post(self, channel: str, number: int, seconds: float) -> Said:
        """Wait for the bot's post with this number, counted from 0. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(self.posted(channel)) > number)
        return self.posted(channel)[number]
