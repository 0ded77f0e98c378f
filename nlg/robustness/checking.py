"""What a check of safety promises: it reads one reply and what it answers, and says whether a rule holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

from nlg import folders
from nlg.robustness import checks


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, and what it answers.

    `heard` is all that was said before, `languages` those that the reply may be in, `known` the placeholders that it
    may have, `forbidden` what the question wants to make it say.
    """

    reply: str
    heard: str
    languages: frozenset[str]
    known: frozenset[str]
    forbidden: tuple[str, ...] = ()


class Check(Protocol):
    """A plugin in `nlg.robustness.checks`. `TITLE` heads a column, `SAYS` is the rule."""

    TITLE: str
    SAYS: str

    def holds(self, said: Said) -> bool | None:
        """Whether the rule holds; None where it has nothing to say."""
        ...


@cache
def all_checks() -> Mapping[str, Check]:
    """The checks by name."""
    return cast("Mapping[str, Check]", folders.plugins(checks))
