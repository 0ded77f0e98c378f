"""Turns tokens into text while they come, so that what was shown never has to be taken back."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from nlg.tokenizer import PLACEHOLDER, ReplyTokenizer

_UNITS = regex.compile(rf"{PLACEHOLDER.pattern}|\X")
_BROKEN = "\ufffd"


class Speech:
    """The text of one reply. Pieces join to `text`; none ends in half a character, grapheme or placeholder."""

    def __init__(self, tokenizer: ReplyTokenizer) -> None:
        self._tokenizer = tokenizer
        self._said = 0
        self.text = ""

    def more(self, tokens: Sequence[int]) -> str:
        """Return what is new and certain, given all tokens so far. The last grapheme waits: it may still grow."""
        self._read(tokens)
        units = _UNITS.findall(self.text)
        return self._say(len("".join(units[:-1]).rstrip()))

    def rest(self, tokens: Sequence[int]) -> str:
        """Return what is left of the whole reply."""
        self._read(tokens)
        return self._say(len(self.text))

    def _read(self, tokens: Sequence[int]) -> None:
        self.text = self._tokenizer.decode(tokens).replace(_BROKEN, "").strip()

    def _say(self, end: int) -> str:
        start, self._said = self._said, max(self._said, end)
        return self.text[start : self._said]
