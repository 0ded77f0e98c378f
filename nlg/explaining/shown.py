"""How much of an explanation fits on a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlg import fonts
from nlg.explaining.explanation import Explanation, Step
from nlg.explaining.labels import visible

MOST_STEPS, MOST_PIECES = 128, 60


@dataclass(frozen=True, slots=True)
class Shown:
    """The part of an explanation that is drawn: its first steps, and the places of the pieces looked at most.

    `unknown` are the signs that no font here has.
    """

    told: Explanation
    steps: Sequence[Step]
    places: Sequence[int]
    unknown: set[str]

    @classmethod
    def of(cls, told: Explanation) -> Shown:
        steps, places = told.steps[:MOST_STEPS], range(len(told.context))
        rows = [step.attention for step in steps if step.attention]
        shares = [sum(row.context[place] for row in rows) for place in places]
        best = sorted(places, key=lambda place: -shares[place])[:MOST_PIECES]
        return cls(told, steps, sorted(best), fonts.missing("".join(_texts(told))))

    def name(self, label: str, number: str) -> str:
        """The label, or the number if it cannot be drawn."""
        return number if self.unknown & set(label) else label


def _texts(told: Explanation) -> Iterator[str]:
    """All that could have to be drawn."""
    if told.topic:
        yield from (visible(name) for name in (told.topic.name, *(one.text for one in told.topic.others)))
    yield from (visible(piece.text) for piece in told.context)
    for step in told.steps:
        yield from (visible(text) for text in (step.text, *(one.text for one in step.alternatives[:1])))
