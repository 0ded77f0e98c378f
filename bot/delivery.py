"""T3, the sending, T4: the parts of a conversation go out in order, each sent once an attempt."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from enum import StrEnum

import structlog

from bot.errors import DeliveryError, Locked, NotSent, Refused, Unsure
from bot.interfaces import Connector
from bot.messages import Receipt, State
from bot.store.leasing import Claim
from bot.store.outbox import Ended, Intent, Outbox, Verdict

log = structlog.get_logger()

SEND_SECONDS = 25.0
"""Twice the longest wait for a turn (see `bot.flood`), and the ten seconds that a connector may take."""
LONGEST_PAUSE = 60.0
GIVE_UP_AFTER = 1800.0
"""A reply that could not be sent for half an hour is no answer any more."""
MOST_UNSURE = 3


class Unconfirmed(StrEnum):
    """What to do with a part whose sending was not confirmed."""

    RESEND = "resend"
    """Send it again: never silent, perhaps twice; the repeat is flagged."""
    HOLD = "hold"
    """Do not: never twice, perhaps missing."""


class Delivery:
    """Sends what the outbox holds."""

    def __init__(
        self,
        outbox: Outbox,
        connectors: Mapping[str, Connector],
        unconfirmed: Unconfirmed,
        ended: Callable[[str, Ended], None] = lambda channel, message: None,  # noqa: ARG005
    ) -> None:
        """`ended` is told of each message that ends here, with its channel."""
        self._outbox = outbox
        self._connectors = connectors
        self._unconfirmed = unconfirmed
        self._ended = ended

    async def deliver(self, claim: Claim) -> None:
        """Send the parts of the conversation until none may be sent now. Raises `Fenced` and `StoreDown`."""
        while intent := await self._outbox.intend(claim):
            try:
                receipt = await self._send(intent)
            except DeliveryError as error:
                verdict = judge(error, intent, self._unconfirmed)
                log.warning("part not delivered", turn=intent.turn, error=str(error), attempts=intent.attempts)
                messages = await self._outbox.failed(claim, intent, verdict)
            else:
                messages = await self._outbox.sent(claim, intent, receipt)
            for message in messages:
                self._ended(intent.part.address.channel, message)
            if intent.last:
                return

    async def _send(self, intent: Intent) -> Receipt:
        channel = intent.part.address.channel
        connector = self._connectors.get(channel)
        if intent.gone:
            raise Refused("the chat is closed to us")
        if connector is None:
            raise NotSent(f"channel {channel} is not served by this process", LONGEST_PAUSE)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await connector.send(intent.part)
        except DeliveryError:
            raise
        except Exception as error:
            # A connector must not raise anything else; if it does, nobody knows how far it came.
            raise Unsure(f"{type(error).__name__} in {channel}") from error


def judge(error: DeliveryError, intent: Intent, unconfirmed: Unconfirmed) -> Verdict:
    """Return what follows from a failed sending."""
    match error:
        case Refused():
            return Verdict("dead", str(error), ends=State.UNDELIVERABLE)
        case Locked():
            return Verdict("ready", str(error), after=LONGEST_PAUSE)
        case NotSent():
            if intent.age > GIVE_UP_AFTER:
                return Verdict("dead", f"given up: {error}", ends=State.UNDELIVERABLE)
            return Verdict("ready", str(error), after=pause(intent.attempts) if error.after is None else error.after)
        case _:
            if unconfirmed is Unconfirmed.HOLD or intent.attempts >= MOST_UNSURE:
                return Verdict("held", str(error), ends=State.ANSWERED_UNSURE)
            return Verdict("unsure", str(error), after=pause(intent.attempts))


def pause(attempts: int) -> float:
    """Return a random pause in seconds that grows with the attempts, so that retries do not march in step."""
    return random.uniform(0.1, 1.0) * min(LONGEST_PAUSE, 2.0 ** (attempts - 1))
