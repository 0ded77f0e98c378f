"""Which model answers whom where the bot is somebody, and who is told of what it answered."""

from __future__ import annotations

from collections.abc import Callable

from bot.interfaces import Models
from bot.messages import Address, Question


class TalkingModels:
    """The models, with the wish of whoever the bot is at an address, and with those who `follow` the conversations."""

    def __init__(self, models: Models, wish: Callable[[Address], str], follow: Callable[[Question], None]) -> None:
        self._models = models
        self._wish = wish
        self._follow = follow

    def assign(self, address: Address, wish: str = "") -> str:
        return self._models.assign(address, wish or self._wish(address))

    async def stop(self, question: str) -> None:
        await self._models.stop(question)

    def shadow(self, question: Question, turn: int) -> None:
        self._models.shadow(question, turn)
        self._follow(question)
