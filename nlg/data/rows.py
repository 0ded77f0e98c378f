"""One line of a data file, whatever its format: what is learnt from it, what is written in it, and how it stood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from nlg.data.dialogues import Dialogue

Record: TypeAlias = Mapping[str, Any]
"""A line as it stands in its file, as JSON would have it."""


@dataclass(frozen=True, slots=True)
class Text:
    """Something a person or a model wrote, and the language that it is said to be in (empty: not said)."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a schema makes of a record. `texts` is everything written in it, also what `dialogue` leaves out."""

    dialogue: Dialogue
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A record that was understood. `number` is its line, counted from 1; `schema` the name of what it is."""

    number: int
    schema: str
    record: Record
    content: Content
