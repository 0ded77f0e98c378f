"""Builds the app of the admin pages from whatever page groups there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.admin.desk import Desk
from bot.admin.errors import Refused
from bot.admin.gate import Strict
from bot.admin.groups import LoadedGroup, View, load_groups
from bot.admin.rendering import Templates
from bot.admin.serving import Serving
from bot.admin.static import Static
from bot.admin.wording import Words
from bot.errors import StoreDown


@dataclass(frozen=True, slots=True)
class Pages:
    """All page groups, with their words, templates and files."""

    groups: Sequence[LoadedGroup]
    words: Words
    static: Static
    templates: Templates

    def views(self) -> dict[str, View]:
        """Return all views by their names: `people.change_role` is that function of the group `people`.

        Raises `ValueError` when two views of a group share a function, for then one of them would be lost.
        """
        named = [(f"{group.name}.{view.name}", view) for group in self.groups for view in group.views]
        views = dict(named)
        if len(views) < len(named):
            raise ValueError(f"two views share a name among {sorted(name for name, _ in named)}")
        return views


def load_pages() -> Pages:
    """Read every group's folder. Raises what a broken group raises."""
    groups = load_groups()
    folders = {group.name: group.folder for group in groups if group.folder}
    words, static = Words(folders), Static(folders)
    return Pages(groups, words, static, Templates(groups, words, static))


def admin_app(desk: Desk, pages: Pages | None = None) -> ASGIApp:
    """Return the app to be mounted at `/admin/`."""
    pages = pages or load_pages()
    serving = Serving(desk, pages.templates)
    routes = [
        Route(view.path, serving.endpoint(name, view), methods=[view.method], name=name)
        for name, view in pages.views().items()
    ]
    explained = dict.fromkeys((Refused, StoreDown, HTTPException, Exception), serving.explain)
    return Strict(Starlette(routes=[*routes, pages.static.route()], exception_handlers=explained))
