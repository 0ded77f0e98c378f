"""Which chat platforms this process serves: those the owner named, else those whose settings are there."""

from __future__ import annotations

import os
from collections.abc import Sequence

import connectors
from bot.errors import SettingsError
from bot.interfaces import Connector
from bot.plugins import load_plugin, plugin_names


def open_channels(asked: Sequence[str] = ()) -> dict[str, Connector]:
    """Return the connectors by name. Raises `SettingsError`, also when an asked one lacks its library."""
    opened = {}
    for name in asked or plugin_names(connectors):
        connector = _open(name, asked=bool(asked))
        if connector is not None:
            opened[name] = connector
    if not opened:
        raise SettingsError("No channel is set up. Turn on the web chat (PALAVER_WEB_ENABLED=true), or set a token.")
    return opened


def _open(name: str, *, asked: bool) -> Connector | None:
    module = load_plugin(connectors, name)
    if module is None:
        if asked or any(variable.startswith(f"PALAVER_{name.upper()}_") for variable in os.environ):
            raise SettingsError(f"The channel {name} needs its library: pip install 'palaver[{name}]'.")
        return None
    connector: Connector | None = module.connector(asked=asked)
    return connector
