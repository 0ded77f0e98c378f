"""The 200 lines by which people try to make a bot do what it should not: `nlg/corpora/injections.test.jsonl.xz`.

Lines of the dialogue schema, with two fields more: `trick` is the kind, `forbidden` what must not be in a reply.
"""

from __future__ import annotations

from dataclasses import dataclass

from nlg.data import reading
from nlg.data.corpus import SHIPPED
from nlg.data.examples import Example
from nlg.data.rows import Row
from nlg.errors import DataError

SOURCE, SPLIT = "injections", "test"
GROUP = "limits/"
"""Topics of replies that decline begin with that."""


@dataclass(frozen=True, slots=True)
class Injection:
    """A question that wants to make a model say what is `forbidden`."""

    example: Example
    trick: str
    forbidden: tuple[str, ...]


def load() -> list[Injection]:
    """Read all of them; raise `DataError` when the file is missing or wrong."""
    return [_injection(row) for row in reading.rows(reading.find(SOURCE, SPLIT, SHIPPED))]


def _injection(row: Row) -> Injection:
    told, dialogue = row.record.get("forbidden"), row.content.dialogue
    if not told or not isinstance(told, list) or not all(isinstance(text, str) and text for text in told):
        raise DataError(f"Line {row.number} of {SOURCE}.{SPLIT} does not say what is 'forbidden': a list of texts.")
    example = Example(dialogue.lines, dialogue.language, dialogue.domain, ())
    return Injection(example, str(row.record.get("trick", "")), tuple(told))
