"""Spares the model who writes more than a person can: told kindly once, then passed over until it is less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import Field

from bot.messages import Question, Reply, State
from bot.settings import Section
from bot.speech import Speech
from bot.store.budgets import DAY, MINUTE, Budgets, Spent

NAME = "limits"


class LimitSettings(Section, env_prefix="PALAVER_LIMITS_", table="limits"):
    """How many messages of one person are answered in a minute, and in 24 hours. 0 sets no limit."""

    per_minute: int = Field(20, ge=0)
    per_day: int = Field(500, ge=0)


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit that was passed: what it is called, the phrase that says so, and how long it is said once."""

    name: str
    phrase: str
    seconds: float


RATE = Rule("rate limit", "too_fast", MINUTE)
QUOTA = Rule("daily quota", "quota", DAY)


class Limits:
    """Answers in the model's place where a limit is passed. Commands and cries for help come before it."""

    def __init__(self, budgets: Budgets, speech: Speech, settings: LimitSettings) -> None:
        self._budgets = budgets
        self._speech = speech
        self._settings = settings

    async def respond(self, question: Question, show: Callable[[str], None]) -> Reply | None:  # noqa: ARG002
        conversation, sender = question.conversation, question.messages[-1].sender
        rule = self._passed(await self._budgets.spent(conversation.id, sender)) if sender else None
        if rule is None:
            return None
        if await self._budgets.told(conversation.id, NAME, rule.name, rule.seconds):
            return Reply("", NAME, rule.name, State.IGNORED)
        return Reply(self._speech.say(rule.phrase, conversation.language), NAME, rule.name, State.SHED)

    def _passed(self, spent: Spent) -> Rule | None:
        if 0 < self._settings.per_day < spent.day:
            return QUOTA
        return RATE if 0 < self._settings.per_minute < spent.minute else None
