"""A reviewer reads conversations in a real Chromium, on SQLite and PostgreSQL, with the keyboard and on a phone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from bot.messages import Address
from bot.staff import Role
from bot.store.database import Database
from bot.store.rollout.versions import Versions
from bot.testing import FunctionWriter
from bot.versions import Version
from nlg.contract import Writer
from tests.rig.admin import Office, browsing, open_office, serving
from tests.rig.past import ANN, LIU, Past

pytestmark = pytest.mark.browser


@pytest.fixture
async def office(database: Database) -> Office:
    """Three conversations, and a version to ask again."""
    past = Past(database)
    await past.talk(ANN, "Where is my order A-10482?", "It is on its way to you.")
    await past.talk(LIU, "我的订单什么时候可以退款？", "退款通常需要三天。")
    await past.talk(Address("slack", "T0", "C1"), "Do you ship to Norway?", "Yes, we do.")
    await Versions(database).register([Version("service-4")])
    return await open_office(database)


@pytest.fixture
async def address(office: Office) -> AsyncIterator[str]:
    async with serving(office) as served:
        yield served


async def search(page: Page, words: str) -> None:
    """Search as somebody does who leaves the mouse alone."""
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.insert_text(words)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("q="))


async def overflow(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(("words", "chat"), [("order", ANN.chat), ("退款", LIU.chat), ("款", LIU.chat)])
async def test_a_conversation_is_searched_for_and_opened_by_keys(
    chromium: Browser, address: str, words: str, chat: str
) -> None:
    async with browsing(chromium, address, Role.VIEWER) as page:
        await page.goto(f"{address}/account")
        await page.keyboard.press("g")
        await page.keyboard.press("c")
        await page.wait_for_url("**/conversations")
        await search(page, words)
        await expect(page.locator("mark").first).to_have_text(words)
        await page.keyboard.press("Escape")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await expect(page.locator("h1 .where")).to_have_text(chat)
        await expect(page.locator(".turn:target .bubble")).to_contain_text(words)
        await page.keyboard.press("u")
        await expect(page.locator("h1")).to_have_text("Conversations")


async def test_a_list_is_filtered_kept_and_found_again(chromium: Browser, address: str) -> None:
    async with browsing(chromium, address, Role.VIEWER) as page:
        await page.goto(f"{address}/conversations")
        await expect(page.locator(".talks > li")).to_have_count(3)
        await page.get_by_label("Channel").select_option("slack")
        await expect(page.locator(".talks > li")).to_have_count(1)
        await page.keyboard.press("Escape")
        await page.keyboard.press("v")
        await page.get_by_label("Name of the list").fill("From Slack")
        await page.get_by_role("button", name="Save").click()
        await page.goto(f"{address}/conversations")
        await page.get_by_role("link", name="From Slack").click()
        await expect(page.locator(".talks > li")).to_have_count(1)
        await page.get_by_role("button", name="Forget the list From Slack").click()
        await page.locator("#confirm [value=yes]").click()
        await expect(page.get_by_role("link", name="From Slack")).to_have_count(0)


async def test_a_reply_is_explained_and_written_again_by_another_version(
    chromium: Browser, office: Office, address: str
) -> None:
    async def lend(name: str) -> Writer:
        return FunctionWriter(lambda prompt: f"Tomorrow ({prompt.decoding.seed}).")

    object.__setattr__(office.desk, "writer", lend)
    async with browsing(chromium, address, Role.REVIEWER) as page:
        await page.goto(f"{address}/conversations")
        await page.get_by_role("link", name=ANN.chat).click()
        await page.get_by_text("How it came about").click()
        await expect(page.locator("details.how")).to_contain_text("first token after 61 ms")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("Why this reply")
        await expect(page.locator(".prompt")).to_contain_text("Where is my order A-10482?")
        await page.keyboard.press("w")
        await expect(page.locator("#again .bubble")).to_have_text("Tomorrow (42).")
        left, right = [await card.bounding_box() for card in await page.locator(".pair > .card").all()]
        assert left is not None
        assert right is not None
        assert left["y"] == right["y"]
        assert left["x"] + left["width"] < right["x"]


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
async def test_everything_fits_on_a_phone(chromium: Browser, address: str, locale: str) -> None:
    async with browsing(
        chromium, address, Role.REVIEWER, locale=locale, viewport={"width": 390, "height": 844}
    ) as page:
        for path in ("/conversations", "/conversations?q=order", "/conversations/1", "/conversations/1/replies/2"):
            await page.goto(f"{address}{path}")
            assert await overflow(page) <= 0, path
