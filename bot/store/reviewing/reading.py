"""Reads what reviewers said."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agreement import kappa
from bot.messages import Turn
from bot.reviews import Review, Verdict
from bot.store.reading import newest_turns
from bot.store.tables import TurnRow, WritingRow
from bot.store.tables.reviews import MarkRow, ReviewRow
from bot.store.tables.staff import UserRow


@dataclass(frozen=True, slots=True)
class Said:
    """A review with who gave it and when; `current` is false for one that its reviewer replaced."""

    id: int
    turn: int
    reviewer: int
    name: str
    at: float
    current: bool
    review: Review


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two reviewers agree on the replies that both judged."""

    first: str
    second: str
    both: int
    same: int
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """How a conversation stands."""

    flagged: bool = False
    reviewed_at: float | None = None
    assignee: int | None = None


async def reviews_of(connection: AsyncConnection, turns: Sequence[int]) -> Mapping[int, Sequence[Said]]:
    """Return all reviews of these turns, the newest first, by turn. What was only put off is left out."""
    table = ReviewRow.__table__
    statement = select(table, UserRow.name).join(UserRow, UserRow.id == table.c.reviewer_id)
    statement = statement.where(table.c.turn_id.in_(turns), table.c.reviewed)
    found: dict[int, list[Said]] = defaultdict(list)
    for row in await connection.execute(statement.order_by(table.c.id.desc())):
        review = Review(
            Verdict(row.verdict), tuple(json.loads(row.tags)), row.note, row.correction, row.flagged, row.reviewed
        )
        found[row.turn_id].append(
            Said(row.id, row.turn_id, row.reviewer_id, row.name, row.at, row.replaced_at is None, review)
        )
    return found


async def mark_of(connection: AsyncConnection, conversation: int) -> Mark:
    statement = select(MarkRow.flagged, MarkRow.reviewed_at, MarkRow.assignee_id)
    row = (await connection.execute(statement.where(MarkRow.conversation_id == conversation))).one_or_none()
    return Mark(*row) if row else Mark()


async def before(connection: AsyncConnection, turn: int, count: int) -> tuple[Turn, ...]:
    """Return a turn with the last so many before it in its conversation, oldest first; nothing if there is none."""
    place = (await connection.execute(_place(turn))).one_or_none()
    if place is None:
        return ()
    where = (TurnRow.conversation_id == place.conversation_id, TurnRow.seq <= place.seq)
    return await newest_turns(connection, where, count + 1)


async def model_of(connection: AsyncConnection, turn: int) -> tuple[str, float | None]:
    """Return which model wrote a reply and its score; empty where none did."""
    statement = select(WritingRow.model, WritingRow.score).where(WritingRow.turn_id == turn)
    row = (await connection.execute(statement)).one_or_none()
    return (row.model, row.score) if row else ("", None)


async def agreements(connection: AsyncConnection) -> list[Agreement]:
    """Return how far each two reviewers agree on replies that both gave a verdict on, most double reviews first."""
    twice = (
        select(ReviewRow.turn_id)
        .where(*_verdicts())
        .group_by(ReviewRow.turn_id)
        .having(func.count(ReviewRow.reviewer_id.distinct()) > 1)
    )
    statement = select(ReviewRow.turn_id, ReviewRow.verdict, UserRow.name).join(
        UserRow, UserRow.id == ReviewRow.reviewer_id
    )
    given: dict[int, dict[str, str]] = defaultdict(dict)
    for row in await connection.execute(statement.where(*_verdicts(), ReviewRow.turn_id.in_(twice))):
        given[row.turn_id][row.name] = row.verdict
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for verdicts in given.values():
        for first, second in combinations(sorted(verdicts), 2):
            pairs[first, second].append((verdicts[first], verdicts[second]))
    found = [
        Agreement(first, second, len(both), sum(a == b for a, b in both), kappa(both))
        for (first, second), both in pairs.items()
    ]
    return sorted(found, key=lambda one: (-one.both, one.first, one.second))


async def counts(connection: AsyncConnection) -> Mapping[str, int]:
    """Return how many replies have a current verdict, by verdict, and how many were corrected (`corrected`)."""
    verdicts = select(ReviewRow.verdict, func.count()).where(*_verdicts()).group_by(ReviewRow.verdict)
    corrected = select(func.count()).where(ReviewRow.correction != "", ReviewRow.replaced_at.is_(None))
    found = {verdict: count for verdict, count in await connection.execute(verdicts)}  # noqa: C416 - rows, not pairs
    return {"good": 0, "bad": 0, **found, "corrected": (await connection.execute(corrected)).scalar_one()}


async def reviewers(connection: AsyncConnection) -> list[tuple[int, str]]:
    """Return id and name of everybody who may be given a conversation."""
    statement = select(UserRow.id, UserRow.name).where(UserRow.disabled_at.is_(None), UserRow.role != "viewer")
    return [(row.id, row.name) for row in await connection.execute(statement.order_by(UserRow.name))]


def _verdicts() -> tuple[ColumnElement[bool], ...]:
    return (ReviewRow.replaced_at.is_(None), ReviewRow.verdict != "")


def _place(turn: int) -> Select[int, int]:
    return select(TurnRow.conversation_id, TurnRow.seq).where(TurnRow.id == turn)
