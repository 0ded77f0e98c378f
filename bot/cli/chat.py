"""`palaver chat`: the bot in this terminal."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    app.command()(chat)


def chat() -> None:
    """Talk to the bot in this terminal. /help shows its commands, Ctrl-D leaves.

    [bold]Examples[/bold]

      palaver chat
      echo "Where is my order?" | palaver chat
    """
    from bot.app import serve

    serve(("console",))
