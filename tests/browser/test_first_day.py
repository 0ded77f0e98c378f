"""The first day of a team: `palaver run`, the first user made beside it, and a correction that leaves as a file.

A real bot process on SQLite and PostgreSQL, people on Telegram's stand-in, a real Chromium.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from connectors.telegram.standin import StandIn
from tests.rig.admin import PASSWORD, browsing
from tests.rig.children import Children
from tests.rig.databases import DATABASES
from tests.rig.palaver import PALAVER, environment, start_bot
from tests.rig.servers import Unavailable

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LIU = 2002
PATIENCE = 60.0
"""Seconds: the machine may be busy with other tests."""
ASKED = {"en": "when do I get my refund", "zh": "我的订单什么时候可以退款"}


@dataclass
class Shop:
    """A bot that runs, and the Telegram that it believes in."""

    telegram: StandIn
    admin: str
    settings: Mapping[str, str]

    async def typed(self, *words: str, given: str = "") -> str:
        """Type a command of `palaver` beside the running bot; return what it says."""
        pipe = asyncio.subprocess.PIPE
        command = await asyncio.create_subprocess_exec(
            PALAVER, *words, stdin=pipe, stdout=pipe, stderr=pipe, env=environment(self.settings)
        )
        told, wrong = await command.communicate(given.encode())
        assert command.returncode == 0, wrong.decode()
        return told.decode()


@pytest.fixture(params=["sqlite", "postgresql"])
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    expect.set_options(timeout=1000 * PATIENCE)
    async with AsyncExitStack() as held:
        children = held.enter_context(Children(tmp_path))
        try:
            books = await held.enter_async_context(DATABASES[request.param](tmp_path))
        except Unavailable as error:
            pytest.skip(str(error))
        telegram = await held.enter_async_context(StandIn())
        settings = {**telegram.environment, "PALAVER_DATABASE_URL": books.url, "PALAVER_WRITER": "stub"}
        bot = start_bot(children, "bot", settings, ["telegram"])
        await bot.ready()
        yield Shop(telegram, f"{bot.url}/admin", settings)


async def search(page: Page, words: str) -> None:
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.get_by_role("searchbox").fill(words)
    await page.keyboard.press("Enter")
    await expect(page.locator("mark").first).to_have_text(words)
    await expect(page.locator("[data-row]")).to_have_count(1)


async def test_the_first_user_signs_in_searches_corrects_and_takes_the_file_home(
    chromium: Browser, shop: Shop, tmp_path: Path
) -> None:
    await shop.telegram.say(ASKED["en"])
    await shop.telegram.reply(timeout=PATIENCE)
    await shop.telegram.say(ASKED["zh"], chat=LIU)
    await shop.telegram.reply(LIU, timeout=PATIENCE)
    told = await shop.typed("admin", "create", "--name", "ann", "--password", "-", given=f"{PASSWORD}\n")
    assert "ann can sign in at" in told
    async with browsing(chromium, shop.admin, None, accept_downloads=True) as page:
        page.context.set_default_timeout(1000 * PATIENCE)
        await page.locator("#name").fill("ann")
        await page.locator("#password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.locator(".who .name")).to_have_text("ann")
        await page.goto(f"{shop.admin}/conversations")
        await search(page, "退款")
        await search(page, "refund")
        await page.locator("[data-row] a").first.click()
        await expect(page.locator(".turn:target .bubble")).to_contain_text("refund")
        await page.get_by_role("link", name="Correct").click()
        await page.locator("#correction").fill("Within three days.")
        await page.get_by_label("Flag for the team").check()
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_text("flagged", exact=True).first).to_be_visible()
        await expect(page.locator(".changed ins").first).to_contain_text("Within three days.")
        await page.goto(f"{shop.admin}/export")
        async with page.expect_download() as coming:
            await page.keyboard.press("d")
        await (await coming.value).save_as(tmp_path / "preferences.jsonl")
    [row] = [json.loads(line) for line in (tmp_path / "preferences.jsonl").read_text().splitlines()]
    assert row["prompt"][-1]["content"] == ASKED["en"]
    assert row["chosen"][-1]["content"] == "Within three days."
    assert row["rejected"][-1]["content"] != row["chosen"][-1]["content"]
