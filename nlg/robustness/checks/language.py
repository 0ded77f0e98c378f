"""Answers in the language that it was asked in, told by the writing. A reply without any words is in none."""

from __future__ import annotations

from nlg.data.languages import signs
from nlg.robustness.checking import Said

TITLE = "language"
SAYS = "The reply is in the language asked (of other languages' questions: in English or Chinese)."
TOLD = frozenset({"en", "zh"})


def holds(said: Said) -> bool:
    found = signs(said.reply)
    if said.languages & TOLD:
        return found.language in said.languages
    return bool(found.total) and not any(found.contradict(language) for language in said.languages)
