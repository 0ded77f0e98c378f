"""Starts the action server and runs it until it is told to stop."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from rasa_sdk.executor import ActionExecutor

from bot.errors import SettingsError
from connectors.rasa.actions.acting import Actions
from connectors.rasa.actions.client import BotClient
from connectors.rasa.actions.executor import DiscreetExecutor
from connectors.rasa.settings import ActionsSettings, RasaSettings


def serve(settings: ActionsSettings) -> None:
    """Serve until SIGTERM or SIGINT. Raises `SettingsError`."""
    executor = make_executor(settings)
    if settings.transport == "grpc":
        from connectors.rasa.actions.grpc import run  # noqa: PLC0415 - one transport at a time

        run(settings, executor)
        return
    from connectors.rasa.actions.http import make_app  # noqa: PLC0415

    tls = {"cert": settings.certificate, "key": settings.key} if settings.certificate else None
    app = make_app(settings, executor)
    app.run(settings.host, settings.port, ssl=tls, single_process=True, motd=False, access_log=False)


def make_executor(settings: ActionsSettings) -> DiscreetExecutor:
    """Return the executor with our actions and the owner's. Raises `SettingsError`."""
    token = settings.bot_token or RasaSettings.load().token
    if token is None:
        raise SettingsError("PALAVER_ACTIONS_BOT_TOKEN is missing. Set it to the PALAVER_RASA_TOKEN of the bot.")
    if settings.module:
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 - where the owner's module is looked for
        if find_spec(settings.module) is None:
            raise SettingsError(f"PALAVER_ACTIONS_MODULE: there is no module {settings.module} here.")
    bot = BotClient(settings, token.get_secret_value())
    return DiscreetExecutor(ActionExecutor(), Actions(bot), settings.module)
