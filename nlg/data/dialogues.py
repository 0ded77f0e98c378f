"""What training reads: dialogues, whatever file they come from."""

from __future__ import annotations

from dataclasses import dataclass

from nlg.contract import Line


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation, oldest line first. `domain` says what it is about, if the corpus does.

    A pair (translation, summary, acts and their wording) is a dialogue of two lines. `language` is that of the replies.
    """

    id: str
    language: str
    domain: str
    lines: tuple[Line, ...]
