"""Two models' replies to one prompt, and which of them reviewers chose."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agreement import Share, share
from bot.messages import Speaker
from bot.reviews import Choice
from bot.staff import User
from bot.store.clock import db_now
from bot.store.reviewing.queue import around, reviewable
from bot.store.tables import ConversationRow, TurnRow
from bot.store.tables.reviews import ComparisonRow, JudgementRow
from bot.store.tables.rollout import AskingRow, ShadowRow


@dataclass(frozen=True, slots=True)
class Pair:
    """Two replies to the prompt of the reply `turn`, as one reviewer sees them: nothing says whose they are."""

    id: int
    turn: int
    left: str
    right: str
    swapped: bool
    """Whether the second is on the left."""

    def choice(self, side: str) -> Choice | None:
        """Return what `left`, `right`, `tie` or `neither` says of the first and the second, `None` for others."""
        sides = {"left": Choice.FIRST, "right": Choice.SECOND, "tie": Choice.TIE, "neither": Choice.NEITHER}
        if self.swapped:
            sides |= {"left": Choice.SECOND, "right": Choice.FIRST}
        return sides.get(side)


@dataclass(frozen=True, slots=True)
class Standing:
    """How two models stand: how often each was chosen, with the share of the first among those that were decided."""

    first: str
    second: str
    won: Share
    lost: int
    ties: int
    neither: int


async def open_pair(connection: AsyncConnection, reviewer: int) -> Pair | None:
    """Return the oldest pair that the reviewer has not judged, `None` when there is none."""
    judged = exists().where(JudgementRow.comparison_id == ComparisonRow.id, JudgementRow.reviewer_id == reviewer)
    statement = select(ComparisonRow.id).where(~judged, ComparisonRow.first_text != "").order_by(ComparisonRow.id)
    found = (await connection.execute(statement.limit(1))).scalar()
    return None if found is None else await find_pair(connection, found, reviewer)


async def find_pair(connection: AsyncConnection, comparison: int, reviewer: int) -> Pair | None:
    """Return a pair as this reviewer sees it, `None` where it does not exist or was erased."""
    table = ComparisonRow.__table__
    row = (await connection.execute(select(table).where(table.c.id == comparison))).one_or_none()
    if row is None or not row.first_text:
        return None
    swapped = bool(hashlib.sha256(f"{row.salt}/{reviewer}".encode()).digest()[0] & 1)
    left, right = (row.second_text, row.first_text) if swapped else (row.first_text, row.second_text)
    return Pair(row.id, row.turn_id, left, right, swapped)


async def keep_pair(connection: AsyncConnection, turn: int, replies: Mapping[str, str]) -> int:
    """Keep what two models (`replies`, by their names) wrote to the prompt of a reply; return the pair's id."""
    (first, one), (second, other) = sorted(replies.items())
    of = select(TurnRow.conversation_id).where(TurnRow.id == turn).scalar_subquery()
    row = {
        "conversation_id": of,
        "turn_id": turn,
        "first_model": first,
        "second_model": second,
        "first_text": one,
        "second_text": other,
        "salt": secrets.token_hex(16),
        "at": db_now(),
    }
    made: int = (await connection.execute(insert(ComparisonRow).values(**row).returning(ComparisonRow.id))).scalar_one()
    return made


async def judge(connection: AsyncConnection, pair: Pair, reviewer: User, choice: Choice) -> None:
    """Keep a choice; an earlier one of the same reviewer no longer counts."""
    own = (JudgementRow.comparison_id == pair.id, JudgementRow.reviewer_id == reviewer.id)
    open_ = update(JudgementRow).where(*own, JudgementRow.replaced_at.is_(None))
    await connection.execute(open_.values(replaced_at=db_now()))
    row = {
        "comparison_id": pair.id,
        "reviewer_id": reviewer.id,
        "role": reviewer.role,
        "choice": choice,
        "at": db_now(),
    }
    await connection.execute(insert(JudgementRow).values(**row))


async def prompts(connection: AsyncConnection, count: int, chance: float) -> list[int]:
    """Return so many replies of models, from a place by chance on, whose prompts were not compared yet."""
    compared = exists().where(ComparisonRow.turn_id == TurnRow.id)
    where = (*reviewable(), TurnRow.draft != "", ~compared)
    return list((await connection.execute(around(where, chance, count).limit(count))).scalars())


async def standings(connection: AsyncConnection) -> list[Standing]:
    """Return how each two models stand that were compared, the most compared first."""
    counted = (
        select(ComparisonRow.first_model, ComparisonRow.second_model, JudgementRow.choice, func.count())
        .join(JudgementRow, JudgementRow.comparison_id == ComparisonRow.id)
        .where(JudgementRow.replaced_at.is_(None))
        .group_by(ComparisonRow.first_model, ComparisonRow.second_model, JudgementRow.choice)
    )
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for first, second, choice, count in await connection.execute(counted):
        found[first, second][choice] += count
    return [
        _standing(*models, choices)
        for models, choices in sorted(found.items(), key=lambda one: (-one[1].total(), one[0]))
    ]


async def known(connection: AsyncConnection, turn: int) -> dict[str, str]:
    """Return what versions wrote to the prompt of a reply: the one that was sent, and shadows, by their names."""
    sent = select(AskingRow.version, TurnRow.draft).join(TurnRow, TurnRow.id == AskingRow.turn_id)
    beside = select(ShadowRow.version, ShadowRow.draft).where(ShadowRow.turn_id == turn)
    found = [*await connection.execute(beside), *await connection.execute(sent.where(TurnRow.id == turn))]
    return {row.version: row.draft for row in found if row.draft}


async def language_of(connection: AsyncConnection, turn: int) -> str:
    """Return the language of a reply's conversation; empty where there is no such reply."""
    statement = select(ConversationRow.language).join(TurnRow, TurnRow.conversation_id == ConversationRow.id)
    found = (await connection.execute(statement.where(TurnRow.id == turn, TurnRow.speaker == Speaker.BOT))).scalar()
    return found or ""


def _standing(first: str, second: str, choices: Counter[str]) -> Standing:
    won, lost = choices[Choice.FIRST], choices[Choice.SECOND]
    return Standing(first, second, share(won, won + lost), lost, choices[Choice.TIE], choices[Choice.NEITHER])
