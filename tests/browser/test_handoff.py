"""A person on Telegram's stand-in, one of the team in a real Chromium, and the whole bot between them."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from bot.admin.passwords import Passwords
from bot.app import assemble
from bot.staff import Role
from bot.store.database import Database, StoreSettings
from bot.store.staff.users import add_user
from connectors.telegram.standin import StandIn
from tests.rig.admin import PASSWORD, QUICK, browsing
from tests.rig.ports import free_port

SHOTS = os.environ.get("PALAVER_TEST_SHOTS", "")
"""A folder for pictures of the pages, to be looked at."""
TEAM = 5005
PATIENCE = 60.0
"""Seconds that anything may take which will come: other tests keep the machine busy."""
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def patience() -> None:
    """The machine may be busy, and platforms take one message a second."""
    expect.set_options(timeout=1000 * PATIENCE)


@dataclass
class Scene:
    """The bot with its pages, and the Telegram that it believes in."""

    telegram: StandIn
    address: str
    database: Database

    async def ended(self) -> list[tuple[str, str]]:
        """Return how the person's messages ended, once all have."""
        async with asyncio.timeout(PATIENCE):
            while True:
                async with self.database.read() as connection:
                    query = "SELECT state, reason FROM turns WHERE speaker = 'user' AND sender <> '5005' ORDER BY id"
                    states = [tuple(row) for row in await connection.execute(text(query))]
                if states and not any(state in ("open", "replying") for state, _ in states):
                    return states
                await asyncio.sleep(0.05)


@pytest.fixture
async def scene(
    request: pytest.FixtureRequest, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    """A parameter says how many seconds the model takes for a word."""
    hashed = await Passwords(QUICK).hash(PASSWORD)
    async with database.begin() as connection:
        for role in Role:
            await add_user(connection, role.value, hashed, role)
    port = free_port()
    async with StandIn() as telegram:
        settings = {
            **telegram.environment,
            "PALAVER_WRITER": "stub",
            "PALAVER_STUB_DELAY": getattr(request, "param", "0.1"),
            "PALAVER_HTTP_PORT": str(port),
            "PALAVER_ALERTS_TO": f'["telegram:{TEAM}"]',
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        async with running(database_url):
            yield Scene(telegram, f"http://127.0.0.1:{port}/admin", database)


@asynccontextmanager
async def running(database_url: str) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    async with assemble(("telegram",), StoreSettings(url=database_url)) as bot:
        task = asyncio.create_task(bot.run(stopped))
        yield
        stopped.set()
        await task


async def look(page: Page, name: str) -> None:
    """Take pictures at the widths of a phone and a desk, light and dark."""
    if not SHOTS:
        return
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(color_scheme=scheme)
            await page.wait_for_timeout(150)
            await page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 900})


def said(page: Page, speaker: str) -> object:
    return page.locator(f".said.{speaker} .text")


async def test_a_person_takes_over_writes_and_gives_back(chromium: Browser, scene: Scene) -> None:
    telegram = scene.telegram
    await telegram.say("/help", chat=TEAM)
    await telegram.reply(TEAM, PATIENCE)
    async with browsing(chromium, scene.address, Role.REVIEWER) as page:
        await page.goto(f"{scene.address}/waiting")
        await expect(page.get_by_text("Nobody waits.")).to_be_visible()

        await telegram.say("I want to die")
        assert "crisis line" in (await telegram.reply(timeout=PATIENCE))["text"]
        told = (await telegram.reply(TEAM, PATIENCE))["text"]
        assert re.fullmatch(r"Somebody on telegram needs a person \(crisis\)\. http://.*/admin/conversations/\d+", told)
        await expect(page.get_by_role("link", name="Needs a person")).to_be_visible()
        await look(page, "waiting")

        await page.get_by_role("button", name="Take over").click()
        await expect(page.locator("#answering")).to_have_text("You answer here. The bot is silent.")
        await page.keyboard.type("Hello, I am Ann. How can I help you?")
        await page.keyboard.press("Control+Enter")
        assert (await telegram.reply(timeout=PATIENCE))["text"] == "Hello, I am Ann. How can I help you?"
        await expect(page.locator(".said.human .state")).to_have_text("delivered")

        await telegram.say("Thank you, Ann")
        await expect(said(page, "user")).to_have_text(["I want to die", "Thank you, Ann"])
        assert (await scene.ended())[-1] == ("handed_over", "answered by human")
        await look(page, "answer")
        await page.goto(f"{scene.address}/waiting")
        await expect(page.get_by_text("waits for an answer")).to_be_visible()
        await look(page, "taken")
        await page.get_by_role("link", name=re.compile(r"Conversation \d+")).click()

        await page.get_by_role("button", name="Give back to the bot").click()
        await expect(page.get_by_text("The bot answers again, from the next message on.")).to_be_visible()
        await telegram.say("are you there")
        assert "are you there" in (await telegram.reply(timeout=PATIENCE))["text"]
        await expect(said(page, "bot").last).to_contain_text("are you there")
    assert len(telegram.sent()) == 3


@pytest.mark.parametrize("scene", ["2"], indirect=True, ids=["slowly"])
async def test_a_reply_that_is_being_written_when_a_person_takes_over_is_never_sent(
    chromium: Browser, scene: Scene
) -> None:
    telegram = scene.telegram
    await telegram.say("/help")
    await telegram.reply(timeout=PATIENCE)
    async with browsing(chromium, scene.address, Role.REVIEWER) as page:
        await page.goto(f"{scene.address}/conversations/1/answer")
        await telegram.say("where is my parcel")
        assert await telegram.until(lambda: bool(telegram.called("sendChatAction")), PATIENCE)
        await page.get_by_role("button", name="Take over").click()
        await expect(page.get_by_role("button", name="Give back to the bot")).to_be_visible()
        assert (await scene.ended())[-1] == ("handed_over", "answered by human")
        await page.locator("#text").fill("It comes tomorrow.")
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".said.human .state")).to_have_text("delivered")
    said = [message["text"] for message in telegram.sent()][1:]
    # Where the beginning could be seen already, a sentence has taken its place.
    assert said[-1] == "It comes tomorrow."
    assert [text for text in said[:-1] if not text.startswith("A person will take over from here.")] == []


async def test_two_of_the_team_do_not_answer_one_person_unawares(chromium: Browser, scene: Scene) -> None:
    await scene.telegram.say("/help")
    await scene.telegram.reply(timeout=PATIENCE)
    page_of = f"{scene.address}/conversations/1/answer"
    async with (
        browsing(chromium, scene.address, Role.REVIEWER) as first,
        browsing(chromium, scene.address, Role.ADMIN, locale="zh-CN") as second,
    ):
        await first.goto(page_of)
        await second.goto(page_of)
        await first.keyboard.press("h")
        await expect(second.locator("#answering")).to_have_text("由 reviewer 回复，机器人保持安静。")
        await second.reload()
        await look(second, "theirs")
        await second.get_by_role("button", name="从对方那里接手").click()
        await second.get_by_role("button", name="是的").or_(second.locator("#confirm [value=yes]")).first.click()
        await expect(second.locator("#answering")).to_have_text("由您回复，机器人保持安静。")
        await expect(first.locator("#answering")).to_have_text("admin answers here. The bot is silent.")
        await expect(first.locator("#writing")).to_have_count(0)


async def test_an_admin_erases_a_person_and_reads_the_receipt(chromium: Browser, scene: Scene) -> None:
    await scene.telegram.say("my name is canary7f3a")
    await scene.telegram.reply(timeout=PATIENCE)
    async with browsing(chromium, scene.address, Role.ADMIN) as page:
        await page.goto(f"{scene.address}/conversations/1/answer")
        await expect(said(page, "user")).to_have_text(["my name is canary7f3a"])
        await scene.telegram.press(scene.telegram.sent()[0], "👎")
        await page.get_by_role("link", name="Transcript").click()
        await expect(page.get_by_text("1 found it bad")).to_be_visible()
        await look(page, "transcript")
        await page.get_by_role("link", name="Erase this person").click()
        await expect(page.locator("#sender")).to_have_value("1001")
        await look(page, "erase")
        await page.get_by_role("button", name="Erase all of it").click()
        await page.get_by_role("button", name="Erase it", exact=True).click()
        await expect(page.get_by_role("heading", name="Receipt 1")).to_be_visible()
        await expect(page.locator("dt", has_text="turns")).to_be_visible()
        await look(page, "receipt")
        await page.goto(f"{scene.address}/conversations/1/answer")
        await expect(page.locator(".said")).to_have_count(0)
