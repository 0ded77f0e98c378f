"""The admin pages in a real Chromium. `browsing` fails a test on any script error, dialog or breach of the policy."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, Route, expect

from bot.staff import Role
from bot.store.database import Database, StoreSettings, open_database
from bot.store.revisions import upgrade
from tests.rig.admin import PASSWORD, Office, browsing, every_page, open_office, serving, watch
from tests.rig.admin_seeds import sow_all
from tests.rig.payloads import PAYLOADS

pytestmark = pytest.mark.browser
SHOWN = [view for view in every_page().views().values() if view.method == "GET"]
PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
NEW = "seven geese in a row at dusk"


@pytest.fixture
async def sqlite(tmp_path) -> AsyncIterator[Database]:
    """For what does not depend on the database."""
    opened = open_database(StoreSettings(url=f"sqlite:///{tmp_path}/test.sqlite3"))
    await upgrade(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def office(sqlite: Database) -> Office:
    return await open_office(sqlite)


@pytest.fixture
async def address(office: Office) -> AsyncIterator[str]:
    async with serving(office) as served:
        yield served


async def choose_theme(page: Page) -> str:
    await page.locator("#theme").click()
    return str(await page.evaluate("getComputedStyle(document.documentElement).colorScheme"))


async def test_an_admin_invites_somebody_who_signs_in_and_is_shut_out_again(
    chromium: Browser, database: Database
) -> None:
    office = await open_office(database)
    async with serving(office) as address, browsing(chromium, address, Role.ADMIN) as admin:
        await admin.keyboard.press("g")
        await admin.keyboard.press("p")
        await expect(admin.locator("h1")).to_have_text("People")
        await admin.get_by_label("For whom").fill("Tom")
        await admin.get_by_role("button", name="Make a link").click()
        link = await admin.locator("#link").input_value()
        async with browsing(chromium, address, None) as tom:
            await tom.goto(link)
            await tom.locator("#name").fill("Tom")
            await tom.locator("#password").fill(NEW)
            await tom.get_by_role("button", name="Begin").click()
            await expect(tom.locator(".who .name")).to_have_text("Tom")
            await admin.goto(f"{address}/people")
            await admin.locator("tr", has_text="Tom").get_by_role("button", name="Disable").click()
            await expect(admin.locator("#confirm")).to_be_visible()
            await admin.get_by_role("button", name="Cancel").click()
            await expect(admin.locator("#confirm")).to_be_hidden()
            await admin.locator("tr", has_text="Tom").get_by_role("button", name="Disable").first.click()
            await admin.locator("#confirm").get_by_role("button", name="Disable").click()
            await expect(admin.locator(".flash")).to_have_text("Tom cannot sign in any more.")
            await tom.reload()
            await expect(tom.locator("h1")).to_have_text("Sign in")


async def test_sixty_payloads_run_nothing_on_any_page(chromium: Browser, office: Office, address: str) -> None:
    for payload in PAYLOADS:
        await sow_all(office.database, payload)
    found = await sow_all(office.database, "\n".join(PAYLOADS))
    async with browsing(chromium, address, Role.ADMIN) as page:
        for view in SHOWN:
            answer = await page.goto(address + PARAMETER.sub(lambda match: found[match[1]], view.path))
            assert answer is not None
            assert answer.ok, view.path


@pytest.mark.parametrize(
    "payload", ["<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "<p style=color:red>x"]
)
async def test_a_payload_that_is_taken_for_markup_would_be_noticed(
    chromium: Browser, address: str, payload: str
) -> None:
    async def spoil(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=(await answer.text()).replace("</main>", f"{payload}</main>"))

    page = await chromium.new_page()
    troubles = watch(page)
    await page.route("**/login", spoil)
    await page.goto(f"{address}/login")
    await page.close()
    assert "Content Security Policy" in troubles[0]


async def test_no_page_is_wider_than_a_phone(chromium: Browser, office: Office, address: str) -> None:
    found = await sow_all(office.database, "a-very-long-word-that-cannot-be-broken-" * 6)
    async with browsing(chromium, address, Role.ADMIN, viewport={"width": 390, "height": 800}) as page:
        for view in SHOWN:
            path = PARAMETER.sub(lambda match: found[match[1]], view.path)
            await page.goto(address + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 390, path


async def test_the_question_mark_lists_the_keys_of_the_page(chromium: Browser, address: str) -> None:
    async with browsing(chromium, address, Role.ADMIN) as page:
        await page.goto(f"{address}/audit")
        await page.keyboard.press("?")
        keys = await page.locator("#help dt").all_inner_texts()
        assert {"g p", "g l", "g s", "/", "j", "k", "?"} <= {" ".join(key.split()) for key in keys}
        await page.keyboard.press("Escape")
        await expect(page.locator("#help")).to_be_hidden()
        await page.keyboard.press("/")
        await expect(page.get_by_label("To what")).to_be_focused()
        await page.keyboard.type("jk?")
        await expect(page.get_by_label("To what")).to_have_value("jk?")
        await page.keyboard.press("Escape")
        await page.keyboard.press("j")
        await expect(page.locator("tbody tr").first).to_be_focused()


async def test_the_first_tab_leads_past_the_navigation(chromium: Browser, address: str) -> None:
    async with browsing(chromium, address, Role.ADMIN) as page:
        await page.goto(f"{address}/people")
        await page.keyboard.press("Tab")
        await expect(page.locator(".skip")).to_be_focused()
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"


async def test_the_chosen_colours_stay(chromium: Browser, address: str) -> None:
    async with browsing(chromium, address, Role.VIEWER, color_scheme="light") as page:
        assert await choose_theme(page) == "dark"
        await page.reload()
        assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert await choose_theme(page) == "light"


async def test_times_are_those_of_the_reader(chromium: Browser, office: Office, address: str) -> None:
    async with browsing(chromium, address, Role.VIEWER, timezone_id="Europe/Lisbon") as page:
        await page.goto(f"{address}/account")
        await page.locator("#zone").fill("Asia/Shanghai")
        await page.locator("form", has=page.locator("#zone")).get_by_role("button", name="Save").click()
        await expect(page.locator(".flash")).to_be_visible()
        shown = page.locator("tbody tr").first.locator("td:nth-child(3) time")
        utc = await shown.get_attribute("datetime")
        there = (
            "new Date(utc).toLocaleTimeString('en-GB', {timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit'})"
        )
        assert await page.evaluate(f"utc => {there}", utc) in await shown.inner_text()


async def test_the_pages_are_in_chinese_where_the_browser_is(chromium: Browser, address: str) -> None:
    async with browsing(chromium, address, Role.ADMIN, locale="zh-CN") as page:
        await page.goto(f"{address}/people")
        await expect(page.locator("h1")).to_have_text("人员")
        assert await page.evaluate("document.documentElement.lang") == "zh-CN"


async def test_on_a_phone_the_menu_unfolds(chromium: Browser, address: str) -> None:
    async with browsing(chromium, address, Role.ADMIN, viewport={"width": 390, "height": 800}) as page:
        await expect(page.locator("#nav")).to_be_hidden()
        await page.keyboard.press("?")
        await expect(page.locator("#help")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.locator("#menu").click()
        await page.get_by_role("link", name="Settings").click()
        await expect(page.locator("h1")).to_have_text("Settings")


async def test_without_scripts_everything_that_matters_works(chromium: Browser, address: str) -> None:
    context = await chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = await context.new_page()
    await page.goto(f"{address}/login")
    await page.locator("#name").fill("admin")
    await page.locator("#password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("link", name="People").click()
    reviewer = page.locator("tr", has=page.locator("strong", has_text=re.compile("^reviewer$")))
    await reviewer.get_by_role("button", name="Disable").click()
    await expect(page.locator(".flash")).to_have_text("reviewer cannot sign in any more.")
    await context.close()
