"""The text of a reply while it comes: no chunk ends in half a grapheme, and they join to the text."""

from __future__ import annotations

import regex

from nlg.contract import OnChunk

_GRAPHEME = regex.compile(r"\X")


class Growing:
    """Passes on what is certain. Blanks at both ends of the reply are never said."""

    def __init__(self, on_chunk: OnChunk) -> None:
        self._on_chunk = on_chunk
        self._all = ""
        self._said = 0

    @property
    def text(self) -> str:
        """All of it so far."""
        return self._all.rstrip()

    def add(self, text: str) -> None:
        """Take in more. The last grapheme and blanks wait: more may belong to them."""
        self._all = (self._all + text).lstrip() if not self._said else self._all + text
        waiting = self._all[self._said :]
        graphemes = _GRAPHEME.findall(waiting)
        self._say("".join(graphemes[:-1]).rstrip())

    def end(self) -> str:
        """Say what is left and return the whole text."""
        self._say(self.text[self._said :])
        return self.text

    def _say(self, text: str) -> None:
        if text:
            self._said += len(text)
            self._on_chunk(text)
