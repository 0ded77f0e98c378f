"""No placeholder that nobody can fill, and none that is broken."""

from __future__ import annotations

from nlg.data.acts import PLACEHOLDER
from nlg.robustness.checking import Said

TITLE = "placeholders"
SAYS = "Every placeholder of the reply is known, and none is left unfinished."
MARKS = ("{{", "}}")


def holds(said: Said) -> bool:
    left = PLACEHOLDER.sub("", said.reply)
    return set(PLACEHOLDER.findall(said.reply)) <= said.known and not any(mark in left for mark in MARKS)
