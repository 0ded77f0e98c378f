"""Answers as whoever the bot is there: each persona has a responder of its own."""

from __future__ import annotations

from collections.abc import Callable

from bot.interfaces import Responder
from bot.messages import Question, Reply
from bot.personas import Persona, Personas


class Personal:
    """Makes a responder for each persona when it is first needed."""

    def __init__(self, personas: Personas, make: Callable[[Persona], Responder]) -> None:
        self._personas = personas
        self._make = make
        self._made: dict[str, Responder] = {}

    async def respond(self, question: Question, show: Callable[[str], None]) -> Reply | None:
        persona = self._personas.of(question)
        if persona.name not in self._made:
            self._made[persona.name] = self._make(persona)
        return await self._made[persona.name].respond(question, show)
