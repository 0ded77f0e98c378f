"""Workers behind a broker: prompts go out through Celery, chunks and drafts come back on this process's own queue."""

from __future__ import annotations

from bot.errors import SettingsError
from bot.writers import WriterSettings
from bot.writers.celery.writer import CeleryWriter
from nlg.serving.broker import Broker


async def open_writer(settings: WriterSettings) -> CeleryWriter:
    """Return a writer that connects behind our back, and again whenever the broker was away."""
    if settings.broker_url is None:
        raise SettingsError(
            "PALAVER_BROKER_URL is needed to reach workers: redis://host/0 or amqp://user:password@host."
        )
    try:
        broker = Broker(settings.broker_url.get_secret_value())
    except ValueError as error:
        raise SettingsError(f"PALAVER_BROKER_URL: {error}.") from None
    return CeleryWriter(broker, settings.queue)
