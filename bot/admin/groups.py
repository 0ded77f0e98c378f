"""What a page group offers. A file or folder in `bot/admin/pages/` is one group and holds `GROUP`.

A folder may have `templates/`, `static/` and `words/` (one TOML file a language) beside it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from starlette.responses import Response

from bot.admin import pages
from bot.admin.places import Place
from bot.admin.visit import Visit
from bot.plugins import load_plugin, plugin_names
from bot.staff import Role

Handler: TypeAlias = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class View:
    """One route. `role` is what it needs; `None` opens it to everybody."""

    method: str
    path: str
    handle: Handler
    role: Role | None

    @property
    def name(self) -> str:
        return str(getattr(self.handle, "__name__", self.path))


@dataclass(frozen=True, slots=True)
class Group:
    """The pages of one subject. Who may not open the path of its place does not see it in the navigation."""

    views: Sequence[View]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class LoadedGroup:
    """A group with its name and its folder."""

    name: str
    views: Sequence[View]
    place: Place | None
    folder: Path | None

    def needs(self, path: str) -> Role | None:
        """Return the role that opening this path of the group needs."""
        return next((view.role for view in self.views if view.method == "GET" and view.path == path), None)


def get(path: str, handle: Handler, role: Role | None) -> View:
    """Return a route that only shows."""
    return View("GET", path, handle, role)


def post(path: str, handle: Handler, role: Role | None) -> View:
    """Return a route that changes something: refused without the form's token and from other sites."""
    return View("POST", path, handle, role)


def load_groups() -> Sequence[LoadedGroup]:
    """Import every group."""
    return [_load(name) for name in plugin_names(pages)]


def _load(name: str) -> LoadedGroup:
    module = load_plugin(pages, name)
    if module is None:
        raise ModuleNotFoundError(f"bot.admin.pages.{name} needs a library that is not in the extra `admin`")
    group: Group = module.GROUP
    folder = Path(module.__path__[0]) if hasattr(module, "__path__") else None
    return LoadedGroup(name, group.views, group.place, folder)


def in_order(groups: Sequence[LoadedGroup]) -> Mapping[str, Place]:
    """Return the places of the navigation by the group's name, in their order."""
    placed = [(group.name, group.place) for group in groups if group.place]
    return dict(sorted(placed, key=lambda one: one[1].order))
