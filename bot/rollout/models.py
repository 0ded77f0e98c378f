"""Which model answers whom, as the manager and the author see it."""

from __future__ import annotations

from bot.messages import Address, Question
from bot.rollout.fleet import Fleet
from bot.rollout.shadowing import Shadowing


class FleetModels:
    """The fleet, and the shadows beside it."""

    def __init__(self, fleet: Fleet, shadowing: Shadowing) -> None:
        self._fleet = fleet
        self._shadowing = shadowing

    def assign(self, address: Address, wish: str = "") -> str:
        return self._fleet.assign(address, wish)

    async def stop(self, question: str) -> None:
        await self._fleet.stop(question)

    def shadow(self, question: Question, turn: int) -> None:
        self._shadowing.offer(question, turn)
