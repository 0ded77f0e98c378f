"""Holds back numbers that nobody gave: neither the owner in a fact, nor the person in this conversation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import regex

from bot.amounts import Amount, Kind, amounts
from bot.business import AHEAD, Business, Filled, Span
from bot.facts import FACTS, Unit

PARTS = regex.compile(r"[.,:-]")


@dataclass(frozen=True, slots=True)
class Said:
    """The numbers that the person (or one of the team) said in a conversation, with what they count."""

    numbers: frozenset[tuple[str, Kind]]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Said:
        """Collect them. Parts count too: who said 10:30 said 10 and 30."""
        found = [amount for text in texts for amount in amounts(text, harmless=True)]
        return cls(frozenset((part, a.kind) for a in found for part in (a.value, *PARTS.split(a.value))))

    def __contains__(self, amount: Amount) -> bool:
        """A bare number may have been said of anything, a price or a percentage only as such."""
        if amount.kind in (Kind.PERCENT, Kind.MONEY):
            return (amount.value, amount.kind) in self.numbers
        return any(amount.value == value for value, _ in self.numbers)


def ungrounded(filled: Filled, business: Business, language: str, said: Said) -> Amount | None:
    """Return the first number of the text that nobody gave, or `None`.

    A fact of the owner counts where it was filled in, and where the model wrote it out: a bare number with its unit,
    any other fact word for word.
    """
    own = business.own.get(language, {})
    spans = (*filled.spans, *_quoted(filled.text, own))
    for amount in amounts(filled.text):
        if not (_stands_in(amount, spans) or _counted(amount, own) or amount in said):
            return amount
    return None


def unsettled(filled: Filled) -> Amount | None:
    """Return the first number of an unfinished text that what follows may make another of, or `None`.

    "Two" may become "two hundred days"; a fact that is no bare number stays what it is.
    """
    whole = [span for span in filled.spans if _unit(span.name) is Unit.NONE]
    for amount in amounts(filled.text, harmless=True):
        if amount.end + AHEAD > len(filled.text) and not _stands_in(amount, whole):
            return amount
    return None


def _stands_in(amount: Amount, spans: Iterable[Span]) -> bool:
    """Whether it is part of a fact, and what follows a bare number does not make something else of it."""
    units = [_unit(span.name) for span in spans if span.start <= amount.start and amount.end <= span.end]
    return any(unit is Unit.NONE or amount.kind.value in ("", unit.value) for unit in units)


def _quoted(text: str, own: Mapping[str, str]) -> Iterator[Span]:
    """Find facts that the model wrote out. One that is nothing but digits may be a number of anything."""
    for name, value in own.items():
        if not value.isdecimal() and _unit(name) is Unit.NONE and amounts(value, harmless=True):
            for found in regex.finditer(rf"(?<![\d.,]){regex.escape(value)}(?![.,:]?\d)", text):
                yield Span(found.start(), found.end(), name)


def _counted(amount: Amount, own: Mapping[str, str]) -> bool:
    return any(amount.value == own[name] and _unit(name) and amount.kind.value == _unit(name).value for name in own)


def _unit(name: str) -> Unit:
    return FACTS[name].unit if name in FACTS else Unit.NONE
