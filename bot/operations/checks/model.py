"""Is the model that this process would load as it was made?"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

from bot.findings import Finding, fail, ok
from bot.writers import WriterSettings
from nlg.errors import CheckpointError
from nlg.serving.loading import model_folder

SUBJECT = "model"


async def examine() -> list[Finding]:
    settings = WriterSettings.load()
    here = [settings.only(step) for step in settings.steps if step.partition(":")[0] == "engine"]
    if not here:
        return [ok(SUBJECT, f"Not in this process: the writer is {settings.writer or settings.name}.")]
    if find_spec("torch") is None:
        return [fail(SUBJECT, "torch is not installed.", "Install palaver[nlg], or set PALAVER_BROKER_URL.")]
    return [await _examined(one.model) for one in here]


async def _examined(model: str) -> Finding:
    try:
        folder = await asyncio.to_thread(model_folder, model)
    except CheckpointError as error:
        return fail(SUBJECT, str(error), "Set PALAVER_MODEL to a checkpoint, or leave it empty for the shipped one.")
    return ok(SUBJECT, f"All files of {folder.name} are as they were made.")
