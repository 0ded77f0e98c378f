"""What page groups add to the page of a conversation. A group that does so holds a `PANEL` beside its `GROUP`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.admin import pages
from bot.admin.visit import Visit
from bot.plugins import load_plugin, plugin_names
from bot.store.closeup import Closeup

Reader: TypeAlias = Callable[[Visit, AsyncConnection, Closeup], Awaitable[Mapping[str, object]]]


@dataclass(frozen=True, slots=True)
class Panel:
    """Templates that are put into the page, the lowest `order` first; those that are empty are left out.

    `read` is asked once for the page; what it returns is `panel` in the templates, where `shown` is the conversation
    and, in `reply` and `turn`, `told` the turn. `head` stands above the turns, `turn` under each turn of a person,
    `reply` under each reply of the bot or the team, and `foot` below them all. `styles` and `scripts` are linked:
    `notes/notes.css` lies in the group `notes`.
    """

    order: int
    read: Reader
    head: str = ""
    turn: str = ""
    reply: str = ""
    foot: str = ""
    styles: Sequence[str] = ()
    scripts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A panel with what it has to show."""

    panel: Panel
    values: Mapping[str, object]


@cache
def panels() -> Sequence[Panel]:
    """Return the panels of all groups in their order."""
    modules = (load_plugin(pages, name) for name in plugin_names(pages))
    found: list[Panel | None] = [getattr(module, "PANEL", None) for module in modules]
    return sorted((panel for panel in found if panel), key=lambda one: one.order)


async def fill(visit: Visit, connection: AsyncConnection, shown: Closeup) -> list[Filled]:
    """Ask every panel for what it has to show of a conversation."""
    return [Filled(panel, await panel.read(visit, connection, shown)) for panel in panels()]
