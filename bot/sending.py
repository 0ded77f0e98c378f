"""What of a model's draft may be sent: its facts filled in, no number that nobody gave.

A sentence that needs a missing fact, or has such a number, gives way to one that says where the answer is to be had.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import regex

from bot.business import FactMissing
from bot.grounding import Said, ungrounded, unsettled
from bot.sentences import instead, sentences, without_mark
from bot.speech import Speech

LAST_WORD = regex.compile(r"[\p{Latin}\p{N}\p{Sc}.,:-]+$|[零〇一二两三四五六七八九十百千万亿半]+$")
"""What may be the first half of a number, or of a word for one."""


class Ungrounded(Exception):
    """A text has a number that neither the owner nor the person gave."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What is sent. `reason` says why it is not the whole draft; `drafted` whether any of the draft is left."""

    text: str
    reason: str = ""
    drafted: bool = True


@dataclass(frozen=True, slots=True)
class Sending:
    """What may be sent in one conversation, where certain numbers were said."""

    speech: Speech
    language: str
    said: Said

    def whole(self, draft: str) -> Sent:
        """Return a finished draft as it may be sent."""
        try:
            return Sent(self._checked(draft))
        except (FactMissing, Ungrounded) as why:
            return self._without(draft, f"fact {why.name}" if isinstance(why, FactMissing) else "number")

    def start(self, text: str) -> str:
        """Return as much of an unfinished draft as may be shown: no number that nobody gave, or that may still grow."""
        filled = self.speech.business.fill_start(LAST_WORD.sub("", text), self.language)
        numbers = ungrounded(filled, self.speech.business, self.language, self.said), unsettled(filled)
        stops = [number.start for number in numbers if number]
        return filled.text[: min(stops)].rstrip() if stops else filled.text

    def _without(self, draft: str, reason: str) -> Sent:
        """Keep the sentences that may be sent, with one in the place of the first that may not."""
        said = sentences(draft)
        kept = [sentence if self._may_be_sent(sentence) else "" for sentence in said]
        if any(kept) and "" in kept:
            first = kept.index("")
            kept[first] = instead(said[first], self.speech.phrases[self.language]["exact_answer"])
            with suppress(FactMissing, Ungrounded):
                return Sent(self._checked("".join(kept)).rstrip(), reason)
        return Sent(self.speech.say("fact_missing", self.language), reason, drafted=False)

    def _may_be_sent(self, sentence: str) -> bool:
        try:
            return bool(self._checked(without_mark(sentence)))
        except (FactMissing, Ungrounded):
            return False

    def _checked(self, draft: str) -> str:
        filled = self.speech.business.filled(draft, self.language)
        if ungrounded(filled, self.speech.business, self.language, self.said):
            raise Ungrounded
        return filled.text
