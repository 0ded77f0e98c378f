"""Turns tokens into text while they come, so that what was shown never has to be taken back."""

from __future__ import annotations

import math
from collections.abc import Sequence

import regex

from nlg.tokenizer import PLACEHOLDER, ReplyTokenizer

_UNITS = regex.compile(rf"{PLACEHOLDER.pattern}|\X")
_BROKEN = "\ufffd"
LONGEST_CHARACTER = 4
"""Bytes, and so tokens at most."""


class Speech:
    """The text of one reply. Pieces join to `text`; none ends in half a character, grapheme or placeholder.

    The text ends before the first of the texts `stop`, and then it is `ended`.
    """

    def __init__(self, tokenizer: ReplyTokenizer, stop: Sequence[str] = ()) -> None:
        self._tokenizer, self._stop = tokenizer, stop
        self._said = 0
        self.text = ""
        self.ended = False

    def more(self, tokens: Sequence[int]) -> str:
        """Return what is new and certain, given all tokens so far. The last grapheme waits: it may still grow."""
        self._read(tokens)
        units = _UNITS.findall(self.text[: len(self.text) - self._perhaps()])
        return self._say(len("".join(units[:-1]).rstrip()))

    def rest(self, tokens: Sequence[int]) -> str:
        """Return what is left of the whole reply."""
        self._read(tokens)
        return self._say(len(self.text))

    def odds(self, tokens: Sequence[int], scores: Sequence[float]) -> tuple[tuple[str, float], ...]:
        """Return the text that tokens add, in the smallest pieces of whole characters, each with its tokens' scores.

        Tokens that are never shown have no piece. Only the tokens just before a piece are read with it: some tokenizers
        write a token differently at the beginning of a text.
        """
        pieces: list[tuple[str, float]] = []
        before: Sequence[int] = ()
        part: list[int] = []
        for at, token in enumerate(tokens):
            part.append(token)
            text = self._added(before, part)
            if _BROKEN in text and len(part) < LONGEST_CHARACTER and at + 1 < len(tokens):
                continue
            if text := text.replace(_BROKEN, ""):
                pieces.append((text, math.fsum(scores[at + 1 - len(part) : at + 1])))
            before, part = part, []
        return tuple(pieces)

    def _added(self, before: Sequence[int], part: Sequence[int]) -> str:
        known, whole = self._tokenizer.decode(before), self._tokenizer.decode([*before, *part])
        return whole.removeprefix(known) if whole.startswith(known) else self._tokenizer.decode(part)

    def _read(self, tokens: Sequence[int]) -> None:
        text = self._tokenizer.decode(tokens).replace(_BROKEN, "").strip()
        ends = [at for at in (text.find(stop) for stop in self._stop) if at >= 0]
        self.ended = bool(ends)
        self.text = text[: min(ends)].rstrip() if ends else text

    def _perhaps(self) -> int:
        """How many characters at the end may be the beginning of what the text has to stop before."""
        sizes = (size for stop in self._stop for size in range(1, len(stop)) if self.text.endswith(stop[:size]))
        return max(sizes, default=0)

    def _say(self, end: int) -> str:
        start, self._said = self._said, max(self._said, end)
        return self.text[start : self._said]
