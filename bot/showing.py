"""Signs of life while a reply is being written: typing every few seconds, and the text as it grows.

Each conversation has one face, and all of them hang on this one stream of chunks: a message that grows (Telegram by
edits or drafts, Slack by its streams), or a sign that the face shows as it likes (the web chat, the console).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

import structlog

from bot.errors import DeliveryError, Fenced, Locked, NotSent, Refused, StoreDown
from bot.flood import GovernedConnector, GovernedFace
from bot.interfaces import Connector
from bot.messages import Part, Sign

log = structlog.get_logger()

HEARTBEAT = 4.0
"""Platforms take typing back after about five seconds."""
PATIENCE = 0.15
"""Answers quicker than this need no sign before them."""
FIRST = 1.0
"""Seconds until a text is shown before it is whole. On platforms that take one message a second in a chat, showing a
beginning holds up the end by as much; an answer that takes no longer is better said at once."""
CADENCE = 0.7
"""Seconds between two states of a growing message, where there are turns for more."""


class Showing:
    """Shows the newest state and skips what came too fast: a slow platform never holds up the model.

    `part` is the message that grows, without its text. `note` keeps its id for whoever finishes the reply, and `None`
    before the platform is asked to post it: after a crash in between nobody knows its id.
    """

    def __init__(
        self, connector: Connector | None, part: Part, note: Callable[[str | None], Awaitable[None]] | None = None
    ) -> None:
        self._connector = connector
        self._part = part
        self._face = connector.face if isinstance(connector, GovernedConnector) else None
        self._note = note
        self._noted: str | None = part.live
        self._begun = bool(part.live)
        self._text = ""
        self._news, self._more = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._growing: asyncio.Task[float | None] | None = None

    def show(self, text: str) -> None:
        """Take the text so far; returns at once."""
        self._text = text
        self._news.set()
        self._more.set()

    async def __aenter__(self) -> Self:
        if self._connector is not None:
            self._tasks.append(asyncio.create_task(self._signs(self._connector)))
        if self._face is not None:
            self._tasks.append(asyncio.create_task(self._growth(self._face)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        # What is on its way to the platform is waited for: the end goes into that message, and must know its id.
        on_its_way = [self._growing] if self._growing is not None else []
        await asyncio.gather(*self._tasks, *on_its_way, return_exceptions=True)

    async def _signs(self, connector: Connector) -> None:
        await self._wait(PATIENCE)
        while True:
            self._news.clear()
            if not self._part.live:
                await connector.show(self._part.address, Sign(self._text))
            await self._wait(HEARTBEAT)

    async def _growth(self, face: GovernedFace) -> None:
        wait: float | None = FIRST
        while wait is not None:
            await asyncio.sleep(wait)
            await self._more.wait()
            self._more.clear()
            self._growing = asyncio.create_task(self._grow(face))
            wait = await asyncio.shield(self._growing)

    async def _grow(self, face: GovernedFace) -> float | None:
        """Show the text so far if there is a turn to spare, and return the seconds until the next try.

        `None`: a face that fails is left as it is until the end.
        """
        part, since = replace(self._part, text=self._text), asyncio.get_running_loop().time()
        if wait := await face.spare(part):
            self._more.set()
            return max(wait, CADENCE)
        try:
            await self._begin()
            await self._remember(await self._shown(face, part, since))
        except (DeliveryError, StoreDown, Fenced) as error:
            log.info("a growing message is left as it is", error=str(error))
            return None
        return CADENCE

    async def _begin(self) -> None:
        if not self._begun:
            await self._remember(None)
            self._begun = True

    async def _shown(self, face: GovernedFace, part: Part, since: float) -> str:
        try:
            return (await face.grow(part, since)).platform_id or part.live
        except (NotSent, Refused, Locked):
            await self._remember(part.live)
            raise

    async def _remember(self, live: str | None) -> None:
        self._part = replace(self._part, live=live or "")
        if live != self._noted and self._note is not None:
            await self._note(live)
        self._noted = live

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
