"""What training reads: dialogues, whatever file they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nlg.contract import Line


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation, oldest line first. `domain` says what it is about, if the corpus does.

    A pair (translation, summary, acts and their wording) is a dialogue of two lines. `language` is that of the replies.
    `read` is that of what is replied to, where it is another. `topics` are those of the lines that turn to something
    else, by their number; the others are about the domain.

    The first `given` lines are read and nothing is learnt from them. `worse` are replies that people held for worse
    than the last line.
    """

    id: str
    language: str
    domain: str
    lines: tuple[Line, ...]
    topics: Mapping[int, str] = field(default_factory=dict)
    read: str = ""
    given: int = 0
    worse: tuple[str, ...] = ()

    def about(self, number: int) -> str:
        """What a line is about."""
        return self.topics.get(number, self.domain)
