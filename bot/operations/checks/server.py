"""Can the servers of other engines be reached, where the settings name one?"""

from __future__ import annotations

from bot.findings import Finding, fail, ok
from bot.writers import WriterSettings
from bot.writers.openai import OpenAISettings, open_writer

SUBJECT = "server"
ADVICE = (
    "Start it, or correct PALAVER_OPENAI_URL (up to /v1) and the key in PALAVER_OPENAI_KEY or PALAVER_OPENAI_KEY_FILE."
)


async def examine() -> list[Finding]:
    settings = WriterSettings.load()
    return [await _examined(settings.only(step)) for step in settings.steps if step.partition(":")[0] == "openai"]


async def _examined(settings: WriterSettings) -> Finding:
    writer = await open_writer(settings)
    try:
        await writer.looked()
        if writer.trouble:
            return fail(SUBJECT, f"{OpenAISettings.load().url}: {writer.trouble}.", ADVICE)
        return ok(SUBJECT, f"Reachable; the model is {writer.model or 'not named'}.")
    finally:
        await writer.close()
