"""The web chat in a real Chromium."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from bot.app import assemble
from bot.messages import Address, Part, Sign, Speaker, Thumb
from bot.store.database import StoreSettings
from connectors.web.settings import WebSettings
from tests.rig.ports import free_port
from tests.rig.site import Site, site
from tests.rig.talk import Talk

SHOTS = os.environ.get("PALAVER_TEST_SHOTS", "")
pytestmark = pytest.mark.browser
XSS = [
    "<img src=x onerror=\"document.title='hacked'\">",
    "<script>document.title='hacked'</script>",
    "javascript:document.title='hacked'",
    '"><svg onload="document.title=\'hacked\'">',
    "{{constructor.constructor('document.title=1')()}} ${document.title=1}",
    "&lt;b&gt; &amp; <b>not bold</b>",
]


@pytest.fixture
async def here() -> AsyncIterator[Site]:
    async with site() as opened:
        yield opened


@asynccontextmanager
async def visiting(chromium: Browser, url: str, **options: object) -> AsyncIterator[Page]:
    """A person with a browser of their own; any error on the page fails the test."""
    context: BrowserContext = await chromium.new_context(**({"locale": "en-GB"} | options))  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    await page.goto(url)
    await expect(page.locator("#line")).to_have_text("在线" if options.get("locale") == "zh-CN" else "Online")
    yield page
    await context.close()
    assert errors == []


@pytest.fixture
async def page(chromium: Browser, here: Site) -> AsyncIterator[Page]:
    async with visiting(chromium, here.url) as opened:
        yield opened


def bubbles(page: Page, who: str = "") -> object:
    return page.locator(f"#log .turn{who and '.' + who} .bubble")


async def write(page: Page, text: str) -> None:
    await page.locator("#text").fill(text)
    await page.locator("#text").press("Enter")


async def taken(here: Site, count: int) -> None:
    async with asyncio.timeout(10):
        while len(here.talk.accepted) < count:
            await asyncio.sleep(0.01)


async def test_a_person_asks_and_sees_the_answer_grow(page, here):
    await expect(page.locator("#greeting")).to_have_text("Hello! What can we help you with?")
    await write(page, "Where is my order?")
    await taken(here, 1)
    await expect(page.locator("#welcome")).to_be_hidden()
    await expect(page.locator(".turn.user .tick")).to_be_visible()
    await here.web.show(here.talk.address, Sign())
    await expect(page.locator("#draft .dots")).to_be_visible()
    await expect(page.locator("#line")).to_have_text("Writing …")
    await here.web.show(here.talk.address, Sign("It is on"))
    await expect(page.locator("#draft-text")).to_have_text("It is on")
    await here.answer("It is on its way.")
    await expect(bubbles(page, "bot")).to_have_text(["It is on its way."])
    await expect(page.locator("#draft")).to_be_hidden()
    await expect(page.locator("#spoken")).to_have_text("Assistant: It is on its way.")
    said_at = await page.locator(".turn time").first.get_attribute("datetime")
    await expect(page.locator(".turn time").first).to_have_text(f"{datetime.fromisoformat(said_at).astimezone():%H:%M}")


async def test_a_suggested_question_is_sent_by_a_click(page, here):
    await page.get_by_role("button", name="How do I return something?").click()
    await taken(here, 1)
    assert here.talk.texts() == ["How do I return something?"]
    await expect(page.locator("#text")).to_be_focused()


async def test_an_owner_may_suggest_nothing(chromium):
    async with site(settings=WebSettings(questions=())) as here, visiting(chromium, here.url) as page:
        await expect(page.locator("#greeting")).to_be_visible()
        await expect(page.locator("#hint")).to_be_hidden()
        await page.locator("#language").click()
        await expect(page.locator("#hint")).to_be_visible()


async def test_whatever_is_said_is_shown_as_text(chromium):
    nasty = WebSettings(title=XSS[0], greeting=XSS[3], questions=(XSS[1],))
    async with site(settings=nasty) as here, visiting(chromium, here.url) as page:
        await expect(page.locator("h1")).to_have_text(XSS[0])
        await expect(page.locator("#greeting")).to_have_text(XSS[3])
        for number, text in enumerate(XSS, 1):
            await write(page, text)
            await taken(here, number)
            await here.answer(text, (text,))
        await expect(bubbles(page, "bot")).to_have_text(XSS)
        await expect(bubbles(page, "user")).to_have_text(XSS)
        await page.reload()
        await expect(bubbles(page, "bot")).to_have_text(XSS)
        assert await page.title() == XSS[0]
        assert await page.locator("main script, main img:not([alt='']), main b, #log svg, #log a").count() == 0


async def test_the_page_cannot_be_made_to_take_text_for_markup(chromium, here):
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(here.url)
    tried = "() => { try { document.body.innerHTML = '<i>x</i>'; return 'taken'; } catch (e) { return e.name; } }"
    assert await page.evaluate(tried) == "TypeError"
    await context.close()


async def test_enter_sends_shift_enter_does_not_and_escape_stops(page, here):
    await page.keyboard.type("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    await taken(here, 1)
    assert here.talk.texts() == ["one\ntwo"]
    await here.web.show(here.talk.address, Sign("so far"))
    await expect(page.get_by_role("button", name="Stop the reply (Escape)")).to_be_visible()
    await page.keyboard.press("Escape")
    await taken(here, 2)
    assert here.talk.accepted[1].command == "stop"
    await expect(page.locator("#stop")).to_be_hidden()
    await here.web.show(here.talk.address, Sign("so far and on"))
    await expect(page.locator(".turn.asked.stored")).to_have_count(1)
    await expect(page.locator("#draft")).to_be_hidden()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    await here.answer("Stopped.")
    await expect(bubbles(page, "bot")).to_have_text(["Stopped."])
    assert len(here.talk.accepted) == 2


async def test_the_enter_that_picks_a_chinese_word_does_not_send(chromium, here):
    async with visiting(chromium, here.url, locale="zh-CN") as page:
        keyboard = await page.context.new_cdp_session(page)
        await page.locator("#text").focus()
        await keyboard.send("Input.imeSetComposition", {"text": "ni hao", "selectionStart": 6, "selectionEnd": 6})
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229, "nativeVirtualKeyCode": 229}
        await keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
        await expect(page.locator("#text")).to_have_value("ni hao")
        await keyboard.send("Input.insertText", {"text": "你好"})
        await expect(page.locator("#text")).to_have_value("你好")
        assert here.talk.arrivals == 0
        await page.keyboard.press("Enter")
        await taken(here, 1)
        assert here.talk.texts() == ["你好"]
        assert here.talk.accepted[0].language == "zh"


async def test_a_composing_enter_is_left_alone_as_browsers_mark_it(page, here):
    """Chromium and Firefox set isComposing, Safari only the key code 229."""
    await page.locator("#text").fill("ni")
    for mark in ("{isComposing: true}", "{keyCode: 229}"):
        event = f"Object.assign({mark}, {{key: 'Enter', bubbles: true, cancelable: true}})"
        done = f"node => node.dispatchEvent(new KeyboardEvent('keydown', {event}))"
        assert await page.locator("#text").evaluate(done) is True, "nobody prevented it"
    assert here.talk.arrivals == 0
    await expect(page.locator("#text")).to_have_value("ni")


async def test_a_message_is_tried_again_by_itself_and_sent_once(page, here):
    here.talk.down = True
    await write(page, "keep me")
    await expect(page.locator(".turn.user .why")).to_have_text("Not sent yet. It will be tried again by itself.")
    await write(page, "me too")
    here.talk.down = False
    await expect(page.locator(".turn.user.stored")).to_have_count(2)
    assert here.talk.texts() == ["keep me", "me too"]


async def test_a_message_can_be_tried_again_by_hand(page, here):
    here.talk.down = True
    await write(page, "keep me")
    again = page.get_by_role("button", name="Try now")
    await expect(again).to_be_visible()
    here.talk.down = False
    await again.click()
    await expect(page.locator(".turn.user.stored")).to_have_count(1)
    assert here.talk.texts() == ["keep me"]


async def test_a_message_that_was_not_sent_survives_a_reload(page, here):
    here.talk.down = True
    await write(page, "keep me")
    await expect(page.locator(".turn.user.waiting")).to_have_count(1)
    await page.reload()
    await expect(page.locator(".turn.user")).to_have_count(1)
    here.talk.down = False
    await expect(page.locator(".turn.user.stored")).to_have_count(1)
    assert here.talk.texts() == ["keep me"]


async def test_a_message_whose_acknowledgement_was_lost_is_there_once(page, here):
    lost = []

    async def lose(route):
        if lost:
            await route.continue_()
            return
        lost.append(await route.fetch())
        await route.abort()

    await write(page, "first")
    await taken(here, 1)
    await page.route("**/chat/messages", lose)
    await write(page, "once")
    await taken(here, 2)
    async with asyncio.timeout(10):
        while here.talk.arrivals < 3:
            await asyncio.sleep(0.01)
    await expect(bubbles(page, "user")).to_have_text(["first", "once"])
    assert here.talk.texts() == ["first", "once"]


async def test_the_transcript_may_be_quicker_than_the_acknowledgement(page, here):
    shown = asyncio.Event()

    async def hold(route):
        answer = await route.fetch()
        await shown.wait()
        await route.fulfill(response=answer)

    await write(page, "first")
    await taken(here, 1)
    await expect(page.locator(".turn.user.stored")).to_have_count(1)
    await page.route("**/chat/messages", hold)
    await write(page, "quick")
    await expect(page.locator(".turn.user.stored")).to_have_count(2)
    async with page.expect_response("**/chat/messages"):
        shown.set()
    await write(page, "next")
    await taken(here, 3)
    await expect(bubbles(page, "user")).to_have_text(["first", "quick", "next"])


async def test_a_refused_message_can_be_edited(page, here):
    async def refuse(route):
        await route.fulfill(status=400, json={"error": "unusable"})

    await page.route("**/chat/messages", refuse)
    await write(page, "odd")
    await expect(page.locator(".turn.failed .why")).to_have_text(
        "Not sent. This message holds characters that cannot be sent."
    )
    await page.unroute("**/chat/messages")
    await page.get_by_role("button", name="Edit").click()
    await expect(page.locator("#text")).to_have_value("odd")
    await expect(page.locator("#log .turn")).to_have_count(0)
    await page.keyboard.press("Enter")
    await expect(page.locator(".turn.user.stored")).to_have_count(1)


async def test_without_cookies_the_page_says_what_it_needs(chromium, here):
    async with visiting(chromium, here.url) as page:

        async def forget(route):
            await page.context.clear_cookies()
            await route.continue_()

        await page.route("**/chat/messages", forget)
        await write(page, "hello")
        await expect(page.locator(".turn.failed .why")).to_contain_text("allow cookies")
    assert here.talk.texts() == []


async def test_a_lost_connection_is_told_and_nothing_is_missed(chromium):
    talk, port = Talk(), free_port()
    async with site(talk, port=port) as here:
        context = await chromium.new_context(locale="en-GB")
        page = await context.new_page()
        await page.goto(here.url)
        await write(page, "hello")
        await expect(page.locator(".turn.user.stored")).to_have_count(1)
    await expect(page.locator("#notice")).to_contain_text("The connection is lost.", timeout=20_000)
    await expect(page.locator("#line")).to_have_text("Not connected")
    await page.locator("#language").click()
    await expect(page.locator("#notice")).to_have_text("连接断开了，正在重新连接……")
    await page.locator("#language").click()
    await write(page, "are you there?")
    await expect(page.locator(".turn.user.waiting")).to_have_count(1)
    talk.say(talk.address, "said meanwhile")
    async with site(talk, port=port):
        await expect(page.locator("#notice")).to_contain_text("Connected again.", timeout=30_000)
        await expect(bubbles(page)).to_have_text(["hello", "said meanwhile", "are you there?"])
        await expect(page.locator("#notice")).to_be_hidden(timeout=10_000)
        await context.close()
    assert talk.texts() == ["hello", "are you there?"]


async def test_a_new_conversation_and_being_forgotten(page, here):
    await write(page, "my secret")
    await taken(here, 1)
    await here.answer("noted")
    await expect(bubbles(page, "bot")).to_have_count(1)
    await page.get_by_role("button", name="New conversation").click()
    await taken(here, 2)
    assert here.talk.accepted[1].command == "reset"
    await expect(page.locator(".turn.asked .bubble")).to_have_text("You began a new conversation")

    forget = page.get_by_role("button", name="Forget me")
    await forget.click()
    await expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#confirm")).to_be_hidden()
    assert len(here.talk.accepted) == 2

    await forget.click()
    await page.get_by_role("button", name="Erase it").click()
    await taken(here, 3)
    assert here.talk.accepted[2].command == "forget"
    address: Address = here.talk.address
    here.talk.erase(address)
    await here.web.send(Part(address, "", "key"))
    here.talk.say(address, "Done.")
    await expect(bubbles(page)).to_have_text(["Done."])
    assert "my secret" not in await page.content()
    await page.reload()
    await expect(bubbles(page, "bot")).to_have_text(["Done."])


async def test_two_windows_show_the_same_conversation(page, here):
    await write(page, "from the first")
    await taken(here, 1)
    second = await page.context.new_page()
    await second.goto(here.url)
    await expect(bubbles(second)).to_have_text(["from the first"])
    await write(second, "from the second")
    await expect(bubbles(page)).to_have_text(["from the first", "from the second"])
    await here.answer("to both", speaker=Speaker.HUMAN)
    for window in (page, second):
        await expect(window.locator(".turn.human .bubble")).to_have_text(["to both"])
        await expect(window.locator(".turn.human .meta")).to_contain_text("Our team")


async def test_one_window_too_many_puts_the_oldest_to_sleep_until_it_is_woken(page, here):
    await write(page, "hello")
    await taken(here, 1)
    await expect(page.locator(".turn.user.stored")).to_have_count(1)
    for _ in range(4):
        other = await page.context.new_page()
        await other.goto(here.url)
        await expect(bubbles(other)).to_have_count(1)
        await expect(other.locator("#line")).to_have_text("Online")
    await expect(page.locator("#notice")).to_contain_text("This one is asleep.")
    await other.close()
    await here.answer("missed while asleep")
    await page.get_by_role("button", name="Continue here").click()
    await expect(bubbles(page, "bot")).to_have_text(["missed while asleep"])


async def test_the_language_is_the_browsers_can_be_switched_and_is_remembered(chromium, here):
    async with visiting(chromium, here.url, locale="zh-CN") as page:
        assert await page.title() == "在线客服"
        assert await page.evaluate("document.documentElement.lang") == "zh-CN"
        await expect(page.locator("#questions button")).to_have_text(list(WebSettings().questions_zh))
        await write(page, "你好")
        await page.get_by_role("button", name="Switch to English").click()
        await expect(page.locator("#text")).to_have_attribute("placeholder", "Write a message")
        await expect(page.locator("#log .day")).to_have_text("Today")
        await page.reload()
        assert await page.title() == "Customer service"
        await expect(page.get_by_role("button", name="切换到中文")).to_be_visible()


async def test_a_text_over_the_limit_is_counted_and_kept(page, here):
    await page.locator("#text").fill("🙂" * 4001)
    await expect(page.locator("#count")).to_have_text("Too long: 1 over the limit of 4000 characters.")
    await page.locator("#text").press("Enter")
    assert here.talk.arrivals == 0
    await write(page, "🙂" * 4000)
    await taken(here, 1)
    assert here.talk.texts() == ["🙂" * 4000]


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
async def test_nothing_is_wider_than_the_screen_and_directions_are_right(chromium, here, width, height):
    async with visiting(chromium, here.url, viewport={"width": width, "height": height}) as page:
        texts = ["w" * 600, "def f(x):\n" + "    return " + "x_" * 200, "مرحبا! أين طلبي؟", "长" * 500]
        for number, text in enumerate(texts, 1):
            await write(page, text)
            await taken(here, number)
            await here.answer(text)
        await expect(bubbles(page, "bot")).to_have_count(len(texts))
        wide = "() => document.documentElement.scrollWidth > innerWidth || main.scrollWidth > main.clientWidth"
        assert await page.evaluate(wide) is False
        arabic = bubbles(page, "bot").nth(2)
        assert await arabic.evaluate("node => getComputedStyle(node).direction") == "rtl"


async def test_who_reads_further_up_is_not_pulled_away(page, here):
    await write(page, "begin")
    await taken(here, 1)
    for number in range(40):
        here.talk.say(here.talk.address, f"line {number}")
    await expect(bubbles(page, "bot")).to_have_count(40)
    await page.evaluate("main.scrollTop = 0")
    await here.answer("news")
    down = page.get_by_role("button", name="New messages")
    await expect(down).to_be_visible()
    assert await page.evaluate("main.scrollTop") < 50
    await down.click()
    await expect(page.get_by_text("news", exact=True).last).to_be_in_viewport()
    await expect(down).to_be_hidden()


async def test_who_reads_the_end_stays_there_while_the_field_grows(page, here):
    await write(page, "begin")
    await taken(here, 1)
    for number in range(40):
        here.talk.say(here.talk.address, f"line {number}")
    await expect(bubbles(page, "bot").last).to_have_text("line 39")
    await expect(bubbles(page, "bot").last).to_be_in_viewport()
    await page.locator("#text").fill("\n" * 8)
    await expect(bubbles(page, "bot").last).to_be_in_viewport(ratio=1)


async def test_the_keyboard_reaches_everything_in_order(page, here):
    await write(page, "hello")
    await taken(here, 1)
    await expect(page.locator(".turn.user.stored")).to_have_count(1)
    await page.locator("#text").focus()
    order = ["text"]
    for key in (*["Shift+Tab"] * 5, *["Tab"] * 6):
        await page.keyboard.press(key)
        order.append(await page.evaluate("document.activeElement.id || document.activeElement.className"))
        outline = "() => getComputedStyle(document.activeElement).outlineStyle"
        shown = await page.evaluate(outline) != "none" or order[-1] == "text"
        assert shown, f"{order[-1]} does not show its focus"
    up = ["text", "main", "forget", "reset", "language", "skip"]
    assert order == [*up, *up[-2::-1], "stop"]
    await page.locator(".skip").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()


async def test_every_control_has_a_name(page):
    nameless = """() => [...document.querySelectorAll("button, textarea, a, main, dialog")]
        .filter((one) => one.checkVisibility())
        .filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length))
        .map((one) => one.outerHTML)"""
    assert await page.evaluate(nameless) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_can_be_read_in_both_schemes(chromium, here, scheme):
    """Contrast of at least 4.5 to 1 (WCAG AA) for everything that is said."""
    async with visiting(chromium, here.url, color_scheme=scheme) as page:
        await write(page, "hello")
        await taken(here, 1)
        await here.answer("hi")
        await expect(bubbles(page, "bot")).to_have_count(1)
        await page.locator("#text").fill("x")
        for selector in (".user .bubble", ".bot .bubble", ".meta", "h1", "#line", "#language", "#keys", "#send"):
            ratio = await page.locator(selector).first.evaluate(CONTRAST)
            assert ratio >= 4.5, (selector, ratio)


CONTRAST = """(node) => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  let behind = node;
  while (behind && (parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
  const [a, b] = [getComputedStyle(node).color, getComputedStyle(behind).backgroundColor].map((c) => light(parse(c)));
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


async def test_who_wants_no_motion_gets_none(chromium, here):
    async with visiting(chromium, here.url, reduced_motion="reduce") as page:
        await write(page, "hello")
        await taken(here, 1)
        await here.web.show(here.talk.address, Sign())
        await expect(page.locator("#draft")).to_be_visible()
        running = "() => document.getAnimations().filter((one) => one.playState === 'running').length"
        assert await page.evaluate(running) == 0


async def test_another_site_can_neither_frame_nor_use_it(chromium, here):
    """Another origin: the same server under another name of this machine."""
    other = here.url.replace("127.0.0.1", "localhost")
    async with visiting(chromium, here.url) as page:
        await write(page, "hello")
        await taken(here, 1)
        stranger = await page.context.new_page()
        await stranger.goto(f"{other}/chat/icon.svg")
        forged = f"""() => fetch("{here.url}/chat/forget", {{method: "POST", mode: "no-cors", credentials: "include",
            body: JSON.stringify({{id: crypto.randomUUID()}})}}).then(() => "sent", () => "failed")"""
        await stranger.evaluate(forged)
        read = (
            f"""() => fetch("{here.url}/chat/history", {{credentials: "include"}}).then(() => "read", () => "failed")"""
        )
        assert await stranger.evaluate(read) == "failed"
    assert len(here.talk.accepted) == 1


@asynccontextmanager
async def running_bot(monkeypatch: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[str]:
    """The whole bot with its real store and a model that repeats what was said."""
    port = free_port()
    for name, value in {"HTTP_PORT": port, "WRITER": "stub", "STUB_TOKENS": 8, "STUB_DELAY": 0.05}.items():
        monkeypatch.setenv(f"PALAVER_{name}", str(value))
    stopped = asyncio.Event()
    async with assemble(("web",), StoreSettings(url=f"sqlite:///{folder}/chat.sqlite3")) as bot:
        task = asyncio.create_task(bot.run(stopped))
        yield f"http://127.0.0.1:{port}"
        stopped.set()
        await task


async def test_the_whole_bot_answers_stops_and_forgets(chromium, monkeypatch, tmp_path):
    assert "PALAVER_WEB_ENABLED" not in os.environ
    async with running_bot(monkeypatch, tmp_path) as url, visiting(chromium, url) as page:
        await write(page, "please repeat this")
        await expect(page.locator("#draft-text")).to_contain_text("please")
        await expect(bubbles(page, "bot")).to_contain_text(["please repeat this please"])
        await write(page, "/help")
        await expect(bubbles(page, "bot").nth(1)).to_contain_text("/forget erases what was said here")
        await page.get_by_role("button", name="Forget me").click()
        await page.get_by_role("button", name="Erase it").click()
        await expect(bubbles(page)).to_have_text(["Done. What was said here has been erased."])
        await page.reload()
        await expect(bubbles(page, "bot")).to_have_text(["Done. What was said here has been erased."])
        assert "please" not in await page.locator("main").inner_text()


def thumb(page: Page, name: str) -> object:
    return page.get_by_role("button", name=name)


async def test_a_person_says_what_they_think_of_a_reply_changes_it_and_takes_it_back(page, here):
    await write(page, "hello")
    await taken(here, 1)
    await here.answer("It is on its way.", judged=Thumb.NONE)
    await here.answer("A fixed sentence.")
    await expect(thumb(page, "Good reply")).to_have_count(1)
    await thumb(page, "Good reply").click()
    await expect(thumb(page, "Good reply")).to_have_attribute("aria-pressed", "true")
    await thumb(page, "Bad reply").click()
    await expect(thumb(page, "Good reply")).to_have_attribute("aria-pressed", "false")
    await page.locator("#language").click()
    await expect(thumb(page, "回答得不好")).to_have_attribute("aria-pressed", "true")
    await page.reload()
    await expect(thumb(page, "回答得不好")).to_have_attribute("aria-pressed", "true")
    await thumb(page, "回答得不好").click()
    async with asyncio.timeout(10):
        while len(here.talk.opinions) < 3:
            await asyncio.sleep(0.01)
    assert [opinion.thumb for opinion in here.talk.opinions] == [Thumb.UP, Thumb.DOWN, Thumb.NONE]
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / "thumbs.png")


async def test_an_opinion_that_did_not_arrive_is_not_shown_as_if_it_had(page, here):
    await write(page, "hello")
    await taken(here, 1)
    await here.answer("It is on its way.", judged=Thumb.NONE)
    await expect(thumb(page, "Good reply")).to_be_visible()
    here.talk.down = True
    await thumb(page, "Good reply").click()
    await expect(thumb(page, "Good reply")).to_have_attribute("aria-pressed", "false")
