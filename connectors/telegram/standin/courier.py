"""Delivers updates to a webhook, and tries again until they are taken.

As the Bot API server does: first again at once, then after 2, 4, 8 ... 60 seconds, or when `Retry-After` says; one
update at a time in a chat, the chats side by side.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.telegram.standin.bell import Bell
from connectors.telegram.standin.updates import Updates

LONGEST = 60.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt. `status` 0: no answer came. `seconds`: how long the answer took."""

    update_id: object
    status: int
    seconds: float


class Courier:
    """`pace` shortens the pauses: 0.01 makes a minute 0.6 seconds."""

    def __init__(self, updates: Updates, bell: Bell, pace: float) -> None:
        self.deliveries: list[Delivery] = []
        self.last_error = ""
        self._updates = updates
        self._bell = bell
        self._pace = pace
        self._tasks: dict[object, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with httpx.AsyncClient(timeout=30.0, trust_env=False) as client:
            try:
                while True:
                    await self._bell.until(lambda: bool(self._untended()), 3600)
                    for queue in self._untended():
                        self._tasks[queue] = asyncio.create_task(self._deliver(client, queue))
            finally:
                for task in self._tasks.values():
                    task.cancel()

    def _untended(self) -> set[object]:
        waiting = self._updates.waiting if self._updates.hook.url else ()
        return {queue_of(update) for update in waiting} - self._tasks.keys()

    async def _deliver(self, client: httpx.AsyncClient, queue: object) -> None:
        failures = 0
        while self._updates.hook.url and (update := self._head(queue)) is not None:
            pause = await self._post(client, update, failures)
            failures = 0 if pause is None else failures + 1
            await asyncio.sleep((pause or 0.0) * self._pace)
        del self._tasks[queue]

    def _head(self, queue: object) -> dict[str, Any] | None:
        return next((update for update in self._updates.waiting if queue_of(update) == queue), None)

    async def _post(self, client: httpx.AsyncClient, update: dict[str, Any], failures: int) -> float | None:
        """Try once. Return `None` if it was taken, otherwise the seconds until the next attempt."""
        hook = self._updates.hook
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        began = time.monotonic()
        try:
            response = await client.post(hook.url, json=update, headers=headers)
        except httpx.HTTPError as error:
            self._note(update, 0, began, f"Connection failed: {type(error).__name__}")
            return _pause(failures)
        if response.is_success:
            self._updates.confirm(update)
            self._note(update, response.status_code, began, "")
            return None
        self._note(update, response.status_code, began, f"Wrong response from the webhook: {response.status_code}")
        asked = response.headers.get("Retry-After", "")
        return float(min(int(asked), 3600)) if asked.isdecimal() else _pause(failures)

    def _note(self, update: dict[str, Any], status: int, began: float, error: str) -> None:
        self.deliveries.append(Delivery(update.get("update_id"), status, time.monotonic() - began))
        self.last_error = error or self.last_error
        self._bell.ring()


def queue_of(update: dict[str, Any]) -> object:
    """Return what must stay in order with this update: its chat."""
    for content in update.values():
        if isinstance(content, dict) and isinstance(content.get("chat"), dict):
            return content["chat"].get("id")
    return None


def _pause(failures: int) -> float:
    return min(LONGEST, 2.0**failures) if failures else 0.0
