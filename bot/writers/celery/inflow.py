"""Reads this process's reply queue in a thread, for as long as the process lives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from kombu.connection import Connection
from kombu.messaging import Consumer

from nlg.serving.broker import HEARTBEAT_SECONDS, Broker
from nlg.serving.wire import Reply

DRAIN_SECONDS = 0.25
RECONNECT_SECONDS = 0.3


class Inflow:
    """Calls `deliver` with each reply and `reached` with whether the broker can be reached, from its own thread."""

    def __init__(
        self, broker: Broker, queue: str, deliver: Callable[[Reply], None], reached: Callable[[bool], None]
    ) -> None:
        self._broker, self._queue, self._deliver, self._reached = broker, queue, deliver, reached
        self._lost = broker.errors()
        self._in_reach = False
        self._closing = threading.Event()
        self._log = structlog.get_logger(__name__)
        self._thread = threading.Thread(target=self._run, name="replies", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Delete the queue and end the thread. Blocks for a second or two."""
        self._closing.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        while not self._closing.is_set():
            connection = self._broker.connect(HEARTBEAT_SECONDS)
            try:
                self._read(connection)
            except self._lost as error:
                self._note(False, type(error).__name__)
            finally:
                connection.collect(socket_timeout=1.0)
            self._closing.wait(RECONNECT_SECONDS)

    def _read(self, connection: Connection) -> None:
        queue = self._broker.replies(self._queue)
        with Consumer(
            connection, [queue], accept=["json"], no_ack=True, callbacks=[self._take], on_decode_error=self._broken
        ):
            self._note(True)
            while not self._closing.is_set():
                self._drain(connection)
        queue(connection.default_channel).delete()

    def _note(self, reached: bool, why: str = "") -> None:
        if reached is not self._in_reach:
            self._in_reach = reached
            self._log.info("broker.reached") if reached else self._log.warning("broker.lost", error=why)
            self._reached(reached)

    def _drain(self, connection: Connection) -> None:
        with suppress(TimeoutError):
            connection.drain_events(timeout=DRAIN_SECONDS)
        # Also when there is always something to read: reading sends nothing, and a silent client is cut off.
        connection.heartbeat_check()

    def _take(self, body: Any, _message: Any) -> None:
        try:
            reply = Reply.from_wire(body)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._log.warning("reply.malformed", error=type(error).__name__)
            return
        self._deliver(reply)

    def _broken(self, _message: Any, error: Exception) -> None:
        self._log.warning("reply.malformed", error=type(error).__name__)
