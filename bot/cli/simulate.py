"""`palaver simulate`: a platform on this machine, with the real connector and the real bot behind it."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(simulate)


def simulate(channel: Annotated[str, typer.Argument(help="The platform: telegram or slack.")]) -> None:
    """Chat with the bot through a stand-in of Telegram or Slack, without an account and without the internet.

    What you write travels the whole way: the platform's wire, the connector, the database, the model, and back.

    [bold]Examples[/bold]

      palaver simulate telegram
      echo "Where is my order?" | palaver simulate slack
    """
    import asyncio

    from bot.operations.logs import log_beside_a_talk
    from bot.simulation import simulate as run

    log_beside_a_talk()
    asyncio.run(run(channel))
