"""Reads what is exported, a page at a time, in the order of ids."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute, aliased

from bot.messages import Asked, Speaker, State, Turn
from bot.reviews import Choice
from bot.store.closeup import read_prompts
from bot.store.reading import newest_turns
from bot.store.tables import ConversationRow, TurnRow, WritingRow
from bot.store.tables.reviews import ComparisonRow, JudgementRow, ReviewRow

PAGE = 200
LONGEST = 500
"""Turns of a conversation in one row."""
READ = 40
"""Turns before a reply that its prompt is made of, as when it was written."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted of all there is; empty and `None` leave it open. Times are seconds since 1970, in UTC."""

    since: float | None = None
    until: float | None = None
    channel: str = ""
    language: str = ""
    model: str = ""

    def within(self, at: InstrumentedAttribute[float]) -> list[ColumnElement[bool]]:
        found = [at >= self.since] if self.since is not None else []
        return [*found, at < self.until] if self.until is not None else found

    def of_place(self) -> list[ColumnElement[bool]]:
        row = ConversationRow
        found = [row.channel == self.channel] if self.channel else []
        return [*found, row.language == self.language] if self.language else found


class Heading(NamedTuple):
    """A conversation without its turns."""

    id: int
    channel: str
    language: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A reply that people chose another for, and where that is known from.

    `rejected` is what the model wrote; empty for a reply that no model wrote. `asked` is what it was asked, as kept;
    where that was not kept, `turns` are those before the reply.
    """

    id: str
    heading: Heading
    turn: int
    chosen: str
    rejected: str
    source: Mapping[str, object]
    asked: Asked | None = None
    turns: tuple[Turn, ...] = ()


async def conversations(connection: AsyncConnection, wanted: Selection) -> AsyncIterator[Heading]:
    """Yield the conversations in which something was said that is wanted."""
    row, last = ConversationRow, 0
    of_turn = [*wanted.within(TurnRow.at), *_by_model(wanted, TurnRow.id)]
    said = [exists().where(TurnRow.conversation_id == row.id, *of_turn)] if of_turn else []
    statement = select(row.id, row.channel, row.language).where(*wanted.of_place(), *said).order_by(row.id).limit(PAGE)
    while page := (await connection.execute(statement.where(row.id > last))).all():
        for found in page:
            yield Heading(*found)
        last = page[-1].id


async def said(connection: AsyncConnection, conversation: int) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield what was said, with the newest review of each reply, in lists of at most `LONGEST`."""
    turn, last = TurnRow.__table__, 0
    statement = (
        select(turn, WritingRow.model)
        .outerjoin(WritingRow, WritingRow.turn_id == turn.c.id)
        .where(turn.c.conversation_id == conversation, turn.c.state != State.ERASED)
        .where(turn.c.removed_at.is_(None), turn.c.text != "")
        .order_by(turn.c.seq)
        .limit(LONGEST)
    )
    while page := (await connection.execute(statement.where(turn.c.seq > last))).all():
        reviews = await _reviews(connection, [row.id for row in page])
        yield [_turn(row) | reviews.get(row.id, {}) for row in page]
        last = page[-1].seq


async def corrected(connection: AsyncConnection, wanted: Selection) -> AsyncIterator[Judged]:
    """Yield the replies that somebody corrected, once for each reviewer whose correction counts."""
    review = ReviewRow
    statement = _judged(wanted, review.id, review.at, review.role, review.correction).join(
        review, review.turn_id == TurnRow.id
    )
    statement = statement.where(review.replaced_at.is_(None), review.correction != "", *wanted.within(review.at))
    async for row, asked in _paged(connection, statement, review.id):
        written = row.draft if row.model else ""
        made = _made(row, f"review-{row.id}", "correction", row.correction, written)
        yield await _with_prompt(connection, row, made, asked)


async def preferred(connection: AsyncConnection, wanted: Selection) -> AsyncIterator[Judged]:
    """Yield the pairs of which somebody chose one, once for each reviewer; the rejected one is a model's."""
    judgement, pair = JudgementRow, ComparisonRow
    columns = (judgement.choice, pair.first_text, pair.second_text, pair.first_model, pair.second_model)
    statement = _judged(wanted, judgement.id, judgement.at, judgement.role, *columns)
    statement = statement.join(pair, pair.turn_id == TurnRow.id).join(judgement, judgement.comparison_id == pair.id)
    decided = judgement.choice.in_((Choice.FIRST, Choice.SECOND))
    statement = statement.where(judgement.replaced_at.is_(None), decided, pair.first_text != "")
    async for row, asked in _paged(connection, statement.where(*wanted.within(judgement.at)), judgement.id):
        sides = [(row.first_text, row.first_model), (row.second_text, row.second_model)]
        (chosen, better), (rejected, worse) = sides if row.choice == Choice.FIRST else reversed(sides)
        made = _made(row, f"judgement-{row.id}", "comparison", chosen, rejected)
        made = replace(made, source={**made.source, "model": worse, "chosen_model": better})
        yield await _with_prompt(connection, row, made, asked)


def _judged(wanted: Selection, *columns: Any) -> Select[Any]:
    turn, place = TurnRow, ConversationRow
    statement = select(
        *columns,
        turn.id.label("turn"),
        turn.seq,
        turn.draft,
        turn.responder,
        WritingRow.model,
        place.id.label("conversation"),
        place.channel,
        place.language,
    )
    statement = statement.select_from(turn).join(place, place.id == turn.conversation_id)
    statement = statement.outerjoin(WritingRow, WritingRow.turn_id == turn.id)
    return statement.where(turn.state != State.ERASED, *wanted.of_place(), *_by_model(wanted, turn.id))


async def _paged(
    connection: AsyncConnection, statement: Select[Any], key: Any
) -> AsyncIterator[tuple[Row[Any], Asked | None]]:
    """Yield the rows with what the model was asked, where that was kept."""
    last = 0
    while page := (await connection.execute(statement.where(key > last).order_by(key).limit(PAGE))).all():
        asked = await read_prompts(connection, [row.turn for row in page])
        for row in page:
            yield row, asked.get(row.turn)
        last = page[-1].id


def _made(row: Row[Any], name: str, by: str, chosen: str, rejected: str) -> Judged:
    source = {
        "conversation": row.conversation,
        "turn": row.turn,
        "channel": row.channel,
        "model": row.model or "",
        "responder": row.responder,
        "by": by,
        "reviewer": row.role,
        "time": time_of(row.at),
    }
    heading = Heading(row.conversation, row.channel, row.language)
    return Judged(name, heading, row.turn, chosen, rejected, source)


async def _with_prompt(connection: AsyncConnection, row: Row[Any], made: Judged, asked: Asked | None) -> Judged:
    """Add what the model was asked; where that is not known, the turns before the reply."""
    if asked:
        return replace(made, asked=asked)
    earlier = (TurnRow.conversation_id == row.conversation, TurnRow.seq < row.seq, TurnRow.state != State.ERASED)
    return replace(made, turns=await newest_turns(connection, earlier, READ))


async def _reviews(connection: AsyncConnection, turns: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What counts of each turn: the newest verdict, with its tags, note and correction."""
    row = ReviewRow
    statement = select(row.turn_id, row.verdict, row.tags, row.note, row.correction).where(
        row.turn_id.in_(turns), row.replaced_at.is_(None), row.reviewed
    )
    return {
        found.turn_id: {
            "verdict": found.verdict,
            "tags": json.loads(found.tags),
            "note": found.note,
            "correction": found.correction,
        }
        for found in await connection.execute(statement.order_by(row.id))
    }


def _turn(row: Row[Any]) -> dict[str, Any]:
    roles = {Speaker.USER: "user", Speaker.BOT: "bot", Speaker.HUMAN: "human"}
    return {
        "id": row.id,
        "time": time_of(row.at),
        "role": roles[Speaker(row.speaker)],
        "text": row.text,
        "draft": row.draft,
        "model": row.model or "",
        "responder": row.responder,
        "state": str(row.state),
    }


def _by_model(wanted: Selection, turn: Any) -> list[ColumnElement[bool]]:
    """Written by this model: any version of it, where only the name is given."""
    if not wanted.model:
        return []
    writing = aliased(WritingRow)  # the statement around it may have joined the table already
    versions = writing.model.startswith(f"{wanted.model}@", autoescape=True)
    return [exists().where(writing.turn_id == turn, (writing.model == wanted.model) | versions)]


def time_of(at: float) -> str:
    """Return a time of ours as ISO 8601, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
