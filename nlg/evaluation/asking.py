"""What models are asked: the examples of some sources, or a part of them drawn by chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nlg.contract import Line
from nlg.data import corpus
from nlg.data.acts import PLACEHOLDER
from nlg.data.examples import Example, examples
from nlg.data.languages import signs
from nlg.data.rows import Row
from nlg.errors import DataError

ACTS = "acts"
LEARNT = "train"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is asked. `data` names the files, `total` is how many examples they have.

    `known` are the replies that topics are told by; there are none where examples have no topics. `acts` are the
    contexts that say by acts what to say.
    """

    data: str
    examples: Sequence[Example]
    total: int
    known: Sequence[Example] = ()
    acts: frozenset[tuple[Line, ...]] = frozenset()

    def wanted(self, example: Example) -> frozenset[str] | None:
        """The placeholders that a reply should have; None where they are not told by acts."""
        if example.lines not in self.acts:
            return None
        return frozenset(PLACEHOLDER.findall(example.lines[-1].text))


def load(folder: Path, sources: Sequence[str], split: str, limit: int = 0, seed: int = 0) -> Asked:
    """Read what to ask. With a `limit`, so many examples are drawn by the seed, and stay in their order.

    Raises `DataError` when a file is missing or wrong, or when nobody replies in it.
    """
    rows = [row for source in sources for row in corpus.rows(folder, source, split)]
    found = examples(row.content.dialogue for row in rows if row.content.dialogue.lines)
    data = ", ".join(f"{source}.{split}" for source in sources)
    if not found:
        raise DataError(f"{data}: no turn of an assistant follows one of a user, so there is nothing to measure.")
    drawn = _drawn(found, limit, seed)
    several = len({example.domain for example in drawn}) > 1
    return Asked(data, drawn, len(found), _known(folder, sources) if several else (), _acts(rows))


def language(example: Example) -> str:
    """The language that replies are measured in: that of the label or, without one, the one the writing shows."""
    return example.language or signs("\n".join(example.replies)).language


def _drawn(found: list[Example], limit: int, seed: int) -> list[Example]:
    if not limit or limit >= len(found):
        return found
    places = random.Random(seed).sample(range(len(found)), limit)
    return [found[at] for at in sorted(places)]


def _acts(rows: Sequence[Row]) -> frozenset[tuple[Line, ...]]:
    return frozenset(row.content.dialogue.lines[:-1] for row in rows if row.schema == ACTS)


def _known(folder: Path, sources: Sequence[str]) -> Sequence[Example]:
    """What was learnt from those sources that have something to learn from; many corpora are for testing only."""
    there = [source for source in sources if _there(folder, source)]
    return corpus.load(folder, there, LEARNT) if there else ()


def _there(folder: Path, source: str) -> bool:
    try:
        corpus.find(folder, source, LEARNT)
    except DataError:
        return False
    return True
