"""The books: accepted = ended + open. And the sweeper, which finds what nobody looks after."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select, update

from bot.messages import Speaker, State
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.leasing import WAITING
from bot.store.tables import ConversationRow, PartRow, TurnRow


@dataclass(frozen=True, slots=True)
class Balance:
    """Accepted messages by state, and how long the oldest open one has waited, in seconds."""

    states: dict[State, int]
    oldest_open: float

    @property
    def accepted(self) -> int:
        return sum(self.states.values())

    @property
    def open(self) -> int:
        return sum(count for state, count in self.states.items() if not state.ended)


class Ledger:
    """Counts and mends."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def balance(self) -> Balance:
        """Count every accepted message once. Raises `StoreDown`."""
        person = TurnRow.speaker == Speaker.USER
        counts = select(TurnRow.state, func.count()).where(person).group_by(TurnRow.state)
        opened = TurnRow.state.in_((State.OPEN, State.REPLYING))
        oldest = select(db_now() - func.min(TurnRow.at)).where(person, opened)
        async with self._database.read() as connection:
            states = {State(state): count for state, count in (await connection.execute(counts)).all()}
            waited = (await connection.execute(oldest)).scalar()
        return Balance(states, waited or 0.0)

    async def sweep(self) -> int:
        """Make conversations due that have something open but no date; return how many. Raises `StoreDown`.

        Expired leases and due retries need no help: a claim finds them by itself.
        """
        row = ConversationRow
        opened = exists().where(
            TurnRow.conversation_id == row.id, TurnRow.state == State.OPEN, TurnRow.speaker == Speaker.USER
        )
        unsent = exists().where(PartRow.conversation_id == row.id, PartRow.state.in_(WAITING))
        forgotten = update(row).where(row.due_at.is_(None), or_(opened, unsent)).values(due_at=db_now())
        async with self._database.begin() as connection:
            return (await connection.execute(forgotten)).rowcount
