"""Numbers that follow one another, as one stretch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Run = tuple[int, int]
"""From a number to before another."""


def runs(numbers: Iterable[int], most: int | None = None) -> Iterator[Run]:
    """Join numbers, smallest first, that follow one another, so many (`most`) at a time."""
    begin = end = None
    for number in numbers:
        if begin is None or end is None or number != end or end - begin == most:
            if begin is not None and end is not None:
                yield begin, end
            begin = number
        end = number + 1
    if begin is not None and end is not None:
        yield begin, end


def between(whole: Run, taken: Iterable[Run]) -> Iterator[Run]:
    """Give what is left of a stretch beside those that are taken, smallest first, out of it."""
    at, end = whole
    for begin, after in taken:
        if at < begin:
            yield at, begin
        at = after
    if at < end:
        yield at, end
