"""Answers when nobody else did, so that a person never gets silence."""

from __future__ import annotations

from collections.abc import Callable

from bot.messages import Question, Reply, State
from bot.speech import Speech


class Fallback:
    """An honest sentence with a way to reach a person. One of the team is told."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech

    async def respond(self, question: Question, show: Callable[[str], None]) -> Reply | None:  # noqa: ARG002
        text = self._speech.say("fallback", question.conversation.language)
        return Reply(text, "fallback", question.reason, State.HANDED_OVER, version=question.version)
