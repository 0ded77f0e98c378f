"""Answers commands and what is not text, with fixed sentences."""

from __future__ import annotations

from collections.abc import Callable

from bot.messages import Effect, Kind, Question, Reply, Turn
from bot.speech import Speech

EFFECTS = {"reset": Effect.RESET, "forget": Effect.FORGET}
COMMANDS = ("start", "help", "reset", "forget", "stop", "locked")


class Scripted:
    """The commands /start /help /reset /forget /stop, media, and messages without words."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech

    async def respond(self, question: Question, show: Callable[[str], None]) -> Reply | None:  # noqa: ARG002
        last = question.messages[-1]
        phrase = _phrase(last)
        if phrase is None:
            return None
        text = self._speech.say(phrase, question.conversation.language)
        return Reply(text, "scripted", reason=phrase, effect=EFFECTS.get(phrase, Effect.NONE))


def _phrase(turn: Turn) -> str | None:
    if turn.kind is Kind.COMMAND:
        return turn.command if turn.command in COMMANDS else "unknown_command"
    if turn.kind is Kind.MEDIA or not turn.text.strip():
        return "media"
    return None
