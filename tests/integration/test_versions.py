"""Running bots follow the table of versions: two processes' worth of them on one database, and nobody restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from bot.app import assemble
from bot.cli import build
from bot.messages import Address, Message
from bot.store.accepting import Acceptor
from bot.store.database import Database, StoreSettings
from bot.store.ledger import Ledger
from bot.store.rollout.shadows import Shadows
from bot.store.tables.rollout import AskingRow


@pytest.fixture
async def bots(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """One bot on SQLite, two on PostgreSQL, until the end of the test; their model repeats what was said."""
    monkeypatch.setenv("PALAVER_WRITER", "stub")
    monkeypatch.setenv("PALAVER_STUB_DELAY", "0")
    monkeypatch.setenv("PALAVER_DATABASE_URL", database_url)
    stopped, store = asyncio.Event(), StoreSettings(url=database_url)
    async with AsyncExitStack() as held:
        running = []
        for _ in range(1 if database.embedded else 2):
            bot = await held.enter_async_context(assemble(("web",), store, http=False, limited=False))
            running.append(asyncio.create_task(bot.run(stopped)))
        yield database
        stopped.set()
        await asyncio.gather(*running)


async def palaver(*words: str) -> str:
    """Type a command of `palaver models`."""
    result = await asyncio.to_thread(CliRunner().invoke, build(), ["models", *words])
    assert result.exit_code == 0, result.output
    return result.output


async def asked(database: Database, batch: str, people: int) -> list[str]:
    """Let people say something, and return which versions were asked for an answer, once all have one."""
    for number in range(people):
        address = Address("web", "local", f"{batch}-{number}")
        await Acceptor(database).accept(
            Message(address, f"{batch}:{number}", "hello there", "ann", f"{batch}:{number}")
        )
    async with asyncio.timeout(60):
        while (await Ledger(database).balance()).open:
            await asyncio.sleep(0.1)
    async with database.read() as connection:
        newest = select(AskingRow.version).order_by(AskingRow.turn_id.desc()).limit(people)
        return list(await connection.scalars(newest))


async def test_a_promotion_a_canary_and_a_roll_back_reach_bots_that_run(bots: Database) -> None:
    assert set(await asked(bots, "before", 4)) == {"default"}
    await palaver("add", "--name", "spring", "--queue", "spring")
    await palaver("promote", "spring", "--canary", "50%")
    await asyncio.sleep(3)
    assert set(await asked(bots, "canary", 24)) == {"default", "spring"}
    await palaver("promote", "spring")
    await asyncio.sleep(3)
    assert set(await asked(bots, "promoted", 6)) == {"spring"}
    await palaver("rollback")
    await asyncio.sleep(3)
    assert set(await asked(bots, "back", 6)) == {"default"}


async def test_a_shadow_writes_beside_replies_and_is_never_sent(bots: Database) -> None:
    await palaver("add", "--name", "spring", "--queue", "spring")
    await palaver("promote", "spring", "--shadow")
    await asyncio.sleep(3)
    assert set(await asked(bots, "shadowed", 1)) == {"default"}
    async with bots.read() as connection:
        turns = list(await connection.scalars(select(AskingRow.turn_id).order_by(AskingRow.turn_id.desc()).limit(1)))
    async with asyncio.timeout(20):
        while not (found := await Shadows(bots).beside(turns)):
            await asyncio.sleep(0.1)
    assert [(shadow.version, shadow.responder) for shadow in found] == [("spring", "generative")]
    assert found[0].text.startswith("hello there")
