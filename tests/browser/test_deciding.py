"""What only an admin decides, in a real Chromium on SQLite and PostgreSQL: which model answers, and who is erased."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from bot.staff import Role
from bot.store.database import Database
from bot.store.rollout.versions import Versions
from bot.versions import Stage, Version
from tests.rig.admin import browsing, open_office, serving
from tests.rig.past import ANN, LIU, Past

pytestmark = pytest.mark.browser


async def agree(page: Page, button: str) -> None:
    """Press a button that asks first, and say yes."""
    await page.get_by_role("button", name=button, exact=True).click()
    await expect(page.locator("#confirm")).to_be_visible()
    await page.locator("#confirm [value=yes]").click()


async def stages(database: Database) -> dict[str, Stage]:
    return {version.name: version.stage for version in await Versions(database).all()}


async def test_a_version_is_promoted_and_taken_back(chromium: Browser, database: Database) -> None:
    await Versions(database).register([Version("one"), Version("two")])
    office = await open_office(database)
    async with serving(office) as address, browsing(chromium, address, Role.ADMIN) as page:
        await page.goto(f"{address}/models")
        card = page.locator("section.version", has_text="two")
        await card.get_by_label("share").fill("20")
        await card.get_by_role("button", name="canary").click()
        await expect(page.get_by_text("two is now: canary")).to_be_visible()
        assert (await stages(database))["two"] is Stage.CANARY
        await agree(page, "Promote")
        await expect(page.get_by_text("two is now: production")).to_be_visible()
        assert await stages(database) == {"one": Stage.RETIRED, "two": Stage.PRODUCTION}
        await agree(page, "Roll back")
        await expect(page.get_by_text("one is now: production")).to_be_visible()
    assert (await stages(database))["one"] is Stage.PRODUCTION


async def test_a_person_is_erased_with_a_receipt_and_nobody_else(chromium: Browser, database: Database) -> None:
    past = Past(database)
    conversation, _ = await past.talk(ANN, "A heron named Ottoline took my parcel", "It is on its way to you.")
    await past.talk(LIU, "我的订单什么时候可以退款？", "退款通常需要三天。")
    office = await open_office(database)
    async with serving(office) as address, browsing(chromium, address, Role.ADMIN) as page:
        await page.goto(f"{address}/conversations/{conversation}")
        await page.get_by_role("link", name="Erase this person").click()
        await agree(page, "Erase all of it")
        await expect(page.locator("h1")).to_contain_text("Receipt")
        await expect(page.locator("dl.facts")).to_contain_text("turns")
        await page.goto(f"{address}/conversations")
        await expect(page.locator("main")).to_contain_text("退款通常需要三天。")
        await expect(page.locator("main")).not_to_contain_text("Ottoline")
        await page.goto(f"{address}/conversations?q=Ottoline")
        await expect(page.locator("[data-row]")).to_have_count(0)
