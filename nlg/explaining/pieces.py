"""Tokens as people can read them, whatever tokenizer they are of: text is what decoding adds token by token."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from nlg.explaining.explanation import Piece
from nlg.tokenizer import ReplyTokenizer

HALF = "\ufffd"
"""What decoding gives for a part of a character."""
LONGEST_CHARACTER = 4
_TOPIC = "topic "


class Reader:
    """Reads tokens of one tokenizer."""

    def __init__(self, tokenizer: ReplyTokenizer) -> None:
        self._tokenizer = tokenizer
        added = json.loads(tokenizer.to_json())["added_tokens"]
        marks = {int(token["id"]): _bare(token["content"]) for token in added if token["special"]}
        self.topics = {token: name.removeprefix(_TOPIC) for token, name in marks.items() if name.startswith(_TOPIC)}
        self._marks = marks | self.topics

    def pieces(self, tokens: Sequence[int]) -> list[Piece]:
        """Cut tokens into the smallest pieces that hold whole characters."""
        pieces: list[Piece] = []
        run: list[int] = []  # what was read since the last mark
        part: list[int] = []  # the end of it that makes no whole character yet
        for token in tokens:
            if token in self._marks:
                pieces += [*self._broken(run, part), Piece(self._marks[token], (token,), mark=True)]
                run, part = [], []
                continue
            part.append(token)
            text = self._added(run, part)
            if HALF not in text or len(part) >= LONGEST_CHARACTER:
                pieces.append(Piece(text, tuple(part)))
                run, part = [*run, *part], []
        return [*pieces, *self._broken(run, part)]

    def alternative(self, before: Sequence[int], token: int) -> Piece:
        """A token after the parts `before` of a character; its text is `HALF` when that makes no whole one."""
        if token in self._marks:
            return Piece(self._marks[token], (token,), mark=True)
        joined = self._tokenizer.decode([*before, token])
        return Piece(joined if HALF not in joined else self._alone(token), (token,))

    def _alone(self, token: int) -> str:
        text = self._tokenizer.decode([token])
        return HALF if HALF in text else text

    def _broken(self, run: Sequence[int], part: Sequence[int]) -> Iterator[Piece]:
        if part:
            yield Piece(self._added(run, part), tuple(part))

    def _added(self, run: Sequence[int], part: Sequence[int]) -> str:
        """What `part` adds to the text of `run`."""
        known, whole = self._tokenizer.decode(run), self._tokenizer.decode([*run, *part])
        return whole.removeprefix(known) if whole.startswith(known) else self._tokenizer.decode(part)


def _bare(name: str) -> str:
    bare = name.removeprefix("<|").removesuffix("|>")
    return {"bos": "begin", "eos": "end"}.get(bare, bare)
