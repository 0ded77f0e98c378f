"""What a model is told of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.messages import Asked, Kind, Speaker, Turn
from bot.normalise import for_model
from bot.remembering import estimate, fitting
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


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands at the head of every prompt: lines as if they had been said, and what `Prompt.system` says."""

    lines: tuple[Line, ...] = ()
    system: str = ""

    def before(self, said: Sequence[Line], summary: str, language: str, tokens: int) -> tuple[Line, ...]:
        """Return the lines of a prompt of so many tokens at most (0: all): the opening, the summary, the newest lines.

        What is cut is what was said longest ago; the head stays, and so does the last line.
        """
        summary = SUMMARISED[language].format(summary) if summary else ""
        head = [line.text for line in self.lines] + ([summary] if summary else [])
        left = max(1, tokens - sum(estimate(text) for text in head)) if tokens > 0 else 0
        return (*self.lines, *_headed(fitting(said, left), summary))


PLAIN = Opening()
SUMMARISED = {"en": "(What we spoke of before, in short: {})", "zh": "（此前谈话的摘要：{}）"}


def _headed(lines: Sequence[Line], summary: str) -> Sequence[Line]:
    """Put the summary at the head, in the person's first line: many models want the speakers to take turns."""
    if not summary:
        return lines
    if lines and lines[0].role is Role.USER:
        return (Line(Role.USER, f"{summary}\n{lines[0].text}"), *lines[1:])
    return (Line(Role.USER, summary), *lines)


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
