"""Slack: Socket Mode and the HTTP Events API. `connector` and `examine` are all that the rest of the house uses."""

from __future__ import annotations

from bot.errors import SettingsError
from bot.interfaces import Connector
from connectors.slack.examination import examine
from connectors.slack.settings import SlackSettings

__all__ = ["connector", "examine"]


def connector(asked: bool) -> Connector | None:
    """Return the connector, or `None` where nothing of Slack is set and nobody asked for it.

    Raises `SettingsError` that names what is missing or wrong.
    """
    settings = SlackSettings.load()
    if not (asked or settings.asked):
        return None
    settings.check()
    try:
        # Imported here, so that an installation without the `slack` extra can still look at this plugin.
        from connectors.slack.gateway import Slack  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(f"Slack needs {error.name}. Install it: pip install 'palaver[slack]'.") from None
    return Slack(settings)
