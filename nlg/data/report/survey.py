"""Looks at a file row by row and remembers figures, not texts (a few examples aside)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from nlg.contract import Line, Role
from nlg.data.languages import signs
from nlg.data.report.lengths import Lengths
from nlg.data.rows import Row
from nlg.data.rules import Rule, findings
from nlg.data.showing import shown

REMEMBERED = 50_000
"""Texts whose length in tokens is kept at hand, as customers and clerks repeat themselves."""
TOLD_TOPICS = 30
UNKNOWN = "not said"

Count = Callable[[str], int]


@dataclass(slots=True)
class Side:
    """What one of the two says."""

    characters: Lengths = field(default_factory=Lengths)
    tokens: Lengths = field(default_factory=Lengths)


@dataclass(slots=True)
class Survey:
    """The figures of a file. `labels` counts pairs of the language on the label and the one the writing shows."""

    name: str
    rows: int = 0
    schemas: Counter[str] = field(default_factory=Counter)
    turns: Lengths = field(default_factory=Lengths)
    sides: dict[Role, Side] = field(default_factory=lambda: {role: Side() for role in Role})
    labels: Counter[tuple[str, str]] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why rows would be left out by cleaning."""
    suspect: int = 0
    """Rows that cleaning would leave out."""
    examples: list[list[Line]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "rows": self.rows,
            "schemas": dict(self.schemas),
            "turns": self.turns.to_json(),
            "texts": {str(role): _side(side) for role, side in self.sides.items()},
            "languages": [{"label": a, "seen": b, "rows": times} for (a, b), times in self.labels.most_common()],
            "topics": dict(self.topics.most_common(TOLD_TOPICS)),
            "topic_count": len(self.topics),
            "suspect": self.suspect,
            "reasons": dict(self.reasons.most_common()),
            "examples": [[{"role": line.role, "text": line.text} for line in lines] for lines in self.examples],
        }


def _side(side: Side) -> dict[str, dict[str, float]]:
    tokens = {"tokens": side.tokens.to_json()} if side.tokens.counts else {}
    return {"characters": side.characters.to_json(), **tokens}


class Surveyor:
    """Makes a survey. `count` tells the tokens of a text, if there is a tokenizer; examples are drawn by the seed."""

    def __init__(self, rules: Sequence[Rule], count: Count | None, examples: int, seed: int = 0) -> None:
        self._rules = rules
        self._count = lru_cache(REMEMBERED)(count) if count else None
        self._examples = examples
        self._chance = random.Random(seed)

    def survey(self, name: str, rows: Iterable[Row]) -> Survey:
        """Look at all rows of a file. Needs 16 bytes a row, to know a duplicate."""
        made = Survey(name)
        for row in rows:
            made.rows += 1
            self._add(made, row)
        return made

    def _add(self, made: Survey, row: Row) -> None:
        dialogue = row.content.dialogue
        made.schemas[row.schema] += 1
        made.turns.add(len(dialogue.lines))
        made.labels[dialogue.language or UNKNOWN, _seen(row)] += 1
        made.topics[dialogue.domain or UNKNOWN] += 1
        for line in dialogue.lines:
            self._measure(made.sides[line.role], line.text)
        found = findings(row, self._rules)
        made.reasons.update(finding.reason for finding in found)
        made.suspect += bool(found)
        self._draw(made, row)

    def _measure(self, side: Side, text: str) -> None:
        side.characters.add(len(text))
        if self._count is not None:
            side.tokens.add(self._count(text))

    def _draw(self, made: Survey, row: Row) -> None:
        """Keep each row with the same chance (reservoir sampling)."""
        place = len(made.examples) if made.rows <= self._examples else self._chance.randrange(made.rows)
        if place < self._examples:
            lines = [Line(line.role, shown(line.text)) for line in row.content.dialogue.lines]
            made.examples[place : place + 1] = [lines]


def _seen(row: Row) -> str:
    """The language that the writing of the replies shows: `zh`, `en`, `other`, or that it does not tell."""
    spoken = [line.text for line in row.content.dialogue.lines if line.role is Role.ASSISTANT]
    return signs("\n".join(spoken)).language or UNKNOWN
