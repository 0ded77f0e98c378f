"""Telegram: long polling or a webhook. `connector` is all that the rest of the house uses."""

from __future__ import annotations

from bot.errors import SettingsError
from bot.interfaces import Connector
from connectors.telegram.examination import examine
from connectors.telegram.mending import mend
from connectors.telegram.settings import TelegramSettings

__all__ = ["connector", "examine", "mend"]


def connector(asked: bool) -> Connector | None:
    """Return the connector, or `None` where nothing of Telegram is set and nobody asked for it.

    Raises `SettingsError` that names what is missing or wrong.
    """
    settings = TelegramSettings.load()
    if not (asked or settings.asked):
        return None
    settings.check()
    try:
        # Imported here, so that an installation without the `telegram` extra can still look at this plugin.
        from connectors.telegram.gateway import Telegram  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(f"Telegram needs {error.name}. Install it: pip install 'palaver[telegram]'.") from None
    return Telegram(settings)
