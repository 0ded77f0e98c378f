"""Counts by standing in between: each of these does what it wraps does, and tells the metrics."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import DeliveryError, Locked, NotSent, Refused
from bot.interfaces import Connector, Inbox, Records
from bot.messages import Acceptance, Address, Entry, Event, Ignored, Message, Part, Receipt, State
from bot.operations.metrics import Metrics
from bot.wrapping import Wrapped
from bot.writings import writing_of
from nlg.contract import Draft, OnChunk, Prompt, Writer, WritingError

OUTCOMES: tuple[tuple[type[DeliveryError], str], ...] = (
    (NotSent, "not_sent"),
    (Refused, "refused"),
    (Locked, "locked"),
)


class MeteredInbox:
    """Counts what is accepted and what is ignored."""

    def __init__(self, inbox: Inbox, metrics: Metrics) -> None:
        self._inbox = inbox
        self._metrics = metrics

    async def accept(self, event: Event) -> Acceptance:
        acceptance = await self._inbox.accept(event)
        if isinstance(event, Ignored):
            self._metrics.ignored(event.channel, event.reason)
        elif isinstance(event, Message) and acceptance.fresh:
            self._metrics.accepted(event.address.channel)
        return acceptance

    async def reject(self, channel: str, body: bytes, reason: str) -> None:
        await self._inbox.reject(channel, body, reason)
        self._metrics.ignored(channel, reason)

    def heard(self, channel: str, within: float) -> None:
        self._inbox.heard(channel, within)


class MeteredRecords:
    """Counts what is kept of conversations that somebody else leads: accepted and answered in one."""

    def __init__(self, records: Records, metrics: Metrics) -> None:
        self._records = records
        self._metrics = metrics

    async def keep(self, address: Address, said: Sequence[Entry], language: str = "") -> int:
        heard = await self._records.keep(address, said, language)
        for _ in range(heard):
            self._metrics.accepted(address.channel)
            self._metrics.ended(address.channel, State.ANSWERED, 0.0)
        return heard

    async def forget(self, address: Address, said: Sequence[Entry]) -> None:
        await self._records.forget(address, said)

    async def hand_over(self, address: Address) -> None:
        await self._records.hand_over(address)


class MeteredConnector(Wrapped):
    """Counts what is sent, and how it went."""

    def __init__(self, connector: Connector, metrics: Metrics) -> None:
        super().__init__(connector)
        self._metrics = metrics

    async def send(self, part: Part) -> Receipt:
        outcome = "unsure"
        try:
            receipt = await super().send(part)
            outcome = "sent"
        except DeliveryError as error:
            outcome = next((name for kind, name in OUTCOMES if isinstance(error, kind)), outcome)
            raise
        finally:
            self._metrics.attempted(self.name, outcome, repeat=part.repeat)
        return receipt


class MeteredWriter:
    """Counts drafts and their time, and why there was none."""

    def __init__(self, writer: Writer, metrics: Metrics) -> None:
        self._writer = writer
        self._metrics = metrics

    @property
    def trouble(self) -> str:
        return self._writer.trouble

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        try:
            draft = await self._writer.write(prompt, on_chunk)
        except WritingError as error:
            self._metrics.unwritten(error.reason)
            raise
        self._metrics.written(writing_of(draft))
        return draft

    async def stop(self, prompt_id: str) -> None:
        await self._writer.stop(prompt_id)

    async def close(self) -> None:
        await self._writer.close()
