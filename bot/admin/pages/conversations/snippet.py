"""The part of a text that shows why it was found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.admin.visible import Stretch, visible
from bot.store.terms import is_run

BEFORE, LONGEST = 40, 200
"""Characters shown before the first hit, and in all."""
MORE = "…"


def snippet(text: str, terms: Sequence[str]) -> list[Stretch]:
    """Return the text around the first of the terms, in stretches; those that were searched for are marked.

    What cannot be seen is shown as its code.
    """
    line = " ".join(text.split())
    hits = [match.span() for match in _pattern(terms).finditer(line)] if terms else []
    start = max(0, hits[0][0] - BEFORE) if hits and hits[0][0] > BEFORE else 0
    end = min(len(line), start + LONGEST)
    return [
        *([Stretch(MORE)] if start else []),
        *_marked(line, [hit for hit in hits if hit[1] <= end], start, end),
        *([Stretch(MORE)] if end < len(line) else []),
    ]


def _pattern(terms: Sequence[str]) -> re.Pattern[str]:
    """Words are found from their beginning, as the index finds them."""
    either = (re.escape(term) if is_run(term) else rf"(?<!\w){re.escape(term)}" for term in terms)
    return re.compile("|".join(either), re.IGNORECASE)


def _marked(line: str, hits: Sequence[tuple[int, int]], start: int, end: int) -> Iterator[Stretch]:
    at = start
    for begin, until in hits:
        if begin > at:
            yield from visible(line[at:begin])
        yield Stretch(line[begin:until], hit=True)
        at = until
    if at < end:
        yield from visible(line[at:end])
