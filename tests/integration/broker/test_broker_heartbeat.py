from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from kombu import Producer

from bot.writers.celery import inflow
from nlg.serving.broker import Broker, new_reply_queue
from nlg.serving.wire import Kind, Reply


@pytest.mark.timeout(60)
def test_a_queue_that_is_never_idle_keeps_its_connection(amqp_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """RabbitMQ cuts a client that is silent for two heartbeats, also one that is busy reading."""
    monkeypatch.setattr(inflow, "HEARTBEAT_SECONDS", 1)
    broker = Broker(amqp_url)
    reached: list[bool] = []
    noted = threading.Event()
    taken: list[Any] = []
    queue = new_reply_queue()

    def note(up: bool) -> None:
        reached.append(up)
        noted.set()

    reading = inflow.Inflow(broker, queue, taken.append, note)
    try:
        assert noted.wait(10.0)
        _send(broker, queue, seconds=6.0)
        assert reached == [True]
        assert len(taken) > 50
    finally:
        reading.close()


def _send(broker: Broker, queue: str, seconds: float) -> None:
    chunk = Reply(Kind.CHUNK, "prompt", 1, 0, "word").to_wire()
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    with broker.connect() as connection:
        producer = Producer(connection, serializer="json", auto_declare=False)
        while time.monotonic() < deadline:
            producer.publish(chunk, routing_key=queue)
            pause.wait(0.05)
