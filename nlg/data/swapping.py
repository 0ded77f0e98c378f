"""Reads pairs from the other side: `tatoeba_en_zh:swapped` is the source `tatoeba_en_zh` from Chinese to English.

A name with that ending can stand wherever sources are named, so one file teaches and measures both directions.
"""

from __future__ import annotations

import re

from nlg.data.rows import Record, Row
from nlg.data.schemas import pair

ENDING = ":swapped"
PAIR = "pair"
DIRECTION = re.compile(r"([a-z]+)_([a-z]{2})_([a-z]{2})")


def plain(source: str) -> str:
    """The source without the ending."""
    return source.removesuffix(ENDING)


def is_swapped(source: str) -> bool:
    """Whether a source is to be read from the other side."""
    return source.endswith(ENDING)


def swapped(row: Row) -> Row:
    """The pair with its sides changed, and its task too; raise `ValueError` for what is no pair."""
    if row.schema != PAIR:
        raise ValueError(f"only pairs can be read from the other side, and this is of the schema {row.schema!r}")
    record = _other(row.record)
    return Row(row.number, row.schema, record, pair.content(record))


def _other(record: Record) -> Record:
    task = DIRECTION.sub(r"\1_\3_\2", str(record.get("task") or ""))
    return {**record, "input": record["target"], "target": record["input"], "task": task}
