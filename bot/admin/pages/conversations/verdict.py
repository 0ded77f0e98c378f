"""What became of a draft on its way to the person, in one word."""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages import Speaker
from bot.store.closeup import Told


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word, and the tone of its badge."""

    word: str
    tone: str


PASSED = Verdict("passed", "good")
TRIMMED = Verdict("trimmed", "warn")
HUMAN = Verdict("human", "calm")
FIXED = Verdict("fixed", "calm")
OF_RESPONDER = {
    "crisis": Verdict("crisis", "warn"),
    "neutral": Verdict("held", "warn"),
    "fallback": Verdict("fallback", "bad"),
}


def verdict_of(told: Told) -> Verdict:
    """Say of a reply whether it is the model's own, was changed before it was sent, or is no model's at all."""
    turn = told.turn
    if turn.speaker is Speaker.HUMAN:
        return HUMAN
    if turn.responder in OF_RESPONDER:
        return OF_RESPONDER[turn.responder]
    if not turn.draft:
        return FIXED
    return TRIMMED if told.reason else PASSED
