"""A model that repeats what was said, in this process: to try a set-up, its load and its failures without a model."""

from __future__ import annotations

import asyncio

from bot.settings import Section
from bot.writers import WriterSettings
from bot.writers.engine import EngineWriter
from nlg.serving.interfaces import Generator
from nlg.testing import StubEngine


class StubSettings(Section, env_prefix="PALAVER_STUB_", table="stub"):
    """`tokens` words a reply, one every `delay` seconds; as `palaver worker --stub` with the same flags.

    With `mishaps` the words of `nlg.testing.Mishap` make it hang, fail or end this process: for trials of faults only.
    """

    tokens: int = 20
    delay: float = 0.02
    mishaps: bool = False


async def open_writer(settings: WriterSettings) -> EngineWriter:
    """Return a writer that is ready. Raises `SettingsError`."""
    stub = StubSettings.load()

    async def ready() -> Generator:
        return StubEngine(settings.slots, stub.tokens, stub.delay, mishaps=stub.mishaps)

    return EngineWriter(asyncio.create_task(ready()))
