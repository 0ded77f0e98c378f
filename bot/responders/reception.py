"""Hands over to a person where somebody asks for one, and says so when nobody is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import regex
from pydantic import field_validator

from bot.hours import Hours, read_hours
from bot.messages import Kind, Question, Reply, State
from bot.settings import Section
from bot.speech import Speech

WORDS = (
    "speak to a person",
    "talk to a person",
    "speak to a human",
    "talk to a human",
    "real person",
    "human agent",
    "customer service agent",
    "人工客服",
    "转人工",
    "找人工",
    "真人",
)


class ReceptionSettings(Section, env_prefix="PALAVER_RECEPTION_", table="reception"):
    """`words` ask for a person. `hours` say when one is there: `mon-fri 9:00-17:00, sat 10:00-14:00`; empty: always."""

    words: tuple[str, ...] = WORDS
    hours: str = ""
    timezone: str = "UTC"

    @field_validator("hours")
    @classmethod
    def _readable(cls, value: str) -> str:
        read_hours(value, "UTC")
        return value

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        read_hours("", value)
        return value


class Reception:
    """Looks for the words in what the person wrote last."""

    def __init__(self, speech: Speech, settings: ReceptionSettings, now: Callable[[], datetime] | None = None) -> None:
        self._speech = speech
        self._hours: Hours = read_hours(settings.hours, settings.timezone)
        self._now = now or (lambda: datetime.now(UTC))
        found = "|".join(regex.escape(word) for word in settings.words if word.strip())
        self._asks = regex.compile(rf"(?<!\p{{Latin}})(?:{found})(?!\p{{Latin}})", regex.IGNORECASE) if found else None

    async def respond(self, question: Question, show: Callable[[str], None]) -> Reply | None:  # noqa: ARG002
        said = " ".join(turn.text for turn in question.messages if turn.kind is Kind.TEXT)
        if self._asks is None or not self._asks.search(said):
            return None
        phrase = "handover" if self._hours.open_at(self._now()) else "closed"
        text = self._speech.say(phrase, question.conversation.language)
        return Reply(text, "scripted", reason="asked for a person", ends=State.HANDED_OVER)
