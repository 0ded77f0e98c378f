"""What goes on although something is amiss: the bot is ready, but whoever runs it should know."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import State
from bot.store.alerts import RESPONDER
from bot.store.clock import db_now
from bot.store.tables import TurnRow

UNHEARD_SECONDS = 60.0
"""An alert that is on its way for longer reaches nobody now."""
SHED_SECONDS = 300.0
MOST_DRIFT = 60.0
"""Slack's requests are refused when our clock is five minutes off."""


@dataclass(frozen=True, slots=True)
class Worries:
    """`unheard` alerts wait to be told; so many messages were `shed` lately; `drift` is how far this machine's clock is
    ahead of the database's, in seconds.
    """

    unheard: int
    shed: int
    drift: float

    @property
    def clock_is_off(self) -> bool:
        return abs(self.drift) > MOST_DRIFT

    @property
    def any(self) -> bool:
        return bool(self.unheard or self.shed or self.clock_is_off)


async def read_worries(connection: AsyncConnection, now: float) -> Worries:
    """Return them; `now` is what this machine takes for the time, in seconds since 1970."""
    row = TurnRow
    count = select(func.count()).select_from(row)
    unheard = count.where(row.state == State.REPLYING, row.responder == RESPONDER, row.at < db_now() - UNHEARD_SECONDS)
    shed = count.where(row.state == State.SHED, row.ended_at > db_now() - SHED_SECONDS)
    found = (await connection.execute(select(unheard.scalar_subquery(), shed.scalar_subquery(), db_now()))).one()
    return Worries(found[0], found[1], now - found[2])
