"""The running summary of a conversation: kept beside it, gone with the words that it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Turn
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.reading import moment
from bot.store.tables import ConversationRow, TurnRow
from bot.store.tables.summaries import SummaryRow


@dataclass(frozen=True, slots=True)
class Summary:
    """What was said up to the turn `until`, which was said at `said_at`."""

    text: str
    until: int
    said_at: datetime
    model: str

    def told_before(self, turns: Sequence[Turn], hours: float, *, whole: bool) -> bool:
        """Whether it belongs before these turns: to the same session, which so many `hours` of silence end (0: none).

        The session began among the turns unless they are the `whole` of what was read.
        """
        if not turns:
            return False
        if self.until >= turns[0].seq:
            return True
        return whole and (hours <= 0 or turns[0].at - self.said_at <= timedelta(hours=hours))


class Summaries:
    """Reads and keeps them. Every method raises `StoreDown`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, conversation: int) -> Summary | None:
        async with self._database.read() as connection:
            return await read_summary(connection, conversation)

    async def keep(self, conversation: int, summary: Summary, turns: Sequence[Turn], before: int) -> bool:
        """Put it in the place of the one up to `before` (0: there was none); return whether that was done.

        It is not where words of the `turns` that it tells of were erased, changed or left behind meanwhile, or where
        somebody was faster.
        """
        async with self._database.begin() as connection:
            row = ConversationRow
            locked = select(row.context_from).where(row.id == conversation).with_for_update()
            context_from = (await connection.execute(locked)).scalar()
            now = await read_summary(connection, conversation)
            if context_from is None or context_from >= summary.until or (now.until if now else 0) != before:
                return False
            if not await _unchanged(connection, turns):
                return False
            values = {
                "until_seq": summary.until,
                "said_at": summary.said_at.timestamp(),
                "text": summary.text,
                "model": summary.model[:200],
                "at": db_now(),
            }
            new = upsert(connection, SummaryRow).values(conversation_id=conversation, **values)
            await connection.execute(new.on_conflict_do_update(index_elements=["conversation_id"], set_=values))
            return True


async def read_summary(connection: AsyncConnection, conversation: int) -> Summary | None:
    """Return the summary of a conversation, also of one that was set back since."""
    table = SummaryRow.__table__
    row = (await connection.execute(select(table).where(table.c.conversation_id == conversation))).first()
    return None if row is None else Summary(row.text, row.until_seq, moment(row.said_at), row.model)


async def forget_summary(connection: AsyncConnection, conversation: int, seq: int = 0) -> None:
    """Let go of a summary that tells of the turn of this number (0: of any), inside the caller's transaction."""
    told = SummaryRow.conversation_id == conversation
    await connection.execute(delete(SummaryRow).where(told, SummaryRow.until_seq >= seq))


async def _unchanged(connection: AsyncConnection, turns: Sequence[Turn]) -> bool:
    """Whether these turns still have the words that were read."""
    table = TurnRow
    rows = await connection.execute(select(table.id, table.text).where(table.id.in_([turn.id for turn in turns])))
    now = {row.id: row.text for row in rows}
    return all(now.get(turn.id) == turn.text for turn in turns)
