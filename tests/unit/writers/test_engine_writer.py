"""The engine in this process, seen from the event loop."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from bot.writers.engine import EngineWriter
from nlg.contract import Busy, Finish, Late, Unreachable
from nlg.errors import CheckpointError
from nlg.serving.interfaces import Generator
from nlg.testing import StubEngine, prompt_of, stub_text


def writer_with(engine: StubEngine) -> EngineWriter:
    return EngineWriter(asyncio.create_task(asyncio.to_thread(lambda: cast("Generator", engine))))


async def test_prompts_wait_for_a_model_that_is_being_loaded() -> None:
    loaded: asyncio.Future[Generator] = asyncio.get_running_loop().create_future()

    async def load() -> Generator:
        return await loaded

    writer = EngineWriter(asyncio.create_task(load()))
    prompt = prompt_of("hello there")
    writing = asyncio.create_task(writer.write(prompt, lambda _: None))
    await asyncio.sleep(0)
    assert not writing.done()
    loaded.set_result(StubEngine(delay=0.0))
    assert (await writing).text == stub_text(prompt, 20)
    await writer.close()


async def test_a_model_that_loads_too_long_makes_prompts_late() -> None:
    engine = asyncio.create_task(asyncio.Event().wait())
    writer = EngineWriter(cast("asyncio.Task[Generator]", engine))
    with pytest.raises(Late, match="loaded"):
        await writer.write(prompt_of("hello", seconds=0.05), print)
    assert not engine.cancelled()
    engine.cancel()


async def test_a_model_that_cannot_be_loaded_is_unreachable() -> None:
    async def load() -> Generator:
        raise CheckpointError("the file is cut")

    writer = EngineWriter(asyncio.create_task(load()))
    with pytest.raises(Unreachable, match="the file is cut"):
        await writer.write(prompt_of("hello"), print)
    await writer.stop("p")
    await writer.close()


async def test_a_full_engine_says_busy() -> None:
    writer = writer_with(StubEngine(slots=1, delay=0.05, waiting=1))
    writing = [asyncio.create_task(writer.write(prompt_of("hello"), lambda _: None)) for _ in range(5)]
    results = await asyncio.gather(*writing, return_exceptions=True)
    assert any(isinstance(result, Busy) for result in results)
    assert sum(not isinstance(result, BaseException) for result in results) >= 1
    await writer.close()


async def test_cancelling_the_call_frees_the_place_in_the_engine() -> None:
    engine = StubEngine(slots=1, tokens=96, delay=0.02)
    writer = writer_with(engine)
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    first = asyncio.create_task(writer.write(prompt_of("first"), lambda _: loop.call_soon_threadsafe(begun.set)))
    await asyncio.wait_for(begun.wait(), 5)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = await writer.write(prompt_of("second", tokens=2), lambda _: None)
    assert second.timing.queued < 1000
    await writer.close()


async def test_the_deadline_keeps_the_text_so_far() -> None:
    writer = writer_with(StubEngine(tokens=96, delay=0.02))
    draft = await writer.write(prompt_of("a long story", seconds=0.2), lambda _: None)
    assert draft.finish is Finish.DEADLINE
    assert 0 < draft.reply_tokens < 96
    await writer.close()
