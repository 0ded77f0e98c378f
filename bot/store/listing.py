"""Lists conversations: the newest first, or by the newest places where something was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Address, Answering, Turn
from bot.store.filters import filters
from bot.store.reading import read_turn
from bot.store.searching import places
from bot.store.tables import ConversationRow, TurnRow

MOST_COUNTED = 500
"""More are not counted: whoever reads a list wants to know whether it is long, not how long."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: words, and values of filters by the filters' names."""

    words: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what all conversations must fulfil. Raises `ValueError` for a value that makes no sense."""
        known = filters()
        return [known[name].condition(value) for name, value in self.values.items()]


@dataclass(frozen=True, slots=True)
class Walk:
    """A statement for the conversations in the order of `keys`, descending, which are unique together."""

    statement: Select[*tuple[Any, ...]]
    keys: Sequence[ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in the list, with its newest turn, or the newest there that holds what was searched for.

    `more` are further such turns on the same page. `last_at` is in seconds since 1970.
    """

    id: int
    address: Address
    language: str
    answering: Answering
    turns: int
    last_at: float
    turn: Turn | None
    more: int


async def walk(connection: AsyncConnection, wanted: Wanted) -> Walk:
    """Return how to walk along what is wanted. Raises `ValueError` for a value that makes no sense."""
    found = await places(connection, wanted.words)
    if found is not None:
        columns = (TurnRow.conversation_id.label("conversation"), TurnRow.seq.label("seq"), found.key)
        return Walk(_kept(found.turns, wanted).with_only_columns(*columns), [found.key])
    row = ConversationRow.__table__.c
    recent: Select[*tuple[Any, ...]] = select(
        row.id.label("conversation"), row.next_seq.label("seq"), row.last_message_at, row.id
    )
    return Walk(recent.where(*wanted.conditions()), [row.last_message_at, row.id])


async def count(connection: AsyncConnection, wanted: Wanted, most: int = MOST_COUNTED) -> int:
    """Count the conversations, or the places where the words are said; at most one more than `most`.

    Raises `ValueError` for a value that makes no sense.
    """
    found = await places(connection, wanted.words)
    if found is None:
        every: Select[*tuple[Any, ...]] = select(ConversationRow.id).where(*wanted.conditions())
    else:
        every = _kept(found.every, wanted).with_only_columns(TurnRow.id)
    few = every.limit(most + 1).subquery()
    return int((await connection.execute(select(func.count()).select_from(few))).scalar_one())


async def choices(connection: AsyncConnection) -> dict[str, Sequence[str]]:
    """Return the values that each filter offers."""
    return {name: await one.choices(connection) for name, one in filters().items() if one.choices}


async def listed(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Listed]:
    """Return what is shown of the rows of a walk. A conversation stands there once."""
    first: dict[int, int] = {}
    times: dict[int, int] = {}
    for row in rows:
        first.setdefault(row.conversation, row.seq)
        times[row.conversation] = times.get(row.conversation, 0) + 1
    turns = await _turns(connection, list(first.items()))
    found = {row.id: row for row in await connection.execute(_conversations(list(first)))}
    return [_listed(found[one], turns.get(one), times[one] - 1) for one in first if one in found]


def _kept(turns: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    """Keep the turns of conversations that fulfil the conditions."""
    if not wanted.values:
        return turns
    of_conversation = turns.join(ConversationRow, ConversationRow.id == TurnRow.conversation_id)
    return of_conversation.where(*wanted.conditions())


def _conversations(numbers: Sequence[int]) -> Select[*tuple[Any, ...]]:
    row = ConversationRow.__table__.c
    address = (row.channel, row.account, row.chat, row.thread)
    shown = select(row.id, *address, row.language, row.answering, row.next_seq, row.last_message_at)
    return shown.where(row.id.in_(numbers))


async def _turns(connection: AsyncConnection, places: Sequence[tuple[int, int]]) -> dict[int, Turn]:
    """Return the turns at these numbers, by their conversations."""
    table = TurnRow.__table__
    # One by one: SQLite would look for pairs of values without its index.
    each = [and_(table.c.conversation_id == one, table.c.seq == seq) for one, seq in places]
    there = select(table).where(or_(false(), *each))
    return {row.conversation_id: read_turn(row) for row in await connection.execute(there)}


def _listed(row: Row[Any], turn: Turn | None, more: int) -> Listed:
    address = Address(row.channel, row.account, row.chat, row.thread)
    answering = Answering(row.answering)
    return Listed(row.id, address, row.language, answering, row.next_seq, row.last_message_at, turn, more)
