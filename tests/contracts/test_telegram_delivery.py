"""Telegram into the real store: killed, cut off and repeated, every message is there once and in order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import select

from bot.inbox import StoringInbox
from bot.messages import Acceptance, Event
from bot.precedence import Precedence
from bot.store.accepting import Acceptor
from bot.store.database import Database
from bot.store.tables import ConversationRow, TurnRow
from connectors.telegram.gateway import Telegram
from connectors.telegram.pacing import Pace
from connectors.telegram.settings import TelegramSettings
from connectors.telegram.standin import Fault, StandIn
from connectors.telegram.standin.server import Local

CHATS = (1001, 1002, 1003)
MESSAGES = 60
QUICK = Pace(poll=5, first=0.01, longest=0.05, probe=0.05)


class Doors:
    """The address stays while the bot behind it is stopped and started."""

    apps: Mapping[str, Any] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.apps[scope["path"]](scope, receive, send)


class CountingInbox(StoringInbox):
    """The real inbox; says when it has taken enough."""

    def __init__(self, database: Database) -> None:
        async def stop(address: object, acceptance: object) -> None:
            raise AssertionError("nobody said stop")

        super().__init__(Acceptor(database), lambda: None, stop, lambda channel, within: None, Precedence())
        self.left = 0
        self.enough = asyncio.Event()

    async def accept(self, event: Event) -> Acceptance:
        acceptance = await super().accept(event)
        self.left -= 1
        if self.left <= 0:
            self.enough.set()
        return acceptance

    async def take(self, count: int) -> None:
        self.left = count
        self.enough.clear()
        await self.enough.wait()


@asynccontextmanager
async def running(settings: TelegramSettings, inbox: CountingInbox, doors: Doors) -> AsyncIterator[None]:
    """A bot that is killed at the end, wherever it is."""
    connector = Telegram(settings, QUICK)
    doors.apps = connector.endpoints(inbox, None)  # type: ignore[arg-type]
    task = asyncio.create_task(connector.receive(inbox))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await connector.close()


async def either(*ways: Coroutine[Any, Any, object]) -> None:
    tasks = [asyncio.create_task(way) for way in ways]
    await asyncio.wait(tasks, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


async def stored(database: Database) -> dict[str, list[str]]:
    async with database.read() as connection:
        statement = select(ConversationRow.chat, TurnRow.text).join(ConversationRow).order_by(TurnRow.seq)
        rows = (await connection.execute(statement)).all()
    return {str(chat): [row.text for row in rows if row.chat == str(chat)] for chat in CHATS}


@pytest.mark.parametrize("by", ["polling", "webhook"])
async def test_every_message_is_stored_once_and_in_order_whatever_happens(database: Database, by: str) -> None:
    chance = random.Random(7)
    doors = Doors()
    local = Local(doors)
    await local.start()
    async with StandIn(pace=0.01) as telegram:
        hook = {"webhook_url": f"{local.url}/telegram/webhook", "webhook_secret": "s" * 32} if by == "webhook" else {}
        settings = TelegramSettings(token=telegram.token, api_base=telegram.url, **hook)
        inbox = CountingInbox(database)
        for number in range(MESSAGES):
            await telegram.say(str(number), chat=CHATS[number % len(CHATS)])
        while telegram.waiting:
            telegram.fault("getUpdates", chance.choice([Fault(drop=True, done=True), Fault(status=502), Fault()]))
            async with running(settings, inbox, doors):
                await either(inbox.take(chance.randint(1, 120)), telegram.until(lambda: telegram.waiting == 0))
            telegram.repeat(chance.randint(0, 1))
    await local.stop()
    expected = {str(chat): [str(n) for n in range(i, MESSAGES, len(CHATS))] for i, chat in enumerate(CHATS)}
    assert await stored(database) == expected
