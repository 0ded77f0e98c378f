"""`palaver chat`: the bot in this terminal."""

from __future__ import annotations

import typer

CONVERSATIONS = "sqlite:///data/console.sqlite3"


def register(app: typer.Typer) -> None:
    app.command()(chat)


def chat() -> None:
    """Talk to the bot in this terminal. /help shows its commands, Ctrl-D leaves.

    [bold]Examples[/bold]

      palaver chat
      echo "Where is my order?" | palaver chat
    """
    from bot.app import assemble
    from bot.operations.logs import log_beside_a_talk
    from bot.running import run_until_stopped
    from bot.store.database import StoreSettings

    log_beside_a_talk()
    store = StoreSettings.load()
    if "url" not in store.model_fields_set:
        # `palaver run` may have the embedded database open, which only one process can use.
        store = StoreSettings(url=CONVERSATIONS)
    run_until_stopped(assemble(("console",), store, http=False, limited=False), typer.echo)
