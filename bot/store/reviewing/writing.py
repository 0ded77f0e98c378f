"""Keeps what reviewers say. Each function works in the caller's transaction."""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlalchemy import exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Speaker, State
from bot.reviews import LONGEST_CORRECTION, LONGEST_NOTE, Review
from bot.staff import User
from bot.store.clock import db_now
from bot.store.dialect import upsert
from bot.store.tables import TurnRow
from bot.store.tables.reviews import MarkRow, ReviewRow


class Reply(NamedTuple):
    """A reply as its turn's number, and that of its conversation."""

    turn: int
    conversation: int


async def find_reply(connection: AsyncConnection, turn: int) -> Reply | None:
    """Return a reply that can be reviewed; `None` for any other turn, and for erased words."""
    statement = select(TurnRow.id, TurnRow.conversation_id).where(
        TurnRow.id == turn, TurnRow.speaker == Speaker.BOT, TurnRow.state != State.ERASED
    )
    row = (await connection.execute(statement)).one_or_none()
    return Reply(*row) if row else None


async def save_review(connection: AsyncConnection, reply: Reply, reviewer: User, review: Review) -> int:
    """Keep the review beside the reviewer's earlier ones, which no longer count; return its id."""
    turn, conversation = reply
    mine = (ReviewRow.turn_id == turn, ReviewRow.reviewer_id == reviewer.id, ReviewRow.replaced_at.is_(None))
    await connection.execute(update(ReviewRow).where(*mine).values(replaced_at=db_now()))
    row = {
        "conversation_id": conversation,
        "turn_id": turn,
        "reviewer_id": reviewer.id,
        "role": reviewer.role,
        "verdict": review.verdict,
        "tags": json.dumps(review.tags, ensure_ascii=False),
        "note": review.note[:LONGEST_NOTE],
        "correction": review.correction[:LONGEST_CORRECTION],
        "flagged": review.flagged,
        "reviewed": review.reviewed,
        "at": db_now(),
    }
    made: int = (await connection.execute(insert(ReviewRow).values(**row).returning(ReviewRow.id))).scalar_one()
    await mark(connection, conversation, flagged=await _is_flagged(connection, conversation))
    return made


async def mark(connection: AsyncConnection, conversation: int, **values: object) -> None:
    """Set some of `flagged`, `reviewed_at` and `assignee_id` of a conversation."""
    new = {"conversation_id": conversation, "flagged": False, **values}
    statement = upsert(connection, MarkRow).values(**new)
    await connection.execute(statement.on_conflict_do_update(index_elements=["conversation_id"], set_=values))


async def mark_reviewed(connection: AsyncConnection, conversation: int, reviewed: bool) -> None:
    """Say that a conversation needs no more looking at, or that it does."""
    await mark(connection, conversation, reviewed_at=db_now() if reviewed else None)


async def _is_flagged(connection: AsyncConnection, conversation: int) -> bool:
    flagged = exists().where(
        ReviewRow.conversation_id == conversation, ReviewRow.flagged, ReviewRow.replaced_at.is_(None)
    )
    return bool((await connection.execute(select(flagged))).scalar())
