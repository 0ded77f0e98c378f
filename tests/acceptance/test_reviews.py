"""The loop that all of it is for: a correction in the browser becomes a preference, the next model, and a canary.

Nothing is pretended: `palaver run` answers a person in the web chat with a tiny model, a reviewer corrects the reply by
keyboard, an admin downloads the preferences, `palaver train` learns from them, and the new version answers in the chat.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from typer.testing import CliRunner

from bot.cli import build
from bot.staff import Role
from bot.store.database import StoreSettings, open_database
from bot.store.staff.users import add_user
from nlg.training.run import Silence, train
from tests.rig.admin import PASSWORD, QUICK, browsing
from tests.rig.children import Children
from tests.rig.databases import Books, Sqlite
from tests.rig.palaver import start_bot

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(400),
]

ASKED, OLD, NEW = "where is my parcel", "Please look at our page.", "It will be with you tomorrow."
OTHERS = {"can i send it back": "Yes, you can.", "do you open on sunday": "It will be open tomorrow."}
FIRST = """
name = "first"
seed = 3
[text]
sources = ["shop"]
vocab_size = 340
context = 32
[model]
family = "seq2seq"
cell = "gru"
embedding = 16
encoder = 12
decoder = 20
attention_size = 8
dropout = 0.0
initial_range = 0.3
[schedule]
epochs = 12
rounds = 12
batch = 3
rate = 1e-2
[care]
average = 0.5
"""
NEXT = FIRST.replace('"first"', '"next"').replace("epochs = 12", "epochs = 8")
LOSSES = """
[teacher]
path = "{start}"
[[phases]]
losses = [{{ name = "cross_entropy" }}, {{ name = "dpo", beta = 0.1 }}]
"""


def teach(folder: Path) -> Path:
    """Train the first model; return the folder of its checkpoint."""
    for split in ("train", "dev"):
        lines = [json.dumps({"input": one, "target": two, "lang": "en"}) for one, two in {ASKED: OLD, **OTHERS}.items()]
        (folder / f"shop.{split}.jsonl").write_text("\n".join(lines) + "\n")
    recipe = folder / "first.toml"
    recipe.write_text(FIRST)
    return train(recipe, folder, folder / "first", Silence())


def typed(*words: str) -> str:
    """Do what is typed after `palaver`; return what it says."""
    told = CliRunner().invoke(build(), list(words))
    assert told.exit_code == 0, told.output
    return told.stdout


async def staff(books: Books) -> None:
    """Make a reviewer and an admin, as `palaver admin create` would."""
    database = open_database(StoreSettings(url=books.url))
    async with database.begin() as connection:
        for role in (Role.REVIEWER, Role.ADMIN):
            await add_user(connection, role.value, QUICK.hash(PASSWORD), role)
    await database.close()


@asynccontextmanager
async def chatting(chromium: Browser, url: str) -> AsyncIterator[str]:
    """A person who never was here before asks in the web chat; gives the reply."""
    context = await chromium.new_context(locale="en-GB")
    context.set_default_timeout(30_000)
    page = await context.new_page()
    await page.goto(url)
    await page.locator("#text").fill(ASKED)
    await page.locator("#text").press("Enter")
    reply = page.locator("#log .turn.bot .bubble").first
    await expect(reply).to_be_visible(timeout=30_000)
    yield await reply.inner_text()
    await context.close()


async def correct(chromium: Browser, admin: str) -> None:
    """Review the only reply there is, without touching the mouse."""
    async with browsing(chromium, admin, Role.REVIEWER) as page:
        for key in ("g", "r"):
            await page.keyboard.press(key)
        await page.wait_for_url("**/review/replies/*")
        await page.keyboard.press("c")
        await page.keyboard.type(NEW)
        await expect(page.locator("#changes del")).not_to_have_count(0)
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".flash")).to_have_text("Saved.")
        await expect(page.locator(".nothing")).to_be_visible()


async def download(chromium: Browser, admin: str, out: Path) -> None:
    async with browsing(chromium, admin, Role.ADMIN, accept_downloads=True) as page:
        await page.goto(f"{admin}/export")
        async with page.expect_download() as coming:
            await page.keyboard.press("d")
        await (await coming.value).save_as(out)


async def test_a_correction_in_the_browser_ends_in_a_canary_that_says_it(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = Sqlite(tmp_path / "palaver.sqlite3")
    monkeypatch.setenv("PALAVER_DATABASE_URL", books.url)
    first = await asyncio.to_thread(teach, tmp_path)
    with Children(tmp_path) as children:
        bot = start_bot(children, "bot", {"PALAVER_DATABASE_URL": books.url, "PALAVER_MODEL": str(first)}, ["web"])
        await bot.ready()
        await staff(books)
        async with chatting(chromium, bot.url) as reply:
            assert reply == OLD
        await correct(chromium, f"{bot.url}/admin")
        rows = tmp_path / "preferences.jsonl"
        await download(chromium, f"{bot.url}/admin", rows)
        [row] = [json.loads(line) for line in rows.read_text().splitlines()]
        assert [row[part][-1]["content"] for part in ("prompt", "chosen", "rejected")] == [ASKED, NEW, OLD]
        await asyncio.to_thread(learn, tmp_path, first, rows)
        await asyncio.to_thread(typed, "models", "add", str(tmp_path / "next" / "model"), "--name", "next")
        await asyncio.to_thread(typed, "models", "promote", "next", "--canary", "99%")
        await say_until(chromium, bot.url, NEW)
        [told] = await books.rows("SELECT count(*) AS replies FROM askings WHERE version = 'next' AND NOT failed")
        assert told["replies"] > 0
    assert row["dataset"] in (tmp_path / "next" / "model" / "datasets.json").read_text()


def learn(folder: Path, start: Path, rows: Path) -> None:
    recipe = folder / "next.toml"
    recipe.write_text(NEXT.replace("[text]", "[text]\nreview_rounds = 2") + LOSSES.format(start=start))
    words = ["train", str(recipe), "--data", str(folder), "--out", str(folder / "next")]
    typed(*words, "--start", str(start), "--from-reviews", str(rows))


async def say_until(chromium: Browser, url: str, wanted: str) -> None:
    """Ask as one new person after another until the canary is loaded and answers."""
    async with asyncio.timeout(90):
        while True:
            async with chatting(chromium, url) as reply:
                if reply == wanted:
                    return
                assert reply == OLD, "nobody hears anything else meanwhile"
