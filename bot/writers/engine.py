"""The engine in this process: no broker and no workers, for one machine."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib.util import find_spec

import structlog

from bot.errors import ModelRefused, SettingsError
from bot.writers import WriterSettings
from nlg.contract import Draft, Late, OnChunk, Prompt, Unreachable
from nlg.errors import CheckpointError
from nlg.serving.interfaces import Generator
from nlg.serving.loading import model_folder, open_engine

GRACE_SECONDS = 2.0
"""How long after its time an engine may still hand over a draft before it counts as stuck."""


async def open_writer(settings: WriterSettings) -> EngineWriter:
    """Return once the model's files are found sound; it is loaded in a thread, and prompts wait for that.

    Raises `SettingsError` without torch, `ModelRefused` for files that are missing, damaged or not to be trusted.
    """
    if find_spec("torch") is None:
        raise SettingsError("Models need torch: install palaver[nlg], or set PALAVER_BROKER_URL to use workers.")
    try:
        folder = await asyncio.to_thread(model_folder, settings.model)
    except CheckpointError as error:
        raise ModelRefused(f"PALAVER_MODEL: {error}") from None
    opening = asyncio.to_thread(open_engine, folder, settings.slots, settings.threads, settings.compiled)
    return EngineWriter(asyncio.create_task(opening))


class EngineWriter:
    """Writes with an engine of this process, perhaps one that is still loading."""

    def __init__(self, engine: asyncio.Task[Generator]) -> None:
        self._engine = engine
        self._engine.add_done_callback(_log_failure)

    @property
    def trouble(self) -> str:
        if _is_loaded(self._engine):
            return ""
        return "the model could not be loaded" if self._engine.done() else "the model is being loaded"

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        deadline = asyncio.get_running_loop().time() + prompt.seconds
        try:
            async with asyncio.timeout_at(deadline + GRACE_SECONDS):
                engine = await self._loaded(deadline)
                return await _write(engine, prompt, deadline, on_chunk)
        except TimeoutError:
            raise Late(f"no draft within {prompt.seconds:g} seconds") from None

    async def stop(self, prompt_id: str) -> None:
        if _is_loaded(self._engine):
            self._engine.result().stop(prompt_id)

    async def close(self) -> None:
        await asyncio.wait([self._engine])
        if _is_loaded(self._engine):
            await asyncio.to_thread(self._engine.result().close)

    async def _loaded(self, deadline: float) -> Generator:
        try:
            async with asyncio.timeout_at(deadline):
                return await asyncio.shield(self._engine)
        except TimeoutError:
            raise Late("the model is still being loaded") from None
        except Exception as error:
            raise Unreachable(f"the model could not be loaded: {error}") from None


async def _write(engine: Generator, prompt: Prompt, deadline: float, on_chunk: OnChunk) -> Draft:
    left = deadline - asyncio.get_running_loop().time()
    future = engine.submit(replace(prompt, seconds=left), on_chunk)
    try:
        return await asyncio.wrap_future(future)  # cancelling it cancels the engine's, which frees its place
    finally:
        if future.cancelled():
            engine.stop(prompt.id)


def _is_loaded(engine: asyncio.Task[Generator]) -> bool:
    return engine.done() and not engine.cancelled() and engine.exception() is None


def _log_failure(engine: asyncio.Task[Generator]) -> None:
    if not _is_loaded(engine) and not engine.cancelled():
        structlog.get_logger(__name__).error("model.not_loaded", error=str(engine.exception()))
