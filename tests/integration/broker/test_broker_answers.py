"""Prompts go out through Celery and drafts come back, over a real Redis and a real RabbitMQ, from real workers."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.writers.celery.outflow import Outflow
from bot.writers.celery.writer import CeleryWriter
from nlg.contract import Finish, Unreachable
from nlg.serving.broker import Broker
from nlg.testing import prompt_of, stub_text

Eventually = Callable[..., Awaitable[None]]


async def test_a_prompt_is_answered_with_chunks_in_order(writer: CeleryWriter, start_worker: Any) -> None:
    start_worker("--stub-delay", "0.02", "--stub-tokens", "12").ready()
    prompt, chunks = prompt_of("where is my order 你好 👩‍👩‍👧"), []
    draft = await writer.write(prompt, chunks.append)
    assert (draft.id, draft.text) == (prompt.id, stub_text(prompt, 12))
    assert "".join(chunks) == draft.text
    assert len(chunks) > 2


async def test_the_first_words_are_there_long_before_the_last(writer: CeleryWriter, start_worker: Any) -> None:
    start_worker("--stub-delay", "0.05", "--stub-tokens", "20").ready()
    times: list[float] = []
    draft = await writer.write(prompt_of("hello there"), lambda _: times.append(time.monotonic()))
    assert times[-1] - times[0] > 0.5
    assert draft.timing.first < draft.timing.total / 4


async def test_fifty_prompts_at_once_each_get_their_own_draft(writer: CeleryWriter, start_worker: Any) -> None:
    start_worker("--stub-delay", "0.002", "--slots", "8").ready()
    prompts = [prompt_of(f"order number {number} of many") for number in range(50)]
    drafts = await asyncio.gather(*(writer.write(prompt, lambda _: None) for prompt in prompts))
    assert [draft.text for draft in drafts] == [stub_text(prompt, 20) for prompt in prompts]


async def test_prompts_are_shared_by_the_workers_of_a_queue(writer: CeleryWriter, start_worker: Any) -> None:
    workers = [start_worker("--stub-delay", "0.02", "--slots", "2") for _ in range(2)]
    for worker in workers:
        worker.ready()
    await asyncio.gather(*(writer.write(prompt_of(f"order {number}"), lambda _: None) for number in range(12)))
    assert all("prompt.written" in worker.log() for worker in workers)


async def test_many_prompts_can_be_called_off_at_once(broker_url: str) -> None:
    """A broadcast holds a connection while it waits for another: as many at once as connections wait for ever."""
    outflow = Outflow(Broker(broker_url), uuid.uuid4().hex)
    async with asyncio.timeout(10):
        await asyncio.gather(*(outflow.stop(f"prompt {number}") for number in range(20)))
    outflow.close()


async def test_stop_ends_a_prompt_with_what_it_has(writer: CeleryWriter, start_worker: Any) -> None:
    start_worker("--stub-delay", "0.05", "--stub-tokens", "90").ready()
    prompt, begun, chunks = prompt_of("tell me a long story"), asyncio.Event(), []
    writing = asyncio.create_task(writer.write(prompt, lambda text: (chunks.append(text), begun.set())))
    await asyncio.wait_for(begun.wait(), 5)
    asked = time.monotonic()
    await writer.stop(prompt.id)
    draft = await writing
    assert time.monotonic() - asked < 0.5
    assert draft.finish is Finish.STOPPED
    assert draft.model == "stub@1"
    assert draft.text == "".join(chunks)


async def test_stop_reaches_a_prompt_that_still_waits(writer: CeleryWriter, start_worker: Any) -> None:
    worker = start_worker("--stub-delay", "0.05", "--stub-tokens", "40", "--slots", "1").ready()
    begun = asyncio.Event()
    first = asyncio.create_task(writer.write(prompt_of("the first"), lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 5)
    waiting = prompt_of("the second", name="waiting")
    second = asyncio.create_task(writer.write(waiting, lambda _: None))
    await asyncio.sleep(0)
    await writer.stop(waiting.id)
    draft = await second
    assert (draft.finish, draft.text) == (Finish.STOPPED, "")
    assert not first.done()
    await first
    assert '"tokens": 40' in worker.log()
    assert worker.log().count('"tokens": 40') == 1


async def test_cancelling_the_call_stops_the_worker(
    writer: CeleryWriter, start_worker: Any, eventually: Eventually
) -> None:
    worker = start_worker("--stub-delay", "0.05", "--stub-tokens", "90").ready()
    begun = asyncio.Event()
    writing = asyncio.create_task(writer.write(prompt_of("a long story"), lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 5)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await eventually(lambda: '"finish": "stopped"' in worker.log(), "the worker stopped", 2)


async def test_the_log_of_a_worker_holds_no_words(writer: CeleryWriter, start_worker: Any) -> None:
    worker = start_worker("--stub-delay", "0").ready()
    await writer.write(prompt_of("my secret is xyzzy"), lambda _: None)
    assert "prompt.written" in worker.log()
    assert "xyzzy" not in worker.log() + worker.output.read_text()


async def test_closing_waits_for_what_is_being_written(writer: CeleryWriter, start_worker: Any) -> None:
    start_worker("--stub-delay", "0.03").ready()
    begun = asyncio.Event()
    writing = asyncio.create_task(writer.write(prompt_of("a question"), lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 5)
    await writer.close()
    with pytest.raises(Unreachable):
        await writer.write(prompt_of("one more"), lambda _: None)
    assert (await writing).reply_tokens == 20


async def test_a_closed_writer_leaves_no_queue_behind(private_redis: Any, tmp_path: Any) -> None:
    from nlg.serving.broker import Broker  # noqa: PLC0415

    writer = CeleryWriter(Broker(private_redis.url), "nobody")
    with pytest.raises(Exception, match="no draft"):
        await writer.write(prompt_of("anyone?", seconds=0.5), lambda _: None)
    await writer.close()
    left = {key.decode() for key in private_redis.client.keys("*")}
    assert not [key for key in left if key.startswith("nlg.reply.")]
