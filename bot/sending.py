"""What of a model's draft may be sent: its facts filled in, no number that nobody gave.

A sentence that needs a missing fact, or has such a number, gives way to one that says where the answer is to be had.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import regex

from bot.business import FactMissing
from bot.grounding import Said, ungrounded
from bot.speech import Speech

SENTENCE = regex.compile(r"(?<=[.!?])(?<!(?:^|\s)\d{1,2}\.)\s+(?=[\p{Lu}\p{Han}\p{Sc}\d{])|(?<=[。！？])\s*|\n+")
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
        """Return as much of an unfinished draft as may be shown: no half number, and none that nobody gave."""
        filled = self.speech.business.fill_start(LAST_WORD.sub("", text), self.language)
        number = ungrounded(filled, self.speech.business, self.language, self.said)
        return filled.text[: number.start].rstrip() if number else filled.text

    def _without(self, draft: str, reason: str) -> Sent:
        """Keep the sentences that may be sent, with one in the place of the first that may not."""
        sentences = [sentence for sentence in SENTENCE.split(draft) if sentence.strip()]
        kept = [sentence if self._may_be_sent(sentence) else "" for sentence in sentences]
        if any(kept) and "" in kept:
            kept[kept.index("")] = self.speech.phrases[self.language]["exact_answer"]
            with suppress(FactMissing, Ungrounded):
                return Sent(self._checked(("" if self.language == "zh" else " ").join(filter(None, kept))), reason)
        return Sent(self.speech.say("fact_missing", self.language), reason, drafted=False)

    def _may_be_sent(self, sentence: str) -> bool:
        try:
            return bool(self._checked(sentence))
        except (FactMissing, Ungrounded):
            return False

    def _checked(self, draft: str) -> str:
        filled = self.speech.business.filled(draft, self.language)
        if ungrounded(filled, self.speech.business, self.language, self.said):
            raise Ungrounded
        return filled.text
