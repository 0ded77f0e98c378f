"""The updates that wait for the bot, and who fetches them. Source: core.telegram.org/bots/api#getting-updates"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.telegram.standin.answers import Failed, Params
from connectors.telegram.standin.bell import Bell

NOT_BY_DEFAULT = ("chat_member", "message_reaction", "message_reaction_count")
LONGEST_POLL = 50.0


@dataclass(frozen=True, slots=True)
class Hook:
    """Where updates are delivered. Without a `url` they are fetched."""

    url: str = ""
    secret: str = ""
    connections: int = 40


class Updates:
    """A queue in order of its numbers. Nothing leaves it before it was confirmed."""

    def __init__(self, bell: Bell) -> None:
        self.waiting: list[dict[str, Any]] = []
        self.all: list[dict[str, Any]] = []
        self.allowed: tuple[str, ...] = ()
        self.hook = Hook()
        self.closed = False
        self.number = 700_000_000
        self.longest_poll = LONGEST_POLL
        self._bell = bell
        self._poller = 0

    def put(self, kind: str, content: dict[str, Any]) -> None:
        """Queue an update of this kind, unless the bot did not ask for such."""
        if kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT:
            self.push({"update_id": self.number, kind: content})

    def push(self, update: dict[str, Any]) -> None:
        """Queue an update as it is."""
        self.number += 1
        self.all.append(update)
        self.waiting.append(update)
        self._bell.ring()

    def hang(self, hook: Hook) -> None:
        self.hook = hook
        self._bell.ring()

    def repeat(self, count: int) -> None:
        """Deliver the last updates once more, as Telegram does when an acknowledgement was lost."""
        self.waiting.extend(self.all[len(self.all) - count :])
        self._bell.ring()

    def confirm(self, update: dict[str, Any]) -> None:
        self.waiting = [other for other in self.waiting if other is not update]
        self._bell.ring()

    async def get(self, params: Params) -> Sequence[dict[str, Any]]:
        """Answer getUpdates. Raises `Failed`."""
        if self.hook.url:
            what = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            raise Failed(409, f"Conflict: {what}")
        self.choose(params)
        self._forget_before(params.number("offset"))
        self._poller += 1
        mine = self._poller
        self._bell.ring()
        timeout = min(params.number("timeout") or 0, self.longest_poll)
        await self._bell.until(lambda: bool(self.waiting) or self._ended(mine), timeout)
        if self.hook.url:
            raise Failed(409, "Conflict: terminated by setWebhook request")
        if self._poller != mine:
            what = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise Failed(409, f"Conflict: {what}")
        return self.waiting[: params.number("limit") or 100]

    def _ended(self, poller: int) -> bool:
        return self.closed or self._poller != poller or bool(self.hook.url)

    def choose(self, params: Params) -> None:
        """Remember which kinds of update the bot wants; without a list it stays as it was."""
        allowed = params.structure("allowed_updates")
        if allowed is not None:
            self.allowed = tuple(allowed)

    def _forget_before(self, offset: int | None) -> None:
        if offset is not None and offset < 0:
            self.waiting = self.waiting[offset:]
        elif offset:
            self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        self._bell.ring()
