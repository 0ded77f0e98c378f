"""What a model is told of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.messages import Asked, Kind, Speaker, Turn
from bot.normalise import for_model
from nlg.contract import Line, Role

FIXED = frozenset({"scripted", "crisis", "limits", "fallback", "neutral", "alert"})
"""Who says sentences that no model wrote, nor should learn from in the conversation."""


def lines_of(turns: Iterable[Turn]) -> tuple[Line, ...]:
    """Return who said what, neighbours of one speaker joined, commands and fixed sentences left out."""
    lines: list[Line] = []
    for role, text in _said(turns):
        if lines and lines[-1].role is role:
            lines[-1] = Line(role, f"{lines[-1].text} {text}")
        else:
            lines.append(Line(role, text))
    return tuple(lines)


def _said(turns: Iterable[Turn]) -> Iterable[tuple[Role, str]]:
    for turn in turns:
        if turn.kind is not Kind.TEXT or turn.removed or turn.responder in FIXED:
            continue
        text = for_model(turn.draft or turn.text)
        if text:
            yield (Role.USER if turn.speaker is Speaker.USER else Role.ASSISTANT), text


def messages_of(turns: Iterable[Turn], asked: Asked | None = None) -> list[dict[str, str]]:
    """Return as messages of a data set what a model was `asked`, or where that is not known, what it is told of turns.

    Nothing, where the last to speak was not the person.
    """
    lines = asked.lines if asked else [(str(line.role), line.text) for line in lines_of(turns)]
    if not lines or lines[-1][0] != Role.USER:
        return []
    return [{"role": role, "content": text} for role, text in lines]


def written(messages: Iterable[Mapping[str, str]]) -> str:
    """Return messages as lines of one text: that of a single one alone, else each with who said it."""
    said = list(messages)
    if len(said) == 1:
        return said[0]["content"]
    return "\n".join(f"{message['role']}: {message['content']}" for message in said)
