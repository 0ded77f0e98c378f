"""Workers and brokers die, freeze, and forget; prompts are answered late or refused in time, never lost in silence."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.writers.celery import writer as writer_module
from bot.writers.celery.writer import REACH_SECONDS, CeleryWriter
from nlg.contract import Late, Unreachable
from nlg.serving.broker import Broker
from nlg.testing import prompt_of, stub_text
from tests.rig.brokers import rabbitmq
from tests.rig.children import Children
from tests.rig.palaver import start_worker as start_palaver
from tests.rig.servers import Unavailable

Eventually = Callable[..., Awaitable[None]]
QUICK = ("--stub-delay", "0.01", "--stub-tokens", "8")
SLOW = ("--stub-delay", "0.15", "--stub-tokens", "8")


async def answer(writer: CeleryWriter, text: str = "still there", seconds: float = 10.0) -> str:
    return (await writer.write(prompt_of(text, seconds), lambda _: None)).text


async def test_another_worker_takes_over_from_one_that_was_killed(writer: CeleryWriter, start_worker: Any) -> None:
    first = start_worker(*SLOW).ready()
    prompt, begun, chunks = prompt_of("where is my order", seconds=8.0), asyncio.Event(), []
    writing = asyncio.create_task(writer.write(prompt, lambda text: (chunks.append(text), begun.set())))
    await asyncio.wait_for(begun.wait(), 5)
    first.signal(signal.SIGKILL)
    start_worker(*QUICK)
    draft = await writing
    assert draft.text == stub_text(prompt, 8)
    assert "".join(chunks) == draft.text


async def test_without_another_worker_the_prompt_is_late(writer: CeleryWriter, start_worker: Any) -> None:
    worker = start_worker(*SLOW).ready()
    begun = asyncio.Event()
    began = time.monotonic()
    writing = asyncio.create_task(writer.write(prompt_of("a question", seconds=2.0), lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 5)
    worker.signal(signal.SIGKILL)
    with pytest.raises(Late):
        await writing
    assert time.monotonic() - began < 2.5


@pytest.mark.parametrize("broker_url", ["redis"], indirect=True)
async def test_prompts_are_asked_again_after_redis_was_emptied(
    private_redis: Any, writer: CeleryWriter, queue: str, start_worker: Any, eventually: Eventually
) -> None:
    asked = [asyncio.create_task(answer(writer, f"order {number}", seconds=16.0)) for number in range(20)]
    await eventually(lambda: private_redis.client.llen(f"nlg.{queue}") == 20, "all prompts wait")
    private_redis.client.flushall()
    start_worker(*QUICK)
    texts = await asyncio.gather(*asked)
    assert texts == [stub_text(prompt_of(f"order {number}"), 8) for number in range(20)]


@pytest.mark.parametrize("broker_url", ["redis"], indirect=True)
async def test_a_redis_that_comes_back_is_taken_up_again(
    private_redis: Any, writer: CeleryWriter, start_worker: Any
) -> None:
    worker = start_worker(*QUICK).ready()
    await answer(writer)
    private_redis.kill()
    with pytest.raises(Unreachable):
        await answer(writer, seconds=3.0)
    private_redis.start()
    await answered_again(writer, 10.0)
    assert worker.alive()


@pytest.mark.parametrize("broker_url", ["redis"], indirect=True)
async def test_a_prompt_waits_for_a_broker_that_is_restarted(
    private_redis: Any, writer: CeleryWriter, start_worker: Any, eventually: Eventually
) -> None:
    start_worker(*QUICK).ready()
    await answer(writer)
    private_redis.kill()
    await eventually(lambda: writer.trouble, "the broker is lost")
    asked = asyncio.create_task(answer(writer, seconds=16.0))
    await asyncio.sleep(REACH_SECONDS + 1.0)
    assert not asked.done()
    private_redis.start()
    assert await asked


async def test_a_broker_that_stays_away_is_unreachable_while_there_is_time_for_another_way(
    wired: CeleryWriter, wire: Any, wired_url: str, start_worker: Any
) -> None:
    worker = start_worker(*QUICK, url=wired_url).ready()
    await answer(wired)
    wire.cut()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        await answer(wired, seconds=4.0)
    assert 2.0 < time.monotonic() - began < 3.0
    wire.mend()
    await answered_again(wired, 10.0)
    assert worker.alive()


async def test_a_broker_that_was_away_for_long_is_given_up_soon(
    wired: CeleryWriter, wire: Any, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    await eventually(lambda: not wired.trouble, "the broker is reached")
    wire.cut()
    await eventually(lambda: wired.trouble, "the broker is lost")
    monkeypatch.setattr(writer_module, "RETURN_SECONDS", 0.0)
    began = time.monotonic()
    with pytest.raises(Unreachable):
        await answer(wired, seconds=30.0)
    assert time.monotonic() - began < REACH_SECONDS + 0.5


async def test_nobody_whose_time_allows_it_hears_that_the_broker_was_away(
    wired: CeleryWriter, wire: Any, wired_url: str, start_worker: Any
) -> None:
    """Prompts of before the outage, which the broker may have lost, and prompts of all the time while it lasts."""
    start_worker(*QUICK, "--slots", "64", url=wired_url).ready()
    await answer(wired)
    asked = [asyncio.create_task(answer(wired, f"order {number}", seconds=40.0)) for number in range(30)]
    await asyncio.sleep(0.05)
    wire.cut()
    for number in range(30, 60):
        asked.append(asyncio.create_task(answer(wired, f"order {number}", seconds=40.0)))
        await asyncio.sleep(0.1)
    wire.mend()
    texts = await asyncio.gather(*asked)
    assert texts == [stub_text(prompt_of(f"order {number}"), 8) for number in range(60)]


@pytest.mark.slow
async def test_a_virtual_host_that_was_removed_and_made_anew_costs_nobody_an_answer(tmp_path: Any) -> None:
    """RabbitMQ forgets everything: queues, prompts, replies, and closes all connections."""
    with Children(tmp_path) as children:
        try:
            async with rabbitmq(children, tmp_path) as broker:
                worker = start_palaver(children, "worker", broker.url, "--stub", *QUICK, "--queue", "vhost")
                await worker.ready()
                writer = CeleryWriter(Broker(broker.url), "vhost")
                asked = []
                for number in range(40):
                    asked.append(asyncio.create_task(answer(writer, f"order {number}", seconds=40.0)))
                    if number == 20:
                        await broker.empty()
                    await asyncio.sleep(0.05)
                texts = await asyncio.gather(*asked)
                await writer.close()
        except Unavailable as error:
            pytest.skip(str(error))
    assert texts == [stub_text(prompt_of(f"order {number}"), 8) for number in range(40)]


async def test_a_prompt_outlives_a_reset_connection(
    wired: CeleryWriter, wire: Any, wired_url: str, start_worker: Any
) -> None:
    start_worker(*SLOW, url=wired_url).ready()
    begun = asyncio.Event()
    prompt = prompt_of("where is my order", seconds=8.0)
    writing = asyncio.create_task(wired.write(prompt, lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 5)
    wire.cut()
    wire.mend()
    assert (await writing).text == stub_text(prompt, 8)


@pytest.mark.slow
async def test_connections_that_went_silent_are_given_up(
    wired: CeleryWriter, wire: Any, wired_url: str, start_worker: Any
) -> None:
    worker = start_worker(*QUICK, url=wired_url).ready()
    await answer(wired)
    wire.freeze()
    await answered_again(wired, 30.0)
    assert worker.alive()


async def answered_again(writer: CeleryWriter, seconds: float) -> None:
    """Ask until there is an answer; fail after so many seconds."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                await answer(writer, seconds=3.0)
            except (Unreachable, Late):
                continue
            return


async def test_a_worker_told_to_end_finishes_what_it_writes(
    writer: CeleryWriter, start_worker: Any, eventually: Eventually
) -> None:
    worker = start_worker(*SLOW).ready()
    begun = asyncio.Event()
    prompt = prompt_of("where is my order")
    writing = asyncio.create_task(writer.write(prompt, lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 5)
    worker.signal(signal.SIGTERM)
    assert (await writing).text == stub_text(prompt, 8)
    await eventually(lambda: not worker.alive(), "the worker ends")
    assert worker.process.returncode == 0


async def test_prompts_that_nobody_waits_for_are_not_worked_on(writer: CeleryWriter, start_worker: Any) -> None:
    with pytest.raises(Late):
        await answer(writer, "too old to answer", seconds=0.5)
    worker = start_worker(*QUICK).ready()
    await answer(writer)
    assert worker.log().count("prompt.written") == 1


async def test_a_worker_with_another_clock_is_no_harm(
    writer: CeleryWriter, start_worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_worker(*QUICK).ready()
    now = time.time
    monkeypatch.setattr(writer_module.time, "time", lambda: now() - 3600.0)
    assert await answer(writer, seconds=5.0)
