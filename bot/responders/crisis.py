"""Answers people who speak of ending or harming themselves, before any model may."""

from __future__ import annotations

from collections.abc import Callable

import regex

from bot.messages import Kind, Question, Reply, State
from bot.speech import Speech

SIGNS = regex.compile(
    r"\b(kill(ing)? myself|end(ing)? (my|it all)( own)? life|end it all|suicid\w*|want to die|wanna die|"
    r"don'?t want to (live|be alive)|(hurt|harm|cut)(ing)? myself|self[- ]harm)\b"
    r"|自杀|自殺|轻生|不想活|活不下去|想死|去死算了|结束(自己的)?生命|结束我的生命|自残|伤害自己",
    regex.IGNORECASE,
)
"""Words that are worth a false alarm: the answer harms nobody who did not need it."""


class Crisis:
    """Says that people can help, now, and how to reach them. One of the team is told, too."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech

    async def respond(self, question: Question, show: Callable[[str], None]) -> Reply | None:  # noqa: ARG002
        said = " ".join(turn.text for turn in question.messages if turn.kind is Kind.TEXT)
        if not SIGNS.search(said):
            return None
        text = self._speech.say("crisis", question.conversation.language)
        return Reply(text, "crisis", reason="crisis", ends=State.HANDED_OVER)
