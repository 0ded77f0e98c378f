"""The admin pages with somebody signed in: as an app in memory, and in a real Chromium on a real socket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache

import httpx
from argon2 import PasswordHasher
from playwright.async_api import Browser, BrowserContext, Page
from starlette.applications import Starlette

from bot.admin.app import Pages, admin_app, load_pages
from bot.admin.desk import Desk
from bot.admin.passwords import Passwords
from bot.admin.settings import AdminSettings
from bot.http.server import HttpServer, build_app
from bot.http.settings import HttpSettings
from bot.staff import Role
from bot.store.database import Database
from bot.store.staff.users import add_user

ORIGIN = "http://palaver.test"
PASSWORD = "the heron waits by the weir"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Parameters that make a hash cheap: not for anybody's real password."""
TOKEN = re.compile(r'data-token="([^"]+)"')


@dataclass
class Office:
    """The admin pages on a database, with a user of each role, whose name is that of the role."""

    desk: Desk
    pages: Pages
    app: Starlette
    users: Mapping[Role, int] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.desk.database

    @asynccontextmanager
    async def visitor(self, role: Role | None = None, client: str = "192.0.2.1") -> AsyncIterator[Visitor]:
        """A browser in memory, signed in as the user of this role, or as nobody."""
        transport = httpx.ASGITransport(self.app, client=(client, 1234))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Origin": ORIGIN}) as http:
            visitor = Visitor(http)
            if role is not None:
                await visitor.sign_in(role.value)
            yield visitor


@dataclass
class Visitor:
    """Somebody with a browser, who sends forms as a page of ours would."""

    http: httpx.AsyncClient
    token: str = ""

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        await self.get("/login")
        answer = await self.post("/login", name=name, password=password, next="/account")
        if answer.status_code == 303:
            await self.get("/account")
        return answer

    async def get(self, path: str, **params: str) -> httpx.Response:
        """Open a page, and keep its forms' token."""
        answer = await self.http.get(f"/admin{path}", params=params or None)
        if found := TOKEN.search(answer.text):
            self.token = found[1]
        return answer

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form with the token of the page opened last."""
        return await self.http.post(f"/admin{path}", data={"form-token": self.token, **fields})


@cache
def every_page() -> Pages:
    """The page groups, read once: templates are slow to compile."""
    return load_pages()


async def open_office(database: Database, desk: Desk | None = None) -> Office:
    """Return the pages with three users: `viewer`, `reviewer` and `admin`, whose password is `PASSWORD`."""
    desk = desk or Desk(database, AdminSettings(), Passwords(QUICK))
    pages = every_page()
    hashed = await desk.passwords.hash(PASSWORD)
    async with database.begin() as connection:
        users = {role: await add_user(connection, role.value, hashed, role) for role in Role}
    app = build_app({"/admin/": admin_app(desk, pages)})
    return Office(desk, pages, app, users)


@asynccontextmanager
async def serving(office: Office) -> AsyncIterator[str]:
    """Serve the pages on a port of this machine; gives the address of `/admin`."""
    server = HttpServer(office.app, HttpSettings(port=0))
    running = asyncio.create_task(server.serve())
    try:
        yield f"http://127.0.0.1:{server.port}/admin"
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def browsing(
    chromium: Browser, address: str, role: Role | None, *, name: str = "", password: str = PASSWORD, **options: object
) -> AsyncIterator[Page]:
    """A person with a browser of their own, signed in as `role`; any error, dialog or broken policy fails the test."""
    context: BrowserContext = await chromium.new_context(**({"locale": "en-GB"} | options))  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    page = await context.new_page()
    troubles = watch(page)
    await page.goto(f"{address}/login")
    if role is not None:
        await page.locator("#name").fill(name or role.value)
        await page.locator("#password").fill(password)
        await page.locator("#password").press("Enter")
        await page.wait_for_url(lambda url: "/login" not in url)
    try:
        yield page
    finally:
        await context.close()
    assert troubles == []


def watch(page: Page) -> list[str]:
    """Return a list that grows with every script error, dialog and breach of the content policy on the page."""
    troubles: list[str] = []

    async def dismiss(dialog: object) -> None:
        troubles.append(f"dialog: {dialog.message}")  # type: ignore[attr-defined]
        await dialog.dismiss()  # type: ignore[attr-defined]

    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if "Content Security" in said.text else None)
    page.on("dialog", dismiss)
    return troubles
