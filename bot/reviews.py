"""What people of the team think of replies. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a reviewer thinks of a reply."""

    NONE = ""
    GOOD = "good"
    BAD = "bad"


class Choice(StrEnum):
    """Which of two replies a reviewer chose."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"
    NEITHER = "neither"
    """Both are bad."""


MOST_TAGS, LONGEST_TAG = 10, 32
LONGEST_NOTE, LONGEST_CORRECTION = 4000, 4000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Review:
    """What one reviewer says of one reply. `reviewed` is false for one that was put off."""

    verdict: Verdict = Verdict.NONE
    tags: tuple[str, ...] = ()
    note: str = ""
    correction: str = ""
    flagged: bool = False
    reviewed: bool = True


def read_tags(text: str) -> tuple[str, ...]:
    """Return the tags of a comma-separated line, small, each once, in their order. Chinese commas count too."""
    found = (
        " ".join(part.split()).lower()[:LONGEST_TAG] for part in text.replace("，", ",").replace("、", ",").split(",")
    )
    return tuple(dict.fromkeys(filter(None, found)))[:MOST_TAGS]
