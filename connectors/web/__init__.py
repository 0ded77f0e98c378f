"""Web chat: a page on the bot's own web server. `connector` is all that the rest of the house uses."""

from __future__ import annotations

from bot.interfaces import Connector
from connectors.web.gateway import Web
from connectors.web.settings import WebSettings


def connector(asked: bool) -> Connector | None:
    """Return the connector unless the owner turned it off and nobody asked for it. Raises `SettingsError`."""
    settings = WebSettings.load()
    return Web(settings) if asked or settings.enabled else None
