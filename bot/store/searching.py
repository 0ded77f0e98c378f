"""Finds turns by their words. Latin words count from their beginning, Chinese ones wherever they stand.

The index is `turn_words`. Triggers of the database keep it in step in the transaction that changes a turn's text,
so that whatever stores, edits, removes or erases words need not think of it. On PostgreSQL it holds for each turn the
words and the pairs of Chinese characters (a trigram index finds no Chinese word of two characters, and not everybody
may install one); on SQLite it is a full-text table of trigrams, where shorter terms are found as the beginnings of
trigrams: the index holds each text with two spaces after it, so that no sign is without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Label,
    Select,
    cast,
    column,
    false,
    func,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import TurnRow
from bot.store.terms import is_run, pairs, terms

TRIGRAM = 3
GREATEST = "\U0010ffff"

_WORDS = table("turn_words", column("turn_id", BigInteger), column("terms"))
_TRIGRAMS = table("turn_words", column("rowid", BigInteger))
_KNOWN = table("turn_trigrams", column("term"))


RECENT, MANY = 4000, 20
"""So many places among the latest turns are many: a page of them is found by walking backwards."""


@dataclass(frozen=True, slots=True)
class Places:
    """The turns (`id`, `conversation_id`) that hold what is searched for, unsorted.

    Sorted by `key`, the newest of `turns` are found quickly; `every` is quick where some of them are counted.
    """

    turns: Select[int, int]
    key: Label[int]
    every: Select[int, int]


async def places(connection: AsyncConnection, query: str) -> Places | None:
    """Return where all terms of the query are; `None` where nothing is asked."""
    wanted = terms(query)
    if not wanted:
        return None
    if connection.dialect.name == "sqlite":
        return _among_trigrams(await _match(connection, wanted))
    return await _among_words(connection, wanted)


async def _among_words(connection: AsyncConnection, wanted: list[str]) -> Places:
    """Walk backwards through turns where that soon finds a page; else ask the index for all places and sort them.

    The planner cannot choose well: it does not know how many words begin with these letters.
    """
    sought = cast(func.lower(literal(" & ".join(map(_lexemes, wanted)))), TSQUERY)
    held = _WORDS.c.terms.op("@@")(sought)
    # Pairs may stand apart: a longer run has to be there as it was asked for.
    runs = [func.strpos(TurnRow.text, term) > 0 for term in wanted if is_run(term) and len(term) > 2]
    turns = _turns().join(_WORDS, _WORDS.c.turn_id == TurnRow.id).where(*runs)
    every = turns.where(held)
    if await _are_many(connection, sought):
        # In COALESCE no index helps, and half of the turns are expected to fit: so the planner walks.
        walked = func.coalesce(held, false())
        return Places(turns.where(walked), _WORDS.c.turn_id.label("place"), every)
    return Places(every, (_WORDS.c.turn_id + 0).label("place"), every)


async def _are_many(connection: AsyncConnection, sought: ColumnElement[Any]) -> bool:
    recent = select(_WORDS.c.terms).order_by(_WORDS.c.turn_id.desc()).limit(RECENT).subquery()
    held = select(func.count()).select_from(recent).where(recent.c.terms.op("@@")(sought))
    return (await connection.execute(held)).scalar_one() >= MANY


def _lexemes(term: str) -> str:
    if is_run(term):
        return " & ".join(f"'{pair}'" for pair in pairs(term)) if len(term) > 1 else f"'{term}':*"
    return f"'{term}':*" if len(term) > 1 else f"'{term}'"


def _among_trigrams(match: str | None) -> Places:
    if match is None:
        nothing = _turns().where(false())
        return Places(nothing, TurnRow.__table__.c.id.label("place"), nothing)
    held = literal_column("turn_words").op("MATCH")(match)
    turns = _turns().join(_TRIGRAMS, _TRIGRAMS.c.rowid == TurnRow.id).where(held)
    return Places(turns, _TRIGRAMS.c.rowid.label("place"), turns)


def _turns() -> Select[int, int]:
    return select(TurnRow.id, TurnRow.conversation_id)


async def _match(connection: AsyncConnection, wanted: list[str]) -> str | None:
    """Write the terms in the language of FTS5; `None` where one of them occurs nowhere."""
    alternatives = [[term] if len(term) >= TRIGRAM else await _beginning(connection, term) for term in wanted]
    if not all(alternatives):
        return None
    return " AND ".join(f"({' OR '.join(map(_quoted, group))})" for group in alternatives)


async def _beginning(connection: AsyncConnection, term: str) -> list[str]:
    """Return the trigrams that begin with a term."""
    known = select(_KNOWN.c.term).where(_KNOWN.c.term >= term, _KNOWN.c.term < term + GREATEST)
    return list((await connection.execute(known)).scalars())


def _quoted(term: str) -> str:
    escaped = term.replace('"', '""')
    return f'"{escaped}"'
