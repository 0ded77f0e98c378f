"""Which of our two languages a text is in."""

from __future__ import annotations

import regex

HAN = regex.compile(r"\p{Han}")
LATIN_WORD = regex.compile(r"\p{Latin}+")


def detect(text: str) -> str:
    """Return `zh`, `en`, or an empty string where the text does not tell (numbers, emoji, other scripts).

    A Chinese character carries about as much as an English word, so they are counted against each other.
    """
    han, words = len(HAN.findall(text)), len(LATIN_WORD.findall(text))
    if han == words == 0:
        return ""
    return "zh" if han >= words else "en"


def of_locale(code: str) -> str:
    """Return `zh` or `en` for a language code of a platform, or an empty string for others."""
    start = code.lower()[:2]
    return start if start in ("en", "zh") else ""
