"""Names of tokens for a picture or a terminal: one short line each, with nothing in it that is not seen."""

from __future__ import annotations

import unicodedata

from nlg.explaining.explanation import Step
from nlg.explaining.pieces import HALF

LONGEST = 24
_SEEN = {"\n": "↵", "\t": "⇥", HALF: "½"}


def label(text: str, mark: bool = False) -> str:
    """A mark stands in brackets. A blank at either end is shown as ␣, and ½ is a part of a character."""
    if mark:
        return f"[{_short(visible(text))}]"
    middle = text.strip(" ")
    before = len(text) - len(text.lstrip(" "))
    return _short(visible("␣" * before + middle + "␣" * (len(text) - before - len(middle))))


def of_step(step: Step) -> str:
    """Tokens that make up one character together are numbered: 快 1/2, 快 2/2."""
    at, parts = step.part
    return label(step.text, step.mark) + (f" {at}/{parts}" if parts > 1 else "")


def visible(text: str) -> str:
    """Signs that would move a cursor or turn the line are shown by their numbers."""
    return "".join(_SEEN.get(sign) or _numbered(sign) for sign in text)


def percent(odds: float) -> str:
    return "<1%" if 0 < odds < 0.005 else f"{odds:.0%}"


def _numbered(sign: str) -> str:
    unseen = unicodedata.category(sign)[0] in "CZ" and sign != " "
    return f"\\u{ord(sign):04x}" if unseen else sign


def _short(line: str) -> str:
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
