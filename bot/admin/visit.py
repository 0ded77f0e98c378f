"""One request of one person: all that a page needs to answer it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from bot.admin.desk import Desk
from bot.admin.places import Place
from bot.admin.wording import Words
from bot.staff import Role, Session, User
from bot.store.database import Database
from bot.store.staff.audit import note
from bot.store.staff.sessions import Sessions

Flash = tuple[str, str, dict[str, object]]
"""good or bad, the word, its values."""


class Renderer(Protocol):
    """Makes a page of a template."""

    words: Words

    def render(self, template: str, visit: Visit, values: Mapping[str, object]) -> str: ...

    def places(self, visit: Visit) -> list[Place]: ...


class Visit:
    """What a page works with. `token` is what its forms must send back."""

    def __init__(
        self, request: Request, desk: Desk, renderer: Renderer, session: Session | None = None, token: str = ""
    ) -> None:
        self.request = request
        self.desk = desk
        self.session = session
        self.token = token
        self.noted = False
        """Whether the audit log says what was done."""
        self.flashes: list[Flash] = []
        """What the next page will tell."""
        self._renderer = renderer

    @property
    def database(self) -> Database:
        return self.desk.database

    @property
    def user(self) -> User:
        """The user who is signed in. Only pages that need no role can meet nobody: they look at `session`."""
        assert self.session is not None, "this page is open to everybody"  # noqa: S101 - a fault of the page
        return self.session.user

    def may(self, role: Role) -> bool:
        return self.session is not None and self.session.user.role.covers(role)

    @property
    def sessions(self) -> Sessions:
        """The sessions that last, of all users."""
        return self.desk.sessions

    @property
    def languages(self) -> list[str]:
        """The languages that the pages speak."""
        return self._renderer.words.languages

    def languages_by_name(self) -> list[tuple[str, str]]:
        """Return each language with what it calls itself."""
        return [(language, self._renderer.words.say(language, "language", {})) for language in self.languages]

    @property
    def client(self) -> str:
        """The address that the request comes from."""
        return self.request.client.host if self.request.client else ""

    @property
    def language(self) -> str:
        chosen = self.session.user.language if self.session else ""
        known = chosen in self.languages
        return chosen if known else self._renderer.words.best(self.request.headers.get("accept-language", ""))

    def say(self, word: str, **values: object) -> str:
        """Return the word in the user's language. Raises `KeyError` when there is no such word."""
        return self._renderer.words.say(self.language, word, values)

    def named(self, kind: str, value: str) -> str:
        """Return what people call a value of the database, such as a `reason`: its word below `kind`, else itself."""
        word = f"{kind}.{value}"
        return self.say(word) if word in self._renderer.words.names(self.language) else value

    def named_action(self, action: str) -> str:
        """Return what the audit log calls an action in the user's language, the action itself where no group names it.

        A group names its actions in the table `actions` of its words.
        """
        word = self._renderer.words.action(action)
        return self.say(word) if word else action

    def places(self) -> list[Place]:
        """Return what the navigation shows to this user."""
        return self._renderer.places(self)

    def url(self, path: str) -> str:
        """Return where a page is: `/people` is `/admin/people`."""
        return f"{self.request.scope.get('root_path', '')}{path}"

    async def form(self) -> FormData:
        """Return what was sent; reading it twice costs nothing."""
        return await self.request.form()

    async def field(self, name: str, most: int = 300) -> str:
        """Return one text of the form, stripped; empty where it was not sent. Cut after `most` characters."""
        value = (await self.form()).get(name, "")
        return value.strip()[:most] if isinstance(value, str) else ""

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        """Return the page that a template makes of the values. `people/list.html` lies in the group `people`."""
        return HTMLResponse(self._renderer.render(template, self, values), status)

    def json(self, value: Any, status: int = 200) -> Response:
        """Return data for a script of the page."""
        return JSONResponse(value, status)

    def go(self, path: str) -> Response:
        """Return a redirect to a page of ours, after something was changed."""
        return RedirectResponse(self.url(path), 303)

    def flash(self, word: str, *, good: bool = True, **values: object) -> None:
        """Tell the user something on the next page."""
        self.flashes.append(("good" if good else "bad", word, values))

    def told(self) -> list[dict[str, str]]:
        """Return what earlier requests left to tell, in words."""
        kept = json.loads(self.session.flash) if self.session and self.session.flash else []
        return [{"kind": kind, "text": self.say(word, **values)} for kind, word, values in kept]

    @asynccontextmanager
    async def change(self, action: str, subject: str = "", /, **detail: object) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction that also writes an audit row: both are stored, or neither. Raises `StoreDown`.

        `detail` may say ids, names and settings, never what people said.
        """
        async with self.database.begin() as connection:
            yield connection
            await self.note(connection, action, subject, detail)

    async def saw(self, action: str, subject: str = "", /, **detail: object) -> None:
        """Write an audit row for something that was only looked at. Raises `StoreDown`."""
        async with self.change(action, subject, **detail):
            pass

    async def note(
        self,
        connection: AsyncConnection,
        action: str,
        subject: str = "",
        detail: Mapping[str, object] | None = None,
        by: User | None = None,
    ) -> None:
        """Write an audit row in a transaction that is open already; `by` is whoever is signed in unless given."""
        user = by or (self.session.user if self.session else None)
        await note(connection, user, action, subject, detail, self.client)
        self.noted = True
