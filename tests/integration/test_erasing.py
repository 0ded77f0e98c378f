"""A person is erased while the whole product runs; afterwards their word is looked for wherever bytes lie."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis.asyncio import Redis as RedisClient

from connectors.telegram.standin import StandIn
from tests.rig.brokers import BROKERS, Broker, Rabbit, Redis, rabbitmqctl
from tests.rig.children import Children
from tests.rig.databases import DATABASES, Books, Sqlite
from tests.rig.palaver import PALAVER, environment, start_bot, start_worker
from tests.rig.servers import Unavailable

CANARY = "canary7f3aword"
ANOTHER = 2002


@dataclass
class Trial:
    """A bot that somebody has talked to."""

    telegram: StandIn
    books: Books
    broker: Broker
    children: Children
    settings: dict[str, str]
    folder: Path

    async def erase(self, *flags: str) -> str:
        """Run the command beside the running bot; return what it says."""
        command = [PALAVER, "erase", "--channel", "telegram", *flags, "--yes"]
        child = self.children.start("erase", command, environment(self.settings))
        assert await child.ended(90) == 0, child.tail()
        return child.output

    async def database(self) -> bytes:
        """Return every byte of the database: the file and its log, or a dump."""
        if isinstance(self.books, Sqlite):
            files = [Path(f"{self.books.path}{end}") for end in ("", "-wal", "-shm")]
            return b"".join(file.read_bytes() for file in files if file.exists())
        program = shutil.which("pg_dump")
        if program is None:
            pytest.skip("pg_dump is not installed")
        process = await asyncio.create_subprocess_exec(program, self.books.url, stdout=asyncio.subprocess.PIPE)
        dump, _ = await process.communicate()
        assert process.returncode == 0
        return dump

    async def held_by_broker(self) -> bytes:
        """Return what the broker holds: every value of Redis; of RabbitMQ, how many messages wait in queues."""
        if isinstance(self.broker, Redis):
            async with RedisClient.from_url(self.broker.url) as client:
                return b"".join([await client.dump(key) or b"" async for key in client.scan_iter()])
        if isinstance(self.broker, Rabbit):
            return json.dumps(await waiting(self.broker)).encode()
        return b""

    def logs(self) -> bytes:
        return b"".join(file.read_bytes() for file in self.folder.glob("*.log"))


async def waiting(broker: Rabbit) -> dict[str, int]:
    """Return the queues in which messages wait, and how many."""
    table = await rabbitmqctl("list_queues", "-p", broker.vhost, "--no-table-headers", "name", "messages")
    counts = dict(line.rsplit("\t", 1) for line in table.splitlines() if "\t" in line)
    return {name: int(count) for name, count in counts.items() if int(count)}


@pytest.fixture(params=[("sqlite", "embedded"), ("postgresql", "redis"), ("postgresql", "rabbitmq")], ids="+".join)
async def trial(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trial]:
    store, kind = request.param
    async with AsyncExitStack() as stack:
        children = stack.enter_context(Children(tmp_path))
        try:
            books = await stack.enter_async_context(DATABASES[store](tmp_path))
            broker = await stack.enter_async_context(BROKERS[kind](children, tmp_path))
        except Unavailable as error:
            pytest.skip(str(error))
        telegram = await stack.enter_async_context(StandIn())
        settings = {
            **telegram.environment,
            "PALAVER_DATABASE_URL": books.url,
            "PALAVER_BROKER_URL": broker.url,
            "PALAVER_WRITER": "celery" if broker.url else "stub",
            "PALAVER_STUB_DELAY": "0.01",
        }
        bot = start_bot(children, "bot", settings, ["telegram"])
        if broker.url:
            flags = ("--stub", "--stub-tokens", "5", "--stub-delay", "0.01")
            await start_worker(children, "worker", broker.url, *flags).ready()
        await bot.ready()
        yield Trial(telegram, books, broker, children, settings, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_of_a_person_who_was_erased_no_word_is_left_anywhere(trial: Trial) -> None:
    telegram = trial.telegram
    for words in (f"my name is {CANARY}", f"do you know {CANARY}?"):
        await telegram.say(words)
        assert CANARY in (await telegram.reply(timeout=60))["text"]
    await telegram.press(telegram.sent()[0], "👎")
    await telegram.say("somebody else", chat=ANOTHER)
    await telegram.reply(ANOTHER, timeout=60)
    assert CANARY.encode() in await trial.database()

    receipt = await trial.erase("--sender", "1001")
    assert "4 of turns" in receipt
    assert "1 of feedback" in receipt
    telegram.repeat(len(telegram._updates.all))  # all of them once more, as Telegram does when it is unsure
    assert await telegram.until(lambda: telegram.waiting == 0, 30)
    await telegram.say("still there?", chat=ANOTHER)
    assert "still there?" in (await telegram.reply(ANOTHER, timeout=60))["text"]

    canary = CANARY.encode()
    assert canary not in await trial.database()
    assert canary not in await trial.held_by_broker()
    assert canary not in trial.logs()
    if isinstance(trial.broker, Rabbit):
        assert json.loads(await trial.held_by_broker()) == {}
    texts = await trial.books.rows("SELECT text FROM turns WHERE text <> '' ORDER BY id")
    assert [row["text"] for row in texts if "else" in row["text"] or "there" in row["text"]]
    assert "There is nothing of this person." in await trial.erase("--sender", "1001")
