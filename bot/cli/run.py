"""`palaver run`: the bot."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(run)


def run(
    channel: Annotated[
        list[str] | None, typer.Option(help="Serve only this channel; repeat for more. Default: all that are set up.")
    ] = None,
) -> None:
    """Serve every channel that is set up: the web chat, and Telegram and Slack once their tokens are set.

    [bold]Examples[/bold]

      palaver run
      PALAVER_TELEGRAM_TOKEN=123:abc palaver run
      palaver run --channel telegram
    """
    from bot.app import assemble
    from bot.operations.tracing import exported_spans
    from bot.running import run_until_stopped
    from bot.store.database import StoreSettings

    with exported_spans("palaver"):
        run_until_stopped(assemble(channel or (), StoreSettings.load()), typer.echo)
