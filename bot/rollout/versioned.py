"""Asks the version that answers this conversation, and says in the reply which it was."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.interfaces import Responder
from bot.messages import Question, Reply
from bot.rollout.quiet import Quiet
from nlg.contract import Writer


class Versioned:
    """Lends a responder the writer of the version that the question names. Raises what it raises."""

    def __init__(
        self, writer: Callable[[str], Awaitable[Writer]], make: Callable[[Writer], Responder], quiet: Quiet
    ) -> None:
        self._writer = writer
        self._make = make
        self._quiet = quiet

    async def respond(self, question: Question, show: Callable[[str], None]) -> Reply | None:
        with self._quiet.broken():
            responder = self._make(await self._writer(question.version))
            reply = await responder.respond(question, show)
        return replace(reply, version=question.version) if reply else None
