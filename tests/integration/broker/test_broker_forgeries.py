"""Whoever can write to the broker can put anything there. It is dropped, and prompts go on being answered."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from kombu import Producer

from bot.writers.celery.writer import CeleryWriter
from nlg.contract import GENERATE_TASK, STOP_TASK
from nlg.serving.broker import Broker, new_reply_queue
from nlg.serving.wire import Ask
from nlg.testing import prompt_of

QUICK = ("--stub-delay", "0.005", "--stub-tokens", "5", "--slots", "4")
GOOD = Ask(prompt_of("forged"), new_reply_queue()).to_wire()
BODIES = {
    "nothing": [],
    "too many": [GOOD, GOOD],
    "no mapping": ["10" * 18],
    "empty": [{}],
    "no prompt": [{**GOOD, "prompt": None}],
    "other version": [{**GOOD, "v": 2}],
    "endless": [{**GOOD, "prompt": {**GOOD["prompt"], "seconds": float("inf")}}],
    "no lines": [{**GOOD, "prompt": {**GOOD["prompt"], "lines": []}}],
    "wrong decoding": [{**GOOD, "prompt": {**GOOD["prompt"], "decoding": {"temperature": "hot"}}}],
    "another queue": [{**GOOD, "reply_to": "nlg.default"}],
}


def publish(url: str, queue: str, body: Any, headers: dict[str, Any] | None = None, **options: Any) -> None:
    with Broker(url).connect() as connection:
        producer = Producer(connection, auto_declare=False)
        producer.publish(body, routing_key=queue, headers=headers or {}, **options)


def publish_task(url: str, queue: str, name: str, args: Any) -> None:
    headers = {"task": name, "id": "forged", "lang": "py", "expires": None, "retries": 0}
    publish(url, f"nlg.{queue}", (args, {}, {}), headers, serializer="json")


async def still_answers(writer: CeleryWriter, worker: Any) -> None:
    for number in range(6):
        assert (await writer.write(prompt_of(f"prompt {number}"), lambda _: None)).reply_tokens == 5
    assert worker.alive()


@pytest.mark.parametrize("broker_url", ["redis"], indirect=True)
async def test_entries_of_a_redis_list_that_are_no_messages(
    private_redis: Any, queue: str, writer: CeleryWriter, start_worker: Any
) -> None:
    worker = start_worker(*QUICK).ready()
    entries = ['{"broken', "", "[]", "17", "null", "{}", "\\xff", '{"body": 1}', "[" * 100_000, '{"properties": {}}']
    for entry in entries * 10:
        private_redis.client.lpush(f"nlg.{queue}", entry)
    await still_answers(writer, worker)
    assert worker.log().count("broker.entry_dropped") >= 90


@pytest.mark.parametrize("broker_url", ["redis"], indirect=True)
async def test_broadcasts_that_are_no_messages(private_redis: Any, writer: CeleryWriter, start_worker: Any) -> None:
    worker = start_worker(*QUICK).ready()
    for entry in ['{"broken', "[]", "17", "{}", '{"body": 1}', '{"properties": {}}'] * 5:
        private_redis.client.publish("/0.celery.pidbox", entry)
    await still_answers(writer, worker)


@pytest.mark.parametrize("broker_url", ["redis"], indirect=True)
async def test_entries_of_the_reply_queue_that_are_no_replies(
    private_redis: Any, writer: CeleryWriter, start_worker: Any
) -> None:
    worker = start_worker(*QUICK).ready()
    for entry in ['{"broken', "[]", "17", "{}", '{"body": 1}', '{"properties": {}}'] * 5:
        private_redis.client.lpush(writer._reply_to, entry)
    for body in ({"v": 1, "kind": "draft"}, {"v": 1, "kind": "draft", "draft": {}}, [], 1, None):
        publish(private_redis.url, writer._reply_to, body, serializer="json")
    await still_answers(writer, worker)


async def test_messages_that_are_no_tasks(broker_url: str, queue: str, writer: CeleryWriter, start_worker: Any) -> None:
    worker = start_worker(*QUICK).ready()
    for _ in range(8):
        publish(broker_url, f"nlg.{queue}", "no json {", content_type="application/json", content_encoding="utf-8")
        publish(broker_url, f"nlg.{queue}", {"hello": "world"}, serializer="json")
        publish(broker_url, f"nlg.{queue}", [1, 2], {"task": GENERATE_TASK}, serializer="json")
        publish(broker_url, f"nlg.{queue}", [1, 2], {"task": GENERATE_TASK, "id": "x"}, serializer="json")
        publish(
            broker_url,
            f"nlg.{queue}",
            b"\x80",
            {"task": GENERATE_TASK, "id": "x"},
            content_type="text/x",
            content_encoding="?",
        )
    await still_answers(writer, worker)
    assert "world" not in worker.log()


async def test_pickles_are_not_opened(
    broker_url: str, queue: str, writer: CeleryWriter, start_worker: Any, tmp_path: Any
) -> None:
    worker = start_worker(*QUICK).ready()
    canary = tmp_path / "canary"
    body = pickle.dumps(([Canary(str(canary))], {}, {}))
    for kind in ("application/x-python-serialize", "application/x-yaml"):
        headers = {"task": GENERATE_TASK, "id": "x"}
        publish(broker_url, f"nlg.{queue}", body, headers, content_type=kind, content_encoding="binary")
    await still_answers(writer, worker)
    assert not canary.exists()


class Canary:
    """Makes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        return open, (self.path, "w")


async def test_unknown_tasks_and_forged_prompts(
    broker_url: str, queue: str, writer: CeleryWriter, start_worker: Any
) -> None:
    worker = start_worker(*QUICK).ready()
    for name in ("drain", "os.system", "celery.backend_cleanup"):
        publish_task(broker_url, queue, name, [10**18])
    for args in BODIES.values():
        publish_task(broker_url, queue, GENERATE_TASK, args)
    await still_answers(writer, worker)
    assert worker.log().count("prompt.written") == 6


async def test_forged_stops_change_nothing(broker_url: str, writer: CeleryWriter, start_worker: Any) -> None:
    worker = start_worker(*QUICK).ready()
    app = Broker(broker_url).celery()
    for arguments in ({}, {"prompt_id": None}, {"prompt_id": ["x"]}, {"other": 1}):
        app.control.broadcast(STOP_TASK, arguments)
    app.control.broadcast("no_such_command", {})
    app.close()
    await still_answers(writer, worker)
