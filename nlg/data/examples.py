"""Turns dialogues into examples: a context, and the replies that were given to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nlg.contract import Line, Role
from nlg.data.dialogues import Dialogue


@dataclass(frozen=True, slots=True)
class Example:
    """A context that ends where the assistant speaks, and all different replies to it (none, of a bare question).

    `language` is that of the replies, `read` that of the context, where it is another (a translation). `worse` are
    replies that people rejected.
    """

    lines: tuple[Line, ...]
    language: str
    domain: str
    replies: tuple[str, ...]
    read: str = ""
    worse: tuple[str, ...] = ()


@dataclass(slots=True)
class _Replies:
    domain: str
    read: str
    texts: dict[str, None] = field(default_factory=dict)
    worse: dict[str, None] = field(default_factory=dict)

    @property
    def good(self) -> tuple[str, ...]:
        return tuple(text for text in self.texts if text not in self.worse)


def examples(dialogues: Iterable[Dialogue]) -> list[Example]:
    """Make one example of each context, over all turns of the assistant.

    The same context with several replies is one example, so that an often answered question does not weigh more than
    a turn in the middle of a long dialogue; its replies take turns, one an epoch. What was rejected somewhere is learnt
    nowhere: a context of which nothing is left is left out.
    """
    found: dict[tuple[str, tuple[Line, ...]], _Replies] = {}
    for dialogue in dialogues:
        for end in _replies(dialogue):
            key = dialogue.language, dialogue.lines[:end]
            replies = found.setdefault(key, _Replies(dialogue.about(end), dialogue.read))
            replies.texts.setdefault(dialogue.lines[end].text)
            if end == len(dialogue.lines) - 1:
                replies.worse.update(dict.fromkeys(dialogue.worse))
    return [
        Example(lines, lang, one.domain, one.good, one.read, tuple(one.worse))
        for (lang, lines), one in found.items()
        if one.good
    ]


def _replies(dialogue: Dialogue) -> list[int]:
    """The numbers of the lines that are learnt."""
    first = max(1, dialogue.given)
    return [at for at, line in enumerate(dialogue.lines) if at >= first and line.role is Role.ASSISTANT]


def questions(dialogues: Iterable[Dialogue]) -> list[Example]:
    """Make an example without replies of each dialogue that ends with the user: all it teaches is what it is about."""
    return [
        Example(dialogue.lines, dialogue.language, dialogue.domain, ())
        for dialogue in dialogues
        if dialogue.domain and dialogue.lines[-1].role is Role.USER
    ]
