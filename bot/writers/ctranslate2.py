"""CTranslate2 in this process, with a model that `palaver convert` wrote: several times as fast on a CPU."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

from bot.errors import ModelRefused, SettingsError
from bot.writers import WriterSettings
from bot.writers.engine import EngineWriter
from nlg.errors import CheckpointError
from nlg.serving.loading import converted_folder, open_converted


async def open_writer(settings: WriterSettings) -> EngineWriter:
    """Return once the model's files are found sound; it is loaded in a thread, and prompts wait for that.

    Raises `SettingsError` without the library, `ModelRefused` for files that are missing, damaged or not converted.
    """
    if find_spec("torch") is None or find_spec("ctranslate2") is None:
        raise SettingsError("PALAVER_WRITER: ctranslate2 needs more packages: pip install 'palaver[ctranslate2]'.")
    try:
        folder = await asyncio.to_thread(converted_folder, settings.model)
    except CheckpointError as error:
        raise ModelRefused(f"PALAVER_MODEL: {error}") from None
    return EngineWriter(asyncio.create_task(asyncio.to_thread(open_converted, folder, settings.threads)))
