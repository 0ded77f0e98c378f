"""A crowd on Slack: one message a second in a channel, and the tiers of the methods that edit and stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from connectors.slack.standin import Chance, Fault, StandIn
from tests.flood.crowd import Counts, question

POSTING = ("chat.postMessage", "chat.startStream")
EDITING = ("chat.update", "chat.appendStream", "chat.stopStream")
WRONG = Chance(
    (
        (5, Fault("ratelimited", status=429, retry_after=1)),
        (2, Fault("internal_error", status=503)),
        (1, Fault(accepted=True, dropped=True)),
    )
)
"""5 % of calls that write get 429, 2 % a server error, 1 % are taken and the answer is lost."""


class SlackCrowd:
    """One chat in `groups` is a thread of a channel, where replies are streams; the others are direct messages."""

    channel = "slack"

    def __init__(self, *, wrong: bool, groups: int) -> None:
        self._slack = StandIn(limited=True, chance=WRONG if wrong else None)
        self._groups = groups

    async def __aenter__(self) -> Self:
        await self._slack.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._slack.__aexit__(None, None, None)

    @property
    def environment(self) -> Mapping[str, str]:
        return self._slack.environment

    async def ready(self) -> None:
        await self._slack.sockets.connected()

    async def ask(self, number: int) -> None:
        chat = self._chat(number)
        await self._slack.say(question(number), chat, user=f"U0P{number}", mention=chat.startswith("C"))

    def seen(self, number: int) -> list[str]:
        said = self._slack.posted(self._chat(number))
        return [f"{message['text']}{' (unfinished)' if message.get('streaming') else ''}" for message in said]

    def first(self, number: int) -> float:
        chat = self._chat(number)
        posts = (call for name in POSTING for call in self._slack.called(name))
        return min((call.at for call in posts if call.arguments.get("channel") == chat), default=float("inf"))

    def counts(self) -> Counts:
        posts, edits = (sum(len(self._slack.called(name)) for name in names) for names in (POSTING, EDITING))
        limits = self._slack.api.limits
        return Counts(limits.refused if limits else 0, dict(self._slack.api.faults.statuses), posts, edits)

    def _chat(self, number: int) -> str:
        return f"C0ROOM{number}" if number % self._groups == 0 else f"D0P{number}"
