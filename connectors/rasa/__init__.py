"""Rasa: an NLG server, and what our action server asks for. `connector` is all that the rest of the house uses."""

from __future__ import annotations

from bot.errors import SettingsError
from bot.interfaces import Connector
from connectors.rasa.settings import RasaSettings


def connector(asked: bool) -> Connector | None:
    """Return the connector, or `None` where no token is set and nobody asked for it.

    Raises `SettingsError` that names what is missing or wrong.
    """
    settings = RasaSettings.load()
    if settings.token is None:
        if asked:
            raise SettingsError(
                "Rasa: PALAVER_RASA_TOKEN is missing. `openssl rand -hex 32` makes one. See docs/rasa.md."
            )
        return None
    # Imported here, so that who does not serve Rasa does not pay for it.
    from connectors.rasa.gateway import Rasa  # noqa: PLC0415

    return Rasa(settings)
