"""Gives conversations back to the bot when whoever took one over, or its person, has been silent too long."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from pydantic import Field

from bot.messages import Address
from bot.settings import Section
from bot.store.attending import taken_conversations
from bot.store.database import Database
from bot.store.handing import Silence, give_back_silent

log = structlog.get_logger()

LOOK = 5.0


class HandoffSettings(Section, env_prefix="PALAVER_HANDOFF_", table="handoff"):
    """Minutes of silence after which a conversation that a person took over goes back to the bot.

    `human_minutes`: somebody waits for an answer, and whoever took over does not write. `person_minutes`: neither does.
    """

    human_minutes: float = Field(15.0, gt=0)
    person_minutes: float = Field(120.0, gt=0)

    @property
    def silence(self) -> Silence:
        return Silence(self.human_minutes * 60, self.person_minutes * 60)


class Timer:
    """Looks for conversations that were left alone; `say` gives the sentence that is said there then."""

    def __init__(
        self, database: Database, silence: Silence, say: Callable[[Address, str], str], wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._silence = silence
        self._say = say
        self._wake = wake

    async def look(self) -> None:
        """Give back what is due, and say so to whoever waits. Raises `StoreDown`."""
        async with self._database.read() as connection:
            if not await taken_conversations(connection):
                return  # as nearly always: whoever writes need not wait for us
        async with self._database.begin() as connection:
            found = await give_back_silent(connection, self._silence, self._say)
        for back in found:
            log.info("given back to the bot", conversation=back.conversation, waiting=back.waiting)
        if found:
            self._wake()
