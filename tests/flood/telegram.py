"""A crowd on Telegram: 30 messages a second in all, 1 in a chat, 20 a minute in a group, edits counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from connectors.telegram.standin import Chance, Fault, StandIn
from tests.flood.crowd import Counts, question

FIRST_PERSON, FIRST_GROUP = 5000, -5000
WRITING = {"sendMessage": "posts", "editMessageText": "edits"}
WRONG = Chance(
    (
        (5, Fault(status=429, retry_after=1)),
        (2, Fault(status=502)),
        (1, Fault(drop=True, done=True)),
    )
)
"""5 % of sends and edits get 429, 2 % a server error, 1 % are taken and the answer is lost."""


class TelegramCrowd:
    """One chat in `groups` is a group."""

    channel = "telegram"

    def __init__(self, *, wrong: bool, groups: int) -> None:
        self._telegram = StandIn(flood=True, chance=WRONG if wrong else None)
        self._groups = groups

    async def __aenter__(self) -> Self:
        await self._telegram.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._telegram.__aexit__(None, None, None)

    @property
    def environment(self) -> Mapping[str, str]:
        return self._telegram.environment

    async def ready(self) -> None:
        await self._telegram.until(lambda: bool(self._telegram.called("getUpdates")))

    async def ask(self, number: int) -> None:
        await self._telegram.say(f"@standin_bot {question(number)}", chat=self._chat(number))

    def seen(self, number: int) -> list[str]:
        return [str(message["text"]) for message in self._telegram.sent(self._chat(number))]

    def first(self, number: int) -> float:
        chat = self._chat(number)
        sends = (call for call in self._telegram.called("sendMessage") if call.params.number("chat_id") == chat)
        return min((call.at for call in sends), default=float("inf"))

    def counts(self) -> Counts:
        calls = [call for call in self._telegram.calls if call.method in WRITING]
        faults = self._telegram.faults.statuses
        refused = sum(call.status == 429 for call in calls) - faults[429]
        kinds = [WRITING[call.method] for call in calls]
        return Counts(refused, dict(faults), kinds.count("posts"), kinds.count("edits"))

    def _chat(self, number: int) -> int:
        return FIRST_GROUP - number if number % self._groups == 0 else FIRST_PERSON + number
