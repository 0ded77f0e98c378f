"""What a message costs in a conversation of 10 to 10,000 turns: nothing more, for only the last ones are read."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bot.messages import Answering, Kind, Speaker, State
from bot.store.database import StoreSettings, open_database
from bot.store.revisions import upgrade
from bot.store.tables import Base, ConversationRow, TurnRow
from connectors.telegram.standin import StandIn
from tests.benchmarks.turns.loading import store as put
from tests.load.driving import drive, milliseconds
from tests.load.people import Person, evenly
from tests.load.place import ROADS, set_up
from tests.load.report import Found, Row
from tests.rig.databases import DATABASES, Books

LENGTHS = (10, 100, 1_000, 10_000)
ROUNDS, RATE = 15, 3.0
PAUSE = 1.3
"""Seconds between two messages of a chat: Telegram lets a bot answer there once a second."""
WARM_UP = 20
MOST_TIMES = 2.0
Tables = Mapping[type[Base], Sequence[dict[str, Any]]]


async def run(scale: float, folder: Path) -> Found:
    rounds = max(4, int(scale * ROUNDS))
    found = {store: await _measure(store, rounds, folder / store) for store in ("postgresql", "sqlite")}
    rows = [row for store, times in found.items() for row in _rows(store, times)]
    curves = {store: [1000 * median(times[length]) for length in LENGTHS] for store, times in found.items()}
    return Found(rows, {"length": {"at": list(LENGTHS), **curves}})


async def _measure(store: str, rounds: int, folder: Path) -> dict[int, Sequence[float]]:
    """Return the waits from commit to receipt, in seconds, by the length of the conversation."""
    folder.mkdir()
    people = {length: Person("telegram", str(length)) for length in LENGTHS}
    async with AsyncExitStack() as stack:
        books = await stack.enter_async_context(DATABASES[store](folder))
        await _fill(books)
        place = await stack.enter_async_context(set_up(folder, store=store, books=books))
        crowd = place.crowd(WARM_UP)
        await drive(place.ports, evenly(crowd, WARM_UP, RATE))
        await place.drained(0)
        for person in people.values():
            place.know(person)
        after = await place.newest()
        for _ in range(rounds):
            await drive(place.ports[:1], evenly(list(people.values()), len(people), 20.0))
            await asyncio.sleep(PAUSE)
        await place.drained(after, 20.0)
        return _by_length(await place.books.rows(ROADS.format(after=after)))


def _by_length(rows: Sequence[Mapping[str, Any]]) -> dict[int, Sequence[float]]:
    """Conversations are numbered in the order of their lengths."""
    waits: dict[int, list[float]] = {length: [] for length in LENGTHS}
    for row in rows:
        if row["sent"] is not None:
            waits[LENGTHS[row["conversation_id"] - 1]].append(row["sent"] - row["accepted"])
    return dict(waits)


async def _fill(books: Books) -> None:
    database = open_database(StoreSettings(url=books.url))
    try:
        await upgrade(database)
        async for _ in put(database, _conversations()):
            pass
    finally:
        await database.close()


def _conversations() -> Iterator[Tables]:
    """One conversation of each length, that ended a while ago."""
    chance, turn, now = random.Random(1), 0, time.time()
    for number, length in enumerate(LENGTHS, start=1):
        said = [_said(turn + seq, number, seq, now - 86400 + seq, chance) for seq in range(1, length + 1)]
        turn += length
        yield {ConversationRow: [_conversation(number, length, now)], TurnRow: said}


def _conversation(number: int, length: int, now: float) -> dict[str, Any]:
    account = StandIn().token.partition(":")[0]
    return {
        "id": number, "channel": "telegram", "account": account, "chat": str(length), "thread": "", "private": True,
        "language": "en", "answering": Answering.BOT, "next_seq": length, "context_from": 0, "stop_seq": 0,
        "last_message_at": now - 3600, "fence": 1, "attempts": 0, "created_at": now - 90000,
    }  # fmt: skip


def _said(number: int, conversation: int, seq: int, at: float, chance: random.Random) -> dict[str, Any]:
    speaker = Speaker.USER if seq % 2 else Speaker.BOT
    words = " ".join(chance.choices(("order", "parcel", "refund", "where", "is", "my", "late", "thanks"), k=8))
    return {
        "id": number, "conversation_id": conversation, "seq": seq, "kind": Kind.TEXT, "command": "", "argument": "",
        "text": f"{words} {number}", "sender": "9", "platform_id": str(seq), "written": float(seq), "late": False,
        "reason": "", "responder": "", "draft": "", "ends": "", "at": at, "ended_at": at, "speaker": speaker,
        "state": State.ANSWERED,
    }  # fmt: skip


def _rows(store: str, times: Mapping[int, Sequence[float]]) -> list[Row]:
    told = " / ".join(f"{milliseconds(times[length], 50):.0f}" for length in LENGTHS)
    often = median(times[LENGTHS[-1]]) / median(times[LENGTHS[0]])
    name = f"{store}: conversation of 10 / 100 / 1,000 / 10,000 turns, commit to receipt, median ms"
    return [Row(name, f"the longest <= {MOST_TIMES:g} times the shortest", told, often <= MOST_TIMES)]
