"""What the endpoints share: questions made of a tracker, and records that never hold an answer up for long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import structlog

from bot.errors import StoreDown
from bot.interfaces import Author, Records
from bot.messages import Address, Conversation, Entry, Kind, Question, Reply, Speaker, Taste, Turn
from connectors.rasa.settings import RasaSettings
from connectors.rasa.tracker import BEGINNING, Asked, split_turns

log = structlog.get_logger()

RECORD_SECONDS = 1.0
"""So long an answer waits for its records; then they are kept behind its back."""


def taste_of(values: Mapping[str, Any]) -> Taste:
    """Read how an answer should be written, from slots or arguments.

    They are `palaver_model`, `palaver_persona` and `palaver_max_tokens`. What cannot be used is passed over.
    """
    model, persona, most = (values.get(f"palaver_{name}") for name in ("model", "persona", "max_tokens"))
    number = int(most) if isinstance(most, int | float) and 0 < most < 10_000 else 0
    return Taste(str(model or ""), number, str(persona or ""))


class Desk:
    """Asks the author, and tells the records."""

    def __init__(self, settings: RasaSettings, author: Author, records: Records) -> None:
        self._settings = settings
        self._author = author
        self._records = records
        self._background: set[asyncio.Task[None]] = set()

    @property
    def settings(self) -> RasaSettings:
        return self._settings

    def address(self, asked: Asked) -> Address:
        return asked.address(self._settings.assistant)

    async def answer(self, asked: Asked, taste: Taste, seconds: float, show: Callable[[str], None]) -> Reply:
        """Let the person's last message be answered. Where the person said nothing, nothing is written."""
        before, messages = split_turns(asked.turns)
        if not any(turn.kind is Kind.TEXT for turn in messages):
            return self.phrase(asked, "fallback", "nothing said")
        return await self._write(asked, taste, before, messages, seconds, show)

    async def say(self, asked: Asked, taste: Taste, instruction: str, seconds: float) -> Reply:
        """Let the model do as the instruction says, after all that was said."""
        asking = Turn(0, 0, Speaker.USER, instruction, BEGINNING)
        return await self._write(asked, taste, asked.turns, (asking,), seconds, lambda _: None)

    def phrase(self, asked: Asked | None, name: str, reason: str = "") -> Reply:
        """Return a fixed sentence in the conversation's language, as far as that is known."""
        persons = [turn.text for turn in asked.turns if turn.speaker is Speaker.USER] if asked else []
        language = (asked.language if asked else "") or ("" if persons else self._settings.language)
        words = persons[-1] if persons else ""
        if asked is None:
            return self._author.phrase(name, language, words, reason)
        persona = taste_of(asked.values).persona
        return self._author.phrase(name, language, words, reason, self.address(asked), persona)

    async def keep(self, asked: Asked, what: str, reply: Reply | None) -> None:
        """Keep what was said so far, and the reply. Raises nothing: the next request tells it all again."""
        said = list(asked.said)
        if reply is not None and reply.text:
            said.append(Entry(asked.name_of(what, reply.text), Speaker.BOT, reply.text, reply=reply))
        task = asyncio.create_task(self._keep(self.address(asked), said, asked.language))
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        await asyncio.wait([task], timeout=RECORD_SECONDS)

    async def forget(self, asked: Asked) -> None:
        """Raises `StoreDown`."""
        await self._records.forget(self.address(asked), asked.said)

    async def hand_over(self, asked: Asked) -> None:
        """Raises `StoreDown`."""
        await self._records.hand_over(self.address(asked))

    async def _keep(self, address: Address, said: Sequence[Entry], language: str) -> None:
        try:
            await self._records.keep(address, said, language)
        except StoreDown as error:
            log.warning("rasa: not kept, the next request tells it again", error=str(error))
        except Exception as error:
            log.error("rasa: not kept", error=type(error).__name__)

    async def _write(
        self,
        asked: Asked,
        taste: Taste,
        turns: Sequence[Turn],
        messages: Sequence[Turn],
        seconds: float,
        show: Callable[[str], None],
    ) -> Reply:
        conversation = Conversation(0, self.address(asked), tuple(turns), asked.language)
        question = Question(conversation, tuple(messages), uuid4().hex, seconds)
        return await self._author.write(question, show, taste)
