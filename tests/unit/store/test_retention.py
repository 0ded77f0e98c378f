"""What is older than its period goes, what is younger or still open stays, whichever kinds there are."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from bot.messages import State
from bot.plugins import load_plugin, plugin_names
from bot.store import aging
from bot.store.database import Database
from bot.store.retention import BATCH, DAY, Retention, set_period
from bot.store.tables import ConversationRow, RejectRow, SeenRow, TurnRow
from bot.store.tables.staff import AuditRow
from tests.rig.admin_seeds import put, sow_all

KINDS = plugin_names(aging)
AGED = {
    "audit": (AuditRow, "at"),
    "conversations": (ConversationRow, "last_message_at"),
    "deliveries": (SeenRow, "at"),
    "rejects": (RejectRow, "at"),
}
"""Where a kind keeps its age. A new kind is added here."""


async def age(database: Database, kind: str, days: float) -> None:
    """Make everything of the kind as old as this."""
    table, column = AGED[kind]
    now = "extract(epoch from now())" if not database.embedded else "(julianday('now') - 2440587.5) * 86400"
    async with database.begin() as connection:
        await connection.execute(text(f"UPDATE {table.__tablename__} SET {column} = {now} - {days * DAY}"))


@pytest.fixture
async def sown(database: Database) -> Database:
    await sow_all(database, "words of a person")
    async with database.begin() as connection:
        await put(connection, SeenRow, "x", digest=b"x")
    return database


async def count(database: Database, kind: str) -> int:
    async with database.read() as connection:
        return await load_plugin(aging, kind).count(connection, 0.0)


def test_every_kind_is_tried_here() -> None:
    assert sorted(AGED) == KINDS


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_too_old_is_counted_and_removed_and_the_rest_is_not(sown: Database, kind: str) -> None:
    retention, least = Retention(sown), load_plugin(aging, kind).LEAST
    for other in KINDS:
        await age(sown, other, 0.5)
    before = {other: await count(sown, other) for other in KINDS}
    await age(sown, kind, least + 1)
    async with sown.begin() as connection:
        await set_period(connection, kind, least)
    assert await retention.due({kind: least}) == {kind: before[kind]}
    assert await retention.due({kind: least + 2}) == {kind: 0}
    assert before[kind] > 0
    assert await retention.apply() == {kind: before[kind]}
    assert await count(sown, kind) == (1 if kind == "audit" else 0), "the log says what was removed"
    assert {other: await count(sown, other) for other in KINDS if other not in (kind, "audit")} == {
        other: number for other, number in before.items() if other not in (kind, "audit")
    }
    assert await retention.apply() == {}


@pytest.mark.parametrize("kind", KINDS)
async def test_kept_for_good_means_that_nothing_goes(sown: Database, kind: str) -> None:
    for other in KINDS:
        await age(sown, other, 9999)
    async with sown.begin() as connection:
        for other in KINDS:
            await set_period(connection, other, None)
    before = await count(sown, kind)
    assert await Retention(sown).due({kind: None}) == {kind: 0}
    assert await Retention(sown).apply() == {}
    assert await count(sown, kind) == before > 0


async def test_what_was_said_is_erased_and_the_conversation_stays_countable(sown: Database) -> None:
    await age(sown, "conversations", 91)
    async with sown.begin() as connection:
        await set_period(connection, "conversations", 90)
    await Retention(sown).apply()
    async with sown.read() as connection:
        said = (await connection.execute(select(TurnRow.text, TurnRow.draft, TurnRow.sender, TurnRow.state))).all()
        assert {tuple(row) for row in said} == {("", "", "", State.ERASED)}
        assert (await connection.execute(select(func.count()).select_from(ConversationRow))).scalar_one() == 2


@pytest.mark.parametrize("state", [State.OPEN, State.REPLYING])
async def test_who_waits_for_an_answer_is_not_forgotten(sown: Database, state: State) -> None:
    async with sown.begin() as connection:
        await connection.execute(text(f"UPDATE turns SET state = '{state}'"))
        await set_period(connection, "conversations", 1)
    await age(sown, "conversations", 400)
    assert "conversations" not in await Retention(sown).apply()


async def test_more_than_one_batch_goes(database: Database) -> None:
    async with database.begin() as connection:
        for number in range(BATCH + 5):
            await put(connection, SeenRow, "x", digest=str(number).encode(), at=0.0)
    assert await Retention(database).apply() == {"deliveries": BATCH + 5}


async def test_unless_the_owner_says_otherwise_conversations_are_kept(database: Database) -> None:
    periods = {period.kind: period.days for period in await Retention(database).periods()}
    assert periods == {"audit": None, "conversations": None, "deliveries": 90, "rejects": 30}
