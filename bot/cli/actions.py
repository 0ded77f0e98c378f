"""`palaver actions`: a custom action server for Rasa."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(actions)


def actions(
    grpc: Annotated[bool, typer.Option("--grpc", help="Speak gRPC: tokens stream, a person can interrupt.")] = False,
    port: Annotated[int | None, typer.Option(help="Listen here instead of PALAVER_ACTIONS_PORT.")] = None,
) -> None:
    """Serve actions to a Rasa assistant: replies of your models, handing over to a person, forgetting.

    It asks `palaver run` for each; PALAVER_ACTIONS_BOT_URL and PALAVER_ACTIONS_BOT_TOKEN say where that is.

    [bold]Examples[/bold]

      palaver actions
      palaver actions --grpc --port 5056
    """
    from bot.errors import SettingsError
    from bot.operations.tracing import exported_spans
    from connectors.rasa.settings import ActionsSettings

    settings = ActionsSettings.load()
    changed = {"transport": "grpc"} if grpc else {}
    try:
        from connectors.rasa.actions.serving import serve
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"The action server needs {error.name}. Give it an environment of its own: pip install 'palaver[rasa]'."
        ) from None
    with exported_spans("palaver-actions"):
        serve(settings.model_copy(update={**changed, **({"port": port} if port is not None else {})}))
