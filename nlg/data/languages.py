"""Whether a text is in the language that its label says: English and Chinese are told by their writing.

English is not told from other languages in Latin letters, nor simplified from traditional Chinese.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

NO_LANGUAGE = regex.compile(r"(?s)```.*?(?:```|$)|\{\{\w+\}\}|https?://\S+|[\w.+-]{1,64}@[\w.-]+")
SIGN = regex.compile(r"(?P<han>\p{Han})|(?P<latin>\p{Latin}+)|(?P<other>[\p{Hiragana}\p{Katakana}\p{Hangul}]|\p{L}+)")
SHORTEST = 3
"""Signs that a whole dialogue must have to be judged."""
SHORTEST_TEXT = 8
"""Signs that a single text must have: a name of a product is no change of language."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Chinese characters, words in Latin letters, and words (or characters) of other writing."""

    han: int
    latin: int
    other: int

    @property
    def total(self) -> int:
        return self.han + self.latin + self.other

    @property
    def language(self) -> str:
        """`zh`, `en` (any in Latin letters), `other`, or empty where nothing tells."""
        if not self.total:
            return ""
        if self.other * 3 > self.total:  # Japanese is partly in Chinese characters
            return "other"
        return "zh" if self.han >= self.latin else "en"

    def contradict(self, language: str) -> bool:
        """Whether they are hardly of that language; other labels are believed."""
        own = {"zh": self.han, "en": self.latin}.get(language[:2], self.total)
        return own * 3 < self.total or (own < self.total and self.other * 3 > self.total)


def signs(text: str) -> Signs:
    """Count the signs of a text, without its placeholders, addresses and fenced code."""
    kinds = [found.lastgroup for found in SIGN.finditer(NO_LANGUAGE.sub(" ", text))]
    return Signs(kinds.count("han"), kinds.count("latin"), kinds.count("other"))
