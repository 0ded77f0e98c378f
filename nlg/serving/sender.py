"""Sends replies to those who asked, from a thread of its own: writing never waits for the broker."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.messaging import Producer

from nlg.serving.broker import Broker
from nlg.serving.wire import Kind, Reply

PACE_SECONDS = 0.06
"""How long chunks of a prompt are gathered. Its first chunk and its end are sent at once."""

RETRY_SECONDS = 0.2
DECLARED_SECONDS = 1.0
"""How long a queue is taken to be there, as asking costs as much as sending. What is sent meanwhile to a broker that
has forgotten it is lost, and asked for again."""
TRANSIENT = 1


@dataclass(slots=True)
class _Parcel:
    """What is to be sent to one asker about one run."""

    queue: str
    until: float
    replies: list[Reply] = field(default_factory=list)

    def add(self, reply: Reply) -> None:
        last = self.replies[-1] if self.replies else None
        if last and last.kind is Kind.CHUNK and reply.kind is Kind.CHUNK:
            self.replies[-1] = replace(last, text=last.text + reply.text)
        else:
            self.replies.append(reply)


class ReplySender:
    """Puts replies into reply queues. Lost connections are taken up again; what is too late by then is dropped."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._lost = broker.errors()
        self._connection: Connection | None = None
        self._declared: dict[str, float] = {}
        self._news = threading.Condition()
        self._parcels: dict[tuple[str, str, int], _Parcel] = {}
        self._urgent = self._closed = False
        self._give_up = float("inf")
        self._thread = threading.Thread(target=self._run, name="replies", daemon=True)
        self._thread.start()

    def post(self, queue: str, reply: Reply, until: float) -> None:
        """Send soon, never later than `until` (`time.monotonic()`). Returns at once."""
        with self._news:
            parcel = self._parcels.setdefault((queue, reply.id, reply.run), _Parcel(queue, until))
            parcel.add(reply)
            self._urgent |= reply.kind is not Kind.CHUNK or reply.at == 0
            self._news.notify()

    def close(self, seconds: float = 3.0) -> None:
        """Send what is left, for so long at most, and end the thread."""
        with self._news:
            self._closed, self._give_up = True, time.monotonic() + seconds
            self._news.notify()
        self._thread.join(seconds + 5.0)

    def _run(self) -> None:
        while parcels := self._gather():
            for parcel in parcels:
                self._send(parcel)
        self._hang_up()

    def _gather(self) -> list[_Parcel]:
        """Wait for something to send. Empty when nothing will come any more."""
        with self._news:
            self._news.wait_for(lambda: self._parcels or self._closed)
            self._news.wait_for(lambda: self._urgent or self._closed, PACE_SECONDS)
            parcels, self._parcels, self._urgent = list(self._parcels.values()), {}, False
            return parcels

    def _send(self, parcel: _Parcel) -> None:
        while parcel.replies and time.monotonic() < min(parcel.until, self._give_up):
            try:
                self._publish(parcel.queue, parcel.replies[0].to_wire())
                parcel.replies.pop(0)
            except self._lost as error:
                structlog.get_logger(__name__).warning("replies.broker_lost", error=type(error).__name__)
                self._hang_up()
                time.sleep(RETRY_SECONDS)

    def _publish(self, queue: str, body: dict[str, Any]) -> None:
        if self._connection is None:
            self._connection = self._broker.connect()
        producer = Producer(self._connection, serializer="json", auto_declare=False)
        declare = self._to_declare(queue)
        producer.publish(body, routing_key=queue, declare=declare, delivery_mode=TRANSIENT, confirm_timeout=2.0)

    def _to_declare(self, queue: str) -> list[Queue]:
        """The queue, unless it was declared a moment ago."""
        now = time.monotonic()
        if now - self._declared.get(queue, -DECLARED_SECONDS) < DECLARED_SECONDS:
            return []
        self._declared = {name: at for name, at in self._declared.items() if now - at < DECLARED_SECONDS} | {queue: now}
        return [self._broker.replies(queue)]

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.collect(socket_timeout=1.0)
            self._connection = None
            self._declared = {}
