"""Keeps how models wrote replies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Asked, Writing
from bot.store.summaries import forget_summary
from bot.store.tables import TurnRow, WritingRow
from bot.store.tables.reading import PromptRow

DECIMALS = 4


async def keep_writings(connection: AsyncConnection, writings: Mapping[int, Writing]) -> None:
    """Store the writings of replies, which are named by their turns. Runs inside the caller's transaction."""
    if not writings:
        return
    measured = [{"turn_id": turn, **_measured(writing)} for turn, writing in writings.items()]
    await connection.execute(insert(WritingRow), measured)
    prompts = [_prompt(turn, one.asked, one.odds) for turn, one in writings.items() if one.asked]
    if prompts:
        await connection.execute(insert(PromptRow), prompts)


async def forget_prompts(connection: AsyncConnection, conversation: int, seq: int) -> None:
    """Let go of what repeats the words of a turn that were taken back: the prompts of later replies, the summary."""
    later = select(TurnRow.id).where(TurnRow.conversation_id == conversation, TurnRow.seq > seq)
    await connection.execute(delete(PromptRow).where(PromptRow.turn_id.in_(later)))
    await forget_summary(connection, conversation, seq)


def _prompt(turn: int, asked: Asked, odds: Sequence[tuple[str, float]]) -> dict[str, object]:
    return {
        "turn_id": turn,
        "language": asked.language,
        "lines": _json(asked.lines),
        "decoding": _json(asked.decoding),
        "odds": _json([(text, round(one, DECIMALS)) for text, one in odds]),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _measured(writing: Writing) -> dict[str, object]:
    return {name: value for name, value in asdict(writing).items() if name in WritingRow.__table__.columns}
