"""Deliveries to the bot, and Slack's way of trying again."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol

RETRIES = (0.0, 60.0, 300.0)
"""Seconds before each of the three retries of an event. Commands and interactions are not retried."""

TAKEN = "taken"


@dataclass(slots=True)
class Delivery:
    """Something for the bot. `outcomes` has one word for each attempt; the last is `taken` if all went well."""

    kind: str
    payload: dict[str, Any]
    outcomes: list[str] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    envelopes: set[str] = field(default_factory=set)
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)

    def envelope(self) -> str:
        """Return a new envelope id. A late acknowledgement of an earlier one counts as well."""
        name = str(uuid.uuid4())
        self.envelopes.add(name)
        return name

    @property
    def taken(self) -> bool:
        return self.outcomes[-1:] == [TAKEN]


class Transport(Protocol):
    """Brings a delivery to the bot once and says in a word what came of it."""

    async def attempt(self, delivery: Delivery, number: int, reason: str) -> str: ...


async def carry(delivery: Delivery, transport: Transport, scale: float) -> None:
    """Deliver, and again at once, after one minute and after five, `scale` times that."""
    waits = (0.0, *RETRIES) if delivery.kind == "events_api" else (0.0,)
    reason = ""
    for number, wait in enumerate(waits):
        await asyncio.sleep(wait * scale)
        reason = await transport.attempt(delivery, number, reason)
        delivery.outcomes.append(reason)
        if delivery.taken:
            break
    delivery.ended.set()
