"""Lets a person chat through a stand-in of a platform. The bot's own settings and database are left alone."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from rich.console import Console

import connectors
from bot.app import assemble
from bot.errors import SettingsError
from bot.plugins import load_plugin
from bot.store.database import StoreSettings

SECONDS = 60.0


class StandIn(AbstractAsyncContextManager["StandIn"], Protocol):
    """What `connectors.<name>.standin.StandIn` offers for this."""

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which a bot uses the stand-in."""
        ...

    async def exchange(self, text: str, seconds: float = SECONDS) -> str:
        """Say something and return the bot's reply. Raises `TimeoutError`."""
        ...


async def simulate(channel: str) -> None:
    """Run stand-in and bot, and carry lines of the terminal between them. Raises `SettingsError`."""
    async with _open(channel) as stand_in:
        os.environ.update(stand_in.environment)
        with TemporaryDirectory() as folder:
            store = StoreSettings(url=f"sqlite:///{Path(folder)}/simulation.sqlite3")
            async with assemble((channel,), store, http=False) as bot:
                stopped = asyncio.Event()
                running = asyncio.create_task(bot.run(stopped))
                await _talk(stand_in, channel, running)
                stopped.set()
                await running


def _open(channel: str) -> StandIn:
    if load_plugin(connectors, channel) is None:
        raise SettingsError(f"The channel {channel} needs its library: pip install 'palaver[{channel}]'.")
    try:
        made: StandIn = import_module(f"connectors.{channel}.standin").StandIn()
    except ModuleNotFoundError:
        raise SettingsError(f"There is no stand-in for {channel}. Try telegram or slack.") from None
    return made


async def _talk(stand_in: StandIn, channel: str, running: asyncio.Task[None]) -> None:
    console = Console(highlight=False)
    console.print(f"[dim]You are talking through a stand-in of {channel}. Empty line or Ctrl-D to leave.[/dim]")
    while not running.done():
        console.print("[bold]you:[/bold] ", end="")
        line = (await asyncio.to_thread(sys.stdin.readline)).strip()
        if not line:
            return
        try:
            console.print(f"[bold green]bot:[/bold green] {await stand_in.exchange(line)}", markup=True)
        except TimeoutError:
            console.print(f"[red]No reply within {SECONDS:.0f} seconds.[/red] `palaver doctor` may know why.")
