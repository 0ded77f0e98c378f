"""Turns dialogues into examples: a context, and the replies that were given to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nlg.contract import Line, Role
from nlg.data.dialogues import Dialogue


@dataclass(frozen=True, slots=True)
class Example:
    """A context that ends where the assistant speaks, and all different replies to it (none, of a bare question).

    `language` is that of the replies, `read` that of the context, where it is another (a translation).
    """

    lines: tuple[Line, ...]
    language: str
    domain: str
    replies: tuple[str, ...]
    read: str = ""


@dataclass(slots=True)
class _Replies:
    domain: str
    read: str
    texts: dict[str, None] = field(default_factory=dict)


def examples(dialogues: Iterable[Dialogue]) -> list[Example]:
    """Make one example of each context, over all turns of the assistant.

    The same context with several replies is one example, so that an often answered question does not weigh more than
    a turn in the middle of a long dialogue; its replies take turns, one an epoch.
    """
    found: dict[tuple[str, tuple[Line, ...]], _Replies] = {}
    for dialogue in dialogues:
        for end, line in enumerate(dialogue.lines):
            if end and line.role is Role.ASSISTANT:
                key = dialogue.language, dialogue.lines[:end]
                found.setdefault(key, _Replies(dialogue.about(end), dialogue.read)).texts.setdefault(line.text)
    return [
        Example(lines, lang, about.domain, tuple(about.texts), about.read) for (lang, lines), about in found.items()
    ]


def questions(dialogues: Iterable[Dialogue]) -> list[Example]:
    """Make an example without replies of each dialogue that ends with the user: all it teaches is what it is about."""
    return [
        Example(dialogue.lines, dialogue.language, dialogue.domain, ())
        for dialogue in dialogues
        if dialogue.domain and dialogue.lines[-1].role is Role.USER
    ]
