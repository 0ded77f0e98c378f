"""Replies are gathered and sent without making anyone wait, over the memory transport."""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import Iterator
from queue import Empty

import pytest

from nlg.serving.broker import Broker
from nlg.serving.sender import ReplySender
from nlg.serving.wire import Kind, Reply

BROKER = Broker("memory://")


@pytest.fixture
def queue() -> str:
    return f"nlg.reply.{uuid.uuid4().hex}"


@pytest.fixture
def sender() -> Iterator[ReplySender]:
    opened = ReplySender(BROKER)
    yield opened
    opened.close()


def chunk(at: int, text: str) -> Reply:
    return Reply(Kind.CHUNK, "p", 1, at, text)


def soon() -> float:
    return time.monotonic() + 5.0


def received(queue: str, wanted: int) -> list[Reply]:
    """Take so many replies off the queue, or fail."""
    with BROKER.connect() as connection:
        inbox = connection.SimpleQueue(BROKER.replies(queue), no_ack=True)
        return [Reply.from_wire(inbox.get(timeout=5.0).payload) for _ in range(wanted)]


def nothing_in(queue: str) -> bool:
    with BROKER.connect() as connection:
        try:
            connection.SimpleQueue(BROKER.replies(queue), no_ack=True).get(block=False)
        except Empty:
            return True
        return False


def test_chunks_are_gathered_and_keep_their_order(sender: ReplySender, queue: str) -> None:
    text = "where is my order"
    for at, letter in enumerate(text):
        sender.post(queue, chunk(at, letter), soon())
    sender.post(queue, Reply(Kind.ERROR, "p", 1, reason="busy"), soon())
    replies: list[Reply] = []
    while not replies or replies[-1].kind is Kind.CHUNK:
        replies += received(queue, 1)
    assert "".join(reply.text for reply in replies) == text
    assert len(replies) < len(text)
    assert nothing_in(queue)


def test_what_is_too_late_is_not_sent(sender: ReplySender, queue: str) -> None:
    sender.post(queue, chunk(0, "old"), time.monotonic() - 1.0)
    sender.post(queue, Reply(Kind.CHUNK, "q", 1, 0, "new"), soon())
    assert [reply.text for reply in received(queue, 1)] == ["new"]
    assert nothing_in(queue)


def test_closing_sends_what_is_left(queue: str) -> None:
    sender = ReplySender(BROKER)
    for at in range(3):
        sender.post(queue, chunk(at, "x"), soon())
    sender.close()
    assert "".join(reply.text for reply in received(queue, 1)) == "xxx"


def test_a_broker_that_is_away_keeps_nobody_waiting(queue: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        sender = ReplySender(Broker(f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"))
        began = time.monotonic()
        sender.post(queue, chunk(0, "x"), soon())
        assert time.monotonic() - began < 0.1
        sender.close(0.3)
        assert time.monotonic() - began < 3.0
