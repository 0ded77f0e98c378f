"""Reviewing by keyboard in a real Chromium: the queue, a correction with its changed words, a blind comparison."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from bot.staff import Role
from bot.store.database import Database
from bot.store.reviewing.comparing import keep_pair, standings
from bot.store.reviewing.reading import mark_of, reviews_of
from tests.rig.admin import browsing, open_office, serving
from tests.rig.reviewing import Exchange, converse

pytestmark = pytest.mark.browser
PATIENCE = 60_000
"""Milliseconds that anything may take which will come."""
TALK = [
    Exchange("where is it", "Look at http://x/1.", "Look at {{tracking_page}}.", -2.0),
    Exchange("nothing there", "Sorry?", responder="fallback"),
    Exchange("thanks", "You are welcome."),
]
TEXTS = [
    "",
    "a",
    "On its way.",
    "It is on its way, today.",
    "请看 {{tracking_page}}。",
    "请再看一次{{tracking_page}}，谢谢。",
    "a\n\nb  c",
]
COMPARE = """async ([path, texts]) => {
  const { compare } = await import(path);
  return texts.flatMap((old) => texts.map((fresh) => [old, fresh, compare(old, fresh)]));
}"""


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE)


async def press(page: Page, *keys: str) -> None:
    """Press keys once the page listens: the button that lists them is shown by the script that does."""
    await expect(page.locator("#keys")).to_be_visible()
    for key in keys:
        await page.keyboard.press(key)


async def test_a_reviewer_goes_through_the_queue_without_a_mouse(chromium: Browser, database: Database) -> None:
    office = await open_office(database)
    conversation, [unsure, fallback, sure] = await converse(database, "5", TALK)
    async with serving(office) as address, browsing(chromium, address, Role.REVIEWER) as page:
        await press(page, "g", "r")
        await page.wait_for_url(f"**/review/replies/{unsure}?*")
        await press(page, "f", "c")
        await page.keyboard.type("Look at {{tracking_page}} again tomorrow.")
        await expect(page.locator("#changes")).to_have_text("Look at {{tracking_page}} again tomorrow.")
        await expect(page.locator("#changes ins")).to_have_text(" again tomorrow")
        await press(page, "Escape", "t")
        await page.keyboard.type("incomplete")
        await press(page, "Control+Enter")
        await page.wait_for_url(f"**/review/replies/{fallback}?*")
        await press(page, "n")
        await page.wait_for_url(f"**/review/replies/{sure}?*")
        await press(page, "i")
        await expect(page.locator(".flash")).to_have_text("The conversation was assigned.")
        await press(page, "a")
        await expect(page.locator(".nothing")).to_have_text("Nothing is left to review here.")
    async with database.read() as connection:
        said = await reviews_of(connection, [unsure, fallback, sure])
        mark = await mark_of(connection, conversation)
    [first], [last] = said[unsure], said[sure]
    assert (first.review.correction, first.review.tags) == (
        "Look at {{tracking_page}} again tomorrow.",
        ("incomplete",),
    )
    assert (first.review.verdict, last.review.verdict) == ("bad", "good")
    assert (mark.flagged, mark.assignee) == (True, office.users[Role.REVIEWER])
    assert fallback not in said


async def test_replies_are_compared_blind_by_keyboard(chromium: Browser, database: Database) -> None:
    office = await open_office(database)
    _, [first, *_] = await converse(database, "5", TALK)
    async with database.begin() as connection:
        for at in range(3):
            await keep_pair(connection, first, {"calm": f"calm {at}", "loud": f"loud {at}"})
    async with serving(office) as address, browsing(chromium, address, Role.REVIEWER) as page:
        await press(page, "g", "b")
        for at in range(2):
            left = page.locator(".reply p").first
            await expect(left).to_have_text([f"calm {at}", f"loud {at}"][f"loud {at}" in await left.inner_text()])
            await press(page, "a" if "calm" in await left.inner_text() else "b")
            await expect(page.locator(".reply", has_text=f"calm {at + 1}")).to_be_visible()
        await press(page, "x")
        await expect(page.locator(".nothing")).to_be_visible()
        await expect(page.locator("td", has_text="%")).to_contain_text("100% (34–100%)")
    async with database.read() as connection:
        [one] = await standings(connection)
    assert (one.won.hits, one.lost, one.ties, one.neither) == (2, 0, 0, 1)


async def test_what_a_correction_changes_is_both_texts_and_nothing_else(chromium: Browser, database: Database) -> None:
    office = await open_office(database)
    async with serving(office) as address, browsing(chromium, address, Role.REVIEWER) as page:
        path = f"{address}{office.pages.static.path('review/words.js')}"
        found = await page.evaluate(COMPARE, [path, TEXTS])
    assert len(found) == len(TEXTS) ** 2
    for old, fresh, pieces in found:
        assert "".join(text for kind, text in pieces if kind != "add") == old
        assert "".join(text for kind, text in pieces if kind != "drop") == fresh
    [chinese] = [pieces for old, fresh, pieces in found if (old, fresh) == (TEXTS[4], TEXTS[5])]
    assert ["keep", "请"] in chinese, "Chinese is compared sign by sign"
    assert any(kind == "keep" and "{{tracking_page}}" in text for kind, text in chinese), "a place is one word"


@pytest.mark.parametrize("path", ["/review", "/compare", "/export", "/review/agreement"])
async def test_pages_fit_a_phone_in_both_languages(chromium: Browser, database: Database, path: str) -> None:
    office = await open_office(database)
    _, [first, *_] = await converse(database, "5", TALK)
    async with database.begin() as connection:
        await keep_pair(connection, first, {"calm": "c" * 200, "loud": "loud"})
    for locale in ("en-GB", "zh-CN"):
        phone = {"viewport": {"width": 390, "height": 844}, "locale": locale}
        async with serving(office) as address, browsing(chromium, address, Role.ADMIN, **phone) as page:
            await page.goto(address + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 390
