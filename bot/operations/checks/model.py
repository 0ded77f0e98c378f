"""Is the model that this process would load as it was made?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bot.findings import Finding, fail, ok
from bot.writers import WriterSettings
from nlg.errors import CheckpointError
from nlg.serving.loading import converted_folder, model_folder

SUBJECT = "model"


async def examine() -> list[Finding]:
    settings = WriterSettings.load()
    here = [settings.only(step) for step in settings.steps if step.partition(":")[0] in HERE]
    if not here:
        return [ok(SUBJECT, f"Not in this process: the writer is {settings.writer or settings.name}.")]
    return [await _examined(HERE[one.writer], one.model) for one in here]


async def _examined(needs: Needs, model: str) -> Finding:
    if find_spec(needs.library) is None:
        return fail(SUBJECT, f"{needs.library} is not installed.", needs.without)
    try:
        folder = await asyncio.to_thread(needs.find, model)
    except CheckpointError as error:
        return fail(SUBJECT, str(error), needs.otherwise)
    return ok(SUBJECT, f"All files of {folder.name} are as they were made.")


@dataclass(frozen=True, slots=True)
class Needs:
    """A writer's library, how its model is found, and what to do without the one or the other."""

    library: str
    find: Callable[[str], Path]
    without: str
    otherwise: str


HERE = {
    "engine": Needs(
        "torch",
        model_folder,
        "Install palaver[nlg], or set PALAVER_BROKER_URL.",
        "Set PALAVER_MODEL to a checkpoint, or leave it empty for the shipped one.",
    ),
    "ctranslate2": Needs(
        "ctranslate2",
        converted_folder,
        "Install palaver[ctranslate2], or choose another PALAVER_WRITER.",
        "Set PALAVER_MODEL to a folder that palaver convert wrote.",
    ),
}
"""Writers that hold a model in this process."""
